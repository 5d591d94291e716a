# ruff: noqa: DTZ001, E501 - tables, written as such
"""Tables that are odd: each gives a factory, of the same types, whose source says the same."""

from __future__ import annotations

import datetime as dt
import decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from test_infer import executed, inferred

from pytest_synthdata import Dataset, DeclarationError, SynthDataError, TableFactory
from pytest_synthdata.columns.arrow.types import arrow_type
from pytest_synthdata.infer.printing.source import module_source
from pytest_synthdata.infer.tables import infer_tables
from pytest_synthdata.sources.samples import sample_of

ROWS = 150
DAY, MIDNIGHT = dt.date(2024, 1, 1), dt.datetime(2024, 1, 1)
STRANGE_NAMES = (
    *("class", "_x", "__y__", "Meta", "Params", "build", "a b", "a_b", "a__b", "1", "é", "", "id", "customer__tier"),
    *("factory", "stub", "self", "cells", "x.y", "none", "True", "\u00b5g", "\ufb01", "fi", "Key", "dict", "Event"),
)


def repeated(*values: Any) -> Any:
    return [values[number % len(values)] for number in range(ROWS)]


def each(make: Any) -> Any:
    return [make(number) for number in range(ROWS)]


NORMAL = np.random.default_rng(1).normal(0, 1, ROWS)
TABLES = {
    "empty": {
        "id": pa.array([], pa.int64()), "name": pa.array([], pa.string()), "at": pa.array([], pa.timestamp("us")),
        "list": pa.array([], pa.list_(pa.int32())), "map": pa.array([], pa.map_("string", "int32")),
        "struct": pa.array([], pa.struct([("a", pa.int32())])),
    },
    "no columns": {},
    "one row": {"id": [1], "name": ["x"], "v": [1.5], "at": [MIDNIGHT], "d": [DAY], "l": [[1]], "b": [True]},
    "two rows": {"id": [1, 2], "name": ["x", "y"], "v": [1.5, 2.5], "at": [MIDNIGHT] * 2, "b": [True, False]},
    "no numbers": {"v": repeated(1.0, float("nan"), float("inf"), -3.0), "w": repeated(float("nan"))},
    "large numbers": {
        "unsigned": pa.array(repeated(2**64 - 1, 2**63, 5), pa.uint64()), "far": repeated(2**62, -(2**62), 0),
        "key": each(lambda n: 10**17 + n), "negative": each(lambda n: -n),
    },
    "texts": {
        "some": repeated("", "a", None), "unicode": repeated("ünï", "日本", "x"), "quotes": repeated("it's \"x\"", "b\\n", "c\n"),
        "longer": each(lambda n: ("word " * n).strip()), "key": each(lambda n: f"{{A}}-{n}%"), "number": each(lambda n: str(n * 7)),
        "patterns": each(lambda n: f"#%?{n % 9}!"), "long_key": each(lambda n: f"k{10**25 + n}"),
        "price_label": each(lambda n: f"€№§\ufffd_{n:04d}£"),
    },
    "decimals": {
        "wide": [*[decimal.Decimal("1.23")] * 30, decimal.Decimal("99999999999999999999999999999999.99")],
        "narrow": pa.array([decimal.Decimal(n % 4) / 4 for n in range(31)], pa.decimal128(4, 3)),
    },
    "times": {
        "old": each(lambda n: dt.date(1850 + n, 1, 1)), "before": each(lambda n: dt.datetime(1960, 1, 1) + dt.timedelta(n, hours=n)),
        "zoned": pa.array(repeated(MIDNIGHT), pa.timestamp("ms", "Europe/Berlin")), "same": repeated(MIDNIGHT),
        "of day": each(lambda n: dt.time(n % 24)), "spans": each(lambda n: dt.timedelta(hours=n)),
        "farthest": repeated(dt.datetime(9999, 12, 31), dt.datetime(1, 1, 1)),
    },
    "nested": {
        "structs": each(lambda n: [{"a": n, "b": None}] * (n % 3)), "lists": each(lambda n: [[n]] * (n % 2)),
        "nothing": repeated(None, []), "nulls": each(lambda n: None if n % 3 else {"x": {"y": n}}), "none": pa.array([{}] * ROWS, pa.struct([])),
        "map": pa.array(repeated(None, [("k", None)]), pa.map_("string", "int64")),
        "numbers": pa.array(each(lambda n: [(n, 1)]), pa.map_("int64", "int64")),
        "maps": pa.array(repeated([], [[[("k", 1)], []]]), pa.list_(pa.list_(pa.map_("string", "uint8")))),
        "keys": pa.array(repeated(None, [("utm__x", 1), ("self", 2)]), pa.map_("string", "int64")),
        "coded": pa.array(repeated("a", "b")).dictionary_encode(),
    },
    "names": {name: list(range(ROWS)) for name in STRANGE_NAMES},
    "truths": {"true": [True] * ROWS, "null": pa.nulls(ROWS, pa.bool_()), "mixed": repeated(True, None)},
    "ends of types": {
        "small": pa.array(each(lambda n: 32_767 - n * n), pa.int16()), "tiny": pa.array(each(lambda n: 127 - n % 60), pa.int8()),
        "poisson": pa.array(np.random.default_rng(1).poisson(220, ROWS).clip(0, 255), pa.uint8()),
        "normal": pa.array(np.random.default_rng(1).normal(30_000, 2_000, ROWS).clip(0, 32_767).astype(np.int16)),
        "decimal": pa.array(each(lambda n: decimal.Decimal(9995 - n * 13) / 100), pa.decimal128(4, 2)),
    },
    "extremes": {
        "tiny": NORMAL * 1e-300, "huge": NORMAL * 1e300, "positive": np.exp(NORMAL) * 1e300, "all": np.exp(NORMAL * 200),
        "least": np.abs(np.rint(NORMAL * 9)) * 5e-324, "float": (NORMAL * 1e37).astype(np.float32),
        "whole": pa.array(each(lambda n: 2**64 - 1 - n**8), pa.uint64()), "signed": [-(2**63), *[2**63 - 1] * (ROWS - 1)],
        "fraction": pa.array(repeated(decimal.Decimal("0." + "9" * 38), decimal.Decimal("0.5")), pa.decimal128(38, 38)),
        "thousands": pa.array(each(lambda n: decimal.Decimal(n * 1_000)), pa.decimal128(5, -3)),
        "nanoseconds": pa.array(each(lambda n: n * 10**15 + 1), pa.timestamp("ns")),
        "nested": pa.array(each(lambda n: [{"at": n + 1}]), pa.list_(pa.struct([("at", pa.timestamp("ns"))]))),
        "encoded": pa.RunEndEncodedArray.from_arrays([50, ROWS], ["a", "b"]),
    },
    "types": {
        "i8": pa.array(repeated(1, -128, 127), pa.int8()), "u8": pa.array(repeated(255, 0, 7), pa.uint8()),
        "f16": pa.array(np.array(repeated(1.5, 2.5, 3.5), np.float16)), "bytes": repeated(b"x"), "null": pa.nulls(ROWS),
        "fixed": pa.array(repeated(b"abc"), pa.binary(3)), "large": pa.array(repeated("a"), pa.large_string()),
        "large_list": pa.array(repeated([1]), pa.large_list(pa.int8())), "pair": pa.array(repeated([1, 2]), pa.list_(pa.int8(), 2)),
    },
}  # fmt: skip


@pytest.mark.parametrize("columns", TABLES.values(), ids=TABLES)
def test_it_gives_a_factory_and_its_source(columns: Any) -> None:
    sample = sample_of(pa.table(columns), "odd")
    ((inferred, made),) = infer_tables({"odd": sample}, base=TableFactory)
    module: dict[str, Any] = {"__name__": "shop"}
    exec(compile(module_source([inferred], "Odd."), "<inferred>", "exec", dont_inherit=True), module)
    (again,) = [one for one in module.values() if isinstance(one, type) and one.__module__ == "shop"]
    assert repr(again._meta.plan()) == repr(made._meta.plan())
    rows = Dataset({made: 200})["odd"].to_arrow()
    rows.validate(full=True)
    assert {name: rows.schema.field(name).type for name in rows.schema.names} == {
        field.name: field.type for field in sample.schema
    }
    built = made.build(__sequence=0)
    assert list(built) == rows.schema.names


def test_columns_that_are_called_as_what_the_source_uses() -> None:
    schema = (
        "Key string, factory int, Annotated int, pa int, id bigint, s struct<a:int>, m map<string,int>, status string"
    )
    _, made, _ = inferred({"odd": schema})
    assert Dataset({made["odd"]: 3})["odd"].to_arrow().schema.names == sample_of(schema, "odd").schema.names


@pytest.mark.parametrize(
    "tables", [("table", "TableFactory", "é", "日本"), ("'''", "`", 'x"'), ("s", "order", "orders", "1")]
)
def test_tables_of_any_names_have_classes_of_their_own(tables: Any) -> None:
    rows = pa.table({"key": [1, 2, 5], "c": ["a"] * 3})
    read = {table: sample_of(rows, table) for table in tables}
    source = module_source(
        [one for one, _ in infer_tables(read, base=TableFactory)], f"Of {', '.join(tables)} in C:\\new."
    )
    assert sorted(executed(source)) == sorted(tables)


def test_a_reference_with_nulls_and_a_name_that_no_attribute_can_have() -> None:
    shops = pa.table({"shop id": [f"S{n}" for n in range(40)]})
    visits = pa.table({"visit id": list(range(200)), "shop id": [f"S{n % 40}" if n % 9 else None for n in range(200)]})
    _, made, _ = inferred({"shops": shops, "visits": visits})
    assert Dataset({made["visits"]: 20})["visits"].to_arrow().schema.names == ["visit id", "shop id"]


@pytest.mark.parametrize(
    "type_",
    [
        *("array<struct<props:map<string,string>>>", "struct<b:map<string,int>,c:array<map<string,int>>>"),
        *("array<array<map<string,int>>>", "map<string,struct<a:map<string,int>>>", "struct<a:map<int,string>>"),
    ],
)
def test_maps_within_others_stay_maps(type_: str) -> None:
    made = Dataset({TableFactory.from_schema(f"id int, nested {type_}", table="odd"): 3})["odd"].to_arrow()
    assert made.schema.field("nested").type == arrow_type(type_)


@pytest.mark.parametrize("name", ["utm__source", "__x", "self", "factory"])
def test_a_field_that_no_declaration_can_have_is_named(name: str) -> None:
    with pytest.raises(DeclarationError, match=f"events.meta: the field '{name}' .* rename the field"):
        TableFactory.from_schema(f"id int, meta struct<{name}:string>", table="events")


@pytest.mark.parametrize(
    ("schema", "what"),
    [
        ("a int, b int, a string", "two columns have one name, 'a'"),
        (pa.schema([("a", pa.int32()), ("a", pa.string())]), "two columns have one name, 'a'"),
        (pa.table([[1], [2]], names=["a", "a"]), "two columns have one name, 'a'"),
        ("s struct<a:int,a:string>", "s: two fields of .* have one name, 'a'"),
    ],
    ids=["ddl", "schema", "rows", "struct"],
)
def test_two_columns_of_one_name_are_refused(schema: Any, what: str) -> None:
    with pytest.raises(SynthDataError, match=what):
        TableFactory.from_schema(schema)


def test_nothing_runs_over_the_end_of_its_type() -> None:
    ends = pa.table(TABLES["ends of types"])
    made = Dataset({TableFactory.from_schema(ends, table="ends"): 20_000})["ends"].to_arrow()
    for name in ends.schema.names:
        low, high = (float(end(ends[name].to_numpy())) for end in (np.min, np.max))
        least, most = (float(end(made[name].to_numpy())) for end in (np.min, np.max))
        slack = 0.01 * max(abs(low), abs(high)) + (10 * high**0.5 if name == "poisson" else 0)
        assert low - slack <= least <= most <= high + slack, name


@pytest.mark.parametrize(
    ("column", "what"),
    [
        (pa.array([10**15], pa.timestamp("s")), r"c: timestamp\[s\] cannot be read as timestamp\[us\]"),
        (
            pa.UnionArray.from_sparse(pa.array([0], pa.int8()), [pa.array([1])]),
            "c: sparse_union.* no columns of that type",
        ),
    ],
)
def test_a_column_that_no_table_has_is_named(column: Any, what: str) -> None:
    with pytest.raises(SynthDataError, match=f"{what}.*; cast the column, or leave it out"):
        TableFactory.from_schema(pa.table({"c": column}))


@pytest.mark.skipif(not hasattr(pa, "uuid"), reason="an old PyArrow")
def test_an_extension_type_is_read_as_what_it_is_stored_as() -> None:
    rows = pa.table({"u": pa.array([bytes([number] * 16) for number in range(9)], pa.uuid())})
    assert (
        Dataset({TableFactory.from_schema(rows, table="odd"): 3})["odd"].to_arrow().schema.field("u").type
        == pa.binary()
    )


def test_more_digits_than_a_table_has() -> None:
    wide = pa.table({"c": pa.array([decimal.Decimal(1)], pa.decimal256(60, 20))})
    with pytest.raises(SynthDataError, match=r"c: decimal256\(60, 20\): tables have decimals of at most 38 digits"):
        TableFactory.from_schema(wide)


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("empty.csv", "", "cannot be read as CSV: .*; give a header"),
        ("ragged.csv", "a,b\n1,2\n1,2,3\n", "cannot be read as CSV: .*; give a header, and every line as many fields"),
        ("twice.csv", "id,id\n1,2\n", "two columns of .*twice.csv have one name, 'id'"),
        ("empty.json", "", "cannot be read as JSON lines"),
        ("array.json", '[{"a": 1}, 2', "cannot be read as a list of JSON objects"),
        ("mixed.json", '{"a": 1}\n{"a": "x"}\n', "cannot be read as JSON lines: .* each field of one type"),
        ("no.parquet", "no", "cannot be read as Parquet: .*; is it one"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str, content: str, what: str) -> None:
    file = tmp_path / name
    file.write_text(content, "utf-8")
    with pytest.raises(SynthDataError, match=what) as raised:
        TableFactory.from_schema(file)
    assert str(file) in str(raised.value)


def test_parts_that_differ(tmp_path: Path) -> None:
    (tmp_path / "part-0.csv").write_text("id,size,at\n1,5,7\n", "utf-8")
    (tmp_path / "part-1.csv").write_text("id,size,at\n2,1.5,2024-01-01\n", "utf-8")
    types = sample_of(tmp_path, "odd").schema
    assert types == pa.schema([("id", pa.int64()), ("size", pa.float64()), ("at", pa.string())])
    for number, values in enumerate([[1], ["x"]]):
        pq.write_table(pa.table({"id": values}), tmp_path / f"{number}.parquet")
    for csv in tmp_path.glob("*.csv"):
        csv.unlink()
    with pytest.raises(SynthDataError, match=r"1\.parquet cannot be read as Parquet"):
        TableFactory.from_schema(tmp_path)


def test_arrays_of_structs_are_as_long_as_the_sources() -> None:
    count = 600
    lengths = [number % 4 for number in range(count)]
    lines = [[{"size": place + 1, "deep": [{"x": 1}] * place} for place in range(length)] for length in lengths]
    table = pa.table({"id": range(count), "lines": [None if n % 5 == 0 else one for n, one in enumerate(lines)]})
    made, again, source = inferred({"baskets": table})
    rows = Dataset({again["baskets"]: count})["baskets"].to_arrow()
    assert rows.schema.field("lines").type == table.schema.field("lines").type
    assert rows.equals(Dataset({made["baskets"]: count})["baskets"].to_arrow())
    # A fifth of the rows is null and a quarter of the others has each length, within 5 standard deviations.
    assert abs(rows["lines"].null_count - count / 5) < 5 * (count * 0.2 * 0.8) ** 0.5
    found = [len(one) for one in rows["lines"].to_pylist() if one is not None]
    for length in range(4):
        assert abs(found.count(length) - len(found) / 4) < 5 * (2 * len(found) * 0.25 * 0.75) ** 0.5
    assert "factory.List" not in source
