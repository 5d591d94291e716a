"""Columns that are declared ``NOT NULL``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.values import Values, to_arrow, to_numpy
from pytest_synthdata.columns.cells import Cells, Scope
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.errors import GenerationError

if TYPE_CHECKING:
    from pytest_synthdata.columns.text.tokens import TokenizedText


@dataclass(frozen=True)
class NotNull(Generator):
    """Another generator's values, none of them null: the column is ``NOT NULL`` in Arrow's and Spark's schema."""

    generator: Generator

    def values(self, cells: Cells) -> Values:
        values = self.generator.values(cells)
        if isinstance(values, pa.Array) and (array := to_arrow(values)).null_count:
            row = int(np.flatnonzero(to_numpy(pc.is_null(array)))[0])
            raise GenerationError(
                f"{cells.place}: .not_null(): row {cells.rows[row]} has no value; F.coalesce(…) gives it one"
            )
        return values

    def tokens(self, cells: Cells) -> TokenizedText | None:
        return self.generator.tokens(cells)

    def nullable(self, scope: Scope) -> bool:
        del scope
        return False

    def type(self, scope: Scope) -> pa.DataType | None:
        return self.generator.type(scope)

    def domain(self, scope: Scope) -> Sequence[Any] | None:
        domain = self.generator.domain(scope)
        return None if domain is None else [value for value in domain if value is not None]

    def bounds(self, scope: Scope) -> tuple[Any, Any] | None:
        return self.generator.bounds(scope)


__all__ = ["NotNull"]
