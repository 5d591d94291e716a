"""Values that take the place of those in hand: one for all, or what other rows have."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from pytest_synthdata.shrinking.plain import least, plain
from pytest_synthdata.shrinking.replacing import apart, constant, others, usual

NOON = dt.datetime(2024, 5, 3, 12, tzinfo=dt.timezone.utc)


@pytest.mark.parametrize(
    ("values", "pool", "expected"),
    [
        (["a", "b"], ["a", "c", "c", "d", "b"], ["c", "d"]),  # those that are new, the most frequent first
        (["a", "b"], ["b", "b", "a"], ["b", "a"]),  # where none is new, another than there was
        ([None, "a"], ["b", "c", None], ["b", "c"]),
        (["a", "b", "a"], ["a", "b", None], [None, None, None]),
        ([0, 100], range(101), [98, 74]),  # of many, high numbers that are wide apart
        ([], ["a"], []),
    ],
)
def test_every_row_gets_what_others_have(values: Any, pool: Any, expected: Any) -> None:
    type_ = pa.array(pool).type
    found = others(pa.array(values, type_), pa.array(pool, type_))
    assert found is not None
    assert found.to_pylist() == expected


@pytest.mark.parametrize(("value", "expected"), [(3, 98), (97, 2)])
def test_of_many_times_one_from_the_other_side_of_the_middle(value: int, expected: int) -> None:
    pool = pa.array([NOON + dt.timedelta(days=days) for days in range(101)])
    found = others(pool.slice(value, 1), pool)
    assert found is not None
    assert found.to_pylist() == [NOON + dt.timedelta(days=expected)]


def test_a_pool_of_the_same_value_has_no_other() -> None:
    assert others(pa.array(["a"]), pa.array(["a", "a"])) is None
    assert others(pa.array(["a"]), pa.array([], pa.string())) is None


@pytest.mark.parametrize(("values", "expected"), [([3, 1, 2], [3, 3, 3]), ([1, 1], None), ([], None)])
def test_one_value_for_all_rows(values: Any, expected: Any) -> None:
    found = constant(pa.array(values, pa.int64()))
    assert (None if found is None else found.to_pylist()) == expected


@pytest.mark.parametrize(
    ("values", "pool", "expected"),
    [(["a", "a"], ["a", "b"], ["b", "a"]), (["a", "b"], ["c"], None), (["a"], ["b"], None), (["a", "a"], ["a"], None)],
)
def test_rows_that_are_alike_are_told_apart(values: Any, pool: Any, expected: Any) -> None:
    found = apart(pa.array(values), pa.array(pool))
    assert (None if found is None else found.to_pylist()) == expected


@pytest.mark.parametrize(
    ("type_", "values", "without_what_is_odd", "the_least"),
    [
        (pa.float64(), [1.5, float("nan"), float("inf"), -2.0], [2.0, 1.0, 1.0, -2.0], [0.0] * 4),
        (pa.decimal128(6, 2), [Decimal("17.99"), Decimal(-3)], [Decimal(18), Decimal(-3)], [Decimal(0)] * 2),
        (pa.decimal128(2, 2), [Decimal("0.99")], None, [Decimal(0)]),  # a whole part does not fit
        (pa.int8(), [-7, 100], None, [0, 0]),
        (pa.bool_(), [True], None, None),
        (
            pa.timestamp("us", "UTC"),
            [NOON.replace(hour=23, second=5), NOON.replace(year=1), NOON.replace(year=1960, hour=1)],
            [NOON, NOON.replace(year=1), NOON.replace(year=1960)],
            [NOON.replace(hour=0), NOON.replace(year=1, hour=0), NOON.replace(year=1960, hour=0)],
        ),
        (
            pa.date32(),
            [dt.date(2024, 2, 29), dt.date(2024, 1, 15)],
            [dt.date(2024, 2, 15), dt.date(2024, 1, 15)],
            [dt.date(1970, 1, 1)] * 2,
        ),
        (pa.string(), ["Zoë's", "", "a@b.example", "\x00", "x y"], ["Zoes", "a", "a@b.example", "a", "x y"], ["a"] * 5),
        (pa.list_(pa.int64()), [[1]], None, None),
    ],
)
def test_values_without_what_is_odd_in_them(type_: Any, values: Any, without_what_is_odd: Any, the_least: Any) -> None:
    array = pa.array(values, type_)
    for change, expected in ((plain, without_what_is_odd), (least, the_least)):
        found = change(array, None)
        assert (None if found is None else found.to_pylist()) == expected
        assert found is None or found.type == type_


def test_what_is_usual_takes_the_place_of_nulls() -> None:
    assert plain(pa.array([None, 2]), usual(pa.array([None, 3, 3, 5]))).to_pylist() == [3, 2]
    assert usual(pa.array(range(101))) == 50
    assert usual(pa.nulls(3, pa.int64())) is None
    assert plain(pa.nulls(1, pa.string()), None) is None
    assert plain(pa.array([[1], None]), usual(pa.array([[2], None]))).to_pylist() == [[1], [2]]
