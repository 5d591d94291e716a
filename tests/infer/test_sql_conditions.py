"""Expressions of SQL become those of columns, and what has no counterpart is left out."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("sqlglot")

from sqlglot import parse_one

from pytest_synthdata import col
from pytest_synthdata import functions as F
from pytest_synthdata.infer.sql_conditions import expression


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("price * 2 >= 10", col("price") * 2 >= 10),
        ("NOT (price BETWEEN -1 AND 3)", ~col("price").between(-1, 3)),
        ("name LIKE 'A%'", col("name").like("A%")),
        ("name RLIKE '^[AB]'", col("name").rlike("^[AB]")),
        ("name IN ('a', 'b')", col("name").isin(["a", "b"])),
        ("name IS NULL", col("name").is_null()),
        ("upper(name)", F.upper(col("name"))),
        ("substring(name, 2, 3)", F.substring(col("name"), 2, 3)),
        ("round(price, 1)", col("price").round(1)),
        ("CAST(price AS int)", col("price").cast("int")),
        ("concat(name, '-', name)", F.concat(col("name"), F.lit("-"), col("name"))),
        ("substring(name, 2)", None),
        ("substring(name, price, 3)", None),
        ("name LIKE other", None),
        ("name LIKE concat(name, 'x')", None),
        ("startswith(name, 'A')", None),
        ("name IN (SELECT name FROM names)", None),
    ],
)
def test_what_has_a_counterpart_is_it(sql: str, expected: Any) -> None:
    attributes = {"name": "name", "price": "price"}
    assert repr(expression(parse_one(sql, read="databricks"), attributes)) == repr(expected)
