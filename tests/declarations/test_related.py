"""`RelatedFactory` and `RelatedFactoryList` give child tables, and `build()` gives their rows."""

from __future__ import annotations

import random
from typing import Any

import factory
import pytest

from pytest_synthdata import (
    Categorical,
    Dataset,
    DeclarationError,
    ForeignKey,
    Given,
    Integers,
    Key,
    LogNormal,
    Ordinal,
    Poisson,
    RunningSum,
    TableFactory,
    Timeline,
)


class OrderFactory(TableFactory):
    class Meta:
        table = "orders"
        rows = 500

    order_id = Key("O{}")
    tier = Categorical({"big": 0.2, "small": 0.8})


class ItemFactory(TableFactory):
    class Meta:
        table = "items"
        rows = 1_000

    item_id = Key("I{}")
    order = ForeignKey(OrderFactory)
    price = Given("order.tier", {"big": LogNormal(6, 1), "small": LogNormal(2, 1)}).round(2)
    quantity = Poisson(3)


class NoteFactory(TableFactory):
    class Meta:
        table = "notes"

    item = ForeignKey(ItemFactory)
    text = factory.LazyAttribute(lambda o: f"about {o.item.item_id}")


class BasketItemFactory(ItemFactory):
    notes = factory.RelatedFactory(NoteFactory, "item")


class BasketFactory(OrderFactory):
    lines = factory.RelatedFactoryList(BasketItemFactory, "order", size=3, quantity=5)


class VariedFactory(OrderFactory):
    lines = factory.RelatedFactoryList(ItemFactory, "order", size=Given("tier", {"big": Poisson(9), "small": 1}))


class RandomFactory(OrderFactory):
    lines = factory.RelatedFactoryList(ItemFactory, "order", size=lambda: random.randint(0, 4))


def test_children_become_tables_of_their_own() -> None:
    dataset = Dataset({BasketFactory: 100}, seed=3)
    assert {table.name: table.num_rows for table in dataset} == {"orders": 100, "items": 300, "notes": 300}
    items = dataset["items"].to_arrow().to_pylist()
    assert [row["order_id"] for row in items] == [f"O{number // 3}" for number in range(300)]
    assert {row["quantity"] for row in items} == {5}
    assert len({row["item_id"] for row in items}) == 300
    assert [row["text"] for row in dataset["notes"].to_arrow().to_pylist()] == [f"about I{n}" for n in range(300)]


@pytest.mark.parametrize("parent", [BasketFactory, VariedFactory, RandomFactory])
def test_build_builds_the_childrens_rows(parent: Any) -> None:
    dataset = Dataset({parent: 200}, seed=3)
    items = dataset["items"].to_arrow().to_pylist()
    with dataset.factories():
        for number in (0, 1, 57, 199):
            row = parent.build(__sequence=number)
            assert row.lines == [item for item in items if item["order_id"] == row.order_id]
            assert all(item.order is row for item in row.lines)


def test_as_many_as_the_parent_says() -> None:
    dataset = Dataset({VariedFactory: 2_000}, seed=3)
    tiers = {row["order_id"]: row["tier"] for row in dataset["orders"].to_arrow().to_pylist()}
    counts = dict.fromkeys(tiers, 0)
    for order in dataset["items"].to_arrow()["order_id"].to_pylist():
        counts[order] += 1
    assert {counts[order] for order, tier in tiers.items() if tier == "small"} == {1}
    big = [counts[order] for order, tier in tiers.items() if tier == "big"]
    assert abs(sum(big) / len(big) - 9) < 5 * (9 / len(big)) ** 0.5


def test_without_a_dataset_too() -> None:
    row = BasketFactory.build(__sequence=2)
    assert [item.item_id for item in row.lines] == ["I6", "I7", "I8"]
    assert row == OrderFactory.build(__sequence=2)
    assert BasketFactory.build(__sequence=700).lines[0].item_id == "I2100"  # beyond the table's usual end


def test_what_is_given_reaches_the_children() -> None:
    row = BasketFactory.build(lines__quantity=7, tier="big")
    assert {item.quantity for item in row.lines} == {7}
    assert {item.order.tier for item in row.lines} == {"big"}
    assert BasketFactory.build(lines=["mine"]).lines == ["mine"]


def test_one_child() -> None:
    item = BasketItemFactory.build(__sequence=4)
    assert item.notes["text"] == "about I4"


def test_adding_a_child_table_changes_no_other() -> None:
    plain, with_items = Dataset({OrderFactory: 100}, seed=3), Dataset({BasketFactory: 100}, seed=3)
    assert plain["orders"].fingerprint() == with_items["orders"].fingerprint()


def test_children_of_a_table_that_runs_in_time() -> None:
    class EventFactory(TableFactory):
        event_id = Key("E{}")
        order = ForeignKey(OrderFactory)
        at = Timeline("2024-01-01", "2024-12-31")

    class TimedFactory(OrderFactory):
        events = factory.RelatedFactoryList(EventFactory, "order", size=2)

    dataset = Dataset({TimedFactory: 50})
    rows = dataset["events"].to_arrow().to_pylist()
    assert [row["at"] for row in rows] == sorted(row["at"] for row in rows)
    with dataset.factories():
        row = TimedFactory.build(__sequence=9)
    children = sorted(row.events, key=lambda event: event.at)
    assert children == [one for one in rows if one["order_id"] == "O9"]


def test_a_childs_own_count_and_numbers() -> None:
    class LineFactory(TableFactory):
        order = ForeignKey(OrderFactory, per_parent=2)
        number = Ordinal("order")

    class OwnFactory(OrderFactory):
        lines = factory.RelatedFactoryList(LineFactory, "order", size=9)

    assert Dataset({OwnFactory: 5})["lines"].to_arrow()["number"].to_pylist() == [1, 2] * 5
    assert [line.number for line in OwnFactory.build(__sequence=3).lines] == [1, 2]


def test_a_project_may_ask_for_both_tables() -> None:
    dataset = Dataset({BasketFactory: 10, ItemFactory: None})
    assert dataset["items"].num_rows == 30

    class DearItemFactory(BasketItemFactory):
        price = 99.0

    dear = Dataset({BasketFactory: 10, DearItemFactory: None})["items"].to_arrow()
    assert dear.num_rows == 30
    assert set(dear["price"].to_pylist()) == {99.0}


def test_children_alone_are_what_they_were() -> None:
    assert Dataset({ItemFactory: 70})["items"].num_rows == 70


def test_children_that_have_no_table_stay_factory_boys() -> None:
    class Tag:
        def __init__(self, order: Any) -> None:
            self.order = order

    class TagFactory(factory.Factory):
        class Meta:
            model = Tag

    class TaggedFactory(OrderFactory):
        tags = factory.RelatedFactoryList(TagFactory, "order", size=2)

    row = TaggedFactory.build()
    assert [tag.order for tag in row.tags] == [row, row]
    assert len(Dataset({TaggedFactory: 5})) == 1


class TestWhatCannotBe:
    def test_rows_besides(self) -> None:
        with pytest.raises(DeclarationError, match=r"the rows of 'items' are counted from those of 'orders'"):
            Dataset({BasketFactory: 10, ItemFactory: 5})

    def test_two_parents_that_count(self) -> None:
        class ShopFactory(TableFactory):
            shop_id = Key("S{}")

        class SaleFactory(TableFactory):
            order = ForeignKey(OrderFactory)
            shop = ForeignKey(ShopFactory)

        class SellingFactory(ShopFactory):
            sales = factory.RelatedFactoryList(SaleFactory, "shop")

        class SoldFactory(OrderFactory):
            sales = factory.RelatedFactoryList(SaleFactory, "order")

        with pytest.raises(DeclarationError, match=r"the rows of 'sales' are counted by shops\.sales already"):
            Dataset({SellingFactory: 5, SoldFactory: 5})

    def test_children_of_another_table(self) -> None:
        class OtherFactory(TableFactory):
            other_id = Key("X{}")
            items = factory.RelatedFactoryList(ItemFactory, "order")

        with pytest.raises(DeclarationError, match=r"others\.items: ItemFactory\.order refers to 'orders'"):
            Dataset({OtherFactory: 5})

    def test_a_size_that_is_none(self) -> None:
        class WrongFactory(OrderFactory):
            lines = factory.RelatedFactoryList(ItemFactory, "order", size=LogNormal(1, 1))

        with pytest.raises(DeclarationError, match="per_parent is a whole number of children"):
            Dataset({WrongFactory: 5})


class StepFactory(TableFactory):
    class Meta:
        table = "steps"
        rows = 5

    order = ForeignKey(OrderFactory)
    number = Ordinal("order")
    length = Integers(1, 9)
    way = RunningSum("length")


class WayFactory(OrderFactory):
    class Meta:
        table = "ways"
        rows = 20

    steps = factory.RelatedFactoryList(f"{__name__}.WayStepFactory", "order", size=Poisson(2))


class WayStepFactory(StepFactory):
    order = ForeignKey(WayFactory)


class LongWayStepFactory(WayStepFactory):
    length = Integers(100, 900)


@pytest.mark.parametrize("step", [WayStepFactory, LongWayStepFactory])
def test_children_that_only_their_parents_list_counts_are_built_by_themselves(step: Any) -> None:
    dataset = Dataset({step: None})
    rows = dataset.steps.to_arrow().to_pylist()
    assert (dataset.ways.num_rows, dataset.steps.num_rows) == (20, len(rows))
    assert [row["number"] == 1 for row in rows] == [row["way"] == row["length"] for row in rows]
    step.reset_sequence()
    assert [dict(step.build()) for _ in range(10)] == rows[:10]
    other = Dataset({WayFactory: 10, step: None}, seed=3)
    with other.factories():
        assert dict(step.build(__sequence=7)) == other.steps.to_arrow().to_pylist()[7]
    with pytest.raises(DeclarationError, match="the rows of 'steps' are counted from those of 'ways'"):
        Dataset({step: 10})


def test_children_that_nothing_counts_are_refused() -> None:
    for use in (StepFactory.build, lambda: Dataset({StepFactory: 5})):
        with pytest.raises(DeclarationError, match=r"steps\.number: .* per_parent; write per_parent= there, or"):
            use()


def test_a_pytest_run_has_the_children(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        shop="""
        import factory
        from pytest_synthdata import ForeignKey, Key, TableFactory

        class OrderFactory(TableFactory):
            class Meta:
                table = "orders"
            order_id = Key("O{}")
            lines = factory.RelatedFactoryList("shop.ItemFactory", "order", size=2)

        class ItemFactory(TableFactory):
            class Meta:
                table = "items"
            order = ForeignKey(OrderFactory)
        """,
        test_shop="""
        import pytest

        @pytest.mark.synth(orders=10)
        def test_items(synth):
            assert synth.dataset["items"].num_rows == 20
        """,
    )
    pytester.makeini("[pytest]\npythonpath = .\nsynth_factories = shop\n")
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)


def test_children_that_refer_to_their_parent_by_another_name_are_named() -> None:
    class MisspeltFactory(OrderFactory):
        lines = factory.RelatedFactoryList(ItemFactory, "ordre", size=3)

    class NamelessFactory(OrderFactory):
        lines = factory.RelatedFactory(ItemFactory)

    class MissingFactory(OrderFactory):
        lines = factory.RelatedFactoryList(f"{__name__}.ItmFactory", "order")

    for use in (lambda one: Dataset({one: 5}), lambda one: one.build()):
        with pytest.raises(
            DeclarationError, match=r"orders\.lines: ItemFactory has no reference 'ordre': did you mean 'order'"
        ):
            use(MisspeltFactory)
        with pytest.raises(DeclarationError, match=r"RelatedFactoryList\(ItemFactory, 'order', …\)"):
            use(NamelessFactory)
        with pytest.raises(
            DeclarationError, match=r"orders.lines: the factory of the children is not there: .*ItmFactory"
        ):
            use(MissingFactory)
