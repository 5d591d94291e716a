"""References whose row is that of another reference's row, and the columns that hold the keys of any."""

from __future__ import annotations

from typing import Any

from pytest_synthdata.columns.cells import Declarations
from pytest_synthdata.columns.expressions.operators import Column
from pytest_synthdata.columns.generators.modifiers import Cast
from pytest_synthdata.errors import DeclarationError, nearest


def check_through(reference: Any, path: str, plan: Declarations, place: str) -> None:
    """Raise `DeclarationError` for a path that leads to no row of the parent, and for what would pick another one.

    Args:
        reference: the reference that is declared.
        path: of references, from its table on.
        plan: its table.
        place: ``table.column: ForeignKey``, for messages.
    """
    picks = {name: getattr(reference, name) for name in ("weights", "where", "per_parent", "distinct_within")}
    given = [name for name, value in picks.items() if value is not None] + ["nulls"] * (reference.null_share > 0)
    if given:
        raise DeclarationError(f"{place}: through={path!r} says which row it is; {', '.join(given)} cannot choose one")
    at: Any = plan
    for name in path.split("."):
        found = at.references
        if name not in found:
            raise DeclarationError(
                f"{place}: through={path!r}: {at.table!r} has no ForeignKey {name!r}: {nearest(name, found)}"
            )
        at = found[name].parent
    if at.table != reference.parent.table or "." not in path:
        raise DeclarationError(
            f"{place}: through={path!r} leads to {at.table!r}; name the ForeignKey of another one's row that refers to "
            f"{reference.parent.table!r}, such as 'line.order'"
        )


def held_keys(plan: Any, reference: str) -> list[str | None]:
    """The visible columns that hold a reference's key, one for each column of it; None for what is not in the table.

    Args:
        plan: the table's.
        reference: the name of the reference.
    """
    parent = plan.references[reference].parent
    keys = parent.key_columns if len(parent.key_columns) > 1 else [parent.key]
    columns = {name: plan.columns[name] for name in plan.visible}
    copies = {name: column.name for name, column in columns.items() if isinstance(column, Column)}
    for name, column in columns.items():  # in another type, after those that are as they are
        shown = plan.columns.get(column.name) if isinstance(column, Column) and column.name in plan.hidden else column
        if isinstance(shown, Cast) and isinstance(shown.generator, Column):
            copies[name] = shown.generator.name
    return [_held(plan, f"{reference}.{key}", copies) for key in keys]


def _held(plan: Any, path: str, copies: dict[str, str]) -> str | None:
    exact = next((name for name, read in copies.items() if read == path), None)
    if exact is not None:
        return exact
    wanted = _source(plan, path)
    return next((name for name, read in copies.items() if _source(plan, read) == wanted), None)


def _source(plan: Any, path: str) -> str:
    """Where a path's values come from: copies and references that go through others are followed."""
    column = plan.columns.get(path)
    if column is not None:
        return _source(plan, column.name) if isinstance(column, Column) and column.name != path else path
    head, dot, rest = path.partition(".")
    reference = plan.references.get(head) if dot else None
    if reference is None:
        return path
    if reference.through is not None:
        return _source(plan, f"{reference.through}.{rest}")
    return f"{head}.{_source(reference.parent, rest)}"


__all__ = ["check_through", "held_keys"]
