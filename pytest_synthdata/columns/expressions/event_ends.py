"""Where an event begins and ends for times that are compared with it: by the clocks that these were made by."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pyarrow as pa

from pytest_synthdata.columns.cells import Declared, Scope, parts
from pytest_synthdata.columns.time.events import Event
from pytest_synthdata.columns.time.zones import zone_of
from pytest_synthdata.errors import DeclarationError

_UTC = "UTC"


def ends_of(event: Event, place: str) -> tuple[dt.date, dt.date]:
    """The first day of an event and the one after its last, or the instants where it has hours, in UTC.

    Raises:
        DeclarationError: for what is no event.
    """
    if not isinstance(event, Event):
        raise DeclarationError(f"{place}: write an event, such as Event('2024-10-15', '2024-10-25')")
    if event.has_hours:
        return _instants(event, _UTC)
    first, last = event.days()
    return first, last + dt.timedelta(days=1)


def ends_by_clocks(event: Event, of: Declared, scope: Scope, what: str) -> tuple[dt.date, dt.date] | None:
    """The instants at which an event begins and ends for a time of a zone; None for one of UTC, and for dates.

    Raises:
        DeclarationError: for times of several zones, in which the event is at several times.
    """
    zones = set(_zones(of, scope))
    type_ = of.type(scope)
    if zones <= {_UTC} or type_ is None or not pa.types.is_timestamp(type_):
        return None
    ends = {_instants(event, zone) for zone in zones}
    if len(ends) > 1:
        raise DeclarationError(
            f"{scope.place}: {what}: its times are of several zones, {' and '.join(sorted(zones))}; write the event's "
            "ends with their offsets, such as '2024-10-15 06:00+02:00'"
        )
    return ends.pop()


def _instants(event: Event, zone: str) -> tuple[dt.datetime, dt.datetime]:
    begin, after = (dt.datetime.fromtimestamp(second, dt.timezone.utc) for second in event.seconds(zone_of(zone)))
    return begin, after


def _zones(generator: Declared, scope: Scope, seen: frozenset[tuple[str, str]] = frozenset()) -> Iterator[str]:
    """The time zones whose clocks a value comes from, near and far."""
    yield from (zone for part in parts(generator) if (zone := part.zone()) is not None)
    for name in generator.reads():
        yield from _zones_of_column(name, scope, seen)


def _zones_of_column(name: str, scope: Scope, seen: frozenset[tuple[str, str]]) -> Iterator[str]:
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


__all__ = ["ends_by_clocks", "ends_of"]
