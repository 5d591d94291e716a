"""The validation summary for a terminal: what failed, then tables, then what happened in each incident."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pytest_synthdata.errors import counted
from pytest_synthdata.report.distinct import distinct_tables, largest_first
from pytest_synthdata.validation.results import Check, Days, TableResult, Validation, format_value

_MOST_FAILURES = 30
_MOST_TABLES = 20
_NOTHING = 1e-3  # seconds in which no rows were made: they were there


def summary(results: Sequence[Validation], *, failures: bool = True) -> RenderableType:
    """One summary of some validations; of tables that are the same in several of them, one line."""
    return Group(*_parts(list(results), failures))


def to_text(results: Sequence[Validation], *, width: int = 80, colour: bool = False, failures: bool = True) -> str:
    """The summary as text, with ANSI colours or without, and with the failed checks or only their number."""
    file = io.StringIO()
    console = Console(
        file=file,
        width=width,
        force_terminal=colour,
        color_system="standard" if colour else None,
        no_color=not colour,
        highlight=False,
        legacy_windows=False,
    )
    console.print(summary(results, failures=failures))
    lines = (line.rstrip() for line in file.getvalue().splitlines())
    return "\n".join(lines).strip("\n") + "\n"


def _parts(results: list[Validation], failures: bool) -> Iterator[RenderableType]:
    failed = [check for one in distinct_tables(results) for check in one.result.checks if not check.passed]
    if failed and failures:
        yield _failures(failed)
    if not results:
        yield Text("no test asked for data", "yellow")
        return
    yield _tables(results)
    largest = max(results, key=lambda result: sum(table.rows for table in result.tables))
    for table in largest.tables:
        for days in table.days:
            for event in days.events:
                yield Padding(_incident(table, days, event), (1, 0, 0, 1))
    yield from _planted(results)
    yield Text()
    yield _verdict(results, len(failed))


def _failures(failed: list[Check]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", pad_edge=False)
    for name in ("", "column", "check", "declared", "measured", "p"):
        table.add_column(name, justify="right" if name in ("declared", "measured", "p") else "left")
    for check in failed[:_MOST_FAILURES]:
        chance = "" if check.adjusted is None else f"{check.adjusted:.1g}"
        table.add_row(
            Text("FAILED", "red bold"), check.place, check.title, format_value(check.declared),
            Text(format_value(check.measured), "red"), chance,
        )  # fmt: skip
    if len(failed) > _MOST_FAILURES:
        table.add_row("", f"… and {len(failed) - _MOST_FAILURES} more")
    table.add_row()
    return table


def _tables(results: list[Validation]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", pad_edge=False)
    table.add_column("table")
    for name in ("rows", "time", "rows/s", "checks", "failed", "seed"):
        table.add_column(name, justify="right", no_wrap=True)
    distinct = distinct_tables(results)
    for one in distinct[:_MOST_TABLES]:
        result = one.result
        bad = sum(not check.passed for check in result.checks)
        speed = f"{result.rows / result.seconds:,.0f}" if result.seconds > _NOTHING else ""
        rows = f"{result.rows:,}" if result.some_of is None else f"{result.rows:,} of {result.some_of:,}"
        table.add_row(
            result.table, rows, _duration(result.seconds), speed,
            f"{len(result.checks):,}", Text(str(bad), "red" if bad else "green"),
            "" if one.seed is None else str(one.seed),
        )  # fmt: skip
    if more := distinct[_MOST_TABLES:]:
        table.add_row(f"… and {len(more)} more", "", "", "", f"{sum(len(one.result.checks) for one in more):,}")
    return table


def _planted(results: list[Validation]) -> Iterator[RenderableType]:
    """The defects that were planted; each table's once."""
    shown = {
        (one.table, result.seed, *one.planted.items()): (one, result.seed)
        for result in largest_first(results)
        for one in result.tables
        if one.planted
    }
    if not shown:
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", pad_edge=False)
    table.add_column("planted in")
    table.add_column("seed", justify="right", no_wrap=True)
    table.add_column("defects")
    for one, seed in list(shown.values())[:_MOST_TABLES]:
        defects = ", ".join(f"{name} {count:,}" for name, count in one.planted.items())
        table.add_row(one.table, "" if seed is None else str(seed), defects)
    if len(shown) > _MOST_TABLES:
        table.add_row(f"… and {len(shown) - _MOST_TABLES} more")
    yield Text()
    yield table


def incident(table: TableResult, days: Days, event: tuple[str, str, float]) -> dict[str, Any]:
    """What an event did: the volume a day before and during it, the multiplier, and the shares within it."""
    first, last, multiplier = event
    start, stop = max(days.index(first), 0), min(days.index(last) + 1, len(days.counts))
    before, during = days.counts[:start], days.counts[start:stop]
    before_mean = sum(before) / len(before) if before else 0.0
    during_mean = sum(during) / len(during) if during else 0.0
    label = f"{days.column} in {first} … {last}"
    shares: dict[str, list[tuple[str, float, float]]] = {}
    for check in table.checks:
        if check.kind == "share" and check.condition == label:
            shares.setdefault(check.column, []).append((check.subject, float(check.measured), float(check.declared)))
    measured = next((one for one in table.checks if one.kind == "event" and f"{first} … {last}" in one.subject), None)
    return {
        "first": first,
        "last": last,
        "declared": multiplier,
        "multiplier": measured.measured if measured else (during_mean / before_mean if before_mean else 0.0),
        "before": before_mean,
        "during": during_mean,
        "shares": shares,
    }


def _incident(table: TableResult, days: Days, event: tuple[str, str, float]) -> Table:
    facts = incident(table, days, event)
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column()
    grid.add_column(justify="right")
    grid.add_column()
    grid.add_row(Text(f"{table.table}: {facts['first']} … {facts['last']}", "bold"))
    grid.add_row("  pre-incident average", f"{facts['before']:.1f}", "a day")
    grid.add_row("  incident average", f"{facts['during']:.1f}", "a day")
    grid.add_row(
        "  multiplier", f"{facts['multiplier']:.2f}", Text(f"declared {facts['declared']:g}; weekdays alike", "dim")
    )
    for column, shares in facts["shares"].items():
        for value, measured, declared in sorted(shares, key=lambda share: -share[1]):
            grid.add_row(f"  {column}: {value}", f"{measured:.1%}", Text(f"declared {declared:.1%}", "dim"))
    return grid


def _verdict(results: list[Validation], failed: int) -> Text:
    checks = sum(len(one.result.checks) for one in distinct_tables(results))
    seconds = sum(result.seconds for result in results)
    unchecked = len({(one.table, name) for result in results for one in result.tables for name in one.unchecked})
    text = Text()
    if failed:
        text.append(f"{failed:,} of {checks:,} checks failed", "red bold")
    else:
        text.append(f"{checks:,} checks passed", "green bold")
    text.append(f" in {_duration(seconds)}", "red" if failed else "green")
    text.append(f"; false alarms: 1 in {1 / results[0].false_alarms:,.0f}", "dim")
    if unchecked:
        text.append(f"; {counted(unchecked, 'column')} unchecked", "dim")
    if any(one.shares_unchecked for result in results for one in result.tables):
        text.append("; shares and distributions unchecked: some rows were taken", "dim")
    return text


def _duration(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


__all__ = ["incident", "summary", "to_text"]
