"""Whether times fall into an event, whose days and hours are those of the clocks that the times were made by."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from pytest_synthdata.columns.arrow.values import Values
from pytest_synthdata.columns.cells import Cells, Declared, Scope
from pytest_synthdata.columns.expressions.operators import Column, Expression, Operation
from pytest_synthdata.columns.generators.base import Constant, Generator
from pytest_synthdata.columns.time.calendar import Timeline
from pytest_synthdata.columns.time.events import Event
from pytest_synthdata.columns.time.times import Times
from pytest_synthdata.columns.time.zones import zone_of
from pytest_synthdata.errors import DeclarationError

UTC = "UTC"


@dataclass(frozen=True, eq=False)
class During(Operation):
    """Whether a date or time falls into an event. Its operands are the two comparisons where no zone is declared."""

    of: Expression
    event: Event

    def __repr__(self) -> str:
        return f"{self.of!r}.during({self.event!r})"

    def children(self) -> Iterator[Generator]:
        yield from self.operands

    def values(self, cells: Cells) -> Values:
        bound = cells.reader.bound
        return bound.cached(("during", self), lambda: self.in_zone(bound.scope(""))).values(cells)

    def truth(self, scope: Scope) -> bool | None:
        return self.in_zone(scope).truth(scope)

    def check(self, scope: Scope) -> None:
        self.in_zone(scope)

    def in_zone(self, scope: Scope) -> Operation:
        """The comparisons in the time zone of the time, as its declaration tells it."""
        zones = {zone or UTC for zone in _zones(self.of, scope)}
        type_ = self.of.type(scope)
        if zones <= {UTC} or type_ is None or not pa.types.is_timestamp(type_):
            return Operation(self.function, self.operands)
        begin, after = ({end.timestamp() for end in ends} for ends in zip(*map(self._ends, zones), strict=True))
        if len(begin) > 1 or len(after) > 1:
            raise DeclarationError(
                f"{scope.place}: {self!r}: its times are of several zones, {' and '.join(sorted(zones))}; write the "
                "event's ends with their offsets, such as '2024-10-15 06:00+02:00'"
            )
        return _between(self.of, *self._ends(zones.pop()))

    def _ends(self, zone: str) -> tuple[dt.datetime, dt.datetime]:
        return _instants(self.event, zone_of(zone))


def during(of: Expression, event: Event) -> During:
    """Whether a date or time falls into an event."""
    if not isinstance(event, Event):
        raise DeclarationError(f"{of!r}.during({event!r}): write an event, such as Event('2024-10-15', '2024-10-25')")
    if event.has_hours:
        plain = _between(of, *_instants(event, dt.timezone.utc))
    else:
        first, last = event.days()
        plain = _between(of, first, last + dt.timedelta(days=1))
    return During(plain.function, plain.operands, of, event)


def _between(of: Expression, begin: dt.date, after: dt.date) -> Operation:
    return Operation(
        "and_kleene", (Operation("greater_equal", (of, Constant(begin))), Operation("less", (of, Constant(after))))
    )


def _instants(event: Event, zone: dt.tzinfo) -> tuple[dt.datetime, dt.datetime]:
    begin, after = (dt.datetime.fromtimestamp(second, dt.timezone.utc) for second in event.seconds(zone))
    return begin, after


def _zones(generator: Declared, scope: Scope, seen: frozenset[tuple[str, str]] = frozenset()) -> Iterator[str | None]:
    """The time zones of the timelines and times that a value comes from, near and far."""
    if isinstance(generator, (Timeline, Times)):
        yield generator.tz
    for child in generator.children():
        if not isinstance(child, Column):
            yield from _zones(child, scope, seen)
    for name in generator.reads():
        yield from _zones_of_column(name, scope, seen)


def _zones_of_column(name: str, scope: Scope, seen: frozenset[tuple[str, str]]) -> Iterator[str | None]:
    head, dot, rest = name.partition(".")
    place = (scope.plan.table, name)
    if place in seen:
        return
    if dot and name not in scope.plan.columns and (reference := scope.plan.references.get(head)) is not None:
        yield from _zones_of_column(rest, scope.of_parent(reference.parent), seen | {place})
        return
    type_ = scope.type(name)
    if type_ is None or pa.types.is_timestamp(type_) or pa.types.is_struct(type_):
        yield from _zones(scope.plan.columns[name if name in scope.plan.columns else head], scope, seen | {place})


__all__ = ["During", "during"]
