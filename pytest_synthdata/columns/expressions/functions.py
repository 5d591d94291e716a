"""Vectorised lazy attributes: `@column` functions of whole columns."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
import pyarrow as pa

from pytest_synthdata.columns.arrow.arrays import arrow_array
from pytest_synthdata.columns.arrow.casts.casting import cast
from pytest_synthdata.columns.arrow.casts.exact import assembled, for_functions, nulls_that_change_arrays
from pytest_synthdata.columns.arrow.types import arrow_type
from pytest_synthdata.columns.arrow.values import Index, Values
from pytest_synthdata.columns.cells import Cells, Scope
from pytest_synthdata.columns.expressions.operators import Expression
from pytest_synthdata.columns.own_code import own_code
from pytest_synthdata.errors import GenerationError, cause

_REFUSED = (pa.ArrowException, OverflowError, TypeError, ValueError)


@dataclass(frozen=True, eq=False)
class Computed(Expression):
    """A function of whole columns: its parameters' names are the columns that it gets, as NumPy arrays."""

    function: Callable[..., Any]
    target: pa.DataType | str | None = None

    def values(self, cells: Cells) -> Values:
        pieces = [
            (index, self._column(cells if len(index) == len(cells.rows) else cells.take(index)))
            for index in self._apart(cells)
        ]
        try:
            # Nulls of the inputs came as NaN; they go back as nulls.
            array = assembled(pieces)
            return array if self.target is None else cast(array, arrow_type(self.target))
        except _REFUSED as error:
            raise self._unusable(error, cells) from None

    def _apart(self, cells: Cells) -> list[Index]:
        """The rows that are given to the function at once, so that no row depends on the nulls of others.

        Nulls make floats of integers, and objects of truth values: rows that have such are given by themselves.
        """
        null = np.zeros(len(cells.rows), np.bool_)
        for parameter, name in self._parameters():
            if parameter != "cells":
                null |= nulls_that_change_arrays(cells.read(name))
        both = [np.flatnonzero(~null), np.flatnonzero(null)]
        return [index for index in both if len(index)] or both[:1]

    def _column(self, cells: Cells) -> Any:
        arguments = {
            parameter: cells if parameter == "cells" else for_functions(cells.read(name))
            for parameter, name in self._parameters()
        }
        with own_code(f"{cells.place}: the @column function {self.function.__name__}"):
            result = self.function(**arguments)
        if result is None:
            raise GenerationError(
                f"{cells.place}: the @column function {self.function.__name__} gave None: return a column"
            )
        try:
            if not isinstance(result, (np.ndarray, pa.Array, pa.ChunkedArray)):
                result = np.full(len(cells.rows), result) if np.isscalar(result) else arrow_array(result)
        except _REFUSED as error:
            raise self._unusable(error, cells) from None
        if len(result) != len(cells.rows):
            raise GenerationError(
                f"{cells.place}: the @column function {self.function.__name__} gave {len(result)} values for "
                f"{len(cells.rows)} rows; it gets whole columns and must give one value a row"
            )
        return result

    def _unusable(self, error: Exception, cells: Cells) -> GenerationError:
        what = f"the @column function {self.function.__name__} gave what no column can hold"
        return GenerationError(f"{cells.place}: {what}: {cause(error)}")

    def _parameters(self) -> Iterator[tuple[str, str]]:
        for parameter in inspect.signature(self.function).parameters:
            yield parameter, parameter.replace("__", ".")

    def reads(self) -> Iterator[str]:
        return (name for parameter, name in self._parameters() if parameter != "cells")

    def type(self, scope: Scope) -> pa.DataType | None:
        del scope
        return arrow_type(self.target) if self.target is not None else None


@overload
def column(function: Callable[..., Any], /) -> Computed: ...
@overload
def column(*, type: pa.DataType | str | None = None) -> Callable[[Callable[..., Any]], Computed]: ...
def column(
    function: Callable[..., Any] | None = None,
    /,
    *,
    type: pa.DataType | str | None = None,  # noqa: A002
) -> Computed | Callable[[Callable[..., Any]], Computed]:
    """A vectorised lazy attribute: a function of whole columns, called once a batch.

    Args:
        function: its parameters name the columns that it gets as NumPy arrays (``customer__tier`` for a
            parent's); a parameter ``cells`` gives the row numbers (``cells.rows``) and reproducible random
            numbers (``cells.uniform()``). It returns one value a row, as NumPy or Arrow array, and must not
            look beyond its rows: it is called with any part of the table, and apart with the rows in which an integer
            or a truth value is null. Nulls come and go as NaN. The arrays cannot be written to; decimals, and integers
            beyond 2^53 beside nulls, stay exact in sums and products.
        type: the Arrow type or Spark SQL name of the result; by default, found from the values.

    >>> @column
    ... def total(price, quantity):
    ...     return price * quantity
    """
    if function is not None:
        return Computed(function, type)
    return lambda function: Computed(function, type)


__all__ = ["Computed", "column"]
