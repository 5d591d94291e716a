"""Columns of any Arrow type in tables that refer to each other: inferred, written, generated in their type."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from pytest_synthdata import Dataset, TableFactory
from pytest_synthdata.infer.printing.source import module_source
from pytest_synthdata.infer.tables import infer_tables
from pytest_synthdata.sources.samples import Sample, sample_of

ROWS = 60
DAY = dt.date(2024, 1, 1)


def numbered(type_: pa.DataType, low: int, high: int) -> pa.Array:
    """Whole numbers as values of a type."""
    numbers = np.random.default_rng(1).integers(low, high, ROWS)
    width = pa.int32() if type_.bit_width == 32 else pa.int64()
    return pa.array(numbers, width).cast(type_)


SECONDS = 86_000
PARTS = {"at": pa.time32("s"), "long": pa.duration("s")}
COLUMNS: dict[str, pa.Array] = {
    "int8": pa.array(np.arange(ROWS) % 50, pa.int8()),
    "uint8": pa.array(np.arange(ROWS) * 4, pa.uint8()),
    "uint64": pa.array(2**63 + np.arange(ROWS, dtype=np.uint64) % 9, pa.uint64()),
    "float16": pa.array(np.arange(ROWS, dtype=np.float16) / 4),
    "time32 s": numbered(pa.time32("s"), 0, SECONDS),
    "time32 ms": numbered(pa.time32("ms"), 0, SECONDS),
    "time64 us": numbered(pa.time64("us"), 0, SECONDS),
    "time64 ns": numbered(pa.time64("ns"), 0, SECONDS),
    "duration s": numbered(pa.duration("s"), 0, SECONDS),
    "duration ns": numbered(pa.duration("ns"), 0, SECONDS),
    "zoned": numbered(pa.timestamp("s", "Europe/Berlin"), 0, SECONDS),
    "date64": pa.array([DAY + dt.timedelta(days=day % 40) for day in range(ROWS)], pa.date64()),
    "decimal256": pa.array(np.arange(ROWS)).cast(pa.decimal256(25, 2)),
    "dictionary": pa.array(["a", "b", None] * 20).dictionary_encode(),
    "binary": pa.array([b"a", b"bc", None] * 20, pa.large_binary()),
    "view": pa.array(["a", "bc", None] * 20, pa.string_view()),
    "interval": pa.array([(1, 2, 3), None] * 30, pa.month_day_nano_interval()),
    "nothing": pa.nulls(ROWS),
    "list": pa.array([[dt.time(8)], [], None] * 20, pa.large_list(pa.time64("us"))),
    "struct": pa.array([{"at": dt.time(8), "long": 5}, None] * 30, pa.struct(PARTS)),
    "map": pa.array([[("a", dt.timedelta(1))], None] * 30, pa.map_(pa.string(), pa.duration("s"))),
}  # fmt: skip


@pytest.mark.parametrize("kind", COLUMNS)
def test_a_column_of_any_type_stands_in_a_parent_and_its_child(kind: str) -> None:
    days = [DAY + dt.timedelta(days=3 * number % 100) for number in range(ROWS)]
    places = np.arange(3 * ROWS) * 7 % ROWS
    shops = pa.table({"shop_id": [f"S{number:03d}" for number in range(ROWS)], "value": COLUMNS[kind], "opened": days})
    sales = pa.table({
        "sale_id": range(3 * ROWS),
        "shop_id": shops["shop_id"].take(pa.array(places)),
        "other": pa.concat_arrays([COLUMNS[kind]] * 3),
        "sold": [max(days[place], DAY + dt.timedelta(days=90 + int(place) * 11 % 200)) for place in places],
    })  # fmt: skip
    samples = {"shop": sample_of(shops, "test"), "sale": sample_of(sales, "test")}
    made = of_source(samples)
    dataset = Dataset({made["ShopFactory"]: 40, made["SaleFactory"]: 40}, seed=1)
    for table, sample in samples.items():
        assert dataset[table].to_arrow().schema.types == sample.schema.types


def of_source(samples: dict[str, Sample]) -> dict[str, Any]:
    """What stands in the source of inferred factories."""
    names: dict[str, Any] = {}
    source = module_source([one for one, _ in infer_tables(samples, base=TableFactory)], "Of a test.")
    exec(compile(source, "inferred", "exec", dont_inherit=True), names)
    return names
