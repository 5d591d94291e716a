"""A plant's sensors in batches: readings with a day's rhythm, and devices that move and change over time."""

from collections.abc import Iterator

import pyarrow as pa

from pytest_synthdata import (
    Categorical,
    Dataset,
    Dates,
    ForeignKey,
    Given,
    History,
    Integers,
    Key,
    Normal,
    Readings,
    ReadingTime,
    Series,
    TableFactory,
    Update,
    col,
    when,
)

BATCH = 10_000
FIRST, LAST = "2024-06-01", "2024-06-14"


class DeviceFactory(TableFactory):
    class Meta:
        table = "devices"
        rows = 50
        history = History(  # changes expected, a device and year
            FIRST, LAST, updates={"firmware": Update(12, never_back=True), ("line", "position"): 10, "offset": 20}
        )

    device_id = Key("DEV-{:04d}")
    kind = Categorical({"press": 0.5, "oven": 0.3, "robot": 0.2})
    line = Categorical(["A", "B", "C"])
    position = Integers(1, 40)
    firmware = Categorical({"1.0": 0.6, "1.1": 0.3, "2.0": 0.1})
    offset = Normal(0, 1).round(1)
    installed_on = Dates("2023-01-01", "2023-12-31")
    base_temperature = Given("kind", {"oven": Normal(180, 10), "press": Normal(60, 4)}, default=Normal(35, 2)).round(1)


class ReadingFactory(TableFactory):
    class Meta:
        table = "readings"
        history = History(FIRST, LAST, births="read_at")  # each comes when it is read, and reads its device as of then
        exclude = ("true_temperature",)

    device = ForeignKey(DeviceFactory, per_parent=Readings("10min", start=FIRST, end=LAST, jitter=0.1))
    read_at = ReadingTime()
    firmware = col("device.firmware")
    line = col("device.line")
    true_temperature = Series(
        col("base_temperature"), daily=3.0, noise=1.5, autocorrelation=0.95, outliers=0.002, gaps=0.01
    )
    temperature = (col("true_temperature") + col("device.offset")).round(2)
    vibration = Series(2.0, noise=0.2, autocorrelation=0.5).clip(0, None).round(3)
    status = when(col("temperature") > col("device.base_temperature") + 8, "overheated").otherwise("ok")


def dimension(dataset: Dataset) -> pa.Table:
    """Every version of each device, with the time from which and to which it was valid (SCD type 2)."""
    return dataset.devices.versions().to_arrow()


def batches(dataset: Dataset) -> Iterator[pa.Table]:
    """The readings in the order of time, ten thousand at a time, as a stream would bring them."""
    for batch in dataset.readings.at(LAST).in_batches(BATCH):
        yield batch.to_arrow()
