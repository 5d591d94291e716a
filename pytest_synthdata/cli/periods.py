"""`synthdata generate --from … --to … [--append]`: the rows of a period, of all tables or of none."""

from __future__ import annotations

import time
from contextlib import ExitStack
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_synthdata.cli.arguments import period_of
from pytest_synthdata.cli.schema_changes import schema_changes
from pytest_synthdata.errors import SynthDataError

if TYPE_CHECKING:
    from pytest_synthdata.dataset import Dataset
    from pytest_synthdata.files.periods import Period, Record
    from pytest_synthdata.table import Table


def write_period(
    dataset: Dataset,
    folder: str,
    format_: str,
    start: str | None,
    stop: str | None,
    *,
    append: bool,
    overwrite: bool,
    rows_per_file: int | None,
) -> list[dict[str, Any]]:
    """Write each table's rows of a period to a folder, and say what was written.

    A table that has no dates or times, and refers to none that has, is written whole, and once. Tables that have the
    period are left alone where others lack it, so that what was forgotten can be added, and a run that was killed while
    tables got a period is completed by the next.

    Raises:
        SynthDataError: for a table of which nothing says when its rows come, and as `period_written`.
    """
    from pytest_synthdata.files.limits import require_fit
    from pytest_synthdata.files.periods import Period, period_written, require_appendable
    from pytest_synthdata.files.progress import progress_bar
    from pytest_synthdata.files.targets import SCHEMA_CHANGES, local_path
    from pytest_synthdata.files.unfinished_period import UnfinishedPeriod, noted

    period = Period(*period_of(start, stop))
    out = local_path(folder, "--out")
    parts = _parts(dataset, period, start, stop, format_)
    names = [part.name for part in parts]
    if append:
        parts = [part for part in parts if not _is_there(part, out)]
        if (left := UnfinishedPeriod.read(out)) is not None:
            left.require_same(period, names, out)
            parts = [part for part in parts if part.name not in left.have]
            names = [*left.have, *left.lack]
        have = [part.name for part in parts if _is_covered(part, out)]
        if len(have) < len(parts):  # tables that lack the period get it; should none lack it, it is refused
            parts = [part for part in parts if part.name not in have]
            names = [name for name in names if name not in have]
    for part in parts:
        if append:
            require_appendable(part.record, out / part.name, part.period)
        else:
            _require_free(out / part.name, part, overwrite=overwrite)
    require_fit([part.table.view for part in parts], format_)
    written = []
    with progress_bar("rows") as bar, ExitStack() as together:
        if append:
            together.enter_context(noted(out, period, names))
        bar.expect(sum(part.table.num_rows for part in parts))
        for part in parts:
            bar.begin(part.name)
            begin, target = time.perf_counter(), out / part.name
            writing = period_written(
                part.table.view,
                part.record,
                target,
                part.period,
                append=append,
                overwrite=overwrite,
                rows_per_file=rows_per_file,
                progress=bar.advance,
            )
            together.enter_context(writing)
            seconds = round(time.perf_counter() - begin, 3)
            by = {} if part.by is None else {"by": part.by}
            found = {"table": part.name, "rows": part.table.num_rows, **by, "path": str(target), "seconds": seconds}
            written.append(found)
    for name, text in schema_changes(dataset).items():  # those of all periods
        (out / name / SCHEMA_CHANGES).write_text(text, "utf-8")
    return written


def _require_free(target: Path, part: Part, *, overwrite: bool) -> None:
    """Raise `SynthDataError` where something is in the place of a table; a period can be added to others of it."""
    from pytest_synthdata.files.periods import Record
    from pytest_synthdata.files.targets import require_free

    if not overwrite and (there := Record.known(target)) is not None and not there.covers(part.period):
        have = " and ".join(map(str, there.periods))
        raise SynthDataError(f"{target} has {have}: add {part.period} by --append, or replace that by --overwrite")
    require_free(target, overwrite=overwrite, single=False)


@dataclass(frozen=True)
class Part:
    """What is written of a table, or of its labels.

    Args:
        table: the rows.
        whole: all of its rows, of labels too.
        rows: how many rows the whole table has.
        period: which of them these are.
        by: the column that says when they come, or ``"arrival"``; None where they have no times.
        format: of the files.
    """

    table: Table
    whole: Table
    rows: int
    period: Period
    by: str | None
    format: str

    @property
    def name(self) -> str:
        """The name of the folder."""
        return self.table.name

    @cached_property
    def record(self) -> Record:
        """What the folder says."""
        from pytest_synthdata.files.periods import Record

        return Record.of(self.table.view, self.whole.view, self.rows, self.format)


def _parts(dataset: Dataset, period: Period, start: str | None, stop: str | None, format_: str) -> list[Part]:
    """The tables' rows of a period, and the labels of their defects."""
    from pytest_synthdata.columns.order.batches import column_of, period_ranks
    from pytest_synthdata.columns.order.choosing import has_times, order_of
    from pytest_synthdata.files.periods import Period
    from pytest_synthdata.table import Table

    selected, periods, tables = copy(dataset), {}, {}
    columns: dict[str, str] = {}
    for table in dataset:
        periods[table.name], tables[table.name] = Period(None, None), table
        if has_times(table.bound):
            order = order_of(table.view, scan=True)
            rows = order.rows(*period_ranks(order, start, stop))
            columns[table.name] = column_of(order) or "arrival"
            periods[table.name], tables[table.name] = period, Table(rows, table.factory)
    selected.tables = tables
    found = [*selected.tables.items(), *selected.defects.items()]
    whole = [*dataset.tables.values(), *dataset.defects.values()]
    return [
        Part(table, all_rows, dataset[name].num_rows, periods[name], columns.get(name), format_)
        for (name, table), all_rows in zip(found, whole, strict=True)
    ]


def _is_there(part: Part, out: Path) -> bool:
    """Whether a table without periods is there already, whole."""
    from pytest_synthdata.files.periods import Period, Record

    there = Record.read(out / part.name)
    if part.period != Period(None, None) or there is None or part.period not in there.periods:
        return False
    there.require_same(part.record, out / part.name)
    return True


def _is_covered(part: Part, out: Path) -> bool:
    """Whether a table, the same one, has the rows of the period."""
    from pytest_synthdata.files.periods import Record

    there = Record.known(out / part.name)
    if there is None or not there.covers(part.period):
        return False
    there.require_same(part.record, out / part.name)
    return True


__all__ = ["write_period"]
