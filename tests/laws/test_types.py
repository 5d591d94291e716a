"""Types by annotation and by name: each reaches Arrow, pandas and Spark and comes back unchanged."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
import random
from decimal import Decimal
from typing import Annotated, Any

import factory
import numpy as np
import pyarrow as pa
import pytest

from pytest_synthdata import (
    Categorical,
    Constant,
    Dataset,
    Dates,
    DeclarationError,
    Fake,
    GenerationError,
    Given,
    Key,
    LogNormal,
    Normal,
    Poisson,
    TableFactory,
    Timeline,
    Uniform,
    col,
    when,
)
from pytest_synthdata.columns.arrow.types import TIMESTAMP, annotated_type, arrow_type, ddl_schema
from pytest_synthdata.columns.arrow.values import common_type

ROWS = 300


@dataclasses.dataclass
class Point:
    x: int
    label: str


class AddressFactory(TableFactory):
    city = Fake("city")
    number: int = Poisson(30)


class TypesFactory(TableFactory):
    """Every type, by annotation in Python's words or Spark's, or by `cast`."""

    class Meta:
        table = "types"
        rows = ROWS

    text: str = Poisson(3)
    whole: int = LogNormal(3, 1)
    real: float = Poisson(4)
    yes: bool = Poisson(1)
    money: Decimal = LogNormal(5, 1)
    exact: Annotated[Decimal, "decimal(20,4)"] = LogNormal(9, 1)
    day: dt.date = Timeline("2024-01-01", "2024-12-31")
    moment: dt.datetime = Dates("2024-01-01", "2024-12-31")
    local: "timestamp_ntz" = Timeline("2024-01-01", "2024-12-31")  # noqa: F821, UP037 - a name of Spark's
    blob: bytes = Key("K{}")
    maybe: int | None = Poisson(3).nulls(0.5)
    small: "smallint" = Poisson(3)  # noqa: F821, UP037
    tiny = Poisson(3).cast("tinyint")
    medium = Poisson(3).cast("int")
    single: float = Normal()
    numbers: list[int] = factory.List([Poisson(3), Poisson(100)])
    texts: list[str] = factory.LazyFunction(lambda: [random.choice("abc") for _ in range(random.randint(0, 3))])
    counts: dict[str, int] = factory.Dict({"red": Poisson(3), "green": Poisson(5).nulls(0.3)})
    named = factory.Dict({"who": Fake("first_name"), "when": Dates("2024-01-01", "2024-12-31")})
    point: Point = factory.LazyFunction(lambda: {"x": random.randint(0, 9), "label": "p"})
    address = factory.SubFactory(AddressFactory)
    addresses = factory.List([factory.SubFactory(AddressFactory), factory.SubFactory(AddressFactory)])
    prices: list[Decimal] = factory.List([LogNormal(3, 1), LogNormal(4, 1)])
    fixed: Decimal = 5
    constant_map = Constant({"a": 1}).cast("map<string,int>")
    nothing: int = None
    doubled: float = factory.LazyAttribute(lambda o: o.whole * 2)
    total = (col("money") + col("money")).cast("decimal(13,2)")


EXPECTED = {
    "text": "string",
    "whole": "bigint",
    "real": "double",
    "yes": "boolean",
    "money": "decimal(12,2)",
    "exact": "decimal(20,4)",
    "day": "date",
    "moment": "timestamp",
    "local": "timestamp_ntz",
    "blob": "binary",
    "maybe": "bigint",
    "small": "smallint",
    "tiny": "tinyint",
    "medium": "int",
    "single": "double",
    "numbers": "array<bigint>",
    "texts": "array<string>",
    "counts": "map<string,bigint>",
    "named": "struct<who:string,when:date>",
    "point": "struct<x:bigint,label:string>",
    "address": "struct<city:string,number:bigint>",
    "addresses": "array<struct<city:string,number:bigint>>",
    "prices": "array<decimal(12,2)>",
    "fixed": "decimal(12,2)",
    "constant_map": "map<string,int>",
    "nothing": "bigint",
    "doubled": "double",
    "total": "decimal(13,2)",
}


@pytest.fixture(scope="module")
def table() -> Any:
    return Dataset({TypesFactory: ROWS})["types"]


def test_the_schema_is_what_was_stated(table: Any) -> None:
    assert {field.name: field.type for field in table.schema} == {
        name: arrow_type(type_) for name, type_ in EXPECTED.items()
    }


def test_all_batches_have_it(table: Any) -> None:
    for batch in (*table.batches(0, 7), *table.batches(5, ROWS, 50)):
        batch.validate(full=True)
        assert batch.schema == table.schema
    assert table.to_arrow(0, ROWS) == pa.Table.from_batches([*table.batches(0, ROWS, 37)])


def test_values_make_sense(table: Any) -> None:
    rows = table.to_arrow()
    assert set(rows["yes"].to_pylist()) == {True, False}
    assert rows["maybe"].null_count in range(100, 200)
    assert rows["blob"][7].as_py() == b"K7"
    assert all(value.as_tuple().exponent == -2 for value in rows["money"].to_pylist())
    assert rows["local"].cast(pa.timestamp("us", "UTC"))[0].as_py().hour >= 0
    assert [len(value) for value in rows["counts"].to_pylist()].count(1) in range(50, 130)
    assert set(rows["nothing"].to_pylist()) == {None}
    for row in rows.slice(0, 20).to_pylist():
        assert row["doubled"] == 2 * row["whole"]
        assert row["total"] == 2 * row["money"]


def plain(value: Any) -> Any:
    """Maps as dicts and all containers as plain ones: Arrow and pandas have their own."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        pairs = all(isinstance(item, tuple) for item in value) and value
        return {key: plain(item) for key, item in value} if pairs else [plain(item) for item in value]
    return value


def test_build_gives_what_the_table_has(table: Any) -> None:
    built = [plain(TypesFactory.build(__sequence=number)) for number in range(30)]
    expected = [plain(row) for row in table.to_arrow(0, 30).to_pylist()]
    for one, other in zip(built, expected, strict=True):
        one["counts"] = {key: value for key, value in one["counts"].items() if value is not None}
        assert one == other
    assert isinstance(built[0]["money"], Decimal)


def test_pandas_and_back(table: Any) -> None:
    pytest.importorskip("pandas")
    arrow = table.to_arrow()
    again = pa.Table.from_pandas(table.to_pandas(), schema=arrow.schema, preserve_index=False)
    assert again.equals(arrow)


def test_parquet_and_back(table: Any, tmp_path: Any) -> None:
    import pyarrow.parquet as pq

    pq.write_table(table.to_arrow(), tmp_path / "types.parquet")
    assert pq.read_table(tmp_path / "types.parquet", schema=table.schema) == table.to_arrow()


@pytest.mark.parametrize("distributed", [False, True])
def test_spark_and_back(table: Any, synth_spark: Any, distributed: Any) -> None:
    if distributed:
        pytest.importorskip("pandas")  # for mapInArrow
    frame = table.to_spark(synth_spark, distributed=distributed)
    types = {field.name: field.dataType.simpleString() for field in frame.schema}
    assert types == EXPECTED
    rows = {bytes(row.blob): row for row in frame.collect()}
    for expected in map(plain, table.to_arrow(0, 20).to_pylist()):
        row = rows[expected["blob"]].asDict(recursive=True)
        for name in ("numbers", "counts", "named", "point", "address", "addresses", "prices", "money", "day", "local"):
            assert row[name] == expected[name], name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("bigint", pa.int64()),
        (" DECIMAL( 12 , 2 ) ", pa.decimal128(12, 2)),
        ("decimal(5)", pa.decimal128(5, 0)),
        ("varchar(20)", pa.string()),
        ("array<int>", pa.list_(pa.int32())),
        ("map<string, array<date>>", pa.map_(pa.string(), pa.list_(pa.date32()))),
        ("struct<a:int,b:string>", pa.struct([("a", pa.int32()), ("b", pa.string())])),
        (
            "struct<`a b`: int, c struct<d: timestamp>>",
            pa.struct([("a b", pa.int32()), ("c", pa.struct([("d", TIMESTAMP)]))]),
        ),
        (pa.large_string(), pa.large_string()),
    ],
)  # fmt: skip
def test_names_of_spark_sql(name: Any, expected: Any) -> None:
    assert arrow_type(name) == expected


@pytest.mark.parametrize(
    "name",
    [
        "",
        "intt",
        "array<>",
        "array<int",
        "int>",
        "map<int>",
        "decimal(50,2)",
        "decimal(2,5)",
        "a b",
        "int,int",
        5,
        None,
    ],
)
def test_names_that_spark_sql_has_not(name: Any) -> None:
    with pytest.raises(DeclarationError):
        arrow_type(name)


def test_a_ddl_schema() -> None:
    schema = ddl_schema(
        "id bigint NOT NULL COMMENT 'the key', tags array<string>, `odd name` struct<a:int>, m map<string,int>"
    )
    assert schema == pa.schema(
        [
            ("id", pa.int64()),
            ("tags", pa.list_(pa.string())),
            ("odd name", pa.struct([("a", pa.int32())])),
            ("m", pa.map_(pa.string(), pa.int32())),
        ]
    )


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (int, pa.int64()),
        (dt.datetime, TIMESTAMP),
        (list[list[str]], pa.list_(pa.list_(pa.string()))),
        (tuple[int, ...], pa.list_(pa.int64())),
        (dict[str, float], pa.map_(pa.string(), pa.float64())),
        (Point, pa.struct([("x", pa.int64()), ("label", pa.string())])),
        (Annotated[int, pa.int16()], pa.int16()),
        (bytes | None, pa.binary()),
        (Any, None),
        (object, None),
    ],
)
def test_annotations(annotation: Any, expected: Any) -> None:
    assert annotated_type(annotation) == expected


def made(rows: int = 1_000, **columns: Any) -> pa.Table:
    """A table of some columns, whose values are as its own validation wants them."""
    dataset = Dataset({type("MadeFactory", (TableFactory,), columns): rows})
    assert not dataset.validate().failed
    return dataset["mades"].to_arrow()


@pytest.mark.filterwarnings("error")
def test_a_quotient_is_no_integer_and_null_where_the_divisor_is_0() -> None:
    table = made(
        few=Poisson(1),
        some=Poisson(7).nulls(0.1),
        halves=col("some") / 2,
        ratio=col("few") / col("few"),
        inverse=1 / Poisson(1),
        nothing=Normal() / 0,
    )
    for row in table.to_pylist():
        assert row["halves"] == (None if row["some"] is None else row["some"] / 2)
        assert row["ratio"] == (1.0 if row["few"] else None)
    assert table["inverse"].null_count in range(300, 440)
    assert table["nothing"].null_count == len(table)


def test_decimals_of_several_precisions_have_one_type() -> None:
    low, high = Decimal("9.99"), Decimal("19.999")
    table = made(
        price=Categorical({low: 0.5, high: 0.5}),
        given=Given("price", {low: high, high: Categorical({low: 1.0})}),
        chosen=when(col("price") > 10, Decimal(1000)).otherwise(low),
        stated=Categorical({low: 0.5, high: 0.5}).cast("decimal(12,2)"),
    )
    assert table.schema.types == [pa.decimal128(5, 3), pa.decimal128(5, 3), pa.decimal128(6, 2), pa.decimal128(12, 2)]
    assert set(table["price"].to_pylist()) == set(table["given"].to_pylist()) == {low, high}
    with pytest.raises(DeclarationError, match="both decimal"):
        made(x=Categorical({Decimal(10**37): 0.5, Decimal("0.001"): 0.5}))


def test_the_common_type_of_numbers_holds_all_of_them() -> None:
    types = (pa.int8(), pa.int32(), pa.int64(), pa.float32(), pa.float64())
    common = [[common_type([one, other]) for other in types] for one in types]
    assert [types.index(found) for found in common[0]] == [0, 1, 2, 3, 4]
    assert common[2] == [pa.int64(), pa.int64(), pa.int64(), pa.float64(), pa.float64()]


def test_hundreds_of_cases() -> None:
    count = 300
    choice = when(col("kind") == 0, 0)
    for kind in range(1, count):
        choice = choice.when(col("kind") == kind, -kind)
    table = made(
        kind=Categorical(dict.fromkeys(range(count), 1 / count)),
        given=Given("kind", {kind: -kind for kind in range(count)}),
        chosen=choice,
    )
    for row in table.to_pylist():
        assert row["given"] == row["chosen"] == -row["kind"]


@pytest.mark.filterwarnings("error")
def test_whole_numbers_are_rounded_and_clipped_to_whole_numbers() -> None:
    table = made(
        rows=20_000,
        tens=Poisson(12).round(-1),
        some=Poisson(1234).nulls(0.1).round(-2),
        cut=Uniform(0, 300).cast("int").round(-1),
        listed=Categorical({125: 0.4, 135: 0.3, None: 0.3}).round(-1),
        least=Poisson(1).clip(0.5, None),
        inner=Poisson(3).nulls(0.1).clip(0.5, 4.7),
        any=Poisson(3).clip(-math.inf, 1e300),
        doubled=(Poisson(3) * 2).clip(0.5),
        real=(Poisson(3) * 2.0).clip(0.5),
        signs=Categorical({-1: 0.4, 1: 0.4, None: 0.2}).clip(0, None),
        money=LogNormal(1, 1).cast("decimal(12,2)").clip(0.5, 3.333),
    )
    found = {name: set(table[name].to_pylist()) - {None} for name in table.column_names}
    assert found["listed"] == {120, 140}
    assert found["some"] <= {1000, 1100, 1200, 1300, 1400}
    assert {value % 10 for value in found["tens"] | found["cut"]} == {0}
    assert (min(found["least"]), min(found["doubled"]), min(found["real"])) == (1, 1, 0.5)
    assert found["inner"] == {1, 2, 3, 4}
    assert found["signs"] == {0, 1}
    assert (min(found["money"]), max(found["money"])) == (Decimal("0.50"), Decimal("3.33"))
    great = 2**62 + 150
    assert made(x=Categorical({great: 1.0}).round(-2))["x"][0].as_py() == round(great, -2)


def test_a_cast_is_of_what_decides_too() -> None:
    table = made(size=Categorical({1.5: 0.5, 2.5: 0.5}).cast("int"), word=Given("size", {1: "one", 2: "two"}))
    assert set(zip(*table.to_pydict().values(), strict=True)) == {(1, "one"), (2, "two")}


def test_null_lies_between_no_bins() -> None:
    table = made(
        hours=Poisson(5).nulls(0.3),
        speed=Given("hours", bins=[3, 6], then=[Normal(), Normal(5, 1), Poisson(3)]),
        word=Given("hours", bins=np.array([6]), then=["fast", "slow"]),
        only=Given("hours", bins=[], then=[Normal()]),
        maybe=Categorical({"a": 0.3, None: 0.7}),
        fixed=Given("hours", {}, default=5),
    )
    null = table["hours"].is_null()
    assert null == table["speed"].is_null() == table["word"].is_null() == table["only"].is_null()
    assert table["hours"].null_count
    assert set(table["fixed"].to_pylist()) == {5}


@pytest.mark.parametrize(
    ("generator", "message"),
    [
        (Uniform(1e10, 1e12).cast("int"), r"does not fit into int32: cast to bigint, or \.clip"),
        (Uniform(1e10, 1e12).nulls(0.5).cast("int"), "does not fit into int32"),
        (Categorical({math.nan: 1.0}).cast("bigint"), "nan is not a value of int64; cast to a type that holds"),
        (Constant(2.0**63).cast("bigint"), "is not a value of int64"),
        (Poisson(300).cast("tinyint"), "not in range: -128 to 127"),
        (LogNormal(30, 1).cast("decimal(5,2)"), "does not fit in precision 5"),
    ],
)
def test_what_does_not_fit_into_a_type_is_named(generator: Any, message: str) -> None:
    with pytest.raises((DeclarationError, GenerationError), match=rf"mades\.x: \.cast\('.*'\): .*{message}"):
        Dataset({type("MadeFactory", (TableFactory,), {"x": generator}): 100})["mades"].to_arrow()


def test_annotations_of_other_things_mean_nothing() -> None:
    class AnnotatedFactory(TableFactory):
        kind: Categorical = Categorical({"a": 1.0})
        any: Any = Poisson(3)

    assert Dataset({AnnotatedFactory: 2})["annotateds"].schema.types == [pa.string(), pa.int64()]


def test_a_subclass_keeps_the_types() -> None:
    class DearerFactory(TypesFactory):
        class Meta:
            table = "dearer"

        money = LogNormal(9, 1)

    assert Dataset({DearerFactory: 2})["dearer"].schema.field("money").type == pa.decimal128(12, 2)


def test_an_annotation_that_is_no_type_says_so_when_compiled() -> None:
    class WrongFactory(TableFactory):
        x: "intt" = Poisson(3)  # noqa: F821, UP037

    with pytest.raises(DeclarationError, match=r"wrongs\.x: .*unknown type 'intt'.*did you mean 'int'"):
        WrongFactory._meta.plan()
