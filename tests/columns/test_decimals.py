"""Sums of decimals and of declared digits are exact, whatever their size; two numbers meet in the type Spark gives."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from pytest_synthdata.columns.arrow.casts.floats import decimals_as_printed, floats_of_decimals
from pytest_synthdata.columns.arrow.values import as_decimal
from pytest_synthdata.columns.expressions.spark_types import common_number
from pytest_synthdata.columns.references.decimals import as_decimal128, segment_sums, unscaled
from pytest_synthdata.columns.references.family import Family, sums_of_floats


def test_sums_of_128_bit_numbers_are_those_of_python_group_by_group() -> None:
    # Carries from the lower half of the low word, from the low word into the high one, and through both signs.
    numbers = [1, 2**31, 2**32 - 1, 2**32 - 1, 3 * 2**40, 2**63 - 1, 2**63 - 1, 5, -(2**33) - 7, -5, 10**30, 7 - 10**30]
    whole = pa.array([Decimal(number) for number in [99, *numbers, 99]], pa.decimal128(38, 0))
    counts = np.array([3, 0, 4, 1, 4, 0])
    low, high = segment_sums(unscaled(whole.slice(1, len(numbers))), counts)
    expected = [sum(numbers[:3]), 0, sum(numbers[3:7]), 5, sum(numbers[8:]), 0]
    assert [int(one) for one in as_decimal128(low, high, pa.decimal128(38, 0)).to_pylist()] == expected


def family(*counts: int) -> Family:
    rows = np.arange(sum(counts), dtype=np.uint64)
    return Family(rows, np.repeat(np.arange(len(counts)), counts), np.array(counts))


@pytest.mark.parametrize("type_", [pa.int8(), pa.int32(), pa.uint32(), pa.int64(), pa.uint64()], ids=str)
@pytest.mark.parametrize("target", [pa.decimal128(5, 2), pa.decimal128(15, 2), pa.decimal128(38, 4)], ids=str)
def test_integers_as_decimals_are_those_of_python(type_: pa.DataType, target: pa.DataType) -> None:
    least, most = np.iinfo(str(type_)).min, np.iinfo(str(type_)).max
    limit = 10 ** (target.precision - target.scale)
    for number in (0, 1, -1, 127, 999, 1000, -999, least, most, most // 100):
        if not least <= number <= most:
            continue
        array = pa.array([1, number], type_)
        if abs(number) < limit:
            assert as_decimal(array, target).to_pylist() == [Decimal(1), Decimal(number)]
            assert as_decimal(pa.array([None, number], type_), target).to_pylist() == [None, Decimal(number)]
        else:
            with pytest.raises(pa.ArrowInvalid):
                as_decimal(array, target)


def test_cents_are_summed_as_cents() -> None:
    # As floats 0.1 + 0.7 is 0.7999999999999999, and so is the exact sum of the two floats.
    assert sums_of_floats(np.array([0.1, 0.7, 0.25]), family(2, 0, 1), 2).tolist() == [0.8, 0.0, 0.25]
    assert sums_of_floats(np.array([1e16, 1.0, 1.0]), family(3), 0).tolist() == [1e16 + 2]


@pytest.mark.parametrize(
    ("one", "other", "common"),
    [
        (pa.decimal128(10, 2), pa.int32(), pa.decimal128(12, 2)),
        (pa.decimal128(5, 1), pa.decimal128(6, 4), pa.decimal128(8, 4)),
        (pa.decimal128(5, 1), pa.float64(), pa.float64()),
        (pa.int32(), pa.int64(), pa.int64()),
    ],
)
def test_two_numbers_meet_in_the_type_that_spark_gives(
    one: pa.DataType, other: pa.DataType, common: pa.DataType
) -> None:
    assert common_number(one, other) == common
    assert common_number(other, one) == common


@pytest.mark.parametrize("scale", [-5, 0, 2, 9])
def test_decimals_as_floats_are_the_nearest(scale: int) -> None:
    numbers = [None, *(Decimal(number).scaleb(-scale) for number in (1, 2, 8, 9, 35, -1_234_567))]
    found = floats_of_decimals(pa.array(numbers, pa.decimal128(20, scale)), pa.float64()).to_pylist()
    assert found == [None if number is None else float(number) for number in numbers]


@pytest.mark.parametrize(("number", "fits"), [(999.99, True), (-999.99, True), (1_000.0, False), (-1_000.0, False)])
def test_floats_that_do_not_fit_are_no_decimals(number: float, fits: bool) -> None:
    found = decimals_as_printed(pa.array([1.5, number, None]), pa.decimal128(5, 2))
    assert (found and found.to_pylist()) == ([Decimal("1.5"), Decimal(str(number)), None] if fits else None)
