"""A parent's column that cannot go to another process with the tables that refer to it, and that none of them reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

import pyarrow as pa

from pytest_synthdata.columns.cells import Cells, Scope
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.errors import GenerationError


@dataclass(frozen=True)
class LeftBehind(Generator):
    """Stands where the column stood.

    Args:
        place: the column, such as ``"customers.notes"``.
        reason: why it cannot be sent.
    """

    place: str
    reason: str

    def values(self, cells: Cells) -> NoReturn:
        reason = f"{self.place}, which cannot be made by another process: {self.reason}"
        raise GenerationError(f"{cells.place} reads {reason}")

    def type(self, scope: Scope) -> pa.DataType | None:
        del scope
        return None

    def children(self) -> Iterator[Generator]:
        return iter(())


__all__ = ["LeftBehind"]
