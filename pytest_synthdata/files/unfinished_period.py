"""A period that is being added to several tables: what a run that is killed half-way leaves, and the next completes."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pytest_synthdata.errors import SynthDataError
from pytest_synthdata.files.periods import Period, Record, written_at_once

UNFINISHED = "_unfinished_period.json"


@dataclass(frozen=True)
class UnfinishedPeriod:
    """A period that some tables have and others should have.

    Args:
        period: the period.
        have: the names of the tables that have it.
        lack: the names of the others.
    """

    period: Period
    have: tuple[str, ...]
    lack: tuple[str, ...]

    @classmethod
    def read(cls, out: Path) -> UnfinishedPeriod | None:
        """What the last run in a folder has left half-way; None where it has added all or nothing."""
        file = out / UNFINISHED
        if not file.is_file():
            return None
        found = json.loads(file.read_text("utf-8"))
        period, names = Period(*found["period"]), found["tables"]
        have = tuple(name for name in names if _has(out / name, period))
        return cls(period, have, tuple(name for name in names if name not in have)) if have else None

    def require_same(self, period: Period, names: Collection[str], out: Path) -> None:
        """Raise `SynthDataError` where a run does something else than to complete this one.

        Args:
            period: the one that it adds.
            names: the tables to which it does.
            out: the folder.
        """
        if period != self.period or not set(self.lack) <= set(names):
            raise SynthDataError(
                f"{out}: a run that added {self.period} was ended half-way: {', '.join(self.lack) or 'nothing'} still "
                "lacks it; run the same command again, which adds what is missing, before another"
            )


def _has(folder: Path, period: Period) -> bool:
    there = Record.known(folder)
    return there is not None and period in there.periods


@contextmanager
def noted(out: Path, period: Period, names: Collection[str]) -> Iterator[None]:
    """Within it, a note in a folder says which period its tables get; it stays where only some of them got it."""
    out.mkdir(parents=True, exist_ok=True)
    written_at_once(out / UNFINISHED, json.dumps({"period": [period.start, period.stop], "tables": list(names)}))
    done = False
    try:
        yield
        done = True
    finally:
        if done or UnfinishedPeriod.read(out) is None:
            (out / UNFINISHED).unlink(missing_ok=True)


__all__ = ["UnfinishedPeriod", "noted"]
