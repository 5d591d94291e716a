"""Rows, references and children as other tools and other projects' habits expect them."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import factory
import pytest

from pytest_synthdata import (
    Array,
    Categorical,
    Dataset,
    DeclarationError,
    Fake,
    ForeignKey,
    Key,
    Normal,
    Ordinal,
    Poisson,
    TableFactory,
    Timeline,
    assert_matches,
    col,
)


class ProductFactory(TableFactory):
    product_id = Key("P{:02d}")
    price = Normal(10, 1)


class CartFactory(TableFactory):
    items = Poisson(3)
    values = "x"
    keys = col("items") * 2


class PurchaseFactory(TableFactory):
    product = ForeignKey(ProductFactory).nulls(0.3)
    price = col("product.price")
    others = Array(ForeignKey(ProductFactory, weights=col("price").clip(0, 20)), length=Poisson(2))
    commits = Array(factory.Dict({"sha": Fake("sha1"), "price": col("..price")}), length=Poisson(2))


def test_columns_called_like_a_dicts_methods_are_the_attributes() -> None:
    row = CartFactory.build()
    assert (row.items, row.values, row.keys) == (row["items"], "x", 2 * row["items"])
    assert {**row} == dict(row) == pickle.loads(pickle.dumps(row)) == copy.copy(row)
    assert sorted(ProductFactory.build().keys()) == ["price", "product_id"]

    class TripFactory(TableFactory):
        cart = factory.SubFactory(CartFactory)
        twice = factory.LazyAttribute(lambda row: row.cart.items * 2)

    for trip in Dataset({TripFactory: 5}).trips.to_arrow().to_pylist():
        assert trip["twice"] == 2 * trip["cart"]["items"]


def test_a_column_called_like_a_factorys_method_is_refused_by_name() -> None:
    with pytest.raises(DeclarationError, match=r"BadFactory\.build: a factory's own method has this name"):
        type("BadFactory", (TableFactory,), {"__module__": __name__, "build": Normal()})


def test_each_factory_has_a_class_of_rows_of_its_name() -> None:
    assert ProductFactory._meta.model.__name__ == "Product"
    assert type(CartFactory.build()).__name__ == "Cart"


def test_nullable_references_and_arrays_of_keys_and_structs() -> None:
    dataset = Dataset({ProductFactory: 20, PurchaseFactory: 600})
    rows = dataset.purchases.to_arrow().to_pylist()
    # A share of 0.3 among 600: 5 standard deviations are 0.094.
    assert abs(sum(row["product_id"] is None for row in rows) / 600 - 0.3) < 0.094
    assert all((row["product_id"] is None) == (row["price"] is None) for row in rows)
    assert {key for row in rows for key in row["others"]} == {f"P{number:02d}" for number in range(20)}
    commits = [commit for row in rows for commit in row["commits"]]
    assert len({commit["sha"] for commit in commits}) == len(commits) > 1_000
    assert all(commit["price"] == row["price"] for row in rows for commit in row["commits"])
    assert dataset.purchases.to_arrow(100, 120).to_pylist() == rows[100:120]
    assert dataset.validate().ok
    assert_matches(dataset.purchases.to_arrow(), PurchaseFactory, parents=dataset)
    with dataset.factories():
        assert [dict(PurchaseFactory.build(__sequence=row)) for row in (5, 17, 3)] == [rows[5], rows[17], rows[3]]
        assert {PurchaseFactory.build(__sequence=row).product is None for row in range(20)} == {True, False}


def test_a_share_of_missing_references_is_checked() -> None:
    made = type("BadFactory", (TableFactory,), {"__module__": __name__, "product": ForeignKey(ProductFactory).nulls(3)})
    with pytest.raises(DeclarationError, match=r"bads\.product: ForeignKey: \.nulls\(3\)"):
        made.build()


class EventFactory(TableFactory):
    product = ForeignKey(ProductFactory, per_parent=Poisson(5))
    number = Ordinal("product")
    at = Timeline("2024-01-01", "2024-03-31")


def test_children_in_the_order_of_time_are_numbered_in_it() -> None:
    dataset = Dataset({ProductFactory: 300, EventFactory: None})
    events = dataset.events.to_pandas()
    for _, own in events.groupby("product_id"):
        assert own["number"].tolist() == list(range(1, len(own) + 1))
        assert own["at"].is_monotonic_increasing
    assert dataset.events.to_arrow(50, 60)["number"].to_pylist() == events["number"][50:60].tolist()
    with dataset.factories():
        assert EventFactory.build(__sequence=77).number == events["number"][77]


class ParentFactory(TableFactory):
    class Params:
        with_kids = factory.Trait(kids=factory.RelatedFactoryList(f"{__name__}.KidFactory", "parent", size=2))

    parent_id = Key("P{}")


class KidFactory(TableFactory):
    parent = ForeignKey(ParentFactory)


class FamilyFactory(ParentFactory):
    with_kids = True


class SomeFamilyFactory(ParentFactory):
    with_kids = Categorical({True: 0.5, False: 0.5})


def test_a_trait_that_is_on_has_its_children() -> None:
    assert [kid.parent_id for kid in ParentFactory.build(__sequence=4, with_kids=True)._related["kids"]] == ["P4", "P4"]
    assert "kids" not in Dataset({ParentFactory: 3}).tables
    assert Dataset({FamilyFactory: 3}).kids.to_arrow()["parent_id"].to_pylist() == ["P0", "P0", "P1", "P1", "P2", "P2"]
    assert 0 < Dataset({SomeFamilyFactory: 30}).kids.num_rows < 60


class PartFactory(TableFactory):
    value = 1


class WholeFactory(TableFactory):
    class Params:
        done = factory.Trait(part__value=3)

    part = factory.SubFactory(PartFactory, value=2)


class DoneFactory(WholeFactory):
    done = True


@pytest.mark.parametrize(("made", "value"), [(WholeFactory, 2), (DoneFactory, 3)])
def test_a_traits_value_for_a_nested_field_leaves_the_rest_as_declared(made: Any, value: int) -> None:
    assert made.build().part.value == value
    assert WholeFactory.build(done=True).part.value == 3
    assert made.build(part__value=9).part.value == 9
    assert [row["part"]["value"] for row in Dataset({made: 2})[made._meta.table].to_arrow().to_pylist()] == [value] * 2


def test_factories_are_generic_and_can_be_made_by_factory_boy() -> None:
    class Address:
        def __init__(self, city: str) -> None:
            self.city = city

    class AddressFactory(TableFactory[Address]):
        class Meta:
            model = Address

        city = "Rome"

    assert AddressFactory.build().city == "Rome"
    assert isinstance(factory.make_factory(Address, city="x", FACTORY_CLASS=TableFactory).build(), Address)


def test_arrays_of_rows_may_be_null() -> None:
    class StepFactory(TableFactory):
        maybe = Array(factory.Dict({"sha": Fake("sha1")}), length=2).nulls(0.5)
        never = Array(factory.Dict({"sha": Fake("sha1")}), length=1).not_null()

    rows = Dataset({StepFactory: 200})["steps"].to_arrow()
    assert abs(rows["maybe"].null_count - 100) < 5 * (200 * 0.25) ** 0.5  # standard deviations
    assert [rows.schema.field(name).nullable for name in ("maybe", "never")] == [True, False]
    for number, row in enumerate(rows.slice(0, 10).to_pylist()):
        built = StepFactory.build(__sequence=number)
        assert (built.maybe, built.never) == (row["maybe"], row["never"])
