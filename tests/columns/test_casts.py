"""Casts give what Spark's give in ANSI mode: each expected value here was read off Spark 4.3, session time zone UTC."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from pytest_synthdata import Categorical, Constant, Dataset, DeclarationError, GenerationError, TableFactory, Uniform
from pytest_synthdata import functions as F
from pytest_synthdata.columns.arrow.casts.casting import cast
from pytest_synthdata.columns.arrow.types import arrow_type

UTC = dt.timezone.utc
NEW_YEAR = dt.datetime(2024, 1, 1, tzinfo=UTC)
BEFORE_1970 = dt.datetime(1969, 12, 31, 23, 59, 59, 500_000, tzinfo=UTC)

CASTS = [
    (Decimal("1.50"), "int", 1),
    (Decimal("-1.99"), "bigint", -1),
    (Decimal("-1.99"), "boolean", True),
    (Decimal("2.5"), "decimal(10,0)", Decimal(3)),
    (Decimal("-1.99"), "timestamp", dt.datetime(1969, 12, 31, 23, 59, 58, 10_000, tzinfo=UTC)),
    (-2.5, "int", -2),
    (12.345, "decimal(10,2)", Decimal("12.35")),
    (float("nan"), "decimal(10,2)", None),
    (2.0, "string", "2.0"),
    (1e10, "string", "1.0E10"),
    (1e-5, "string", "1.0E-5"),
    (0.001, "string", "0.001"),
    (123456789.125, "string", "1.23456789125E8"),
    (float("-inf"), "string", "-Infinity"),
    (-0.0, "string", "-0.0"),
    (1.5, "timestamp", dt.datetime(1970, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC)),
    (1704067200, "timestamp", NEW_YEAR),
    (2**60 + 1, "double", float(2**60)),
    ("2024-02-03 04:05:06", "timestamp", dt.datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC)),
    ("2024-02-03T04:05:06.5+02:00", "timestamp", dt.datetime(2024, 2, 3, 2, 5, 6, 500_000, tzinfo=UTC)),
    ("2024-02-03T04:05:06.5+02:00", "timestamp_ntz", dt.datetime(2024, 2, 3, 4, 5, 6, 500_000)),  # noqa: DTZ001
    ("2024-2-3", "timestamp", dt.datetime(2024, 2, 3, tzinfo=UTC)),
    ("2024-02-03 04:05:06", "date", dt.date(2024, 2, 3)),
    ("2024", "date", dt.date(2024, 1, 1)),
    (" 12 ", "int", 12),
    ("+12", "int", 12),
    ("1.555", "decimal(10,2)", Decimal("1.56")),
    ("1e3", "decimal(10,2)", Decimal(1000)),
    ("yes", "boolean", True),
    ("F", "boolean", False),
    (NEW_YEAR, "bigint", 1704067200),
    (BEFORE_1970, "bigint", -1),
    (BEFORE_1970, "double", -0.5),
    (BEFORE_1970, "decimal(20,6)", Decimal("-0.5")),
    (BEFORE_1970, "string", "1969-12-31 23:59:59.5"),
    (NEW_YEAR, "string", "2024-01-01 00:00:00"),
    (NEW_YEAR, "date", dt.date(2024, 1, 1)),
    (dt.date(2024, 1, 1), "string", "2024-01-01"),
    (True, "decimal(10,2)", Decimal(1)),
    (True, "string", "true"),
]


@pytest.mark.parametrize(("value", "target", "expected"), CASTS, ids=str)
def test_a_cast_gives_what_spark_gives(value: Any, target: str, expected: Any) -> None:
    type_ = arrow_type(target)
    made = pa.array(cast(pa.array([value, None]), type_), type_).to_pylist()
    assert made == [expected, None]
    assert str(made[0]) == str(pa.scalar(expected, type_).as_py())  # so that -0.0 is not 0.0


REFUSED = [
    ("1.5", "int"),
    ("x", "date"),
    ("2024-13-01", "timestamp"),
    ("maybe", "boolean"),
    (300, "tinyint"),
    (1e10, "int"),
    (float("nan"), "bigint"),
    (Decimal("123.45"), "decimal(4,2)"),
    ("1e9", "decimal(4,2)"),
]


@pytest.mark.parametrize(("value", "target"), REFUSED)
def test_what_spark_refuses_for_a_value_fails_at_its_place(value: Any, target: str) -> None:
    class ListedFactory(TableFactory):
        x = Constant(value).cast(target)

    class ThingFactory(TableFactory):
        x = F.coalesce(F.lit(value)).cast(target)

    with pytest.raises(DeclarationError, match=rf"listeds\.x: .*{re.escape(target)}'\): .* is not a value of"):
        Dataset({ListedFactory: 2})
    with pytest.raises(GenerationError, match=r"things\.x"):
        Dataset({ThingFactory: 2}).things.to_arrow()


@pytest.mark.parametrize(
    ("value", "target"),
    [
        (dt.date(2024, 1, 1), "int"),
        (5, "date"),
        (True, "timestamp"),
        (dt.datetime(2024, 1, 1), "bigint"),  # noqa: DTZ001
        (1.5, "timestamp_ntz"),
    ],
)
def test_what_spark_never_casts_is_refused_before_any_row(value: Any, target: str) -> None:
    class ThingFactory(TableFactory):
        x = Constant(value).cast(target)

    with pytest.raises(DeclarationError, match=r"things\.x: \.cast: "):
        ThingFactory.build()


@pytest.mark.parametrize(
    ("generator", "values"),
    [
        (Categorical({1: 0.5, 2: 0.5}).cast("string"), ["1", "2"]),
        (Categorical({1.2: 0.5, 1.7: 0.25, -3.9: 0.25}).cast("int"), [1, -3]),
        (Categorical({"1": 0.5, "2": 0.5}).cast("int"), None),
        (Categorical({dt.date(2024, 1, 1): 0.5, dt.date(2024, 1, 2): 0.5}).cast("string"), None),
        (Uniform(0, 3).cast("int"), None),
    ],
)
def test_what_casts_of_listed_numbers_give_is_listed_and_of_others_not(generator: Any, values: Any) -> None:
    listed = type("ListedFactory", (TableFactory,), {"__module__": __name__, "x": generator})
    table = Dataset({listed: 200})["listeds"]
    assert generator.domain(table.bound.scope("x")) == values
    assert values is None or set(table.to_arrow()["x"].to_pylist()) == set(values)
