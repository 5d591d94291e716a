"""Vectorised lazy attributes: `@column` functions of whole columns."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
import pyarrow as pa

from pytest_synthdata.columns.arrow.types import arrow_type
from pytest_synthdata.columns.arrow.values import Values, to_arrow, to_numpy
from pytest_synthdata.columns.cells import Cells, Scope
from pytest_synthdata.columns.expressions.operators import Expression
from pytest_synthdata.errors import GenerationError


@dataclass(frozen=True, eq=False)
class Computed(Expression):
    """A function of whole columns: its parameters' names are the columns that it gets, as NumPy arrays."""

    function: Callable[..., Any]
    target: pa.DataType | str | None = None

    def values(self, cells: Cells) -> Values:
        arguments = {
            parameter: cells if parameter == "cells" else to_numpy(cells.read(name))
            for parameter, name in self._parameters()
        }
        result = self.function(**arguments)
        if not isinstance(result, (np.ndarray, pa.Array, pa.ChunkedArray)):
            result = np.full(len(cells.rows), result) if np.isscalar(result) else pa.array(result)
        if len(result) != len(cells.rows):
            raise GenerationError(
                f"{cells.place}: the @column function {self.function.__name__} gave {len(result)} values for "
                f"{len(cells.rows)} rows; it gets whole columns and must give one value a row"
            )
        if isinstance(result, np.ndarray):
            # Nulls of the inputs came as NaN; they go back as nulls.
            result = pa.array(result, from_pandas=True)
        return to_arrow(result, self.target and arrow_type(self.target))

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
            look beyond its rows: it is called with any part of the table. Nulls come and go as NaN.
        type: the Arrow type or Spark SQL name of the result; found from the values where not given.

    >>> @column
    ... def total(price, quantity):
    ...     return price * quantity
    """
    if function is not None:
        return Computed(function, type)
    return lambda function: Computed(function, type)


__all__ = ["Computed", "column"]
