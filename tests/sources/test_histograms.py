"""Histograms of columns as Spark packs them into a table's properties, and as DESCRIBE EXTENDED lists them."""

from __future__ import annotations

import base64
import datetime as dt
import struct
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from pytest_synthdata import Dataset, Quantiles, TableFactory
from pytest_synthdata.infer.tables import infer_tables
from pytest_synthdata.sources.samples import Sample
from pytest_synthdata.sources.statistics.histograms import quantiles_of
from pytest_synthdata.sources.statistics.kept_texts import statistics_of_properties

# What Spark 4.3 keeps of 1,000 rows: exp(id / 100), id % 7, and '2024-01-01' and as many days as 3 * sqrt(id).
SPREAD = (
    "TFo0QmxvY2sm8QAAAPABAABky3sNNEBJAAEAMhQ/8AsA/4k/+h33nNcE5UAFh6XwZNz6QBG/lfe9ZUJAHUMbSFedHEAoH1+Vaqvy"
    "QDPivBZ36QpAQGSZ7zdQ7EBLBwadWjFpQFZHxcTvRKxAYl33Lmgm5EBuSDsJ4GcKQHj2oj4E2IxAhJQv2Q2qa0CQ9uLKpz19QJv4"
    "NVeQc85Apw6YCxLPVUCzAd22+gzMQL9WdPcYAKxAydVlzUNsdJgAhYJA1UvTH4KcoT4BIwA1CAAbMAgABBgAEzQYAAQIABMyEAAM"
    "CAAEIAAbMSAABEgABDAABCgABHAABDAAEy44AAQQAFAx/////0xaNEJsb2NrFgAAAAAAAAAAAAAAAA=="
)
DAYS = (
    "TFo0QmxvY2smrQAAAPABAACtSMULNEBJAAEAUBRA00LADQAwQNNIBwBDAEDTSggAE0sYACBNQBEAQkDTToAIABNPCAATUCAAE1EQ"
    "ABNSCAATUwgAE1Q4ABBVNwBDAEDTVTAAE1YgABNXIAATVxgAE1gYABNZMAATWRgAD5gAhRFawAADAgATEwgAEwgIABMHCAATBggA"
    "EwUIABMECAAEEAATAxAABBgABAgABBgADwgADRMCQAAEKAAMEABQAv////9MWjRCbG9jaxYAAAAAAAAAAAAAAAA="
)
KEPT = {
    "numRows": "1000",
    "colStats.spread.min": "1.0",
    "colStats.spread.max": "21807.29879823013",
    "colStats.spread.histogram": SPREAD,
    "colStats.on.min": "2024-01-01",
    "colStats.on.max": "2024-04-04",
    "colStats.on.histogram.numParts": "2",
    "colStats.on.histogram.part.0": DAYS[:200],
    "colStats.on.histogram.part.1": DAYS[200:],
    "colStats.phone.min": "15112345678",
    "colStats.phone.max": "15199999999",
    "colStats.phone.histogram": SPREAD,
}
SCHEMA = pa.schema([("spread", pa.float64()), ("on", pa.date32()), ("phone", pa.int64())])


def made() -> Any:
    properties = {f"spark.sql.statistics.{name}": text for name, text in KEPT.items()}
    sample = Sample(SCHEMA, statistics=statistics_of_properties(properties, SCHEMA))
    ((_, factory),) = infer_tables({"rows": sample}, base=TableFactory)
    return factory


def test_columns_are_spread_as_their_histograms_are() -> None:
    rows = Dataset({made(): 4_000}, seed=5)["rows"].to_arrow()
    expected = np.exp(np.arange(1_000) / 100)
    for share in (0.1, 0.3, 0.5, 0.7, 0.9):
        # The share of rows below a quantile, within 5 standard deviations, and what straight lines in bins may miss.
        below = float((rows["spread"].to_numpy() <= np.quantile(expected, share)).mean())
        assert abs(below - share) < 0.02 + 5 * (share * (1 - share) / 4_000) ** 0.5
    days = rows["on"].to_numpy().astype("datetime64[D]").astype(int)
    assert (days.min(), days.max()) == (19_723, 19_817)
    assert abs(float((days <= 19_790).mean()) - 0.5) < 0.02 + 5 * (0.25 / 4_000) ** 0.5
    assert rows["phone"].to_numpy().max() > 21_808  # its histogram is somebody's


def test_bins_that_describe_lists() -> None:
    said = {"histogram": "height: 50.0, num_of_bins: 11"}
    said |= {f"bin_{n}": f"lower_bound: {n}.0, upper_bound: {n + 1}.0, distinct_count: 1" for n in reversed(range(11))}
    assert quantiles_of(said, pa.int32()) == tuple(range(12))
    assert quantiles_of(said, pa.timestamp("us"))[1] == dt.datetime(1970, 1, 1, 0, 0, 0, 1)  # noqa: DTZ001


def packed(*ends: float, count: int | None = None) -> str:
    """A histogram in one block that is not compressed."""
    number = len(ends) - 1
    content = struct.pack(f">di{2 * number}d", 1.0, number if count is None else count, *ends[:-1], *ends[1:])
    block = b"LZ4Block" + struct.pack("<Biii", 0x15, len(content), len(content), 0) + content
    return base64.b64encode(block + b"LZ4Block" + struct.pack("<Biii", 0x15, 0, 0, 0)).decode()


def test_what_is_not_a_histogram_is_nothing() -> None:
    assert quantiles_of({"histogram": packed(1, 2, 4)}, pa.float64()) == (1, 2, 4)
    for text in ("", "NULL", "no base64!", SPREAD[:80], packed(1, 3, 2), packed(1, 2, count=-1), packed(1, 2, count=9)):
        assert quantiles_of({"histogram": text}, pa.float64()) == ()
    assert quantiles_of({"histogram": packed(0, 1e300)}, pa.date32()) == ()


@pytest.mark.parametrize(("bins", "is_list"), [(40, True), (254, False)])
def test_many_bins_are_written_as_few_quantiles(bins: int, is_list: bool) -> None:
    properties = {
        "spark.sql.statistics.numRows": "1000",
        "spark.sql.statistics.colStats.size.min": "0",
        "spark.sql.statistics.colStats.size.max": str(bins),
        "spark.sql.statistics.colStats.size.histogram": packed(*range(bins + 1)),
    }
    schema = pa.schema([("size", pa.int32())])
    ((_, factory),) = infer_tables(
        {"t": Sample(schema, statistics=statistics_of_properties(properties, schema))}, base=TableFactory
    )
    column = factory._meta.plan().columns["size"]
    while not isinstance(column, Quantiles):
        column = column.generator
    assert len(column.quantiles) == 21
    assert (column.shares is None) == is_list
