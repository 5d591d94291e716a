"""Values that move by a series: from the value at birth, with noise that remembers, a trend and waves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pytest_synthdata import (
    Dataset,
    DeclarationError,
    GenerationError,
    History,
    Integers,
    Key,
    Normal,
    Poisson,
    Series,
    TableFactory,
    Uniform,
    Update,
    col,
    when,
)

DAY = np.timedelta64(1, "D")


def sensors(update: Update, drawn: Any = None, rows: int = 300) -> Any:
    class SensorFactory(TableFactory):
        class Meta:
            table = "sensors"
            history = History("2024-01-01", "2024-12-31", updates={"value": update}, deletes=0.2)

        sensor_id = Key("S{:04d}")
        other = Uniform(0, 1)
        value = Normal(50, 10) if drawn is None else drawn

    return Dataset({SensorFactory: rows}).sensors


def by_row(table: Any) -> list[tuple[Any, Any]]:
    """For each row, its values one after the other, and the days since its birth at which they came."""
    versions = table.versions().to_arrow()
    ids, values = versions["sensor_id"].to_numpy(), versions["value"].to_numpy()
    times = np.asarray(versions["valid_from"].cast("timestamp[us]").to_numpy())
    first = np.flatnonzero(np.append(True, ids[1:] != ids[:-1]))
    pieces = zip(np.split(values, first[1:]), np.split(times, first[1:]), strict=True)
    return [(some, (when - when[0]) / DAY) for some, when in pieces]


def test_noise_remembers_and_begins_at_the_value_of_birth() -> None:
    table = sensors(Update(40, by=Series(noise=2.0, autocorrelation=0.8)))
    born = dict(zip(*(table.to_arrow()[name].to_pylist() for name in ("sensor_id", "value")), strict=True))
    first = table.at("2024-01-01T00:00").to_arrow().to_pylist()
    assert {row["sensor_id"]: row["value"] for row in first} == born
    moved = [(some - some[0]) for some, _ in by_row(table)]
    pairs = np.concatenate([np.stack([some[10:-1], some[11:]]) for some in moved if len(some) > 12], axis=1)
    # About 300 rows of 25 values; of an AR(1) with 0.8 the effective number is a ninth of the 7,000 pairs, so that the
    # standard deviation has an error of 2 / sqrt(2 * 780) = 0.05 and the correlation one of sqrt((1 - 0.64) / 7000)
    # = 0.007. Four of each.
    assert pairs.std() == pytest.approx(2.0, abs=0.2)
    assert np.corrcoef(pairs)[0, 1] == pytest.approx(0.8, abs=0.03)
    steps = np.array([some[1] for some in moved if len(some) > 1])
    assert steps.std() == pytest.approx(2.0 * np.sqrt(1 - 0.64), rel=0.17)  # 4 / sqrt(2 * 290)


def test_a_walk_goes_further_and_further() -> None:
    moved = [some - some[0] for some, _ in by_row(sensors(Update(40, by=Series(noise=1.0, autocorrelation=1))))]
    spread = {n: np.std([some[n] for some in moved if len(some) > n]) for n in (4, 16)}
    assert spread[4] == pytest.approx(2.0, rel=0.17)
    assert spread[16] == pytest.approx(4.0, rel=0.2)


def test_a_trend_is_followed_from_birth() -> None:
    for values, days in by_row(sensors(Update(6, by=Series(noise=0, trend=0.5)), rows=60)):
        assert values - values[0] == pytest.approx(0.5 * days, abs=1e-9)


def test_bounds_and_places_are_those_of_the_column(replay: Any, rows_of: Any) -> None:
    update = Update(40, by=Series(noise=30.0, autocorrelation=0.5, daily=5.0, weekly=3.0, outliers=0.1))
    table = sensors(update, Normal(50, 10).clip(0, 100).round(1), rows=100)
    values = np.array(table.versions().to_arrow()["value"])
    assert (values.min(), values.max()) == (0, 100)
    assert (values == np.round(values, 1)).all()
    for day in ("2024-03-05", "2024-11-30"):
        feed = table.changes("2024-01-01", day, format="autocdc")
        assert replay(feed, "sensor_id") == rows_of(table.at(day), "sensor_id")


@pytest.mark.parametrize(
    "how", [{"by": Integers(-9, 9)}, {"by": Normal(0, 3)}, {"by": Series(noise=9.0)}, {"never_back": True}]
)
def test_large_whole_numbers_are_moved_as_small_ones_are(how: dict[str, Any]) -> None:
    def values(least: int) -> list[list[int]]:
        drawn = Integers(least, least + 500)
        return [(some - least).tolist() for some, _ in by_row(sensors(Update(40, **how), drawn, rows=30))]

    assert values(2**60 + 1) == values(1_001)


def test_whole_numbers_beyond_a_bigint_are_an_error() -> None:
    drawn = Poisson(3) + 2**62
    with pytest.raises(GenerationError, match=r"sensors\.value: overflow: an update makes .*; add \.clip\(low, high\)"):
        sensors(Update(40, by=2**62), drawn, rows=3).versions().to_arrow()


@pytest.mark.parametrize("drawn", [Normal(50, 10).round(1), Integers(0, 100), Normal(50, 10).cast("decimal(10,2)")])
def test_what_is_null_at_birth_stays_null(drawn: Any) -> None:
    update = Update(6, by=Series(noise=3.0))
    versions = sensors(update, when(col("other") > 0.5, drawn), rows=40).versions().to_arrow()
    null = np.array(versions["value"].is_null())
    assert null.any()
    assert (null == (np.array(versions["other"]) <= 0.5)).all()


@pytest.mark.parametrize(
    ("series", "message"),
    [
        (Series(level=5.0), "its level is the value that a row was born with"),
        (Series(level=Normal(0, 1) + 1), "its level is the value that a row was born with"),
        (Series(noise=col("other")), "write a number, or a distribution"),
        (Series(gaps=0.1), "a history has no gaps"),
        (Series(autocorrelation=2), "autocorrelation=2 is not between 0 and 1"),
    ],
)
def test_what_is_wrong_is_said(series: Series, message: str) -> None:
    with pytest.raises(DeclarationError, match=message):
        sensors(Update(1, by=series))
