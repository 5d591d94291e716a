"""Columns of numbers that follow from others of their row are found, with the formula that gives them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from pytest_synthdata import col
from pytest_synthdata.infer.relations.formulas import formulas

ROWS = 300
RANDOM = np.random.default_rng(1)
A, B = RANDOM.uniform(1, 100, ROWS).round(3), RANDOM.uniform(1, 9, ROWS).round(3)


def found(**columns: npt.NDArray[Any]) -> dict[str, str]:
    """The formulas of columns, as they are written."""
    arrays = {name: pa.array(values) for name, values in columns.items()}
    computed = formulas({name: (array.type, array) for name, array in arrays.items()}, {name: name for name in arrays})
    return {name: repr(one.generator) for name, one in computed.items()}


@pytest.mark.parametrize(
    ("values", "formula"),
    [
        (A, col("a")),
        (A * 2, col("a") * 2),
        (B * -0.25, col("b") * -0.25),
        (A + B, col("a") + col("b")),
        (A * B, col("a") * col("b")),
        (A * 100 + B, col("a") * 100 + col("b")),
        (B * 100 + A, col("b") * 100 + col("a")),
        (A / B * 100, col("a") / col("b") * 100),
        (B / A * 100, col("b") / col("a") * 100),
        (A * (1 - B), col("a") * (1 - col("b"))),
        (A * (1 + B), col("a") * (1 + col("b"))),
        (B * (1 - A), col("b") * (1 - col("a"))),
        (B * (1 + A), col("b") * (1 + col("a"))),
    ],
)
def test_a_column_computed_from_one_or_two_others(values: Any, formula: Any) -> None:
    assert found(a=A, b=B, c=values) == {"c": repr(formula)}


@pytest.mark.parametrize(("values", "of_two"), [(A - B, "+"), (A / B, "*")])
def test_the_greatest_of_three_is_computed_from_the_others(values: Any, of_two: str) -> None:
    assert found(a=A, b=B, c=values) == {"a": f"(col('b') {of_two} col('c'))"}


def test_the_digits_of_a_number() -> None:
    times = RANDOM.integers(0, 24, ROWS) * 100 + RANDOM.integers(0, 60, ROWS)
    assert found(at=times, hour=times // 100) == {"hour": repr(col("at") // 100)}
    assert found(at=times, minute=times % 100) == {"minute": repr(col("at") % 100)}


def test_a_sum_of_many_some_of_them_with_a_minus() -> None:
    d = RANDOM.uniform(1e-4, 1e-3, ROWS).round(6)
    assert found(a=A, b=B, d=d, total=A + B + d) == {"total": repr(col("a") + col("b") + col("d"))}
    assert found(a=A, b=B, d=d, net=A + B - d) == {"net": repr(col("a") + col("b") - col("d"))}


def test_what_holds_in_the_first_rows_alone_is_not_a_formula() -> None:
    half = np.arange(ROWS) % 2 == 0
    assert found(a=A, b=B, c=np.where(half, A * 2, B)) == {}


def test_a_column_of_zeros_but_for_a_few_rows_is_not_a_multiple_of_another() -> None:
    # Seven rows of 10,000, which are none of the 200 that are looked at first.
    a = RANDOM.uniform(1, 100, 10_000)
    rare = np.zeros(10_000)
    rare[10:17] = np.arange(1, 8)
    assert found(a=a, c=rare) == {}
