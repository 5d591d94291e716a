"""From a view of a table to its snapshots, its changes and its versions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from pytest_synthdata.columns.order.instants import as_datetime
from pytest_synthdata.columns.tables.part import whole_of
from pytest_synthdata.columns.tables.replaced import ReplacedColumns
from pytest_synthdata.columns.tables.subset import Subset
from pytest_synthdata.columns.versions.occurrences import DAY
from pytest_synthdata.errors import ArgumentError, SynthDataError, nearest
from pytest_synthdata.history.dirt import changing_schema, dirt_of, told_schemas
from pytest_synthdata.history.feeds.change_feed import AutoCdcFeed, DebeziumFeed, DeltaFeed, EventFeed, Feed
from pytest_synthdata.history.feeds.changed_feed import ChangedFeed
from pytest_synthdata.history.feeds.delayed import DelayedFeed, Delays
from pytest_synthdata.history.feeds.pieces import Pieces
from pytest_synthdata.history.feeds.versions import Versions
from pytest_synthdata.history.instants import first_instant, last_instant, written
from pytest_synthdata.history.lives import Lives, lives_of
from pytest_synthdata.history.snapshot import Snapshot

if TYPE_CHECKING:
    from pytest_synthdata.columns.tables.table_view import TableView

_FEEDS: dict[str, type[Feed]] = {"delta": DeltaFeed, "debezium": DebeziumFeed, "autocdc": AutoCdcFeed}
_PERIODS = {"hour": DAY // 24, "day": DAY, "week": 7 * DAY}


def snapshot_view(view: TableView, when: str | dt.date) -> TableView:
    """The rows of a view that are there at a time, as they are then; the view itself where nothing changes.

    Raises:
        SynthDataError: for a time outside of the table's period.
    """
    lives = lives_of(view.bound)
    if lives is None:
        return view
    if isinstance(view, ReplacedColumns):
        return view.in_part(snapshot_view(view.whole, when))
    changed = changing_schema(view)
    dirt = dirt_of(view if changed is None else changed.view)
    _, instant = _instants_within(lives, when, f"{view.name}.at({when!r})")
    snapshot: TableView = Snapshot(view.bound, instant, dirt)
    if changed is not None:
        snapshot = changed.at_time(snapshot, instant)
    if isinstance(view, Subset):
        return Subset(snapshot, view.chosen[lives.of(view.chosen).is_on(instant)])
    return snapshot


def snapshots_of(view: TableView) -> Callable[[int], TableView]:
    """What gives a view's table at an instant, in microseconds since 1970; at the ends of its history outside of it.

    Args:
        view: the table, or what happens in it, or rows of either.

    Raises:
        SynthDataError: for a table that never changes.
    """
    whole = whole_of(view)
    lives = lives_of(whole.bound)
    if lives is None:
        raise SynthDataError(
            f"{view.name}: it has no history, so it is the same at any time: save it once, without snapshots"
        )
    table, chosen = whole, getattr(whole, "chosen", None)
    if isinstance(whole, ChangedFeed):
        table, chosen = whole.table, whole.view.chosen
    elif isinstance(whole, Pieces):
        table = whole.bound if whole.dirt is None else cast("TableView", whole.dirt)
    changed = changing_schema(table)
    dirt_of(table if changed is None else changed.view)  # says what cannot be
    start, end = lives.start, lives.end

    def at(instant: int) -> TableView:
        found = table if chosen is None else Subset(table, chosen)
        return snapshot_view(found, as_datetime(min(max(instant, start), end)))

    return at


def change_view(
    view: TableView,
    start: str | dt.date | None,
    stop: str | dt.date | None,
    format: str = "delta",  # noqa: A002 - Spark's and pandas' word
    *,
    every: str = "day",
    **delays: Any,
) -> TableView:
    """What happens to the rows of a table, perhaps in the order of arrival.

    Raises:
        SynthDataError: for a table without a history, a time outside of its period, and an unknown format.
    """
    lives = _whole_lives(view, "changes")
    if format not in _FEEDS:
        raise SynthDataError(f"{view.name}.changes: format={format!r}: {nearest(str(format), _FEEDS)}")
    if every not in _PERIODS:
        raise SynthDataError(f"{view.name}.changes: every={every!r}: {nearest(str(every), _PERIODS)}")
    if every != "day" and format != "delta":
        raise SynthDataError(
            f"{view.name}.changes: every={every!r} is the period of Delta's commits, and format={format!r} tells each "
            f"change by itself; leave it out, or take batches: changes(…).in_batches(by={every!r})"
        )
    what = f"{view.name}.changes"
    first = lives.start if start is None else _instants_within(lives, start, f"{what}: {start!r}")[0]
    last = lives.end if stop is None else _instants_within(lives, stop, f"{what}: {stop!r}")[1]
    if first > last:
        raise SynthDataError(f"{view.name}.changes: {start!r} is after {stop!r}")
    feed: Any = _FEEDS[format]
    more = {"period": _PERIODS[every]} if format == "delta" else {}
    schemas = told_schemas(view)
    dirt = dirt_of(view) if schemas is None else schemas
    told = _delayed(feed(view.bound, first, last, **more, chosen=_chosen(view), dirt=dirt), Delays(**delays))
    made: TableView = told if schemas is None else ChangedFeed.of(told, whole_of(view), schemas, (first, last))
    _require_free(made.schema.names, f"{view.name}.changes")
    return made


def _delayed(feed: Any, delays: Delays) -> Any:
    if delays.delay is None:
        if delays == Delays():
            return feed
        raise SynthDataError(f"{feed.bound.name}.changes: give a delay=, such as hours(Exponential(2)), too")
    if not isinstance(feed, EventFeed):
        raise SynthDataError(
            f"{feed.bound.name}.changes: Delta's commits are in order; changes are late in format='debezium' or "
            "'autocdc'"
        )
    delays.check(feed.bound.scope("arrived_at"))
    delayed = DelayedFeed(feed.bound, feed, delays, chosen=feed.chosen)
    delayed.check_some()
    return delayed


def version_view(view: TableView) -> TableView:
    """All versions of the rows of a table.

    Raises:
        SynthDataError: for a table without a history.
    """
    _whole_lives(view, "versions")
    versions = Versions(view.bound, chosen=_chosen(view), dirt=dirt_of(view))
    _require_free(versions.schema.names, f"{view.name}.versions")
    return versions


def _whole_lives(view: TableView, asked: str) -> Lives:
    lives = lives_of(view.bound)
    if lives is None:
        raise ArgumentError(
            f"{view.name}.{asked}: neither {view.name!r} nor what it refers to has a history; declare one: "
            "class Meta: history = History('2024-01-01', '2024-12-31', updates={…})"
        )
    return lives


def _chosen(view: TableView) -> Any:
    """The rows of a subset; None where there are all."""
    view = view.whole if isinstance(view, ReplacedColumns) else view
    return view.chosen if isinstance(view, Subset) else None


def _instants_within(lives: Lives, when: str | dt.date, what: str) -> tuple[int, int]:
    """The first and the last instant of a day or time, as far as it is in the period."""
    first, last = first_instant(when), last_instant(when)
    if last < lives.start or first > lives.end:
        raise ArgumentError(
            f"{what} is outside of the history of {lives.bound.name!r}, which goes from {written(lives.start)} to "
            f"{written(lives.end)}"
        )
    return max(first, lives.start), min(last, lives.end)


def _require_free(names: list[str], what: str) -> None:
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise SynthDataError(f"{what}: the table has a column {twice!r} of its own; rename it by Meta.rename")


__all__ = ["change_view", "snapshot_view", "snapshots_of", "version_view"]
