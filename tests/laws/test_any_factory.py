"""Factories drawn at random, with hooks, models, nested factories, traits and children: rows built are the table's.

``SYNTH_FUZZ=100:1000`` draws those of other seeds.
"""

from __future__ import annotations

import dataclasses
import os
import random
from collections.abc import Callable
from typing import Any, TypedDict

import factory
import factory.random
import numpy as np
import pytest

from pytest_synthdata import (
    Array,
    Categorical,
    Count,
    Dataset,
    Dates,
    ForeignKey,
    Given,
    Integers,
    Key,
    LogNormal,
    Normal,
    Poisson,
    Sum,
    TableFactory,
    col,
    column,
    when,
)
from pytest_synthdata.columns.arrow.objects import Row
from pytest_synthdata.columns.arrow.plain import plain

SEEDS = range(*map(int, os.environ.get("SYNTH_FUZZ", "0:10").split(":")))
ROWS = 10  # few, for rows of factories with hooks are made one by one


class OwnerFactory(TableFactory):
    class Meta:
        table = "owners"

    owner_id = Key("P{:02d}")
    tier = Categorical({"a": 0.5, "b": 0.5})


class PlaceFactory(TableFactory):
    class Meta:
        table = "places"

    city = Categorical(["x", "y", "z"])
    floors = Integers(1, 9)


class StreetFactory(TableFactory):
    """A factory in a factory, which looks at the rows around."""

    place = factory.SubFactory(PlaceFactory, city=factory.SelfAttribute("..letter"))
    letter = Categorical(["p", "q"])
    of_kind = factory.SelfAttribute("..kind")
    number = factory.LazyAttribute(lambda row: row.place and row.place.floors * 10)


@dataclasses.dataclass
class Point:
    x: int
    y: Any = 3


class PointFactory(factory.Factory):
    """One of plain factory_boy, with a model, a trait and a hook."""

    class Meta:
        model = Point

    class Params:
        far = factory.Trait(x=1000)

    x = factory.Sequence(lambda number: number)
    y = factory.LazyFunction(lambda: random.randrange(100))

    @factory.post_generation
    def moved(self, create: bool, extracted: Any, **given: Any) -> None:
        self.x += random.randrange(3)


class BasketFactory(TableFactory):
    class Meta:
        table = "drawn"

    row_id = Key("R{}")
    kind = Categorical(["a", "b"])
    size = Integers(0, 3)


class LineFactory(TableFactory):
    class Meta:
        table = "lines"

    basket = ForeignKey(BasketFactory)
    quantity = Integers(1, 5)
    of_kind = Given("basket.kind", {"a": Poisson(2), "b": 7})


def columns_of(draw: random.Random) -> dict[str, Any]:
    """Some columns, nested ones among them."""
    kinds: list[Callable[[], Any]] = [
        Normal,
        lambda: Poisson(3).nulls(0.3),
        lambda: Categorical({"a": 0.4, "b": 0.6}),
        lambda: LogNormal(1, 0.5).round(2).cast("decimal(10,2)"),
        lambda: Dates("2024-01-01", "2024-03-01"),
        lambda: factory.LazyFunction(lambda: random.randrange(10**6)),
        lambda: factory.LazyAttribute(lambda row: f"{row.kind}{random.randrange(9)}"),
        lambda: factory.LazyAttributeSequence(lambda row, number: f"{row.row_id}-{number}"),
        lambda: factory.Sequence(lambda number: number * 3),
        lambda: factory.Iterator([1, 2, 3]),
        lambda: factory.Transformer(Poisson(4), transform=lambda value: value + 1),
        lambda: factory.Faker("random_int", max=50),
        lambda: factory.SubFactory(PlaceFactory, floors=draw.choice([3, Integers(10, 20)])),
        lambda: factory.SubFactory(StreetFactory, place__floors=draw.choice([5, Poisson(9)])),
        lambda: factory.SubFactory(StreetFactory, place=None),
        lambda: factory.SubFactory(PointFactory, far=draw.choice([True, False])),
        lambda: factory.Dict({"n": Poisson(2), "t": "x", "in": factory.Dict({"m": factory.SelfAttribute("..n")})}),
        lambda: factory.List([Poisson(2), Poisson(5)]),
        lambda: Array(factory.SubFactory(PlaceFactory), length=Poisson(1)),
        lambda: Array(Poisson(2), length=Integers(0, 3)),
        lambda: Array(ForeignKey(OwnerFactory), length=Integers(0, 2)),
        lambda: Given("kind", {"a": Normal(5, 1), "b": 0.5}),
        lambda: when(col("size") > 1, Poisson(2)).otherwise(col("size") * 2),
        lambda: factory.Maybe(factory.LazyAttribute(lambda row: row.kind == "a"), Poisson(1), Poisson(9)),
        lambda: factory.Maybe("size", factory.SelfAttribute("size"), 0),
        lambda: factory.Maybe("size", yes_declaration=factory.SubFactory(PlaceFactory)),
        lambda: column(doubled),
    ]
    return {f"c{n}": draw.choice(kinds)() for n in range(draw.randint(1, 5))}


def doubled(size: Any) -> Any:
    return np.asarray(size) * 2


class Typed(TypedDict, total=False):
    row_id: str


def model_of(kind: str, names: list[str]) -> Any:
    """A class, or a function, for rows with these columns."""
    if kind == "dataclass":
        return dataclasses.make_dataclass("Model", [(name, Any, None) for name in names])
    if kind == "attrs":
        attrs = pytest.importorskip("attrs")
        return attrs.make_class("Model", {name: attrs.field(default=None) for name in names})
    if kind == "pydantic":
        pydantic = pytest.importorskip("pydantic")
        return pydantic.create_model("Model", **dict.fromkeys(names, (Any, None)))
    if kind == "drawing":  # a class whose own code draws

        def begun(self: Any, **given: Any) -> None:
            self.__dict__.update({"score": random.random(), **given, "luck": random.randrange(100)})

        return type("Model", (), {"__init__": begun})
    if kind == "function":
        return lambda **given: dict(given)
    return {"dict": dict, "TypedDict": Typed}[kind]


def put(row: Any, name: str, value: Any) -> None:
    if type(row) is dict:
        row[name] = value
    else:
        setattr(row, name, value)


def hooks(draw: random.Random) -> dict[str, Any]:
    """What a factory does to its rows, with numbers that it draws."""

    def adjust(cls: Any, **given: Any) -> dict[str, Any]:
        return {**given, "score": random.random()}

    def build(cls: Any, model: Any, *args: Any, **given: Any) -> Any:
        return BasketFactory._build.__func__(cls, model, *args, **{**given, "score": float(np.random.random())})

    def after(cls: Any, instance: Any, create: bool, results: Any = None) -> None:
        BasketFactory._after_postgeneration.__func__(cls, instance, create, results)
        put(instance, "score", random.random() + 1)

    found: dict[str, Any] = {
        "_adjust_kwargs": classmethod(adjust),
        "_build": classmethod(build),
        "_after_postgeneration": classmethod(after),
        "marked": factory.post_generation(lambda row, *_, **__: put(row, "score", factory.random.randgen.random())),
    }
    return dict(draw.sample(sorted(found.items(), key=lambda item: item[0]), draw.choice([0, 0, 1, 2])))


@dataclasses.dataclass
class Drawn:
    """A factory, that of its children, and what switches its trait on."""

    factory: Any
    children: bool
    switched: Any = None


def drawn(seed: int) -> Drawn:
    draw = random.Random(seed)
    columns: dict[str, Any] = {**columns_of(draw), "score": Normal()}
    models = ["dataclass", "attrs", "pydantic", "drawing", "function", "dict", "TypedDict"]
    kind = draw.choice(["row"] * 6 + models)
    meta: dict[str, Any] = {}
    params: dict[str, Any] = {}
    if draw.random() < 0.3:
        meta["exclude"] = ("unseen",)
        columns |= {"unseen": Poisson(50), "seen": factory.LazyAttribute(lambda row: row.unseen + 1)}
    if draw.random() < 0.3:
        params["base"] = draw.choice([7, Poisson(7)])
        columns["based"] = draw.choice([factory.LazyAttribute(lambda row: row.base * 2), col("base") * 2])
    if has_owner := draw.random() < 0.4:
        columns["owner"] = ForeignKey(OwnerFactory).nulls(draw.choice([0, 0.4]))
    if children := draw.random() < 0.4:
        columns["lines"] = factory.RelatedFactoryList(
            LineFactory, "basket", size=draw.choice([2, Integers(0, 3), col("size")])
        )
        columns |= {"number": Count("lines"), "total": Sum("lines.quantity")} if draw.random() < 0.5 else {}
    has_trait = draw.random() < 0.3
    if has_trait:
        own = [name for name in columns if name[0] == "c" and name[1:].isdigit()]
        changed = {draw.choice(own): draw.choice([Poisson(3), 4, factory.LazyFunction(random.random)]), "score": 0.5}
        params["big"] = factory.Trait(**changed)
    if kind != "row":
        names = ["row_id", "kind", "size", *columns, *(["owner_id"] if has_owner else [])]
        hidden = {"lines", "unseen", "owner"}
        meta["model"] = model_of(kind, [name for name in names if name not in hidden])
    columns |= {
        "Meta": type("Meta", (), meta),
        "Params": type("Params", (), params),
        "__module__": __name__,
        **hooks(draw),
    }
    made = type("DrawnFactory", (BasketFactory,), columns)
    switched = type("SwitchedFactory", (made,), {"big": True, "__module__": __name__}) if has_trait else None
    return Drawn(made, children, switched)


def values(row: Any) -> dict[str, Any]:
    """What a row holds, by column."""
    return plain(dict(row) if isinstance(row, dict) else row)  # type: ignore[no-any-return]


@pytest.mark.parametrize("seed", SEEDS)
def test_any_row_that_is_built_is_that_of_the_table(seed: int) -> None:
    made = drawn(seed)
    others: dict[Any, int | None] = {OwnerFactory: 10, **({LineFactory: None} if made.children else {})}
    dataset = Dataset({made.factory: ROWS, **others}, seed=seed)
    rows = dataset["drawn"].to_arrow().to_pylist()
    assert dataset["drawn"].to_arrow(3, 8).to_pylist() == rows[3:8]
    some = random.Random(seed).sample(range(ROWS), 4)
    with dataset.factories():
        for number in some:
            built = made.factory.build(__sequence=number)
            found = values(built)
            assert {name: found.get(name) for name in rows[number]} == rows[number], number
            if made.children and isinstance(built, Row):
                lines = [row for row in dataset["lines"].to_arrow().to_pylist() if row["basket_id"] == f"R{number}"]
                assert list(map(values, built._related["lines"])) == lines, number
    if made.switched is not None:
        switched = Dataset({made.switched: ROWS, **others}, seed=seed)["drawn"].to_arrow().to_pylist()
        with dataset.factories():
            for number in some:
                found = values(made.factory.build(__sequence=number, big=True))
                assert {name: found.get(name) for name in rows[number]} == switched[number], number
