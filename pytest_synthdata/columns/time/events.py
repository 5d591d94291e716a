"""Days by their names, absolute or counted from an anchor; and events, which last from one day to another."""

from __future__ import annotations

import datetime as dt
import re
from calendar import monthrange
from dataclasses import dataclass

from pytest_synthdata.errors import DeclarationError

_RELATIVE = re.compile(r"([+-]?\d+)([dwmy])")


def parse_date(value: str | dt.date, anchor: str | dt.date | None = None) -> dt.date:
    """A date from ISO text, or from ``"-2y"``, ``"-6m"``, ``"+3w"``, ``"-10d"`` counted from an anchor.

    There is no relation to today: tomorrow's run must give today's data.

    >>> parse_date("-6m", "2024-08-31")
    datetime.date(2024, 2, 29)
    """
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    if not isinstance(value, str):
        raise DeclarationError(f"{value!r} is not a date; write it as '2024-12-31'")
    if not (relative := _RELATIVE.fullmatch(value)):
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            raise DeclarationError(f"{value!r} is not a date; write it as '2024-12-31'") from None
    if anchor is None:
        raise DeclarationError(f"{value!r} counts from an anchor, and there is none; give anchor='2024-12-31'")
    day = parse_date(anchor)
    try:
        return _moved(day, int(relative[1]), relative[2])
    except (ValueError, OverflowError):
        raise DeclarationError(f"{value!r} from {day} is beyond the years 1 to 9999") from None


def _moved(day: dt.date, count: int, unit: str) -> dt.date:
    if unit in "dw":
        return day + dt.timedelta(days=count * (7 if unit == "w" else 1))
    months = day.year * 12 + day.month - 1 + count * (12 if unit == "y" else 1)
    year, month = divmod(months, 12)
    first = dt.date(year, month + 1, 1)
    return first.replace(day=min(day.day, monthrange(year, month + 1)[1]))


@dataclass(frozen=True)
class Event:
    """Days on which things happen ``multiplier`` times as often as they would.

    Args:
        start: the first day.
        end: the last day, included.
        multiplier: 3.0 for a threefold spike, 0.2 for an outage.

    >>> from pytest_synthdata import Event
    >>> Event("2024-10-15", "2024-10-25", 3.0).multiplier
    3.0
    """

    start: str | dt.date
    end: str | dt.date
    multiplier: float = 1.0

    def days(self) -> tuple[dt.date, dt.date]:
        """The first and the last day."""
        return parse_date(self.start), parse_date(self.end)


__all__ = ["Event", "parse_date"]
