"""Which columns only factory_boy can make, or look at rows that only it can make."""

from __future__ import annotations

from pytest_synthdata.columns.cells import parts
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.declarations.opaque.rowwise import Attribute, BuiltObject, RowByRow, Unmade


def is_opaque(generator: Generator) -> bool:
    """Whether only factory_boy can make a column, or a part of it."""
    return any(isinstance(part, (RowByRow, BuiltObject, Attribute, Unmade)) for part in parts(generator))


def reads_rows(generator: Generator) -> bool:
    """Whether a function of a column gets whole rows."""
    return any(getattr(part, "takes_row", False) for part in parts(generator))


__all__ = ["is_opaque", "reads_rows"]
