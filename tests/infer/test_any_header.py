"""Headers as they come in the wild, and worse: each becomes a column, and none becomes code."""

from __future__ import annotations

import random
from typing import Any

import pytest

from pytest_synthdata import Dataset, TableFactory
from pytest_synthdata.infer.printing.source import module_source
from pytest_synthdata.infer.tables import infer_tables
from pytest_synthdata.sources.samples import sample_of

_PIECES = (
    *("a", "b", "Id", "name", "class", "def", "_", "__", " ", ".", '"', "'", "\n", "\r", "\x0b", "{", "}", "\\", "#"),
    *("%", "$", "(", ")", "É", "ß", "日", "self", "items", "table", "key", "rows", "where", "None", "col", "Meta"),
    *("Params", "factory", "1", "-", ";", "import os", "\u2028", "\u202e", "[", "]", ":", "=", "cells", "DATA", "json"),
)


@pytest.mark.parametrize("seed", range(12))
def test_the_printed_source_has_the_same_columns(seed: int) -> None:
    drawn = random.Random(seed)
    names: dict[str, None] = {}
    while len(names) < 8:
        names["".join(drawn.choice(_PIECES) for _ in range(drawn.randint(1, 5)))] = None
    values: list[list[Any]] = [list(range(1, 41)), ["x", "y"] * 20, [round(one * 0.37 % 5, 2) for one in range(40)]]
    columns = {name: values[place % 3] for place, name in enumerate(names)}
    ((found, made),) = infer_tables({"odd_": sample_of(columns, "test")}, base=TableFactory)
    namespace: dict[str, Any] = {"__name__": "printed"}
    exec(compile(module_source([found], "x"), "printed", "exec"), namespace)
    assert "os" not in namespace
    rows = Dataset({namespace[found.class_name]: 5}, seed=1)["odd_"].to_arrow()
    assert sorted(rows.column_names) == sorted(names)
    assert rows.equals(Dataset({made: 5}, seed=1)["odd_"].to_arrow())
