"""Errors in code that users wrote name the table, the column and what was called."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import factory
import numpy as np
import pyarrow as pa
import pytest

from pytest_synthdata import Dataset, Given, Key, SynthDataError, TableFactory
from pytest_synthdata.columns.cells import Cells, Scope
from pytest_synthdata.columns.generators.base import Generator


class OddError(Exception):
    """An error that only its author knows."""


@dataclass(frozen=True)
class Own(Generator):
    """A generator of a user's, which fails where it is told to."""

    fails_in: str = ""

    def values(self, cells: Cells) -> Any:
        self._fail("values")
        return np.ones(len(cells.rows))

    def type(self, scope: Scope) -> pa.DataType:
        del scope
        self._fail("type")
        return pa.float64()

    def _fail(self, where: str) -> None:
        if self.fails_in == where:
            raise OddError("odd")


class Plain(Generator):
    """A generator that somebody forgot to decorate."""


def things(**declared: Any) -> Any:
    return type("ThingFactory", (TableFactory,), {"thing_id": Key("T-{}"), **declared})


def failing(item: Any) -> Any:
    raise OddError(item)


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        (Own("values"), "things.value: OddError: odd"),
        (Given("thing_id", {"T-1": Own("values")}, default=1.0), "things.value: OddError: odd"),
        (Own("type"), "things.value: Own(fails_in='type') cannot be: OddError: odd"),
        (Plain(), "the generator Plain is not a dataclass; write @dataclass(frozen=True) above it"),
        (factory.Iterator([1, 2], getter=failing), "things.value: row 0: OddError: 1"),
    ],
)
def test_errors_say_where(declared: Any, message: str) -> None:
    with pytest.raises(SynthDataError, match=re.escape(message)):
        Dataset({things(value=declared): 3}).things.to_arrow()


@pytest.mark.parametrize(
    "make",
    [lambda: Dataset({things(value=Own("values")): 3}).things.explain(1, "value"), things(value=Own("values")).build],
    ids=["explain", "build"],
)
def test_a_single_cell_says_where(make: Any) -> None:
    with pytest.raises(SynthDataError, match=r"things\.value: OddError: odd"):
        make()


def test_what_does_not_fail_is_made() -> None:
    made = things(value=Own(), turn=factory.Iterator([1, 2], getter=lambda item: item * 2))
    assert Dataset({made: 3}).things.to_arrow().drop(["thing_id"]).to_pydict() == {
        "value": [1.0] * 3,
        "turn": [2, 4, 2],
    }
