"""Series: what is declared of level, trend, season and memory comes out, and any reading can be made by itself."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from pytest_synthdata import (
    Categorical,
    Dataset,
    Dates,
    DeclarationError,
    ForeignKey,
    Key,
    Normal,
    Readings,
    ReadingTime,
    Series,
    TableFactory,
    col,
)


class DeviceFactory(TableFactory):
    class Meta:
        table = "devices"

    device_id = Key("D{}")
    base = Normal(20, 3).round(2)
    installed = Dates("2024-01-01", "2024-01-10")
    kind = Categorical({"a": 1.0})


QUARTERS = Readings("15min", start="2024-01-01", end="2024-04-13")  # 104 days: 9,984 readings


class ReadingFactory(TableFactory):
    class Meta:
        table = "readings"

    device = ForeignKey(DeviceFactory, per_parent=QUARTERS)
    at = ReadingTime()
    noise = Series(autocorrelation=0.9)
    white = Series(noise=2.0)
    slow = Series(autocorrelation=0.999)
    walk = Series(noise=0.5, autocorrelation=1.0)
    value = Series(col("base"), trend=0.1, daily=4.0, weekly=[0, 0, 0, 0, 0, 7, 9], noise=0.0)
    own = Series(Normal(0, 5), noise=0.0)
    holed = Series(noise=0.1, gaps=0.1, gap_length=20, outliers=0.01)


DEVICES = 60


@pytest.fixture(scope="module")
def readings() -> pa.Table:
    return Dataset({DeviceFactory: DEVICES, ReadingFactory: None}, seed=1).readings.to_arrow().combine_chunks()


def by_device(readings: pa.Table, name: str) -> np.ndarray[Any, Any]:
    return readings[name].to_numpy().reshape(DEVICES, -1)


@pytest.mark.parametrize(("name", "correlation", "scale"), [("noise", 0.9, 1), ("white", 0, 2), ("slow", 0.999, 1)])
def test_noise_remembers_as_declared(readings: pa.Table, name: str, correlation: float, scale: float) -> None:
    values = by_device(readings, name) / scale
    independent = values.size * (1 - correlation**2) / (1 + correlation**2)  # the effective size (Bartlett 1946)
    assert abs((values**2).mean() - 1) < 5 * (2 / independent) ** 0.5
    for lag in (1, 3, 64):
        found = (values[:, lag:] * values[:, :-lag]).mean() / (values**2).mean()
        assert abs(found - correlation**lag) < 5 / independent**0.5
    assert abs((values[1:] * values[:-1]).mean()) < 5 / independent**0.5  # no device knows of another


def test_a_random_walk_has_independent_steps(readings: pa.Table) -> None:
    walk = by_device(readings, "walk")
    steps = np.diff(walk, axis=1) / 0.5
    assert (walk[:, 0] == 0).all()
    assert abs((steps**2).mean() - 1) < 5 * (2 / steps.size) ** 0.5
    for lag in (1, 2, 7):
        assert abs((steps[:, lag:] * steps[:, :-lag]).mean()) < 5 / steps.size**0.5


def test_level_trend_and_seasons_are_added(readings: pa.Table) -> None:
    dataset = Dataset({DeviceFactory: DEVICES, ReadingFactory: None}, seed=1)
    base = np.repeat(dataset.devices.to_arrow()["base"].to_numpy(), len(readings) // DEVICES)
    at = readings["at"].cast(pa.timestamp("us")).to_numpy()
    days = (at - np.datetime64("2024-01-01")) / np.timedelta64(1, "D")
    hours = (at - at.astype("datetime64[D]")) / np.timedelta64(1, "h")
    weekday = (at.astype("datetime64[D]").astype(int) + 3) % 7
    expected = base + 0.1 * days + 4 * np.cos((hours - 15) / 24 * 2 * np.pi)
    expected += np.array([0, 0, 0, 0, 0, 7, 9])[weekday]
    assert np.allclose(readings["value"].to_numpy(), expected)
    own = by_device(readings, "own")
    assert (own == own[:, :1]).all()
    assert 3 < own[:, 0].std() < 7  # sixty values of a normal with 5: five standard errors are 2.3


def test_readings_are_taken_every_so_often(readings: pa.Table) -> None:
    at = by_device(readings, "at")
    assert at.shape[1] == 104 * 96
    assert (np.diff(at, axis=1) == np.timedelta64(15, "m")).all()
    assert at[0, 0] == np.datetime64("2024-01-01")


def test_gaps_and_outliers(readings: pa.Table) -> None:
    null = readings["holed"].is_null().to_numpy().reshape(DEVICES, -1)
    blocks = null[:, : 20 * (null.shape[1] // 20)].reshape(-1, 20)
    assert (blocks.all(axis=1) == blocks.any(axis=1)).all()
    assert abs(blocks[:, 0].mean() - 0.1) < 5 * (0.09 / len(blocks)) ** 0.5
    far = np.abs(readings["holed"].drop_null().to_numpy()) > 0.7  # 7 standard deviations; outliers are 10 away
    assert abs(far.mean() - 0.01) < 5 * (0.0099 / far.size) ** 0.5
    # Half of them lie below.
    below = readings["holed"].drop_null().to_numpy()[far] < 0
    assert abs(below.mean() - 0.5) < 5 * 0.5 / len(below) ** 0.5


def test_start_and_end_are_the_parents_own() -> None:
    class HourlyFactory(TableFactory):
        class Meta:
            table = "hourly"

        device = ForeignKey(
            DeviceFactory, per_parent=Readings("1h", start="installed", end="2024-01-08 12:00:00", jitter=0.5)
        )
        at = ReadingTime()
        value = Series(daily=list(range(24)), noise=0.0)

    dataset = Dataset({DeviceFactory: 200, HourlyFactory: None}, seed=4)
    installed = {row["device_id"]: row["installed"] for row in dataset.devices.to_arrow().to_pylist()}
    rows = dataset.hourly.to_arrow().to_pylist()
    counts = dict.fromkeys(installed, 0)
    for row in rows:
        begin = dt.datetime.combine(installed[row["device_id"]], dt.time(), dt.timezone.utc)
        late = row["at"] - begin - counts[row["device_id"]] * dt.timedelta(hours=1)
        assert dt.timedelta() <= late < dt.timedelta(minutes=30)
        counts[row["device_id"]] += 1
    end = dt.datetime(2024, 1, 8, 12, tzinfo=dt.timezone.utc)
    for device, day in installed.items():
        hours = (end - dt.datetime.combine(day, dt.time(), dt.timezone.utc)).total_seconds() / 3600
        assert counts[device] == max(hours, 0)
    with dataset.factories():
        assert [HourlyFactory.build(__sequence=number) for number in (0, 700)] == [rows[0], rows[700]]


def test_the_middle_of_a_huge_table_is_there_at_once() -> None:
    table = Dataset({DeviceFactory: 10**6, ReadingFactory: None}, seed=1).readings
    assert table.num_rows == 9_984 * 10**6
    table.to_arrow(0, 10)
    begin = time.process_time()
    part = table.to_arrow(table.num_rows // 2, table.num_rows // 2 + 1_000)
    assert time.process_time() - begin < 0.5  # a generous bound: it takes 0.02 s
    again = table.to_arrow(table.num_rows // 2 + 400, table.num_rows // 2 + 410)
    assert again.combine_chunks().equals(part.slice(400, 10).combine_chunks())


def test_more_devices_and_a_later_end_change_no_reading(readings: pa.Table) -> None:
    more = Dataset({DeviceFactory: DEVICES + 40, ReadingFactory: None}, seed=1).readings
    assert more.to_arrow(0, 20_000).combine_chunks().equals(readings.slice(0, 20_000))

    class LongerFactory(ReadingFactory):
        device = ForeignKey(DeviceFactory, per_parent=Readings("15min", start="2024-01-01", end="2024-12-31"))

    longer = Dataset({DeviceFactory: DEVICES, LongerFactory: None}, seed=1).readings
    assert (
        longer.to_arrow(0, 9_984)
        .combine_chunks()
        .select(["at", "slow", "walk"])
        .equals(readings.slice(0, 9_984).select(["at", "slow", "walk"]))
    )


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ({"value": Series(col("bace"))}, r"readings\.value: .*no column 'bace'.*did you mean 'base'"),
        ({"value": Series(col("kind"))}, r"readings\.value: level of a Series is for numbers"),
        ({"value": Series(autocorrelation=1.5)}, r"readings\.value: Series: autocorrelation=1\.5"),
        ({"value": Series(daily=[1, 2])}, r"readings\.value: Series: daily=\[1, 2\] has not 24 numbers"),
        ({"value": Series(gap_length=0)}, r"readings\.value: Series: gap_length=0"),
        ({"device": ForeignKey(DeviceFactory, per_parent=3)}, r"readings\.(at|noise): .*the table has no readings"),
        (
            {"device": ForeignKey(DeviceFactory, per_parent=Readings("often", start="2024-01-01", end="2024-02-01"))},
            r"readings\.device: Readings: every='often' is not an interval",
        ),
        (
            {"device": ForeignKey(DeviceFactory, per_parent=Readings("1h", start="kind", end="2024-02-01"))},
            r"readings\.device: .*start=col\('kind'\) is string",
        ),
    ],
)
def test_what_can_never_work_is_named(declared: dict[str, Any], message: str) -> None:
    with pytest.raises(DeclarationError, match=message):
        Dataset({DeviceFactory: 3, type("WrongFactory", (ReadingFactory,), declared): None})
