"""How many processes write a table: as many as pay by what its rows cost."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pytest_synthdata import Dataset, TableFactory, column
from pytest_synthdata.factories import CustomerFactory, OrderFactory
from pytest_synthdata.files.formats import FileForm
from pytest_synthdata.files.pace import Pace, paying

START = 0.7  # seconds that a process takes to start


class BusyFactory(TableFactory):
    class Meta:
        table = "busy"

    @column(type="bigint")
    def number(cells: Any) -> Any:
        until = time.thread_time() + len(cells.rows) * 40e-6
        while time.thread_time() < until:
            pass
        return cells.rows


def test_what_rows_cost_is_measured_and_nothing_left(tmp_path: Path) -> None:
    busy = Dataset({BusyFactory: 2_000_000})["busy"].view
    pace = Pace.of(busy, FileForm("parquet"), tmp_path)
    assert 40e-6 <= pace.make < 80e-6
    assert 0 < pace.write < pace.make
    assert list(tmp_path.iterdir()) == []
    assert paying(busy, FileForm("parquet"), tmp_path, 8) == 8  # 80 s of work


def test_few_quick_rows_are_left_to_one_process(tmp_path: Path) -> None:
    orders = Dataset({CustomerFactory: 100, OrderFactory: 1 << 21}).orders.view
    assert paying(orders, FileForm("parquet"), tmp_path, 1) == 1
    assert paying(orders, FileForm("parquet"), tmp_path, 2) == 1  # a second of work, two starts
    assert paying(Dataset({BusyFactory: 10_000})["busy"].view, FileForm("csv"), tmp_path, 2) == 1


def test_there_are_as_many_as_starts_in_the_work() -> None:
    assert [Pace(make=1e-6, write=0.5e-6).processes(rows * 10**6, most=64) for rows in (3, 30, 300)] == [6, 64, 64]


@pytest.mark.parametrize("make", [1e-8, 3e-7, 1e-5])
@pytest.mark.parametrize("write", [1e-8, 1.5e-7, 1e-6])
@pytest.mark.parametrize("most", [2, 4, 64])
def test_at_no_size_more_processes_take_longer_than_one(make: float, write: float, most: int) -> None:
    counts = []
    for rows in np.geomspace(1e4, 1e11, 60):
        count = Pace(make, write).processes(int(rows), most)
        counts.append(count)
        # Each writes its share; all but this one start first, and this one does their part meanwhile.
        together = (rows * (make + write) + (count - 1) * START) / count
        assert count == 1 or together < rows * max(make, write)
    assert counts == sorted(counts)
    assert counts[0] == 1
    # Two that share the work of a balanced table gain nothing over one that makes rows while it writes others.
    assert counts[-1] == (most if (make + write) / most < 0.9 * max(make, write) else 1)
