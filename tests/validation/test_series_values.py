"""Values of series are compared, parent by parent, with those that their declaration makes anew."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from pytest_synthdata import (
    Dataset,
    ForeignKey,
    Key,
    Normal,
    Readings,
    ReadingTime,
    Series,
    TableFactory,
    col,
)
from pytest_synthdata.columns.series.readings import Moments
from pytest_synthdata.validation.series.summaries import ReadingSummary, difference_p

PARENTS, READINGS = 60, 24 * 8


class MeterFactory(TableFactory):
    class Meta:
        table = "meters"

    meter_id = Key("M{}")
    base = Normal(20, 3).round(1)


class ReadingFactory(TableFactory):
    class Meta:
        table = "readings"

    meter = ForeignKey(MeterFactory, per_parent=Readings("1h", start="2024-01-01", end="2024-01-08", jitter=0.1))
    read_at = ReadingTime()
    load = Series(
        col("base"), trend=0.01, daily=4.0, weekly=-2.0, noise=0.8, autocorrelation=0.9, gaps=0.05, outliers=0.01
    ).round(2)
    own = Series(Normal(5, 2), noise=0.5)
    drift = Series(noise=0.01, autocorrelation=1.0)


def dataset_of(seed: int, meters: int = PARENTS) -> Dataset:
    return Dataset({MeterFactory: meters, ReadingFactory: None}, seed=seed)


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return dataset_of(3)


def failed(dataset: Dataset, column: str, change: Any) -> set[str]:
    """The kinds of checks that fail after a change of a column, given as meters by readings, null as not a number."""
    rows = dataset.readings.to_arrow()
    values = rows[column].to_numpy().reshape(PARENTS, READINGS)
    changed = pa.array(np.asarray(change(values), np.float64).ravel(), pa.float64(), from_pandas=True)
    rows = rows.set_column(rows.schema.get_field_index(column), rows.schema.field(column), changed)
    result = dataset.validate({"readings": rows})
    assert {check.column for check in result.failed} <= {column}
    return {check.kind for check in result.failed}


def shuffled(values: Any) -> Any:
    return np.random.default_rng(1).permuted(values, axis=1)


def stuck(values: Any) -> Any:
    """Without a value for a day more."""
    values = values.copy()
    values[:, 48:72] = np.nan
    return values


def spiked(values: Any) -> Any:
    values = values.copy()
    values[:, 10::20] += 8.0  # ten times the noise
    return values


def test_a_table_passes_at_any_seed() -> None:
    # 20 validations fail together with a probability of at most 20 * 0.001.
    for seed in range(20):
        result = dataset_of(seed, 30).validate()
        assert result.ok, "\n".join(map(str, result.failed))


def test_every_promise_is_looked_at(dataset: Dataset) -> None:
    checks = [check for check in dataset.validate()["readings"].checks if check.column == "load"]
    kinds = [
        "mean by parent",
        "spread by parent",
        "autocorrelation",
        "autocorrelation",
        "gaps",
        "outliers",
        "season",
        "season",
    ]
    assert [check.kind for check in checks] == kinds
    assert all(check.p_value is not None for check in checks)


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda values: values * 2, "mean by parent"),
        (lambda values: values + 3 * (values - np.nanmean(values, axis=1, keepdims=True)), "spread by parent"),
        (shuffled, "autocorrelation"),
        (lambda values: np.roll(values, 6, axis=1), "season"),
        (lambda values: np.roll(values, 48, axis=1), "season"),
        (stuck, "gaps"),
        (spiked, "outliers"),
    ],
)
def test_what_is_otherwise_than_declared_is_found(dataset: Dataset, change: Any, kind: str) -> None:
    assert kind in failed(dataset, "load", change)


def test_levels_of_the_parents_own_are_drawn_anew(dataset: Dataset) -> None:
    assert failed(dataset, "own", lambda values: values) == set()
    assert "mean by parent" in failed(dataset, "own", lambda values: values * 2)


def test_a_walk_whose_steps_are_shuffled_passes_but_not_one_that_forgets(dataset: Dataset) -> None:
    def other_steps(values: Any) -> Any:
        steps = shuffled(np.diff(values, axis=1))
        return np.concatenate([values[:, :1], values[:, :1] + np.cumsum(steps, axis=1)], axis=1)

    assert failed(dataset, "drift", other_steps) == set()
    assert "autocorrelation" in failed(dataset, "drift", shuffled)


def test_few_parents_are_said_to_be_too_few() -> None:
    result = dataset_of(1, 5).validate()["readings"]
    assert "mean by parent" not in {check.kind for check in result.checks}
    assert result.unchecked["load"] == "Series: compared parent by parent from 20 parents with readings on, not of 5"


def test_without_times_nothing_is_compared_and_said_so(dataset: Dataset) -> None:
    rows = dataset.readings.to_arrow().drop_columns(["read_at"])
    result = dataset.validate({"readings": rows})["readings"]
    assert "mean by parent" not in {check.kind for check in result.checks}
    assert result.unchecked["load"] == "readings.read_at is not in the data"

    class UntimedFactory(TableFactory):
        class Meta:
            table = "untimed"

        meter = ForeignKey(MeterFactory, per_parent=Readings("1d", start="2024-01-01", end="2024-01-08"))
        load = Series()

    untimed = Dataset({MeterFactory: 30, UntimedFactory: None}, seed=1).validate()["untimed"]
    assert untimed.unchecked["load"].startswith("Series: compared where there is a ReadingTime")


def test_false_alarms_are_at_most_as_frequent_as_promised() -> None:
    # 20,000 comparisons of 25 parents whose numbers have no variance (Student's t with 2 degrees): at most 1 % may
    # have a p-value of 0.01, and five standard errors of that share are 0.35 %.
    numbers = np.random.default_rng(5).standard_t(2, (2, 20_000, 25))
    found = np.array([difference_p(one, other, 0.0)[1] for one, other in zip(*numbers, strict=True)])
    assert (found <= 0.01).mean() <= 0.0135


def test_neighbours_that_lie_apart_are_jumps_and_high_ones_are_not() -> None:
    parents, ordinals = np.repeat([0, 1], 3), np.tile([0, 1, 2], 2)
    times = ordinals * 3_600_000_000
    taken = Moments(parents, ordinals, np.array([0, 1], np.uint64), parents, times, times)
    summary = ReadingSummary(2)
    values = np.array([5.0, 5.0, -5.0, 5.0, 5.0, 5.5])
    summary.add(taken, values, np.zeros((2, 6)), np.full(6, 8.0))
    assert summary.jump_share().tolist() == [0.5, 0.0]
