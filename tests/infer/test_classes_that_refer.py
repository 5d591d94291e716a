"""Classes whose instances refer to each other: by keys of any kind and with any bounds; and to themselves."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Annotated, Any, TypedDict

import pytest
from pydantic import BaseModel, Field

from pytest_synthdata import Dataset, DeclarationError, SynthDataError, TableFactory
from pytest_synthdata.columns.arrow.types import annotated_type
from pytest_synthdata.declarations.foreign_keys import ForeignKey
from pytest_synthdata.infer.tables import infer_tables
from pytest_synthdata.sources.samples import samples_of_schema


@dataclass
class Customer:
    customer_id: uuid.UUID
    city: str


@dataclass
class Order:
    order_id: int
    customer_id: uuid.UUID


class Shop(BaseModel):
    shop_id: Annotated[int, Field(ge=1000)]
    floor: Annotated[int, Field(ge=0, le=9)]


class Sale(BaseModel):
    sale_id: uuid.UUID
    shop_id: Annotated[int, Field(ge=1000)]


class Item(BaseModel):
    item_id: Annotated[str, Field(pattern="^I[0-9]{6}$")]


class Line(BaseModel):
    line_id: Annotated[int, Field(ge=1, le=9_999)]
    item_id: Annotated[str, Field(pattern="^I[0-9]{6}$")]


def of_json(name: str, **properties: Any) -> dict[str, Any]:
    return {"title": name, "type": "object", "properties": properties, "required": list(properties)}


SCHEMAS = (
    of_json("customer", customer_id={"type": "string", "format": "uuid"}, city={"type": "string"}),
    of_json("order", order_id={"type": "integer"}, customer_id={"type": "string", "format": "uuid"}),
)


@pytest.mark.parametrize(
    ("parent", "child", "name"),
    [(Customer, Order, "customer"), (Shop, Sale, "shop"), (Item, Line, "item"), (*SCHEMAS, "customer")],
    ids=["dataclasses", "bounds", "patterns", "JSON Schema"],
)
def test_what_a_schema_says_of_a_reference_does_not_replace_it(parent: Any, child: Any, name: str) -> None:
    samples = {**(samples_of_schema(child) or {}), **(samples_of_schema(parent) or {})}
    (first, parents), (found, children) = infer_tables(samples, base=TableFactory)
    assert isinstance(found.declarations[name], ForeignKey)
    dataset = Dataset({parents: 300, children: 1_000}, seed=3)
    keys = dataset[first.table].to_arrow()[f"{name}_id"].to_pylist()
    assert len(set(keys)) == 300
    assert set(dataset[found.table].to_arrow()[f"{name}_id"].to_pylist()) <= set(keys)


@dataclass
class Node:
    id: int
    child: Node | None


@dataclass
class Parent:
    id: int
    kids: list[Child]


@dataclass
class Child:
    id: int
    parents: list[Parent]


class Tree(TypedDict):
    id: int
    branches: dict[str, Tree]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (Node, "Node.child: Node contains itself"),
        (Parent, "Parent.kids: Child contains itself"),
        (Tree, "Tree.branches: Tree contains itself"),
    ],
)
def test_a_class_that_contains_itself_is_named(source: type, said: str) -> None:
    with pytest.raises(SynthDataError, match=said):
        TableFactory.from_schema(source)


def test_a_class_within_another_that_cannot_be_read_is_named() -> None:
    @dataclass
    class Broken:
        place: Nowhere  # type: ignore[name-defined] # noqa: F821

    with pytest.raises(DeclarationError, match="an annotation of Broken cannot be read"):
        annotated_type(list[Broken])
