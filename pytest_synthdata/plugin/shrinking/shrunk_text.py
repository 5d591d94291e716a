"""What shrinking found, as text for the end of a test's report and as plain data for tools."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import TYPE_CHECKING, Any

from pytest_synthdata.columns.arrow.arrays import python_of
from pytest_synthdata.errors import counted
from pytest_synthdata.plugin.shrinking.marker_text import as_test, marker, source
from pytest_synthdata.plugin.shrinking.names import NamesIn
from pytest_synthdata.plugin.shrinking.over_time import Asked
from pytest_synthdata.plugin.shrinking.shrunk_rows import MOST_ROWS, ShownRows, value_text
from pytest_synthdata.shrinking.search import Shrunk, Verdict

if TYPE_CHECKING:
    from pytest_synthdata.dataset import Dataset

_MOST_TAKEN = 60  # that are written into a marker
_LEAST_BUDGET, _MORE = 120, 4  # seconds that are proposed where time was up, and how many times as many as there were


_NOT_SHRUNK = (Verdict.EMPTY, Verdict.ANY_ROWS, Verdict.GONE)


@dataclass(frozen=True)
class Said:
    """What the failure of a test says, in a line or a few.

    Args:
        whole: on all rows.
        on_none: on no rows at all; nothing where it does not fail on them.
        on_these: on those that are left.
    """

    whole: str = ""
    on_none: str = ""
    on_these: str = ""


@dataclass(frozen=True)
class Finding:
    """What was found for one test.

    Args:
        shrunk: how the search ended.
        num_rows: how many rows the tables had that the test failed on.
        num_columns: how many columns those have that it read.
        taken: the rows that are left; None where none were found.
        take: by table, the rows to ask for.
        seconds: how long the search took.
        arguments: what the test's markers say of its data, but for which rows of it.
        seed: the dataset's.
        scale: of tables whose numbers of rows are not stated.
        command: the command that runs the test, without which rows.
        module: the test's, whose names the marker has.
        zone: the time zone in which times are shown.
        said: what the failure says.
        keepers: the fixtures that kept what they had made of all rows.
        is_parameter: whether a parameter of the test says what its data is.
        is_session: whether it is the session's.
        asked: what the test asked of its tables over time.
        read: the tables that it read; None for all.
        long_in: the file that holds a marker and a command that are too long for a terminal.
    """

    shrunk: Shrunk
    num_rows: int
    num_columns: int
    taken: Dataset | None
    take: Mapping[str, Sequence[int]]
    seconds: float
    arguments: Mapping[str, Any]
    seed: int
    scale: float
    command: Sequence[str]
    module: ModuleType | None = None
    zone: str = "UTC"
    said: Said = Said()
    keepers: str = ""
    is_parameter: bool = False
    is_session: bool = False
    asked: Asked = field(default_factory=Asked)
    read: Sequence[str] | None = None
    long_in: str = ""

    def to_text(self) -> str:
        """The lines that end the test's report."""
        kept = [f"note: {self.keepers} saw the whole tables in every run"] if self.keepers else []
        return "\n".join([*self._lines(), *kept])

    def _lines(self) -> list[str]:
        if self.taken is None or self.shrunk.verdict in _NOT_SHRUNK or self._is_no_smaller:
            return [f"not shrunk: {self._why_not()}"]
        shrunk = self.shrunk
        matter = shrunk.columns if shrunk.are_all_columns else None
        rows = ShownRows(self.taken, matter, self.zone, self.asked, self.read)
        lines = [self._headline(), *rows.lines(), *self._planted(), *self._said()]
        if self.is_long:
            return [*lines, "as a test, and to replay: " + (self.long_in or "--synth-shrink-json=FILE writes both")]
        return [*lines, f"as a test:  {self.as_test}", f"replay:     {self.replay}"]

    @property
    def is_long(self) -> bool:
        """Whether the rows are too many to be written into a marker on a terminal."""
        return sum(map(len, self.take.values())) > _MOST_TAKEN

    @property
    def _is_no_smaller(self) -> bool:
        """Whether the search ended early, with all rows left."""
        ended = self.shrunk.verdict in (Verdict.TIME, Verdict.INTERRUPTED) and not self.shrunk.is_minimal
        return ended and self.taken is not None and _count(self.taken) == self.num_rows

    def to_dict(self) -> dict[str, Any]:
        """The same as plain data."""
        left = None if self.taken is None else {table.name: table.row_numbers.tolist() for table in self.taken}
        return {
            "verdict": self.shrunk.verdict.value,
            "rows_before": self.num_rows,
            "rows_after": None if self.taken is None else _count(self.taken),
            "rows": left,
            "take": {table: list(rows) for table, rows in self.take.items()},
            "runs": self.shrunk.runs,
            "runs_for_rows": self.shrunk.row_runs,
            "seconds": round(self.seconds, 3),
            "failure": self.said.on_these or None,
            "failure_on_no_rows": self.said.on_none if self.shrunk.fails_on_none else None,
            "columns": None if self.shrunk.columns is None else list(self.shrunk.columns),
            "all_columns": self.shrunk.are_all_columns,
            "marker": self.marker,
            "replay": self.replay,
        }

    @property
    def as_test(self) -> str:
        """What to write to make a regression test of the failure."""
        return as_test(
            self.arguments,
            self.seed,
            self.scale,
            self.take,
            self.module,
            is_parameter=self.is_parameter,
            is_session=self.is_session,
        )

    @property
    def marker(self) -> str | None:
        """A marker that gives the test these rows, in any process; None where the test's data cannot be written so."""
        if self.is_parameter or self.is_session:
            return None
        return marker(self.arguments, self.seed, self.scale, self.take, self.module)

    @property
    def replay(self) -> str:
        """The command that runs the test on these rows."""
        taken = (f"--synth-take={table}:{','.join(map(str, rows))}" for table, rows in self.take.items())
        return shlex.join([*self.command, *taken])

    def _said(self) -> list[str]:
        """What the failure says on the rows that are left, and on none where it is there, too."""
        lines = _indented(f"on these rows: {self.said.on_these}") if self.said.on_these else []
        if self.shrunk.fails_on_none:
            lines += _indented(f"on no rows at all, it fails too: {self.said.on_none}")
        return lines

    def _headline(self) -> str:
        shrunk, before = self.shrunk, self.num_rows
        assert self.taken is not None  # noqa: S101 - for the types
        rows = f"{counted(before, 'row')} to {_count(self.taken):,}"
        left = f"shrunk from {rows} in {shrunk.runs} runs ({self.seconds:.1f} s)"
        if shrunk.verdict is Verdict.FLAKY:
            return f"{left}; flaky: on these rows the test does not fail every time"
        known = [left, "no row can be left out"] if shrunk.is_minimal else [left]
        if shrunk.are_columns_bound:
            bound = "columns were not checked: with the same values in their place, the test ends in another way"
            return "; ".join([*known, bound])
        if shrunk.columns is not None:
            known.append(self._columns(shrunk.columns, are_all=shrunk.are_all_columns))
        if shrunk.are_all_columns:
            return "; ".join(known)
        early = " before all columns were checked" if shrunk.is_minimal else ""
        if shrunk.verdict is Verdict.INTERRUPTED:
            return "; ".join([*known, f"interrupted{early}"])
        seconds = max(_LEAST_BUDGET, round(self.seconds * _MORE / 60) * 60)
        return "; ".join([*known, f"time was up{early}: --synth-shrink={seconds} searches for {seconds} s"])

    def _columns(self, matter: Sequence[str], *, are_all: bool) -> str:
        if not matter:
            return "no column was found to matter: with other values in them, the test failed in the same way"
        verb = "matters" if len(matter) == 1 else "matter"
        least = "" if are_all else "at least "
        return f"{least}{len(matter)} of {self.num_columns} columns {verb}: {', '.join(matter)}"

    def _why_not(self) -> str:
        shrunk = self.shrunk
        if shrunk.verdict is Verdict.EMPTY:
            if self.said.on_none == self.said.whole:
                return (
                    "the failure does not depend on rows: the test fails in the same way on empty tables (unless a "
                    "cache or a global keeps what an earlier run read)"
                )
            return (
                "the failure may not depend on which rows there are: the test passed in none of "
                f"{shrunk.runs} runs on parts of the data; on empty tables, it fails too: "
                f"{_one_line(self.said.on_none)} (if it passed there, the search could tell more)"
            )
        if shrunk.verdict is Verdict.ANY_ROWS:
            count = sum(map(len, self.take.values()))
            least = f"take={_taken(self.take)}" if count <= _MOST_TAKEN else counted(count, "row")
            return (
                "the failure may not depend on which rows there are: the test passed in none of "
                f"{shrunk.runs} runs on parts of the data; the smallest part found on which it fails in the same way: "
                f"{least}"
            )
        if shrunk.verdict is Verdict.GONE:
            return "flaky: run again on the same data, the test did not fail in the same way"
        ended = "it was interrupted" if shrunk.verdict is Verdict.INTERRUPTED else "time was up"
        return (
            f"no smaller part of the {counted(self.num_rows, 'row')} was found to fail in {shrunk.runs} runs "
            f"({self.seconds:.1f} s) before {ended}"
        )

    def _planted(self) -> list[str]:
        """The planted defects of the rows that are left."""
        assert self.taken is not None  # noqa: S101 - for the types
        lines = []
        for name, schema in self.taken.defects.schema.items():
            for change in python_of(schema):
                if change["rows"]:
                    place = name if change["column"] is None else f"{name}.{change['column']}"
                    before, after = (change[name] or "no column" for name in ("clean", "dirty"))
                    lines.append(f"planted: {change['kind']} in {place}: {before} → {after}")
        for name, labels in self.taken.defects.items():
            for label in python_of(labels.to_arrow(0, MOST_ROWS)):
                place, was = f"{name} row {label['row']}", ""
                if label["column"] is not None:
                    place, was = f"{place}, {label['column']}", f"{value_text(label['clean'])} → "
                lines.append(f"planted: {label['kind']} in {place}: {was}{value_text(label['dirty'])}")
            if (more := labels.num_rows - MOST_ROWS) > 0:
                lines.append(f"planted: … and {more:,} more in {name}")
        return lines


def _indented(text: str) -> list[str]:
    return text.replace("\n", "\n  ").split("\n")


def _one_line(text: str) -> str:
    return " ".join(text.split("\n"))


def _count(dataset: Dataset) -> int:
    return sum(table.num_rows for table in dataset)


def _taken(take: Mapping[str, Sequence[int]]) -> str:
    return source({table: list(rows) for table, rows in take.items()}, NamesIn(None))


__all__ = ["Finding"]
