"""What is counted of the cells of a column is the same however the rows come in batches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats

from pytest_synthdata import Categorical, Dataset, TableFactory, Uniform
from pytest_synthdata.validation.declared.curves import Curve
from pytest_synthdata.validation.measures import CurveMeasure
from pytest_synthdata.validation.rows import Rows, UnreadableError


class ReadingFactory(TableFactory):
    class Params:
        hidden = Uniform(0, 1)

    shown = Categorical({"a": 0.5, "b": 0.5})


def rows(**arguments: Any) -> Rows:
    table = Dataset({ReadingFactory: 10}).readings
    return Rows(table.bound, {"shown": table.to_arrow()["shown"].combine_chunks()}, **arguments)


def quantiles(*batches: Any) -> Iterator[Any]:
    measure = CurveMeasure(Curve(stats.uniform(0, 1)))
    for batch in batches:
        measure.add(np.array(batch), np.arange(len(batch)), rows())
    return (finding[3] for finding in measure.checks() if finding[0] in ("median", "spread"))


@pytest.mark.parametrize("order", [1, -1])
def test_numbers_far_from_the_declared_ones_are_told_as_they_are_whatever_the_order_of_batches(order: int) -> None:
    # All lie in the first part of the declared law, up to 0.0001, or in the last, from 0.9999. Between that and the
    # lowest or highest number they are taken to be spread evenly.
    assert tuple(quantiles(*[[-4.0] * 20, [-8.0] * 20, [-6.0] * 20][::order])) == pytest.approx((-4, 4), abs=1e-3)
    assert tuple(quantiles(*[[4.0] * 20, [8.0] * 20, [6.0] * 20][::order])) == pytest.approx((4.5, 3.5), abs=1e-3)


def test_hidden_columns_are_made_only_where_the_rows_are_the_tables_own() -> None:
    # Those of a file or frame may be any rows: what the table would have there says nothing of them.
    assert not rows().has("hidden")
    own = rows(row_numbers=np.arange(3, 6, dtype=np.uint64))
    expected = Dataset({ReadingFactory: 10}).readings.bound.at(np.arange(3, 6, dtype=np.uint64)).read("hidden")
    assert np.array_equal(own.read("hidden"), expected)
    with pytest.raises(UnreadableError, match=r"readings\.absent is not in the data"):
        own.read("absent")


def test_a_column_of_the_data_is_read_as_it_is() -> None:
    values = rows().read("shown")
    assert isinstance(values, pa.DictionaryArray)
    assert values.to_pylist() == Dataset({ReadingFactory: 10}).readings.to_arrow()["shown"].to_pylist()
