"""Expressions give what pyspark's own functions give of the same rows in ANSI mode: values and types."""

from __future__ import annotations

import datetime as dt
import math
import operator
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from pytest_synthdata import Categorical, Dataset, TableFactory
from pytest_synthdata import functions as ours

pytest.importorskip("pyspark")


def some(*values: Any, type_: str | None = None) -> Any:
    """All values and null, each in about the same number of rows."""
    made = Categorical(dict.fromkeys((*values, None), 1 / (len(values) + 1)))
    return made if type_ is None else made.cast(type_)


class InputFactory(TableFactory):
    class Meta:
        table = "inputs"
        rows = 400

    tiny = some(-3, 0, 7, type_="tinyint")
    whole = some(-7, 0, 2, 40, type_="int")
    long = some(-9, 0, 5, 3_000_000_000)
    single = some(-1.5, 0.25, 8.0, type_="float")
    number = some(-7.5, 0.0, 2.5, 1e6, 0.1)
    odd = some(math.nan, math.inf, -0.0, 2.675, 55.17706918920214)
    price = some(*map(Decimal, ("-7.25", "0.00", "3.10", "99.99")), type_="decimal(10,2)")
    rate = some(*map(Decimal, ("0.12345", "-2.50000", "0.00000")), type_="decimal(20,5)")
    wide = some(*map(Decimal, ("12345678901234567890.123456789", "-0.000000001")), type_="decimal(38,9)")
    text = some("Straße 12", "", "  ab,cd  ", "x-1234-y", "Ωmega àb")
    other = some("a", "ß", "zz")
    yes = some(True, False)
    day = some(dt.date(2024, 2, 29), dt.date(1969, 12, 31), dt.date(2023, 1, 31), dt.date(2024, 12, 30))
    until = some(dt.date(2025, 1, 1), dt.date(2024, 2, 28))
    at = some(
        *(
            dt.datetime(*parts, tzinfo=dt.timezone.utc)
            for parts in (
                (2024, 2, 29, 23, 59, 59, 123456),
                (1969, 7, 20, 20, 17, 40),
                (2023, 1, 1),
                (2024, 11, 5, 12, 5),
            )
        )
    )
    naive = some(dt.datetime(2024, 3, 1, 5, 6, 7), dt.datetime(2000, 1, 1, 13))  # noqa: DTZ001
    written = some("2024-02-29", "1999-12-31")
    german = some("29.02.2024 07:08", "01.12.1999 23:59")


Make = Callable[[Any], Any]
CASES: dict[str, Make] = {
    "int + literal": lambda F: F.col("whole") + 5,
    "tiny + tiny": lambda F: F.col("tiny") + F.col("tiny"),
    "tiny * int": lambda F: F.col("tiny") * F.col("whole"),
    "int - bigint": lambda F: F.col("whole") - F.col("long"),
    "1 - int": lambda F: 1 - F.col("whole"),
    "float * int": lambda F: F.col("single") * F.col("whole"),
    "float + float": lambda F: F.col("single") + F.col("single"),
    "double * decimal": lambda F: F.col("number") * F.col("price"),
    "int / literal": lambda F: F.col("whole") / 4,
    "int % literal": lambda F: F.col("whole") % 3,
    "bigint % int": lambda F: F.col("long") % 4,
    "double % literal": lambda F: F.col("number") % 2,
    "decimal % decimal": lambda F: F.col("price") % F.lit(Decimal("0.70")),
    "decimal + decimal": lambda F: F.col("price") + F.col("rate"),
    "decimal - int": lambda F: F.col("price") - F.col("whole"),
    "decimal + literal": lambda F: F.col("price") + 5,
    "decimal * decimal": lambda F: F.col("price") * F.col("rate"),
    "decimal * wide": lambda F: F.col("rate") * F.col("wide"),
    "decimal / literal": lambda F: F.col("price") / F.lit(Decimal("0.3")),
    "wide / decimal": lambda F: F.col("wide") / F.lit(Decimal("7.7")),
    "-int": lambda F: -F.col("whole"),
    "-decimal": lambda F: -F.col("price"),
    "abs": lambda F: F.abs(F.col("whole")),
    "abs of decimals": lambda F: F.abs(F.col("price")),
    "floor": lambda F: F.floor(F.col("number")),
    "ceil": lambda F: F.ceil(F.col("number")),
    "floor of decimals": lambda F: F.floor(F.col("price")),
    "ceil of wide decimals": lambda F: F.ceil(F.col("wide")),
    "floor of ints": lambda F: F.floor(F.col("whole")),
    "sqrt": lambda F: F.sqrt(F.col("number")),
    "pmod": lambda F: F.pmod(F.col("whole"), F.lit(3)),
    "least": lambda F: F.least(F.col("tiny"), F.col("long"), F.col("whole")),
    "greatest of decimals": lambda F: F.greatest(F.col("price"), F.col("rate")),
    "greatest of double and decimal": lambda F: F.greatest(F.col("number"), F.col("price")),
    "least of float and int": lambda F: F.least(F.col("single"), F.col("whole")),
    "greatest of texts": lambda F: F.greatest(F.col("text"), F.col("other")),
    "least of dates": lambda F: F.least(F.col("day"), F.col("until")),
    "greatest of date and time": lambda F: F.greatest(F.col("day"), F.col("at")),
    "coalesce": lambda F: F.coalesce(F.col("tiny"), F.col("whole"), F.lit(0)),
    "coalesce of decimals": lambda F: F.coalesce(F.col("price"), F.col("rate")),
    "nullif": lambda F: F.nullif(F.col("whole"), F.lit(2)),
    "isnull": lambda F: F.isnull(F.col("text")),
    "comparison of int and double": lambda F: F.col("whole") < F.col("number"),
    "comparison of decimals": lambda F: F.col("price") >= F.col("rate"),
    **{
        f"{name} of not-a-number": lambda F, compare=compare: compare(F.col("odd"), F.col("number"))  # type: ignore[misc]
        for name, compare in vars(operator).items()
        if name in ("lt", "le", "eq", "ne", "gt", "ge")
    },
    "not-a-number is itself": lambda F: F.col("odd") == F.col("odd"),
    "bigint > double": lambda F: F.col("long") + 9_007_199_254_740_993 > F.col("number"),
    "0 is -0.0": lambda F: F.col("odd").isin(0.0, 7.0),
    "sqrt of bigints": lambda F: F.sqrt(F.col("long") + 9_007_199_254_740_993),
    "double % decimal": lambda F: F.col("number") % F.lit(Decimal("13.12")),
    "cast of decimals to double": lambda F: (F.col("price") + F.col("whole") * F.lit(Decimal("1.37"))).cast("double"),
    "cast of wide decimals to double": lambda F: F.col("wide").cast("double"),
    "cast of doubles": lambda F: F.col("number").cast("decimal(38,18)"),
    "cast of halves": lambda F: (F.col("whole") + F.lit(2.675)).cast("decimal(10,2)"),
    "between": lambda F: F.col("number").between(-1, 3),
    "isin": lambda F: F.col("other").isin("a", "zz"),
    "and": lambda F: (F.col("whole") > 0) & F.col("yes"),
    "or": lambda F: (F.col("whole") > 0) | F.col("yes"),
    "not": lambda F: ~F.col("yes"),
    "date < time": lambda F: F.col("day") < F.col("at"),
    "concat": lambda F: F.concat(F.col("text"), F.lit("/"), F.col("other")),
    "concat of numbers": lambda F: F.concat(F.col("whole"), F.lit(" of "), F.col("day")),
    "concat_ws": lambda F: F.concat_ws("-", F.col("text"), F.col("other")),
    "create_map": lambda F: F.create_map(F.lit("a"), F.col("whole"), F.lit("b"), F.col("long")),
    "create_map of numbers": lambda F: F.create_map(F.lit(1), F.col("text"), F.lit(2), F.col("other")),
    "size": lambda F: F.size(F.create_map(F.lit("a"), F.col("whole"), F.lit("b"), F.col("long"))),
    "to_json": lambda F: F.to_json(F.struct("tiny", "long", "single", "number", "price", "wide", "text", "yes", "day")),
    "to_json, times": lambda F: F.to_json(F.struct("at", "naive")),
    "to_json, nested": lambda F: F.to_json(F.struct("other", F.struct(F.col("text"), F.col("whole") + F.lit(1)))),
    "upper": lambda F: F.upper(F.col("text")),
    "upper of few": lambda F: F.upper(F.col("other")),
    "lower": lambda F: F.lower(F.col("text")),
    "initcap": lambda F: F.initcap(F.col("text")),
    "length": lambda F: F.length(F.col("text")),
    "reverse": lambda F: F.reverse(F.col("text")),
    "trim": lambda F: F.trim(F.col("text")),
    "ltrim": lambda F: F.ltrim(F.col("text")),
    "rtrim": lambda F: F.rtrim(F.col("text")),
    "substring": lambda F: F.substring(F.col("text"), 3, 4),
    "substring from 0": lambda F: F.substring(F.col("text"), 0, 2),
    "substring from the end": lambda F: F.substring(F.col("text"), -9, 4),
    "substr": lambda F: F.col("text").substr(2, 3),
    "lpad": lambda F: F.lpad(F.col("other"), 5, "0*"),
    "lpad that cuts": lambda F: F.lpad(F.col("text"), 3, "x"),
    "rpad": lambda F: F.rpad(F.col("other"), 4, "é"),
    "replace": lambda F: F.replace("text", F.lit("a"), F.lit("o")),
    "replace by nothing": lambda F: F.replace("text", F.lit("a")),
    "replace of columns": lambda F: F.replace("text", F.substring("text", 1, 1), "other"),
    "replace of no text": lambda F: F.replace("text", F.lit(""), F.lit("o")),
    "regexp_extract": lambda F: F.regexp_extract(F.col("text"), r"(\w)-(\d+)", 2),
    "regexp_extract of all": lambda F: F.regexp_extract(F.col("text"), r"[(a-z]+", 0),
    "regexp_replace": lambda F: F.regexp_replace(F.col("text"), r"(\d)(\d)", "$2<$1>"),
    "regexp_replace with a backslash": lambda F: F.regexp_replace(F.col("text"), "[,]", r"\\.\$1"),
    "contains": lambda F: F.col("text").contains("a"),
    "startswith": lambda F: F.col("text").startswith("x"),
    "endswith": lambda F: F.col("text").endswith("b"),
    "like": lambda F: F.col("text").like("%a_e%"),
    "rlike": lambda F: F.col("text").rlike(r"\d{2}"),
    "date_add": lambda F: F.date_add(F.col("day"), F.col("whole")),
    "date_sub": lambda F: F.date_sub(F.col("day"), 3),
    "date + int": lambda F: F.col("day") + 5,
    "date - date": lambda F: F.col("until") - F.col("day"),
    "time - time": lambda F: F.col("at") - F.date_trunc("year", F.col("at")),
    "datediff": lambda F: F.datediff(F.col("until"), F.col("day")),
    "datediff of times": lambda F: F.datediff(F.col("at"), F.col("day")),
    "add_months": lambda F: F.add_months(F.col("day"), 13),
    "add_months back": lambda F: F.add_months(F.col("day"), F.col("whole")),
    "last_day": lambda F: F.last_day(F.col("day")),
    **{
        f"date_trunc {unit}": lambda F, unit=unit: F.date_trunc(unit, F.col("at"))  # type: ignore[misc]
        for unit in ("year", "quarter", "month", "week", "day", "hour", "minute", "second")
    },
    "date_trunc of naive times": lambda F: F.date_trunc("hour", F.col("naive")),
    "to_timestamp of naive times": lambda F: F.to_timestamp(F.col("naive")),
    "date_trunc of dates": lambda F: F.date_trunc("week", F.col("day")),
    **{
        f"trunc {unit}": lambda F, unit=unit: F.trunc(F.col("day"), unit)  # type: ignore[misc]
        for unit in ("year", "quarter", "month", "week")
    },
    **{
        f"{part} of {column}": lambda F, part=part, column=column: getattr(F, part)(F.col(column))  # type: ignore[misc]
        for part in ("year", "quarter", "month", "weekofyear", "dayofyear", "dayofmonth", "dayofweek", "weekday")
        for column in ("day", "at")
    },
    **{
        f"{part} of naive times": lambda F, part=part: getattr(F, part)(F.col("naive"))  # type: ignore[misc]
        for part in ("hour", "minute", "second")
    },
    "date_format": lambda F: F.date_format(F.col("at"), "yyyy-MM-dd'T'HH:mm:ss.SSSXXX"),
    "date_format of names": lambda F: F.date_format(F.col("day"), "EEEE, d. MMMM yy (EEE, MMM) D"),
    "date_format of twelve hours": lambda F: F.date_format(F.col("at"), "h:mm a, K k 'o''clock' QQ"),
    "date_format of quarters": lambda F: F.date_format(F.col("at"), "QQQ QQQQ q"),
    "date_format of zones": lambda F: F.date_format(F.col("at"), "z zzzz O Z ZZZZ VV"),
    "to_date": lambda F: F.to_date(F.col("written")),
    "to_date of a pattern": lambda F: F.to_date(F.col("german"), "dd.MM.yyyy HH:mm"),
    "to_date of times": lambda F: F.to_date(F.col("at")),
    "to_timestamp of a pattern": lambda F: F.to_timestamp(F.col("german"), "dd.MM.yyyy HH:mm"),
    "to_timestamp of dates": lambda F: F.to_timestamp(F.col("day")),
}
# What pyspark has no function of that name for: its SQL stands beside it.
IN_SQL: dict[str, tuple[Make, str]] = {
    "int // literal": (lambda F: F.col("whole") // 3, "whole div 3"),
    "decimal // literal": (lambda F: F.col("price") // 2, "price div 2"),
    "date + days": (lambda F: F.col("day") + F.days("whole"), "date_add(day, whole)"),
    "time + hours": (lambda F: F.col("at") + F.hours(1.5), "at + interval '1:30' hour to minute"),
    "date + hours": (lambda F: F.col("day") + F.hours("whole"), "day + whole * interval '1' hour"),
    "time - minutes": (lambda F: F.col("naive") - F.minutes("whole"), "naive - whole * interval '1' minute"),
    "days / literal": (lambda F: (F.col("until") - F.col("day")) / 7, "(until - day) / 7"),
}


@pytest.fixture
def inputs(synth_spark: Any) -> Iterator[Any]:
    """The inputs as a frame, in ANSI mode and UTC."""
    settings = {"spark.sql.ansi.enabled": "true", "spark.sql.session.timeZone": "UTC"}
    before = {name: synth_spark.conf.get(name) for name in settings}
    for name, value in settings.items():
        synth_spark.conf.set(name, value)
    frame = Dataset({InputFactory: None}, seed=5).inputs.to_spark(synth_spark).coalesce(1).cache()
    yield frame
    frame.unpersist()
    for name, value in before.items():
        synth_spark.conf.set(name, value)


def comparable(value: Any) -> Any:
    """A value in a form that equals itself; floats are the same to the last bit."""
    if isinstance(value, float):
        return "nan" if math.isnan(value) else value
    return (
        value.astimezone(dt.timezone.utc).replace(tzinfo=None)
        if isinstance(value, dt.datetime) and value.tzinfo
        else value
    )


def test_expressions_are_those_of_spark(inputs: Any) -> None:
    from pyspark.sql import functions as theirs

    made = {
        f"c{number}": make(ours) for number, make in enumerate([*CASES.values(), *(one for one, _ in IN_SQL.values())])
    }
    factory_class = type("ResultFactory", (InputFactory,), {"__module__": __name__, **made})
    table = Dataset({factory_class: None}, seed=5)["inputs"]
    results = table.to_spark(inputs.sparkSession)
    wanted = inputs.select(
        *[make(theirs).alias(f"c{number}") for number, make in enumerate(CASES.values())],
        *[theirs.expr(sql).alias(f"c{len(CASES) + number}") for number, (_, sql) in enumerate(IN_SQL.values())],
    )
    expected, found = wanted.toArrow() if hasattr(wanted, "toArrow") else None, table.to_arrow()
    rows = wanted.collect() if expected is None else expected.to_pylist()
    differences = []
    for number, name in enumerate([*CASES, *IN_SQL]):
        column = f"c{number}"
        types = wanted.schema[column].dataType.simpleString(), results.schema[column].dataType.simpleString()
        if types[0] != types[1] and not types[0].startswith("interval"):
            differences.append(f"{name}: the type is {types[1]}, Spark's {types[0]}")
        pairs = [
            (comparable(row[column]), comparable(value))
            for row, value in zip(rows, found[column].to_pylist(), strict=True)
        ]
        if (wrong := next((pair for pair in pairs if pair[0] != pair[1]), None)) is not None:
            differences.append(f"{name}: {wrong[1]!r}, Spark has {wrong[0]!r}")
    assert differences == []
