"""Days and times as users write them, as microseconds since 1970: a day stands for all of it, a time for itself."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import numpy as np

from pytest_synthdata.columns.time.events import parse_date
from pytest_synthdata.columns.versions.occurrences import DAY
from pytest_synthdata.errors import ArgumentError

_DAY_ALONE = re.compile(r"\d{4}-\d{2}-\d{2}")


def first_instant(when: str | dt.date) -> int:
    """The first microsecond of a day, or a time itself."""
    return _instant(when, 0)


def last_instant(when: str | dt.date) -> int:
    """The last microsecond of a day, or a time itself."""
    return _instant(when, DAY - 1)


def _instant(when: Any, within: int) -> int:
    if isinstance(when, str) and not _DAY_ALONE.fullmatch(when):
        try:
            when = dt.datetime.fromisoformat(when.replace("Z", "+00:00"))
        except ValueError:
            raise ArgumentError(f"{when!r} is not a day or a time; write '2024-06-30' or '2024-06-30T12:00'") from None
    if isinstance(when, np.datetime64):
        when = when.astype("datetime64[us]").item()
    if isinstance(when, dt.datetime):
        naive = when.astimezone(dt.timezone.utc).replace(tzinfo=None) if when.tzinfo else when
        return int(np.datetime64(naive, "us").astype(np.int64))
    return int(np.datetime64(parse_date(when), "D").astype(np.int64)) * DAY + within


def written(instant: int) -> str:
    """An instant as a user writes it."""
    moment = np.datetime64(instant, "us")
    if instant % DAY in (0, DAY - 1):
        return str(moment.astype("datetime64[D]"))
    return str(moment.astype("datetime64[s]"))


__all__ = ["first_instant", "last_instant", "written"]
