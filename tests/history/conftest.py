"""What the tests of histories share: a replay of change feeds, as a consumer does it."""

import datetime as dt
from typing import Any

import pytest


@pytest.fixture
def replay() -> Any:
    """Plays a feed of any format up to an instant: the rows by key, and how often each kind of change came."""

    def play(feed: Any, key: str, until: Any = None) -> Any:
        rows = {}
        for change in feed.to_arrow().to_pylist():
            if "_change_type" in change:
                when, kind = change.pop("_commit_timestamp"), change.pop("_change_type")
                change.pop("_commit_version")
                row = change
            elif "operation" in change:
                when, kind = _instant(change.pop("sequence")), change.pop("operation").lower()
                row = change
            else:
                when = _instant(change["source"]["sequence"])
                kind, row = change["op"], change["before"] if change["op"] == "d" else change["after"]
            if until is not None and when > until:
                continue
            if kind in ("delete", "d"):
                del rows[row[key]]
            elif kind in ("insert", "c", "r", "INSERT"):
                assert row[key] not in rows
                rows[row[key]] = row
            elif kind == "update_preimage":
                assert rows[row[key]] == row
            else:
                assert rows[row[key]] != row
                rows[row[key]] = row
        return rows

    return play


def _instant(microseconds: int) -> dt.datetime:
    return dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc) + dt.timedelta(microseconds=microseconds)


@pytest.fixture
def rows_of() -> Any:
    """A table's rows by key."""

    def rows(table: Any, key: str) -> Any:
        found = table.to_arrow().to_pylist()
        assert len({row[key] for row in found}) == len(found)
        return {row[key]: row for row in found}

    return rows
