"""The end of chispa's failures: the cells that differ, and the numbers of their rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from pytest_synthdata.errors import counted
from pytest_synthdata.plugin.failures.differing_cells import (
    Compared,
    TableDifferences,
    differing_cells,
    in_another_order,
    rows_compared,
)
from pytest_synthdata.plugin.failures.reasons import text_or_reason
from pytest_synthdata.plugin.failures.sections import DIFFERENCES
from pytest_synthdata.plugin.stash import MATERIALISER, SYNTH

if TYPE_CHECKING:
    from pytest_synthdata.dataset import Dataset

_MOST = 10  # cells of a table that are listed
_IN_ANOTHER_ORDER = "both frames have the same rows, in another order: ignore_row_order=True compares without it"


class Differences:
    """A plugin that ends a failure of chispa's with the rows and columns that differ."""

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
        """Add a section to the report of a test that chispa failed."""
        outcome: Any = yield
        error = call.excinfo
        if error is None or error.typename != "DataFramesNotEqualError" or MATERIALISER not in item.config.stash:
            return

        def text() -> str:
            compared = rows_compared(error.tb)
            return "" if compared is None else explain(compared, _datasets(item))

        if differences := text_or_reason("what differs cannot be told", text):
            outcome.get_result().sections.append((DIFFERENCES, differences))


def _datasets(item: pytest.Item) -> list[Dataset]:
    """The run's datasets, those of the test's own seed first."""
    datasets: list[Dataset] = item.config.stash[MATERIALISER].used()
    seed = item.stash[SYNTH].seed if SYNTH in item.stash else None
    return sorted(datasets, key=lambda dataset: dataset.seed != seed)


def explain(compared: Compared, datasets: Iterable[Dataset]) -> str:
    """Which cells of two frames differ, row by row of the tables that they came from.

    Args:
        compared: the rows of both frames.
        datasets: where their tables are looked for, the likeliest first.

    Returns:
        A few lines; none where no table's key is among the columns.
    """
    found = differing_cells(compared, datasets)
    if found is None:
        return ""
    if text := "\n".join(_listed(one) for one in found if one.cells):
        return text
    return _IN_ANOTHER_ORDER if in_another_order(compared) else ""


def _listed(found: TableDifferences) -> str:
    from pytest_synthdata.validation.messages import aligned, short, shown_apart

    name, cells = found.table.name, found.cells
    rows = list(dict.fromkeys(cell.row for cell in cells))
    columns = dict.fromkeys(cell.column for cell in cells)
    lines = [["row", *found.keys, "column", "df1", "df2"]]
    for cell in cells[:_MOST]:
        path, *both = shown_apart(cell.one, cell.other)
        lines.append([str(cell.row), *map(short, cell.key), f"{cell.column}{path}", *both])
    text = [
        f"{name} differ in {', '.join(map(short, columns))}: {counted(len(rows), 'row')}",
        *aligned(lines),
    ]
    if len(cells) > _MOST:
        text.append(f"… and {len(cells) - _MOST:,} cells more")
    table = f".{name}" if name.isidentifier() else f"[{name!r}]"
    take = f"{name}=[{rows[0]}]" if name.isidentifier() else f"**{{{name!r}: [{rows[0]}]}}"
    text.append(f"row {rows[0]} as it was generated: dataset.take({take}){table}.to_arrow()")
    return "\n".join(text)


__all__ = ["Differences", "explain"]
