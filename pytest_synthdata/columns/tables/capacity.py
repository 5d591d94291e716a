"""Whether the unique and the listed columns of a bound table have a value for each of its rows."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.generators.listed import Listed
from pytest_synthdata.columns.generators.modifiers import Unique
from pytest_synthdata.columns.generators.nested import Nested
from pytest_synthdata.columns.plan import Plan
from pytest_synthdata.columns.tables.bound_table import BoundTable


def require_room(bound: BoundTable) -> None:
    """Raise `DeclarationError` for a unique or listed column that has fewer values than the table has rows."""
    for name, part in bound.scope("").known(("limited parts",), lambda: _limited_parts(bound.plan)):
        if isinstance(part, Nested):
            require_room(part.bound(bound))
        else:
            part.require(bound.scope(name), bound.num_rows)


def _limited_parts(plan: Plan) -> list[tuple[str, Unique | Listed | Nested]]:
    """What may have too few values, each with its column's name."""
    parts = ((name, part) for name, generator in plan.columns.items() for part in _parts(generator))
    return [(name, part) for name, part in parts if isinstance(part, (Unique, Listed, Nested))]


def _parts(generator: Generator) -> Iterator[Generator]:
    """What a column is made of, itself first; of unique values only these."""
    yield generator
    if not isinstance(generator, Unique):
        for child in generator.children():
            yield from _parts(child)


__all__ = ["require_room"]
