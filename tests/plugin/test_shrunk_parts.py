"""Parts of a shrunk failure: which columns are shown, which texts of a failure are hints, which dataset stands in."""

from __future__ import annotations

from collections import Counter, OrderedDict
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_synthdata import Dataset
from pytest_synthdata.factories import CustomerFactory
from pytest_synthdata.plugin.shrinking.failures import _strings
from pytest_synthdata.plugin.shrinking.shrunk_text import Finding
from pytest_synthdata.plugin.stand_ins import StandIns


@pytest.mark.parametrize(
    ("matter", "columns", "shown"),
    [
        ({"t.c"}, ["a", "b", "c", "id", "y", "z"], [None, "c", "id", None]),
        ({"t.a", "u.b"}, ["a", "b", "id"], ["a", None, "id"]),
        (None, [*"abcdefghij", "id", "k"], [*"abcdefgh", None, "id", None]),
    ],
)
def test_the_key_and_the_columns_that_matter_are_shown(
    matter: Any, columns: list[str], shown: list[str | None]
) -> None:
    finding: Any = SimpleNamespace(shrunk=SimpleNamespace(columns=matter))
    assert Finding._shown(finding, "t", "id", columns) == shown


class Own(dict[str, str]):
    def items(self) -> Any:
        raise AssertionError("a user's code was called")


def test_hints_are_the_texts_of_plain_containers() -> None:
    value = {"a": ["b", ("c", 1)], "d": OrderedDict(e="f"), "g": Counter("hh"), "i": Own(j="k")}
    assert list(_strings(value, 3, [100])) == [*"abcdefghi"]
    assert list(_strings(value, 1, [100])) == [*"adgi"]
    assert list(_strings(value, 3, [2])) == [*"ab"]


def test_only_the_dataset_in_place_of_another_stands_in() -> None:
    whole, part, other = (Dataset({CustomerFactory: rows}) for rows in (3, 2, 1))
    stand_ins = StandIns()
    assert not stand_ins.is_one(whole)
    with stand_ins.instead(whole, part):
        assert [stand_ins.is_one(one) for one in (whole, part, other)] == [False, True, False]
        assert stand_ins.current(whole) is part
        assert stand_ins.current(other) is other
        assert stand_ins.clean(other) is None
        clean = stand_ins.clean(whole)
        assert clean is not None
        assert stand_ins.is_one(clean)
    assert not stand_ins.is_one(part)
