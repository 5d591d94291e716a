"""`synthdata infer shop.models:Order`: tables as a project's own module describes them."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from click.testing import CliRunner

from pytest_synthdata import Dataset
from pytest_synthdata.cli import cli

MODELS = """
import datetime as dt
import enum
import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, ClassVar, Literal, Optional, TypedDict

import pyarrow as pa
from pytest_synthdata import Key, TableFactory


class Tier(enum.Enum):
    FREE = "Free"
    PRO = "Pro"


@dataclass
class Customer:
    customer_id: str
    email: str
    tier: Tier
    level: Annotated[Literal[1, 2], "of two"]
    born: Optional[dt.date]
    LIMIT: ClassVar[int] = 3
    tags: list[str] = field(default_factory=list)


@dataclass
class Order:
    order_id: int
    customer_id: str
    status: Literal["new", "paid"]
    amount: Decimal
    placed_at: dt.datetime
    opens: dt.time
    token: uuid.UUID
    note: "str | None" = None

    @dataclass
    class Line:
        line_id: int
        order_id: int


class Payment(TypedDict, total=False):
    payment_id: int
    order_id: int


@dataclass
class Odd:
    ratio: complex


@dataclass
class Unknown:
    ratio: "Nothing"


@dataclass
class Empty:
    pass


class Plain:
    pass


class PlainFactory(TableFactory):
    id = Key("{}")


VISIT_SCHEMA = pa.schema([("visit_id", pa.int64()), ("customer_id", pa.string())])
STORES = "CREATE TABLE stores (store_id INT PRIMARY KEY, opens TIME); CREATE TABLE shelves (id INT, store_id INT)"
EVENT = {"type": "record", "name": "Event", "fields": [{"name": "id", "type": "long"}]}
ROWS = {"code": ["a", "b"]}
LIMIT = 5
"""
Infer = Callable[..., str]


@pytest.fixture
def infer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Infer:
    """The command in a project's folder, in a module of a name that no other test has; what it prints."""
    name = f"models_{tmp_path.name}"
    (tmp_path / f"{name}.py").write_text(MODELS, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])

    def run(*names: str) -> str:
        result = CliRunner().invoke(cli, ["infer", *(one.replace("models", name) for one in names)])
        return result.output.replace(name, "models")

    return run


def dataset(source: str) -> Any:
    module: dict[str, Any] = {}
    exec(compile(source, "inferred", "exec", dont_inherit=True), module)
    made = {one: 60 for name, one in module.items() if name.endswith("Factory") and name != "TableFactory"}
    return Dataset(made, seed=3)


def test_classes_refer_to_each_other(infer: Infer) -> None:
    shop = dataset(infer("models:Order", "models:Customer", "models:Payment", "models:Order.Line"))
    orders = shop["order"].to_arrow()
    assert orders.schema == pa.schema(
        [
            pa.field("order_id", pa.int64(), nullable=False),
            pa.field("customer_id", pa.string(), nullable=False),
            pa.field("status", pa.string(), nullable=False),
            pa.field("amount", pa.decimal128(12, 2), nullable=False),
            pa.field("placed_at", pa.timestamp("us", "UTC"), nullable=False),
            pa.field("opens", pa.time64("us"), nullable=False),
            pa.field("token", pa.string(), nullable=False),
            pa.field("note", pa.string()),
        ]
    )
    assert set(orders["status"].to_pylist()) == {"new", "paid"}
    customers = shop["customer"].to_arrow()
    assert customers.schema.names == ["customer_id", "email", "tier", "level", "born", "tags"]
    assert set(customers["tier"].to_pylist()) == {"Free", "Pro"}
    assert set(customers["level"].to_pylist()) == {1, 2}
    assert pc.all(pc.is_in(orders["customer_id"], customers["customer_id"])).as_py()
    for table in ("payment", "line"):
        assert pc.all(pc.is_in(shop[table].to_arrow()["order_id"].drop_null(), orders["order_id"])).as_py()
    assert shop["payment"].schema.field("payment_id").nullable  # TypedDicts say that it may be missing
    assert isinstance(orders["opens"][0].as_py(), dt.time)


def test_schemas_and_rows_in_a_module(infer: Infer) -> None:
    shop = dataset(infer("models:VISIT_SCHEMA", "models:Customer", "models:STORES", "models:EVENT", "models:ROWS"))
    assert {table.name for table in shop} == {"visit", "customer", "stores", "shelves", "event", "rows"}
    assert pc.all(pc.is_in(shop["visit"].to_arrow()["customer_id"], shop["customer"].to_arrow()["customer_id"])).as_py()
    assert shop["stores"].schema.field("opens").type == pa.time64("us")


def test_a_column_and_its_type_is_still_a_schema(infer: Infer) -> None:
    assert 'id = Key("{}", start=1).cast("bigint")' in infer("id:bigint")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("modelz:Order", "synthdata infer: cannot import 'modelz': ModuleNotFoundError"),
        ("modelz:Order", "No module named 'modelz'; run this in the folder that has it, or put that folder on"),
        ("models:Ordr", "synthdata infer: models has no 'Ordr': did you mean 'Order'?"),
        ("models:Order.Lines", "models.Order has no 'Lines': did you mean 'Line'?"),
        ("models:LIMIT", "models:LIMIT: int is not data that can be read"),
        ("models:Plain", "this is no description of a table: give a dataclass"),
        ("models:PlainFactory", "this is a factory already"),
        ("models:dt", "this is no description of a table"),
        ("models:Odd", "Odd.ratio: no column can have the type complex; annotate it by another"),
        ("models:Unknown", "Unknown: an annotation cannot be read: name 'Nothing' is not defined"),
        ("models:Empty", "Empty has no fields that are annotated"),
    ],
)
def test_mistakes_are_named(infer: Infer, name: str, message: str) -> None:
    assert message in infer(name)


def test_two_tables_of_one_name(infer: Infer) -> None:
    assert "another of these tables is called 'order', too" in infer("models:Order", "models:Order")
