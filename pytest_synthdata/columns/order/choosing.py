"""By which of its times a table is in order, and how rows of a period are then found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from pytest_synthdata.columns.arrow.kinds import is_temporal
from pytest_synthdata.columns.expressions.operators import Column
from pytest_synthdata.columns.generators.modifiers import Cast, NotNull
from pytest_synthdata.columns.order.clock import ArrivalClock, ColumnClock
from pytest_synthdata.columns.order.numbered import Numbered
from pytest_synthdata.columns.order.ordered import Ordered
from pytest_synthdata.columns.order.parents_clock import ParentsClock
from pytest_synthdata.columns.order.scanned import Scanned
from pytest_synthdata.columns.order.views import Arrivals
from pytest_synthdata.columns.time.calendar import Timeline
from pytest_synthdata.errors import ArgumentError, GenerationError, SynthDataError, advise, argument, nearest

if TYPE_CHECKING:
    from pytest_synthdata.columns.tables.bound_table import BoundTable
    from pytest_synthdata.columns.tables.table_view import TableView

Order: TypeAlias = "Ordered | Scanned"
BatchOrder: TypeAlias = "Numbered | Ordered | Scanned"


def order_of(view: TableView, column: str | None = None, *, scan: bool = False) -> Order:
    """How the rows of a view come one after the other.

    Args:
        view: the rows.
        column: the column of dates or times that counts; defaults to the table's ``Meta.arrival``, else its `Timeline`,
            else a column in whose order the rows are. A table without any comes with the rows that it refers to.
        scan: whether the table's only column of dates or times counts where the rows are in no such order, so that
            every row has to be looked at.

    Raises:
        SynthDataError: for a column that is not there or has no times, and where nothing says when rows come.
    """
    bound = view.bound
    if (own := _of_its_own(view, column)) is not None:
        return own
    if isinstance(view, Arrivals):
        raise SynthDataError(f"{view.name}: these rows are in the order of arrival; ask the whole table for a period")
    if column is not None:
        _require_times(bound, column)
        return _by_column(view, column)
    if bound.plan.arrival is not None:
        return _by_arrival(view)
    for name in _by_visibility(bound):
        if _is_timeline(bound.plan.columns[name]):
            return _by_column(view, name)
    names = _visible_times(bound)
    orders = (_by_column(view, name) for name in names)
    if (order := next((one for one in orders if isinstance(one, Ordered)), None)) is not None:
        return order
    if scan and len(names) == 1:
        return Scanned(view, ColumnClock(bound, names[0]))
    if not names and has_times(bound):
        return _by_parents(view)
    raise SynthDataError(_why_none(view.name, names, scan=scan))


def order_of_batches(view: TableView, by: object, column: str | None = None) -> BatchOrder:
    """How the rows of a view come in batches; those without times come by their numbers, where batches have so many.

    Args:
        view: the rows.
        by: the period of a batch, or how many rows it has.
        column: as for `order_of`.

    Raises:
        SynthDataError: as `order_of`.
    """
    is_numbered = column is None and not isinstance(by, str) and not has_times(view.bound)
    if is_numbered and not hasattr(view, "own_order"):
        return Numbered(view)
    return order_of(view, column, scan=True)


def _of_its_own(view: TableView, column: str | None) -> Any:
    """The order of a view that tells what happened, whatever times the table has; None for others."""
    make = getattr(view, "own_order", None)
    if make is not None and column is not None:
        raise ArgumentError(
            f"{view.name}: its rows are in the order in which they come; leave out {argument(column=column)}"
        )
    return None if make is None else make()


def has_times(bound: BoundTable) -> bool:
    """Whether anything says when the rows of a table come: its own times, or those of what it refers to."""

    def find() -> bool:
        own = bound.plan.arrival is not None or bool(_visible_times(bound) or _by_visibility(bound))
        return own or any(map(has_times, bound.parents.values()))

    return bound.cached(("has times",), find)


def _visible_times(bound: BoundTable) -> list[str]:
    return [name for name in bound.plan.visible if is_temporal(bound.type_of(name))]


def _why_none(table: str, names: list[str], *, scan: bool) -> str:
    if not names:
        return f"{table}: it has no column of dates or times; declare one, such as at = Timeline('2024-01-01', …)"
    asked = advise(", or where you ask for them: {}", column=names[0])
    if scan:
        return (
            f"{table}: its rows come by {' or '.join(map(repr, names))}; say by which: Meta.arrival = {names[0]!r} in "
            f"its factory{asked}"
        )
    return (
        f"{table}: its rows are in no order of time, so a period cannot be found without making every row. "
        f"Declare the time as a Timeline(…), or have every row looked at: Meta.arrival = {names[0]!r} in its "
        f"factory{asked}"
    )


def _by_arrival(view: TableView) -> Order:
    arrival = view.bound.plan.arrival
    assert arrival is not None  # noqa: S101 - its caller has looked
    if arrival.delay is None and not arrival.redelivered and isinstance(arrival.time, Column):
        name = arrival.time.name
        if name in view.bound.plan.columns and _is_timeline(view.bound.plan.columns[name]):
            return _by_column(view, name)
    return Scanned(view, ArrivalClock(view.bound, arrival))


def _by_parents(view: TableView) -> Order:
    bound = view.bound
    parents = {name: bound.parent(name) for name in bound.plan.references}
    clock = ParentsClock(
        bound,
        {
            name: _of_a_parent(view.name, parent)
            for name, parent in parents.items()
            if parent is not bound and has_times(parent)
        },
    )
    counted_from = clock.counted_from
    if isinstance(counted_from, Ordered):
        return _by_clock(view, clock, is_sure=counted_from.is_sure)
    return Scanned(view, clock)


def _of_a_parent(child: str, parent: BoundTable) -> Order:
    """How the rows of a table come, with which those of another one do."""
    try:
        return parent.cached(("order of time",), lambda: order_of(parent, scan=True))
    except SynthDataError:
        by = _visible_times(parent)
        if not by[1:]:
            raise
    raise SynthDataError(
        f"{child}: it has no times of its own and comes with the rows of {parent.name!r}, which come by "
        f"{' or '.join(map(repr, by))}; say by which in the factory of {parent.name!r}: Meta.arrival = {by[0]!r}"
    )


def _by_column(view: TableView, name: str) -> Order:
    return _by_clock(view, ColumnClock(view.bound, name), is_sure=_is_timeline(view.bound.plan.columns[name]))


def _by_clock(view: TableView, clock: ColumnClock | ParentsClock, *, is_sure: bool) -> Order:
    """By a search over row numbers where rows are in the order of a clock, else by a look at each."""
    count = view.num_rows
    if count and int(view.row_numbers(count - 1, count)[0]) >= view.bound.num_rows:
        return Scanned(view, clock)  # rows that were added come at the end, whatever their times
    order = Ordered(view, clock, is_sure=is_sure)
    if is_sure:
        return order
    try:
        return order if order.looks_ordered() else Scanned(view, clock)
    except GenerationError:  # a row without a time
        return Scanned(view, clock)


def _is_timeline(generator: Any) -> bool:
    """Whether a column's values grow with the row numbers, and none is null."""
    while isinstance(generator, (Cast, NotNull)):
        generator = generator.generator
    return isinstance(generator, Timeline)


def _by_visibility(bound: BoundTable) -> list[str]:
    """The columns of times, those first that the table shows."""
    plan = bound.plan
    names = sorted((name for name in plan.columns if _is_timeline(plan.columns[name])), key=plan.hidden.__contains__)
    return [name for name in names if is_temporal(bound.type_of(name))]


def _require_times(bound: BoundTable, column: str) -> None:
    columns = bound.plan.columns
    if column not in columns:
        raise ArgumentError(f"{bound.name}: there is no column {column!r}: {nearest(column, bound.plan.visible)}")
    if not is_temporal(bound.type_of(column)):
        raise ArgumentError(f"{bound.name}.{column} is {bound.type_of(column)}, not a column of dates or times")


__all__ = ["BatchOrder", "Order", "has_times", "order_of", "order_of_batches"]
