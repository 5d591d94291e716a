"""Days by their names, absolute or counted from an anchor; and events, which last from one day to another."""

from __future__ import annotations

import datetime as dt
import re
from calendar import monthrange
from dataclasses import dataclass

from pytest_synthdata.errors import DeclarationError

_RELATIVE = re.compile(r"([+-]?\d+)([dwmy])")
_DATE_LENGTH = len("2024-12-31")


def parse_date(value: str | dt.date, anchor: str | dt.date | None = None, zone: dt.tzinfo = dt.timezone.utc) -> dt.date:
    """A date from ISO text, or from ``"-2y"``, ``"-6m"``, ``"+3w"``, ``"-10d"`` counted from an anchor.

    There is no relation to today: tomorrow's run must give today's data. Of a time it is the day, in a time zone.

    >>> parse_date("-6m", "2024-08-31")
    datetime.date(2024, 2, 29)
    """
    if (time := parse_time(value)) is not None:
        return (time.astimezone(zone) if time.tzinfo else time).date()
    if isinstance(value, dt.date):
        return value
    if not isinstance(value, str):
        raise _not_a_date(value)
    if not (relative := _RELATIVE.fullmatch(value)):
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            raise _not_a_date(value) from None
    if anchor is None:
        raise DeclarationError(f"{value!r} counts from an anchor, and there is none; give anchor='2024-12-31'")
    day = parse_date(anchor)
    try:
        return _moved(day, int(relative[1]), relative[2])
    except (ValueError, OverflowError):
        raise DeclarationError(f"{value!r} from {day} is beyond the years 1 to 9999") from None


def parse_time(value: object) -> dt.datetime | None:
    """A time from ISO text with hours, or a time itself; None for what is a day.

    >>> parse_time("2024-03-01 08:00"), parse_time("2024-03-01")
    (datetime.datetime(2024, 3, 1, 8, 0), None)
    """
    if isinstance(value, dt.datetime):
        return value
    if not isinstance(value, str) or len(value) <= _DATE_LENGTH or _RELATIVE.fullmatch(value):
        return None
    try:
        return dt.datetime.fromisoformat(re.sub("[zZ]$", "+00:00", value))
    except ValueError:
        raise _not_a_date(value) from None


def _not_a_date(value: object) -> DeclarationError:
    return DeclarationError(f"{value!r} is not a date; write it as '2024-12-31', or with a time as '2024-12-31 08:00'")


def begin_of(value: str | dt.date, zone: dt.tzinfo = dt.timezone.utc, anchor: str | dt.date | None = None) -> int:
    """The first whole second from a day or a time on, in seconds since 1970; what has no zone is in ``zone``."""
    time = parse_time(value)
    return -(-_microseconds(_midnight(parse_date(value, anchor)) if time is None else time, zone) // 1_000_000)


def end_of(value: str | dt.date, zone: dt.tzinfo = dt.timezone.utc, anchor: str | dt.date | None = None) -> int:
    """The second after a day's last one, or after that of a time, in seconds since 1970."""
    time = parse_time(value)
    if time is not None:
        return _microseconds(time, zone) // 1_000_000 + 1
    day = parse_date(value, anchor)
    if day == dt.date.max:
        return _microseconds(_midnight(day), zone) // 1_000_000 + 86_400
    return _microseconds(_midnight(day + dt.timedelta(days=1)), zone) // 1_000_000


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime(day.year, day.month, day.day)  # noqa: DTZ001 - the caller says in which zone


def _microseconds(time: dt.datetime, zone: dt.tzinfo) -> int:
    time = time if time.tzinfo else time.replace(tzinfo=zone)
    return (time - dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)) // dt.timedelta(microseconds=1)


def _moved(day: dt.date, count: int, unit: str) -> dt.date:
    if unit in "dw":
        return day + dt.timedelta(days=count * (7 if unit == "w" else 1))
    months = day.year * 12 + day.month - 1 + count * (12 if unit == "y" else 1)
    year, month = divmod(months, 12)
    first = dt.date(year, month + 1, 1)
    return first.replace(day=min(day.day, monthrange(year, month + 1)[1]))


@dataclass(frozen=True)
class Event:
    """Days or hours in which things happen ``multiplier`` times as often as they would.

    They are those of the time zone of the `Timeline` that has the event, and in `during` of the `Timeline` or `Times`
    that the compared time comes from; UTC by default. Ends with an offset, such as ``"2024-10-15 08:00+02:00"``, are
    the same everywhere.

    Args:
        start: the first day, or a time such as ``"2024-10-15 08:00"``.
        end: the last day or second, included.
        multiplier: 3.0 for a threefold spike, 0.2 for an outage.

    >>> from pytest_synthdata import Event
    >>> Event("2024-10-15", "2024-10-25", 3.0).multiplier
    3.0
    """

    start: str | dt.date
    end: str | dt.date
    multiplier: float = 1.0

    def days(self, zone: dt.tzinfo = dt.timezone.utc) -> tuple[dt.date, dt.date]:
        """The first and the last day."""
        return parse_date(self.start, zone=zone), parse_date(self.end, zone=zone)

    def seconds(self, zone: dt.tzinfo = dt.timezone.utc) -> tuple[int, int]:
        """The first second, and the one after the last, since 1970."""
        return begin_of(self.start, zone), end_of(self.end, zone)

    @property
    def has_hours(self) -> bool:
        """Whether it begins or ends within a day."""
        return parse_time(self.start) is not None or parse_time(self.end) is not None


__all__ = ["Event", "begin_of", "end_of", "parse_date", "parse_time"]
