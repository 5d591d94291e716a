"""Hooks beside children, totals, traits and arrays of nested rows: no circle, and `build()` gives the table's rows."""

from __future__ import annotations

import random
from typing import Any

import factory
import pytest

from pytest_synthdata import Array, Count, Dataset, ForeignKey, Given, Integers, Key, Poisson, Sum, TableFactory, col


class BasketFactory(TableFactory):
    basket_id = Key("B{}")
    kind = factory.Iterator(["a", "b"])
    size = Integers(0, 3)
    number = Count("entries")
    total = Sum("entries.amount")
    entries = factory.RelatedFactoryList(f"{__name__}.EntryFactory", "basket", size=col("size"))
    luck = 0.0

    @classmethod
    def _adjust_kwargs(cls, **columns: Any) -> Any:
        return {**columns, "luck": random.random(), "kind": columns["kind"].upper()}


class EntryFactory(TableFactory):
    class Meta:
        table = "entries"

    basket = ForeignKey(BasketFactory)
    amount = Given("basket.kind", {"a": 10, "A": 10}, default=Poisson(4))
    noted = factory.LazyAttribute(lambda row: row.basket.kind)


def test_totals_of_children_that_are_counted_from_a_factory_with_hooks_make_no_circle() -> None:
    dataset = Dataset({BasketFactory: 12}, seed=5)
    baskets, entries = dataset.baskets.to_arrow().to_pylist(), dataset["entries"].to_arrow().to_pylist()
    for basket in baskets:
        own = [entry for entry in entries if entry["basket_id"] == basket["basket_id"]]
        assert basket["number"] == len(own) == basket["size"]
        assert basket["total"] == sum(entry["amount"] for entry in own)
        assert {entry["noted"] for entry in own} <= {basket["kind"]} <= {"A", "B"}  # children see what the hook made
    assert len({basket["luck"] for basket in baskets}) == 12
    with dataset.factories():
        built = BasketFactory.build(__sequence=7)
    assert {name: built[name] for name in baskets[7]} == baskets[7]
    assert BasketFactory.build().number is not None  # the default table has children, too


PARTS: list[str] = []


class BoxFactory(TableFactory):
    class Meta:
        model = dict

    box_id = Key("X{}")
    parts = factory.RelatedFactoryList(f"{__name__}.PartFactory", "box", size=2)


class FunctionBoxFactory(BoxFactory):
    class Meta:
        table = "boxs"
        model = lambda **columns: {**columns}  # noqa: E731 - a function as a model


class PartFactory(TableFactory):
    box = ForeignKey(BoxFactory)

    @factory.post_generation
    def seen(self, create: bool, extracted: Any, **given: Any) -> None:
        PARTS.append(self.box_id)


@pytest.mark.parametrize("made", [BoxFactory, FunctionBoxFactory])
def test_children_find_the_keys_of_rows_that_are_dicts(made: Any) -> None:
    assert Dataset({made: 2}).parts.to_arrow()["box_id"].to_pylist() == ["X0", "X0", "X1", "X1"]
    PARTS.clear()
    assert made.build(__sequence=3)["box_id"] == "X3"
    assert PARTS == ["X3", "X3"]


class PlaceFactory(TableFactory):
    floors = Integers(1, 9)


class VisitFactory(TableFactory):
    class Params:
        many = factory.Trait(places=Array(factory.SubFactory(PlaceFactory), length=3))

    places = Array(factory.SubFactory(PlaceFactory), length=Integers(0, 1))


class HookedVisitFactory(VisitFactory):
    class Meta:
        table = "visits"

    @factory.post_generation
    def after(self, create: bool, extracted: Any, **given: Any) -> None:
        self.places = self.places[:2]


class ManyVisitFactory(HookedVisitFactory):
    many = True


@pytest.mark.parametrize("made", [VisitFactory, HookedVisitFactory, ManyVisitFactory])
def test_arrays_of_nested_rows_in_traits_and_under_hooks(made: Any) -> None:
    dataset = Dataset({made: 20}, seed=3)
    rows = dataset.visits.to_arrow()["places"].to_pylist()
    with dataset.factories():
        assert [made.build(__sequence=row).places for row in range(20)] == rows
        assert [len(VisitFactory.build(__sequence=row, many=True).places) for row in range(20)] == [3] * 20
    assert {len(row) for row in rows} == ({2} if made is ManyVisitFactory else {0, 1})
