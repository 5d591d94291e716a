"""What a validation gives: checks, each with what was declared, what was measured and how likely that is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from pytest_synthdata.errors import counted, printable

FALSE_ALARMS = 0.001  # how often a correct dataset may fail, at most


@dataclass(frozen=True)
class Check:
    """One thing that a declaration says, checked against the data.

    Args:
        table: the table.
        column: the column, or the reference; empty for the whole table.
        kind: what was looked at: ``share``, ``median``, ``shape``, ``nulls``, ``orphans``, …
        subject: of what: a category, a month, a class of parents.
        condition: which rows: ``customer.tier = Pro``; empty for all.
        declared: what the declaration says; a number where it is one.
        measured: what the data says.
        rows: how many rows (or days, or parents) this rests on.
        p_value: how likely so great a deviation is by chance where the declaration holds; None for what no row may do.
        adjusted: the p-value, corrected for the number of all checks.
        passed: whether the data matches.
        examples: for what no row may do, the numbers of the first rows that did.
        examples_of: the table of these rows, where it is another: that of parents with too few children.
    """

    table: str
    column: str
    kind: str
    subject: str
    condition: str
    declared: Any
    measured: Any
    rows: int
    p_value: float | None = None
    adjusted: float | None = None
    passed: bool = True
    examples: tuple[int, ...] = ()
    examples_of: str = ""

    @property
    def deviation(self) -> float | None:
        """Measured minus declared, for numbers."""
        if isinstance(self.declared, (int, float)) and isinstance(self.measured, (int, float)):
            return self.measured - self.declared
        return None

    @property
    def place(self) -> str:
        """``table.column``; the table alone for what is said of all of it."""
        return _on_one_line(f"{self.table}.{self.column}" if self.column else self.table)

    @property
    def title(self) -> str:
        """What was looked at, in words."""
        about = f" ({self.subject})" if self.subject else ""
        return _on_one_line(f"{self.kind}{about}{f' where {self.condition}' if self.condition else ''}")

    def __str__(self) -> str:
        declared, measured = format_value(self.declared), format_value(self.measured)
        text = f"{self.place}: {self.title}: declared {declared}, measured {measured}"
        if self.p_value is not None:
            return f"{text} ({self.rows:,} rows, p = {self.p_value:.2g})"
        return f"{text} ({self.named_rows})" if self.examples else text

    @property
    def named_rows(self) -> str:
        """The numbers of the first rows that break a rule, in words."""
        numbers = ", ".join(map(str, self.examples)) + (", …" if len(self.examples) > 4 else "")  # noqa: PLR2004
        return f"rows {numbers}{f' of {self.examples_of}' if self.examples_of else ''}"


@dataclass(frozen=True)
class Days:
    """How many rows a timeline has on each day.

    Args:
        column: the column with the timeline.
        start: the first day.
        counts: measured, one number a day.
        expected: declared, scaled to the same total.
        events: first day, last day and multiplier of each event.
    """

    column: str
    start: str
    counts: tuple[int, ...]
    expected: tuple[float, ...]
    events: tuple[tuple[str, str, float], ...]

    def index(self, day: str) -> int:
        """The position of a day."""
        return (dt.date.fromisoformat(day) - dt.date.fromisoformat(self.start)).days


@dataclass(frozen=True)
class TableResult:
    """A table's checks.

    Args:
        table: its name.
        rows: how many there are; those that are declared to arrive a second time count once.
        seconds: how long it took to make or read the rows.
        checks: what was checked against the declarations.
        unchecked: by column, why it was not.
        days: the volume of each timeline.
        some_of: how many rows the whole table has, where only some of them were taken.
        shares_unchecked: whether checks of shares, distributions and volumes were left out, because this table's rows
            or those that they refer to were taken from more.
        planted: how many defects were planted, by kind and column; the checks are of the rows without them.
    """

    table: str
    rows: int
    seconds: float
    checks: tuple[Check, ...]
    unchecked: dict[str, str] = field(default_factory=dict)
    days: tuple[Days, ...] = ()
    some_of: int | None = None
    shares_unchecked: bool = False
    planted: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Validation:
    """Declared against measured, for every table.

    Args:
        tables: the tables' results.
        seed: of a generated dataset.
        false_alarms: the greatest probability with which any check fails of data that is as declared.
        seconds: how long making or reading and checking took.
    """

    tables: tuple[TableResult, ...]
    seed: int | None = None
    false_alarms: float = FALSE_ALARMS
    seconds: float = 0.0

    @property
    def checks(self) -> list[Check]:
        """The checks of all tables."""
        return [check for table in self.tables for check in table.checks]

    @property
    def failed(self) -> list[Check]:
        """The checks that the data does not pass."""
        return [check for check in self.checks if not check.passed]

    @property
    def ok(self) -> bool:
        """Whether the data is as declared."""
        return not self.failed

    def __repr__(self) -> str:
        tables = ", ".join(f"{_on_one_line(table.table)}: {counted(table.rows, 'row')}" for table in self.tables)
        checks, failed = len(self.checks), len(self.failed)
        return (
            f"<Validation {tables}; {f'{failed} of {checks} checks failed' if failed else f'{checks} checks passed'}>"
        )

    def __iter__(self) -> Iterator[Check]:
        return iter(self.checks)

    def __getitem__(self, table: str) -> TableResult:
        return next(result for result in self.tables if result.table == table)

    def to_dict(self) -> dict[str, Any]:
        """The results as plain data, for JSON."""
        data: dict[str, Any] = asdict(self)
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Validation:
        """The results from what `to_dict` gave."""

        def table(fields: Mapping[str, Any]) -> TableResult:
            checks = tuple(Check(**_frozen(one)) for one in fields["checks"])
            days = tuple(Days(**_frozen(one)) for one in fields["days"])
            return TableResult(**{**fields, "checks": checks, "days": days})

        return cls(**{**data, "tables": tuple(map(table, data["tables"]))})


def _frozen(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Lists, as JSON has them, as tuples."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}


def adjust_p_values(tables: Iterable[TableResult], false_alarms: float) -> tuple[TableResult, ...]:
    """Decide which checks pass, so that all together seldom fail of data that is as declared.

    The p-values of all tables are corrected by Holm's step-down method (1979, "A simple sequentially rejective
    multiple test procedure"), which holds whatever the checks have to do with each other.
    """
    tables = tuple(tables)
    p_values = [check.p_value for table in tables for check in table.checks if check.p_value is not None]
    adjusted = iter(holm(p_values))

    def decided(check: Check) -> Check:
        if check.p_value is None:
            return check
        value = next(adjusted)
        return Check(**{**vars(check), "adjusted": value, "passed": value > false_alarms})  # faster than `replace`

    return tuple(replace(table, checks=tuple(map(decided, table.checks))) for table in tables)


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values adjusted for their number.

    >>> holm([0.01, 0.5, 0.03])
    [0.03, 0.5, 0.06]
    """
    values = np.asarray(p_values, np.float64)
    order = np.argsort(values)
    adjusted = np.empty(len(values))
    steps = (len(values) - np.arange(len(values))) * values[order]
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return [float(value) for value in adjusted]


def format_value(value: Any) -> str:
    """A value for people: numbers with as many digits as say something."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return _on_one_line(str(value))
    if isinstance(value, int) or (float(value).is_integer() and abs(value) >= 1000):  # noqa: PLR2004
        return f"{int(value):,}"
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"  # noqa: PLR2004


def _on_one_line(text: str) -> str:
    """A text as one line, without what a terminal might obey."""
    return printable(text).replace("\n", "\\n")


__all__ = ["FALSE_ALARMS", "Check", "Days", "TableResult", "Validation", "adjust_p_values", "format_value", "holm"]
