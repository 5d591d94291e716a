"""Tables as they are at a time, all of a dataset."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

from pytest_synthdata.history.instants import last_instant
from pytest_synthdata.table import Table


class Snapshots(Mapping[str, Table]):
    """Tables as they are at a time, each found when it is asked for.

    Args:
        of: the tables.
        when: the time.
    """

    def __init__(self, of: Mapping[str, Table], when: str | dt.date) -> None:
        last_instant(when)  # says what is wrong with it
        self.of = of
        self.when = when
        self.found: dict[str, Table] = {}
        self.asked: set[str] = set()  # those that a test has asked for

    def __getitem__(self, name: str) -> Table:
        if name not in self.found:
            self.found[name] = self.of[name].at(self.when)
        self.asked.add(name)
        return self.found[name]

    def __contains__(self, name: object) -> bool:
        return name in self.of

    def __iter__(self) -> Iterator[str]:
        """The names of the tables, each after those that it refers to."""
        return iter(self.of)

    def __len__(self) -> int:
        return len(self.of)


__all__ = ["Snapshots"]
