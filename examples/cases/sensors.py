"""A plant's sensors: a reading every minute, with a day's rhythm, memory, outliers and gaps; written in batches."""

from collections.abc import Iterator

import pyarrow as pa

from pytest_synthdata import (
    Categorical,
    Dataset,
    Dates,
    ForeignKey,
    Given,
    Key,
    Normal,
    Readings,
    ReadingTime,
    Series,
    TableFactory,
    col,
    when,
)

BATCH = 10_000


class DeviceFactory(TableFactory):
    class Meta:
        table = "devices"
        rows = 50

    device_id = Key("DEV-{:04d}")
    kind = Categorical({"press": 0.5, "oven": 0.3, "robot": 0.2})
    line = Categorical(["A", "B", "C"])
    installed_on = Dates("2023-01-01", "2023-12-31")
    base_temperature = Given("kind", {"oven": Normal(180, 10), "press": Normal(60, 4)}, default=Normal(35, 2)).round(1)


class ReadingFactory(TableFactory):
    class Meta:
        table = "readings"

    device = ForeignKey(DeviceFactory, per_parent=Readings("1min", start="2024-06-01", end="2024-06-01", jitter=0.1))
    read_at = ReadingTime()
    temperature = Series(
        col("base_temperature"), daily=3.0, noise=1.5, autocorrelation=0.95, outliers=0.002, gaps=0.01
    ).round(2)
    vibration = Series(2.0, noise=0.2, autocorrelation=0.5).clip(0, None).round(3)
    status = when(col("temperature") > col("device.base_temperature") + 8, "overheated").otherwise("ok")


def batches(dataset: Dataset) -> Iterator[pa.RecordBatch]:
    """The readings as a stream would bring them, ten thousand at a time."""
    return dataset.readings.batches(size=BATCH)
