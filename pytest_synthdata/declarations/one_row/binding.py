"""Whose rows `build()` gives: those of a table in use, of a factory's defaults, or of a place within a row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeAlias

from pytest_synthdata.columns.plan import Plan
from pytest_synthdata.columns.tables.bound_table import BoundTable

# The tables whose rows `build()` gives, by name; where a table is not among them, its factory's defaults.
_tables_in_use: ContextVar[dict[str, BoundTable]] = ContextVar("tables_in_use", default={})  # noqa: B039 - never changed

Lookup: TypeAlias = Callable[[str], "BoundTable | None"]  # a table by its name

# Where other tables come from, the last first. A test has one such source in all its threads and event loops.
_sources: list[Lookup] = []
# The tables that are being looked up: to bind one, others may be built, which are then their factories' defaults.
_looked_up: ContextVar[frozenset[str]] = ContextVar("looked_up", default=frozenset())
_without_children: ContextVar[bool] = ContextVar("without_children", default=False)


@contextmanager
def bound_to(*tables: BoundTable) -> Iterator[None]:
    """Within, `build()` gives rows of these tables and of those that they refer to."""
    chosen = {name: bound for table in tables for name, bound in table.all_parents().items()}
    chosen |= {table.plan.table: table for table in tables}
    token = _tables_in_use.set(_tables_in_use.get() | chosen)
    try:
        yield
    finally:
        _tables_in_use.reset(token)


@contextmanager
def building_from(source: Lookup) -> Iterator[None]:
    """Within, `build()` gives rows of the tables that a source has, each looked up when a row of it is built."""
    _sources.append(source)
    try:
        yield
    finally:
        _sources.remove(source)


@contextmanager
def without_children() -> Iterator[None]:
    """Within, rows are built without the rows of their child tables, which read theirs."""
    token = _without_children.set(True)
    try:
        yield
    finally:
        _without_children.reset(token)


def are_without_children() -> bool:
    """Whether rows are built without the rows of their child tables."""
    return _without_children.get()


def table_in_use(plan: Plan) -> BoundTable | None:
    """The table in use that has a plan's name and columns, if there is one."""
    bound = _tables_in_use.get().get(plan.table)
    if bound is None and _sources and plan.table not in (known := _looked_up.get()):
        token = _looked_up.set(known | {plan.table})
        try:
            bound = _sources[-1](plan.table)
        finally:
            _looked_up.reset(token)
    return bound if bound is not None and list(bound.plan.columns) == list(plan.columns) else None


def enclosing_bound(step: Any) -> BoundTable:
    """The table, or the place in one, whose row a step of factory_boy builds."""
    while True:
        bound: BoundTable | None = getattr(step.builder, "bound", None)
        if bound is not None:
            return bound
        if hasattr(step.builder.factory_meta, "bound"):
            step.builder.bound = bound = step.builder.factory_meta.bound()  # the same for all columns of a row
            assert bound is not None  # noqa: S101
            return bound
        step = step.parent_step


__all__ = [
    "are_without_children",
    "bound_to",
    "building_from",
    "enclosing_bound",
    "table_in_use",
    "without_children",
]
