"""Functions of other columns under pyspark's names: `upper`, `coalesce`, `date_add` and the like, as generators."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from pytest_synthdata.columns.arrow.values import Values, to_arrow
from pytest_synthdata.columns.cells import Cells, Scope
from pytest_synthdata.columns.expressions.math import MATH
from pytest_synthdata.columns.expressions.nulls import NULLS
from pytest_synthdata.columns.expressions.operators import Expression, operand_array, operand_type
from pytest_synthdata.columns.expressions.text import TEXT
from pytest_synthdata.columns.expressions.time import TIME
from pytest_synthdata.columns.generators.base import Constant, Generator
from pytest_synthdata.errors import DeclarationError, GenerationError

# Each takes Arrow arrays, then its options, and gives an Arrow array, whose type depends on theirs alone.
FUNCTIONS: Mapping[str, Callable[..., Any]] = {**TEXT, **MATH, **TIME, **NULLS}
_METHODS = ("contains", "startswith", "endswith", "like", "rlike")
_REFUSED = (TypeError, pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError, DeclarationError)


@dataclass(frozen=True, eq=False)
class Call(Expression):
    """A function of other generators' values.

    Args:
        function: its name.
        operands: the generators.
        options: what else it takes: lengths, units, patterns.
    """

    function: str
    operands: tuple[Generator, ...]
    options: tuple[Any, ...] = ()

    def __repr__(self) -> str:
        if self.function == "negative":
            return f"(-{self.operands[0]!r})"
        if self.function in _METHODS:
            return f"{self.operands[0]!r}.{self.function}({self.options[0]!r})"
        shown = [f"F.lit({one.value!r})" if isinstance(one, Constant) else repr(one) for one in self.operands]
        return f"F.{self.function}({', '.join((*shown, *map(repr, self.options)))})"

    def values(self, cells: Cells) -> Values:
        arrays = [
            operand_array(operand, cells if number == 0 else cells.substream(f"operand {number}"))
            for number, operand in enumerate(self.operands)
        ]
        try:
            return to_arrow(FUNCTIONS[self.function](*arrays, *self.options))
        except _REFUSED as error:
            raise GenerationError(f"{cells.place}: {self!r}: {error}") from None

    def type(self, scope: Scope) -> pa.DataType | None:
        types = [operand_type(operand, scope) for operand in self.operands]
        samples = [pa.array([], type_) for type_ in types if type_ is not None]
        if len(samples) < len(types):
            return None
        try:
            return FUNCTIONS[self.function](*samples, *self.options).type
        except _REFUSED as error:
            raise DeclarationError(f"{scope.place}: {self!r}: {error}") from None


__all__ = ["FUNCTIONS", "Call"]
