"""The shape of columns in the terminal, by their types."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
from rich.console import Console

from pytest_synthdata import Array, Constant, Dataset, Integers, TableFactory
from pytest_synthdata.report.shape import shape


class StayFactory(TableFactory):
    length = (Integers(0, 86_399) * 1_000_000).cast(pa.duration("us"))
    opens = Integers(0, 86_399).cast(pa.time32("s"))
    visits = Array(Constant(dt.date(2024, 5, 1)), length=1)


def test_intervals_and_times_of_day_have_a_shape() -> None:
    console = Console(width=200)
    with console.capture() as capture:
        console.print(shape(Dataset({StayFactory: 50}, seed=1).stays.bound))
    text = capture.get()
    assert "length  duration" in text
    assert ", median 1" in text
    assert "[2024-05-01]" in text
