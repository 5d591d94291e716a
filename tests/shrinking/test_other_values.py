"""Values that take the place of those in hand: one for all, or what other rows have."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from pytest_synthdata.shrinking.replacing import constant, others


@pytest.mark.parametrize(
    ("values", "pool", "expected"),
    [
        (["a", "b"], ["a", "c", "c", "d", "b"], ["c", "d"]),  # those that are new, the most frequent first
        (["a", "b"], ["b", "b", "a"], ["b", "a"]),  # where none is new, another than there was
        ([None, "a"], ["b", "c", None], ["b", "c"]),
        (["a", "b", "a"], ["a", "b", None], [None, None, None]),
        ([0], range(101), [50]),  # of many, the middle
        ([], ["a"], []),
    ],
)
def test_every_row_gets_what_others_have(values: Any, pool: Any, expected: Any) -> None:
    type_ = pa.array(pool).type
    found = others(pa.array(values, type_), pa.array(pool, type_))
    assert found is not None
    assert found.to_pylist() == expected


def test_a_pool_of_the_same_value_has_no_other() -> None:
    assert others(pa.array(["a"]), pa.array(["a", "a"])) is None
    assert others(pa.array(["a"]), pa.array([], pa.string())) is None


@pytest.mark.parametrize(("values", "expected"), [([3, 1, 2], [3, 3, 3]), ([1, 1], None), ([], None)])
def test_one_value_for_all_rows(values: Any, expected: Any) -> None:
    found = constant(pa.array(values, pa.int64()))
    assert (None if found is None else found.to_pylist()) == expected
