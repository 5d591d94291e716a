"""Schemas in JSON: pydantic models, JSON Schema, Avro; what they say holds in the rows."""

from __future__ import annotations

import datetime as dt
import enum
import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, Optional

import pyarrow as pa
import pytest

from pytest_synthdata import Dataset, SynthDataError, TableFactory
from pytest_synthdata.infer.printing.source import module_source
from pytest_synthdata.infer.tables import infer_tables
from pytest_synthdata.sources.samples import samples_of_schema

pydantic = pytest.importorskip("pydantic")


class Tier(enum.Enum):
    FREE = "Free"
    PRO = "Pro"


class Address(pydantic.BaseModel):  # type: ignore[misc, name-defined]
    city: str
    zip: str = pydantic.Field(pattern=r"^\d{5}(-\d{4})?$")
    note: Optional[str] = None  # noqa: UP045 - as many write it


class Customer(pydantic.BaseModel):  # type: ignore[misc, name-defined]
    id: int
    name: str = pydantic.Field(max_length=12)
    tier: Tier = Tier.FREE
    status: Literal["new", "old"]
    age: int = pydantic.Field(ge=18, lt=30)
    ratio: float = pydantic.Field(gt=0, le=0.5)
    price: Decimal = pydantic.Field(gt=0, max_digits=8, decimal_places=3)
    code: str = pydantic.Field(pattern="^[A-Z]{2,4}-[0-9]{3}$")
    steps: int = pydantic.Field(multiple_of=5, ge=0, le=50)
    home: Address
    others: list[Address] = pydantic.Field(min_length=2)
    tags: list[str] = pydantic.Field(min_length=1, max_length=2)
    born: dt.date | None = None
    at: dt.datetime
    clock: dt.time


def rows_of(schema: Any, count: int = 200) -> pa.Table:
    made = TableFactory.from_schema(schema)
    return Dataset({made: count})[made._meta.table].to_arrow()


def test_rows_are_instances_of_the_model() -> None:
    rows = rows_of(Customer)
    for row in rows.to_pylist():
        Customer(**row)
    assert rows.schema.field("price").type == pa.decimal128(8, 3)
    assert {name for name in rows.schema.names if rows.schema.field(name).nullable} == {"home", "born"}
    assert not rows.schema.field("home").type.field("city").nullable
    assert rows.schema.field("home").type.field("note").nullable
    assert set(rows["tier"].to_pylist()) == {"Free", "Pro"}
    assert {len(code) for code in rows["code"].to_pylist()} == {6, 8}


def test_the_source_gives_the_same_rows() -> None:
    samples = samples_of_schema(Customer)
    assert samples is not None
    ((inferred, made),) = infer_tables(samples, base=TableFactory)
    space: dict[str, Any] = {}
    exec(module_source([inferred], "A model."), space)
    again = space["CustomerFactory"]
    assert Dataset({again: 20})["customer"].fingerprint() == Dataset({made: 20})["customer"].fingerprint()


JSON_SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Order line",
    "type": "object",
    "required": ["id", "kind", "email", "address", "odd"],
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "kind": {"enum": [1, 2, None]},
        "email": {"type": ["string", "null"], "format": "email"},
        "size": {"type": "integer", "exclusiveMinimum": 3, "maximum": 5, "default": 4},
        "address": {"$ref": "#/$defs/address"},
        "odd": {"type": "string", "pattern": r"(?=a)\w+"},
        "labels": {"type": "object", "additionalProperties": {"type": "integer", "minimum": 7, "maximum": 9}},
        "level": {"type": "string", "pattern": "^(low|mid|high)$"},
        "word": {"type": "string", "minLength": 30, "maxLength": 40},
    },
    "$defs": {"address": {"type": "object", "properties": {"ip": {"type": "string", "format": "ipv4"}}}},
}


def test_json_schema_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "line.json"
    path.write_text(json.dumps(JSON_SCHEMA), "utf-8")
    rows = rows_of(path)
    assert {name for name in rows.schema.names if not rows.schema.field(name).nullable} == {"id", "odd"}
    for row in rows.to_pylist():
        assert row["kind"] in (1, 2)
        assert row["size"] in (4, 5)
        assert "@" in row["email"]
        assert re.fullmatch(r"[\d.]+", row["address"]["ip"])
        assert all(7 <= value <= 9 for _, value in row["labels"])
        assert 30 <= len(row["word"]) <= 40
    samples = samples_of_schema(path)
    assert samples is not None
    assert list(samples) == ["order_line"]
    source = module_source([one for one, _ in infer_tables(samples, base=TableFactory)], "x")
    assert "# Not kept: pattern (?=a)" in source
    assert "# DEFAULT 4" in source
    assert 'level = Categorical(["low", "mid", "high"])' in source


def test_a_bound_leaves_a_key_a_key() -> None:
    schema = {"title": "Customer", "properties": {"id": {"type": "integer", "minimum": 1}}}
    made = TableFactory.from_schema(schema)
    assert made._meta.plan().key == "id"
    assert len(rows_of(schema, 300)["id"].unique()) == 300


AVRO = {
    "type": "record", "name": "OrderLine", "namespace": "shop", "fields": [
        {"name": "id", "type": "long"},
        {"name": "state", "type": {"type": "enum", "name": "State", "symbols": ["A", "B"]}},
        {"name": "before", "type": ["null", "State"], "default": None},
        {"name": "amount", "type": {"type": "bytes", "logicalType": "decimal", "precision": 10, "scale": 2}},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "tags", "type": {"type": "array", "items": "string"}},
        {"name": "counts", "type": {"type": "map", "values": "int"}},
        {"name": "mark", "type": {"type": "fixed", "name": "Mark", "size": 4}},
    ],
}  # fmt: skip


def test_avro(tmp_path: Path) -> None:
    (tmp_path / "line.avsc").write_text(json.dumps(AVRO), "utf-8")
    rows = rows_of(tmp_path / "line.avsc", 50)
    assert rows.schema.types == [
        pa.int64(), pa.string(), pa.string(), pa.decimal128(10, 2), pa.timestamp("us", "UTC"),
        pa.list_(pa.field("item", pa.string(), nullable=False)), pa.map_(pa.string(), pa.int32()), pa.binary(),
    ]  # fmt: skip
    assert {name for name in rows.schema.names if rows.schema.field(name).nullable} == {"before", "counts"}
    assert set(rows["before"].to_pylist()) == {"A", "B"}
    assert {len(one) for one in rows["mark"].to_pylist()} == {4}


@pytest.mark.parametrize(
    ("schema", "what"),
    [
        ({"properties": {"a": {"anyOf": [{"type": "string"}, {"type": "integer"}]}}}, "a: string or integer"),
        ({"properties": {"a": {"$ref": "#/$defs/b"}}}, "a: there is no #/\\$defs/b"),
        ({"properties": {"a": {"type": "array"}}}, "a: an array without items"),
        ({"properties": {"a": {"type": "text"}}}, "a: the type 'text'"),
        ({"properties": {"a": {"type": "object", "properties": {"b": {"$ref": "#/properties/a"}}}}}, "contains itself"),
        ({"type": "record", "name": "A", "fields": [{"name": "x", "type": ["int", "string"]}]}, "A.x: int or string"),
        ({"type": "record", "name": "A", "fields": [{"name": "x", "type": "strin"}]}, "did you mean 'string'"),
        ({"type": "record", "name": "A", "fields": [{"name": "x", "type": ["null", "A"]}]}, "A contains itself"),
    ],
)
def test_what_no_column_can_have(schema: Any, what: str) -> None:
    with pytest.raises(SynthDataError, match=what):
        TableFactory.from_schema(schema, table="t")
