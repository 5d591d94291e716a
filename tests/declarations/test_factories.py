"""A table's factory is a factory of factory_boy: all its words work, and `build()` number i is row i of the table."""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
from decimal import Decimal
from typing import Any, ClassVar

import factory
import factory.random
import numpy as np
import pyarrow as pa
import pytest
from factory import fuzzy

from pytest_synthdata import (
    Categorical,
    Dataset,
    Dates,
    Fake,
    ForeignKey,
    Given,
    Key,
    LogNormal,
    Poisson,
    SynthDataError,
    TableFactory,
    col,
    column,
    when,
)
from pytest_synthdata.columns.generators.nested import Nested
from pytest_synthdata.factories import CustomerFactory, OrderFactory, TicketFactory

ROWS = 12


def rows_of(factory_class: Any, start: Any = 0, count: Any = ROWS, **overrides: Any) -> Any:
    """Rows as `build()` gives them, whatever was built before."""
    return [factory_class.build(__sequence=number, **overrides) for number in range(start, start + count)]


def table_rows(factory_class: Any, count: Any = ROWS, seed: Any = 42, start: Any = 0) -> Any:
    dataset = Dataset({factory_class: max(count + start, factory_class._meta.usual_rows)}, seed=seed)
    return dataset[factory_class._meta.table].to_arrow(start, start + count).to_pylist()


@dataclasses.dataclass
class Money:
    amount: Decimal
    currency: str


class MoneyFactory(factory.Factory):
    """A project's own factory, which knows nothing of tables."""

    class Meta:
        model = Money

    amount = fuzzy.FuzzyDecimal(1, 99)
    currency = factory.Iterator(["EUR", "USD", "JPY"])


class AddressFactory(TableFactory):
    city = Fake("city")
    country = Categorical({"DE": 0.5, "FR": 0.5})
    postcode = Given("country", {"DE": "10115", "FR": "75001"})


class ShopFactory(TableFactory):
    shop_id = Key("S{:03d}")
    size = Categorical({"small": 0.7, "large": 0.3})


class EverythingFactory(TableFactory):
    """All of factory_boy's vocabulary, between columns of ours."""

    class Meta:
        table = "everything"
        rows = 50
        exclude = ("helper",)
        rename = {"klass": "class"}  # noqa: RUF012 - as factory_boy has it

    class Params:
        vip = factory.Trait(tier="Gold", discount=Categorical({10: 0.5, 20: 0.5}))
        internal = Poisson(3)

    id = Key("E{:04d}")
    shop = ForeignKey(ShopFactory, weights=Given("size", {"small": 1, "large": 9}))
    tier = Categorical({"Basic": 0.6, "Plus": 0.4})
    discount = 0
    constant = "fixed"
    klass = factory.LazyAttribute(lambda o: o.tier[0])
    helper = LogNormal(3, 1)
    amount = Given("tier", {"Plus": LogNormal(5, 1)}, default=LogNormal(2, 1)).round(2)
    doubled = factory.LazyAttribute(lambda o: o.amount * 2)
    shop_size = factory.SelfAttribute("shop.size")
    same_amount = factory.SelfAttribute("amount")
    rolled = factory.LazyFunction(lambda: random.randint(1, 10**9))
    thrown = factory.LazyFunction(lambda: float(np.random.random()))
    number = factory.Sequence(lambda n: n + 100)
    label = factory.LazyAttributeSequence(lambda o, n: f"{o.tier}-{n}")
    turn = factory.Iterator(["a", "b", "c"])
    once = factory.Iterator(iter(range(1_000)), cycle=False)
    squared = factory.Iterator([1, 2, 3], getter=lambda n: n * n)
    is_plus = factory.LazyAttribute(lambda o: o.tier == "Plus")
    reward = factory.Maybe("is_plus", yes_declaration=Poisson(50), no_declaration=0)
    maybe_text = factory.Maybe("is_plus", factory.LazyAttribute(lambda o: f"{o.tier}!"), factory.Sequence(str))
    maybe_nothing = factory.Maybe("is_plus", "something")
    name = factory.Faker("name")
    french = factory.Faker("city", locale="fr_FR")
    between = factory.Faker("pyint", min_value=5, max_value=factory.SelfAttribute("..number"))
    text = fuzzy.FuzzyText(length=6)
    choice = fuzzy.FuzzyChoice(["x", "y"])
    integer = fuzzy.FuzzyInteger(1, 10_000)
    decimal = fuzzy.FuzzyDecimal(1, 10)
    day = fuzzy.FuzzyDate(dt.date(2024, 1, 1), dt.date(2024, 12, 31))
    shouted = factory.Transformer(factory.LazyAttribute(lambda o: o.tier), transform=str.upper)
    called = factory.Transformer(Fake("first_name"), transform=str.upper)
    billing = factory.SubFactory(AddressFactory)
    shipping = factory.SubFactory(AddressFactory, country=factory.SelfAttribute("..billing.country"))
    pack = factory.SubFactory(AddressFactory, city=factory.SelfAttribute("..tier"))
    money = factory.SubFactory(MoneyFactory)
    list = factory.List([Poisson(5), factory.SelfAttribute("..number"), 7])
    dict = factory.Dict({"who": Fake("first_name"), "what": factory.SelfAttribute("..tier"), "n": Poisson(2)})
    expected = when(col("tier") == "Plus", 1.5).otherwise(0.5)

    @column
    def per_unit(amount, number: Any) -> Any:
        return amount / number

    @factory.lazy_attribute
    def decorated(self) -> str:
        return f"{self.id}/{self.shop.shop_id}"

    @factory.sequence
    def counted(n) -> Any:
        return n * 2


def as_table(row: Any) -> Any:
    """A built row as the table holds it."""
    return {
        name: dataclasses.asdict(value) if dataclasses.is_dataclass(value) else value for name, value in row.items()
    }


@pytest.mark.parametrize("factory_class", [CustomerFactory, OrderFactory, TicketFactory, EverythingFactory])
def test_build_number_i_is_row_i_of_the_table(factory_class: Any) -> None:
    assert [as_table(row) for row in rows_of(factory_class)] == table_rows(factory_class)
    built = [as_table(row) for row in rows_of(factory_class, start=31, count=4)]
    assert built == table_rows(factory_class, start=31, count=4)


@pytest.mark.parametrize("factory_class", [CustomerFactory, OrderFactory, TicketFactory, EverythingFactory])
def test_build_gives_the_rows_of_the_dataset_in_use(factory_class: Any) -> None:
    dataset = Dataset({factory_class: 40}, seed=7)
    with dataset.factories():
        built = [as_table(row) for row in rows_of(factory_class)]
    assert built == dataset[factory_class._meta.table].to_arrow(0, ROWS).to_pylist()
    assert built != [as_table(row) for row in rows_of(factory_class)]


@pytest.mark.parametrize("factory_class", [CustomerFactory, OrderFactory, TicketFactory, EverythingFactory])
def test_rows_are_the_same_in_any_order(factory_class: Any) -> None:
    backwards = [factory_class.build(__sequence=number) for number in reversed(range(ROWS))]
    assert [as_table(row) for row in reversed(backwards)] == table_rows(factory_class)


def test_a_function_sees_no_row_but_those_that_are_built() -> None:
    seen = []

    class WatchedFactory(TableFactory):
        size = Poisson(5)
        watched = factory.LazyAttribute(lambda o: seen.append(o.size) or len(seen))
        after = when(col("watched") > 0, Poisson(3)).otherwise(0)

    WatchedFactory._meta.bound().schema  # noqa: B018 - looks at some rows for the types
    seen.clear()
    WatchedFactory.build_batch(5)
    assert len(seen) == 5


def test_a_batch_is_consecutive_rows() -> None:
    OrderFactory.reset_sequence(0)
    batch = OrderFactory.build_batch(3) + OrderFactory.create_batch(2) + [OrderFactory()]
    assert batch == table_rows(OrderFactory, 6)


@pytest.mark.parametrize("strategy", ["build", "create", "stub"])
def test_each_strategy_gives_the_same_values(strategy: Any) -> None:
    made = getattr(OrderFactory, strategy)(__sequence=5)
    (expected,) = table_rows(OrderFactory, 1, start=5)
    assert {name: getattr(made, name) for name in expected} == expected


def test_one_part_of_a_table_or_of_a_batch_does_not_depend_on_the_rest() -> None:
    assert table_rows(EverythingFactory, 3, start=20) == table_rows(EverythingFactory, 23)[20:]


class TestOverrides:
    def test_the_value_is_taken_and_all_else_stays(self) -> None:
        plain, changed = OrderFactory.build(__sequence=3), OrderFactory.build(__sequence=3, amount=5)
        assert changed == {**plain, "amount": 5}

    def test_dependants_follow(self) -> None:
        for number in range(20):
            assert CustomerFactory.build(__sequence=number, tier="Free").arr == 0
            assert CustomerFactory.build(__sequence=number, tier="Enterprise").arr > 5_000

    def test_a_parents_attribute_reaches_the_childs_columns(self) -> None:
        rich = [OrderFactory.build(__sequence=number, customer__tier="Enterprise") for number in range(50)]
        poor = [OrderFactory.build(__sequence=number, customer__tier="Free") for number in range(50)]
        assert {row.customer.tier for row in rich} == {"Enterprise"}
        assert np.median([row.amount for row in rich]) > 10 * np.median([row.amount for row in poor])

    def test_a_parent_can_be_given(self) -> None:
        customer = CustomerFactory.build(customer_id="CUST-MINE", tier="Pro")
        order = OrderFactory.build(customer=customer)
        assert order.customer is customer
        assert order.customer_id == "CUST-MINE"

    def test_a_generator_or_a_declaration_can_be_given(self) -> None:
        assert OrderFactory.build(amount=Categorical({1.5: 1.0})).amount == 1.5
        assert OrderFactory.build(amount=factory.LazyAttribute(lambda o: len(o.status))).amount > 0
        assert OrderFactory.build(__sequence=9, amount=factory.Sequence(lambda n: n)).amount == 9

    def test_a_column_that_the_factory_does_not_know_is_added(self) -> None:
        assert OrderFactory.build(note="x").note == "x"

    def test_nested_values(self) -> None:
        row = EverythingFactory.build(__sequence=4, billing__country="FR", dict__n=99)
        assert (row.billing.country, row.billing.postcode, row.dict["n"]) == ("FR", "75001", 99)
        assert row.shipping.country == "FR"
        assert row.billing.city == EverythingFactory.build(__sequence=4).billing.city

    def test_transformers_transform_what_is_given(self) -> None:
        assert EverythingFactory.build(shouted="quiet").shouted == "QUIET"
        assert EverythingFactory.build(__sequence=7, called=Fake("last_name")).called.isupper()
        assert EverythingFactory.build(shouted=factory.Transformer.Force("quiet")).shouted == "quiet"


class TestTraits:
    def test_at_call_time(self) -> None:
        built = rows_of(EverythingFactory, vip=True)
        assert {row.tier for row in built} == {"Gold"}
        assert {row.discount for row in built} == {10, 20}
        assert {row.discount for row in rows_of(EverythingFactory)} == {0}

    def test_switched_on_in_a_subclass_they_are_columns(self) -> None:
        class VipFactory(EverythingFactory):
            class Meta:
                table = "vips"

            vip = True

        table = table_rows(VipFactory, 30)
        assert {row["tier"] for row in table} == {"Gold"}
        assert {row["discount"] for row in table} == {10, 20}
        assert [as_table(row) for row in rows_of(VipFactory)] == table[:ROWS]
        assert "vip" not in table[0]

    def test_they_may_depend_on_the_row(self) -> None:
        class SometimesFactory(TableFactory):
            class Params:
                urgent = factory.Trait(hours=Poisson(2), note="now")
                loud = factory.Trait(note=factory.LazyAttribute(lambda o: f"LOUD {o.hours}"))

            hours = Poisson(1_000)
            note = "later"

        class MixedFactory(SometimesFactory):
            urgent = Categorical({True: 0.5, False: 0.5})
            loud = factory.LazyAttribute(lambda o: o.hours > 1_000)

        table = table_rows(MixedFactory, 200)
        assert {row["note"].split()[0] for row in table} == {"now", "later", "LOUD"}
        assert all(row["hours"] < 20 for row in table if row["note"] == "now")
        assert rows_of(MixedFactory, count=200) == table


def test_params_are_no_columns_and_can_be_given() -> None:
    class PricedFactory(TableFactory):
        class Params:
            base = Categorical({10: 0.5, 20: 0.5})
            factor = 3

        @column
        def price(base, factor: Any) -> Any:
            return base * factor

    table = table_rows(PricedFactory, 50)
    assert {tuple(row.items()) for row in table} == {(("price", 30),), (("price", 60),)}
    assert rows_of(PricedFactory, count=50) == table
    assert PricedFactory.build(base=7) == {"price": 21}


class TestRandomFunctions:
    def test_the_same_row_is_the_same_in_every_run(self) -> None:
        assert EverythingFactory.build(__sequence=3) == EverythingFactory.build(__sequence=3)
        rolled = [row["rolled"] for row in table_rows(EverythingFactory, 50)]
        assert len(set(rolled)) == 50

    def test_global_generators_do_not_notice(self) -> None:
        def states() -> Any:
            legacy = np.random.get_state()
            import faker.generator

            return (
                random.getstate(), legacy[1].tolist(), legacy[2], factory.random.randgen.getstate(),
                faker.generator.random.getstate(),
            )  # fmt: skip

        before = states()
        EverythingFactory.build_batch(3)
        table_rows(EverythingFactory)
        assert states() == before

    def test_they_do_not_change_the_data(self) -> None:
        before = table_rows(EverythingFactory), rows_of(EverythingFactory)
        random.seed(1)
        np.random.seed(1)
        factory.random.reseed_random(1)
        assert (table_rows(EverythingFactory), rows_of(EverythingFactory)) == before


class TestNesting:
    def test_a_nested_table_factory_is_a_struct_made_at_full_speed(self) -> None:
        plan = EverythingFactory._meta.plan()
        assert {name for name, column in plan.columns.items() if isinstance(column, Nested)} >= {
            "billing",
            "list",
            "dict",
        }
        schema = Dataset({EverythingFactory: 5})["everything"].schema
        assert schema.field("billing").type.names == ["city", "country", "postcode"]
        assert schema.field("list").type == pa.list_(pa.int64())
        assert schema.field("money").type.names == ["amount", "currency"]

    def test_two_of_a_kind_differ(self) -> None:
        table = table_rows(EverythingFactory, 50)
        assert sum(row["billing"]["city"] == row["pack"]["city"] for row in table) < 5
        assert sum(row["billing"]["city"] == row["shipping"]["city"] for row in table) < 5

    def test_inner_rows_see_the_outer_one(self) -> None:
        for row in table_rows(EverythingFactory, 50):
            assert row["pack"]["city"] == row["tier"] == row["dict"]["what"]
            assert row["shipping"]["country"] == row["billing"]["country"]
            assert row["list"][1:] == [row["number"], 7]

    def test_two_levels(self) -> None:
        class InnerFactory(TableFactory):
            far = factory.SelfAttribute("...top")
            near = factory.SelfAttribute("..middle")
            own = Given("near", {"m": Poisson(4), "n": 0})

        class MiddleFactory(TableFactory):
            middle = Categorical({"m": 0.5, "n": 0.5})
            inner = factory.SubFactory(InnerFactory)

        class OuterFactory(TableFactory):
            top = Poisson(100)
            child = factory.SubFactory(MiddleFactory)
            tags = factory.List([factory.List([Poisson(3), factory.SelfAttribute("...top")]), factory.List([1])])

        table = table_rows(OuterFactory, 30)
        assert rows_of(OuterFactory, count=30) == table
        assert all(row["child"]["inner"]["far"] == row["top"] == row["tags"][0][1] for row in table)
        assert isinstance(OuterFactory._meta.plan().columns["child"], Nested)

    def test_plain_factories_inside_plain_factories(self) -> None:
        class LineFactory(factory.Factory):
            class Meta:
                model = dict

            price = factory.SubFactory(MoneyFactory)
            code = factory.LazyFunction(lambda: random.randint(1, 10**6))
            tags = factory.List([factory.Faker("word"), factory.Sequence(str)])

        class CartFactory(TableFactory):
            line = factory.SubFactory(LineFactory)
            other = factory.SubFactory(LineFactory)

        table = table_rows(CartFactory, 20)
        built = [
            {name: {**line, "price": dataclasses.asdict(line["price"])} for name, line in row.items()}
            for row in rows_of(CartFactory, count=20)
        ]
        assert built == table
        assert all(row["line"]["code"] != row["other"]["code"] for row in table)
        assert table[5:8] == table_rows(CartFactory, 3, start=5)

    def test_a_missing_value_is_null(self) -> None:
        class NodeFactory(TableFactory):
            label = Fake("word")
            parent = factory.SubFactory("test_factories.NodeFactory", parent=None)

        globals()["NodeFactory"] = NodeFactory
        assert rows_of(NodeFactory) == table_rows(NodeFactory)


class TestModelsAndHooks:
    def test_a_dataclass_as_model(self) -> None:
        @dataclasses.dataclass
        class Order:
            order_id: str
            amount: float
            tags: list[str] = dataclasses.field(default_factory=list)

        class ModelFactory(TableFactory):
            class Meta:
                model = Order

            order_id = Key("O{}")
            amount = LogNormal(3, 1).round(2)

        built = rows_of(ModelFactory)
        assert all(isinstance(order, Order) for order in built)
        assert [{"order_id": one.order_id, "amount": one.amount} for one in built] == table_rows(ModelFactory)

    def test_a_dataclass_that_holds_its_parent(self) -> None:
        @dataclasses.dataclass
        class Visit:
            visit_id: str
            shop: object

        class VisitFactory(TableFactory):
            class Meta:
                model = Visit

            visit_id = Key("V{}")
            shop = ForeignKey(ShopFactory)

        table = table_rows(VisitFactory)
        assert [visit.shop.shop_id for visit in rows_of(VisitFactory)] == [row["shop_id"] for row in table]

    def test_post_generation_reaches_the_table(self) -> None:
        class MarkedFactory(TableFactory):
            size = Poisson(9)

            @factory.post_generation
            def mark(self, create: Any, extracted: Any, **kwargs: Any) -> None:
                self["size"] = self["size"] * 100 + (extracted or 0)

        table = table_rows(MarkedFactory)
        assert all(row["size"] % 100 == 0 for row in table)
        assert rows_of(MarkedFactory) == table
        assert MarkedFactory.build(mark=7).size % 100 == 7

    def test_adjusted_arguments_reach_the_table(self) -> None:
        class AdjustedFactory(TableFactory):
            size = Poisson(9)
            name = "x"

            @classmethod
            def _adjust_kwargs(cls, **kwargs: Any) -> Any:
                kwargs["name"] = kwargs["name"] * kwargs["size"]
                return kwargs

        table = table_rows(AdjustedFactory)
        assert all(len(row["name"]) == row["size"] for row in table)
        assert rows_of(AdjustedFactory) == table

    def test_creating_is_the_projects_own(self) -> None:
        saved = []

        class SavedFactory(TableFactory):
            size = Poisson(9)

            @classmethod
            def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> Any:
                saved.append(kwargs)
                return super()._create(model_class, *args, **kwargs)

        assert SavedFactory.create(__sequence=3) == table_rows(SavedFactory, 4)[3]
        assert len(saved) == 1

    def test_inline_arguments(self) -> None:
        class Point:
            def __init__(self, x: Any, /, *, y: Any) -> None:
                self.x, self.y = x, y

        class PointFactory(TableFactory):
            class Meta:
                model = Point
                inline_args = ("x",)

            x = Poisson(5)
            y = Poisson(5)

        assert [{"x": point.x, "y": point.y} for point in rows_of(PointFactory)] == table_rows(PointFactory)

    def test_related_factories_build_children_and_leave_the_table_alone(self) -> None:
        class ItemFactory(TableFactory):
            order = ForeignKey(OrderFactory)
            quantity = Poisson(3)

        class BasketFactory(OrderFactory):
            class Meta:
                table = "orders"

            items = factory.RelatedFactoryList(ItemFactory, "order", size=3)

        assert BasketFactory.build(__sequence=4) == OrderFactory.build(__sequence=4)
        assert table_rows(BasketFactory, 5) == table_rows(OrderFactory, 5)


def test_an_iterator_that_ends_says_so() -> None:
    class ShortFactory(TableFactory):
        word = factory.Iterator(["a", "b"], cycle=False)

    assert Dataset({ShortFactory: 2})["shorts"].to_arrow().to_pydict() == {"word": ["a", "b"]}
    with pytest.raises(SynthDataError, match=r"shorts\.word: .*an Iterator ended after 2 items"):
        Dataset({ShortFactory: 3})["shorts"].to_arrow()


def test_sequences_may_begin_elsewhere() -> None:
    class LaterFactory(TableFactory):
        id = Key("{}")

        @classmethod
        def _setup_next_sequence(cls) -> int:
            return 5

    assert [LaterFactory.build().id, LaterFactory.build().id] == ["5", "6"]


def test_subclasses_inherit_and_replace_columns() -> None:
    class BigOrderFactory(OrderFactory):
        class Meta:
            table = "big_orders"

        amount = LogNormal(12, 0.1).round(2)
        day = Dates("2025-01-01", "2025-01-31")

    row = BigOrderFactory.build()
    assert list(row)[:3] == ["order_id", "customer_id", "amount"] or set(row) > set(OrderFactory.build())
    assert row.amount > 10_000
    assert rows_of(BigOrderFactory) == table_rows(BigOrderFactory)


def test_a_value_of_another_type_that_a_column_cannot_use_is_named() -> None:
    class ParcelFactory(TableFactory):
        grams: int = LogNormal(6, 1)
        fee = col("grams") * 2

    with pytest.raises(SynthDataError, match=r"^parcels\.fee: .*; grams='x' was given to build.*grams is int64"):
        ParcelFactory.build(grams="x")


def test_an_option_that_there_is_not_is_told_with_the_nearest() -> None:
    with pytest.raises(SynthDataError, match=r"^PairFactory: Meta\.correlation is no option; did you mean"):

        class PairFactory(TableFactory):
            class Meta:
                correlation: ClassVar = {}

            a = LogNormal(1, 1)
