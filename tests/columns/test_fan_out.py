"""Children counted from their parents: as many as declared, in one order, and found from the middle of any table."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from pytest_synthdata import (
    Categorical,
    Dataset,
    DeclarationError,
    ForeignKey,
    GenerationError,
    Given,
    Key,
    LogNormal,
    Normal,
    Ordinal,
    Poisson,
    TableFactory,
    col,
)
from pytest_synthdata.columns.arrow.values import to_arrow
from pytest_synthdata.columns.references.fan_out import BLOCK


class CustomerFactory(TableFactory):
    class Meta:
        table = "customers"

    customer_id = Key("C{}")
    tier = Categorical({"Pro": 0.4, "Free": 0.6})


class OrderFactory(TableFactory):
    class Meta:
        table = "orders"

    order_id = Key("O{}")
    customer = ForeignKey(CustomerFactory, per_parent=Given("tier", {"Pro": Poisson(9), "Free": Poisson(0.5)}))
    number = Ordinal("customer")
    amount = Given("customer.tier", {"Pro": LogNormal(5, 1), "Free": LogNormal(3, 1)}).round(2)


class ItemFactory(TableFactory):
    class Meta:
        table = "items"

    order = ForeignKey(OrderFactory, per_parent=Poisson(2) + 1)
    line = Ordinal("order", start=0)
    customer_id = col("order.customer_id")
    tier = col("order.customer.tier")


class ProfileFactory(TableFactory):
    class Meta:
        table = "profiles"

    customer = ForeignKey(CustomerFactory, per_parent=1)


def shop(customers: int = 3_000, seed: int = 7) -> Dataset:
    return Dataset({CustomerFactory: customers, OrderFactory: None, ItemFactory: None}, seed=seed)


def runs(values: pa.Array) -> list[tuple[str, int]]:
    """Each value with how often it comes in a row."""
    encoded = pa.compute.run_end_encode(values)
    return list(zip(encoded.values.to_pylist(), np.diff(encoded.run_ends.to_numpy(), prepend=0).tolist(), strict=True))


def test_each_parent_has_its_children_one_after_the_other_and_numbered() -> None:
    dataset = shop()
    orders = dataset.orders.to_arrow().combine_chunks()
    groups = runs(orders["customer_id"].combine_chunks())
    assert len(groups) == len({name for name, _ in groups})
    assert [int(name[1:]) for name, _ in groups] == sorted(int(name[1:]) for name, _ in groups)
    assert orders["number"].to_pylist() == [number for _, count in groups for number in range(1, count + 1)]


def test_there_are_as_many_as_declared() -> None:
    dataset = shop()
    counts = dict(runs(dataset.orders.to_arrow()["customer_id"].combine_chunks()))
    customers = dataset.customers.to_arrow()
    for tier, mean in (("Pro", 9), ("Free", 0.5)):
        mine = [counts.get(row["customer_id"], 0) for row in customers.to_pylist() if row["tier"] == tier]
        # Five standard errors of a Poisson's mean.
        assert abs(np.mean(mine) - mean) < 5 * np.sqrt(mean / len(mine))
    assert dataset.orders.num_rows == sum(counts.values())
    assert not dataset.validate().failed


def test_more_parents_only_append() -> None:
    few, many = shop(3_000), shop(3_300)
    for table in ("orders", "items"):
        assert few[table].num_rows < many[table].num_rows
        assert many[table].to_arrow(0, few[table].num_rows).equals(few[table].to_arrow())


@pytest.mark.parametrize("customers", [1, BLOCK, BLOCK + 1, 70 * BLOCK])
def test_any_rows_in_any_order_are_those_of_the_table(customers: int) -> None:
    table = Dataset({CustomerFactory: customers, OrderFactory: None}, seed=1).orders
    whole = table.to_arrow()
    rows = np.random.default_rng(0).integers(0, table.num_rows, 2_000).astype(np.uint64)
    for name in ("customer_id", "number"):
        found = table.bound.at(rows).read(name)
        assert to_arrow(found).equals(whole[name].combine_chunks().take(pa.array(rows)))
    scattered = table.bound.at(np.flip(np.arange(0, table.num_rows, 7, dtype=np.uint64)))
    for name in ("customer_id", "number"):  # looked up one by one
        assert to_arrow(scattered.read(name)).equals(pa.array(np.flip(whole[name].to_numpy()[::7])))
    middle = table.num_rows // 2
    assert table.to_arrow(middle, middle + 50).combine_chunks().equals(whole.slice(middle, 50).combine_chunks())


def test_a_chain_of_tables_reads_through() -> None:
    dataset = shop(200)
    orders = {row["order_id"]: row for row in dataset.orders.to_arrow().to_pylist()}
    tiers = {row["customer_id"]: row["tier"] for row in dataset.customers.to_arrow().to_pylist()}
    items = dataset["items"].to_arrow().to_pylist()
    assert {item["order_id"] for item in items} == set(orders)
    assert all(item["customer_id"] == orders[item["order_id"]]["customer_id"] for item in items)
    assert all(item["tier"] == tiers[item["customer_id"]] for item in items)


def test_one_to_one() -> None:
    dataset = Dataset({CustomerFactory: 5_000, ProfileFactory: None})
    profiles = dataset.profiles.to_arrow()["customer_id"]
    assert profiles.to_pylist() == dataset.customers.to_arrow()["customer_id"].to_pylist()


def test_no_parent_no_children() -> None:
    assert shop(0)["items"].to_arrow().num_rows == 0


def test_build_gives_the_rows_of_the_table() -> None:
    dataset = shop(50)
    ItemFactory.reset_sequence()
    with dataset.factories():
        assert ItemFactory.build_batch(20) == dataset["items"].to_arrow(0, 20).to_pylist()
        with pytest.raises(GenerationError, match=r"orders\.customer: row \d+ was asked for, and the 50 rows"):
            OrderFactory.build(__sequence=dataset.orders.num_rows)


def test_validation_sees_another_law() -> None:
    class KeenFactory(OrderFactory):
        class Meta:
            table = "orders"

        customer = ForeignKey(CustomerFactory, per_parent=Given("tier", {"Pro": Poisson(9), "Free": Poisson(0.8)}))

    keen = Dataset({CustomerFactory: 3_000, KeenFactory: None}, seed=7)
    failed = shop().validate({"orders": keen.orders.to_arrow()}).failed
    assert {check.column for check in failed} == {"customer"}
    assert all(check.kind.startswith("children a parent") for check in failed)


def refused(**declared: object) -> type[TableFactory]:
    return type("PartFactory", (TableFactory,), {"Meta": type("Meta", (), {"table": "parts"}), **declared})


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ({"c": ForeignKey(CustomerFactory, per_parent=Normal(3, 1))}, r"parts\.c: .*add \.cast\('int'\)"),
        ({"c": ForeignKey(CustomerFactory, per_parent=-1)}, r"parts\.c: .*no parent has -1 children"),
        ({"c": ForeignKey(CustomerFactory, per_parent=1, weights=Poisson(1).clip(0, 2))}, "nothing to choose"),
        ({"c": ForeignKey(CustomerFactory, per_parent=Given("teir", {"Pro": 1}))}, "did you mean 'tier'"),
        (
            {name: ForeignKey(CustomerFactory, per_parent=1, column=f"{name}_id") for name in "ab"},
            r"only one reference of a table can count its rows, not \['a', 'b'\]",
        ),
        ({"c": ForeignKey(CustomerFactory), "n": Ordinal("c")}, r"parts\.n: .*not a ForeignKey with per_parent"),
        ({"n": Ordinal("c")}, r"parts\.n: there is no column 'c'"),
    ],
)
def test_what_can_never_work_is_named(declared: dict[str, object], message: str) -> None:
    with pytest.raises(DeclarationError, match=message):
        Dataset({refused(**declared): None})


def test_a_number_of_rows_besides_is_refused() -> None:
    with pytest.raises(DeclarationError, match="give the number of 'customers' alone"):
        Dataset({CustomerFactory: 10, OrderFactory: 5})
    with pytest.raises(DeclarationError, match=r"Meta\.rows is 7"):
        refused(
            Meta=type("Meta", (), {"table": "parts", "rows": 7}), c=ForeignKey(CustomerFactory, per_parent=1)
        ).build()


def test_a_negative_number_of_children_is_named() -> None:
    factory = refused(c=ForeignKey(CustomerFactory, per_parent=Normal(0, 1).round().cast("int")))
    with pytest.raises(GenerationError, match=r"parts\.c: per_parent gave row \d+ of 'customers' -\d+ children"):
        Dataset({CustomerFactory: 100, factory: None})


def test_the_scale_of_a_run_scales_children_with_their_parents(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        shop="""
        from pytest_synthdata import ForeignKey, Key, TableFactory
        class ShopFactory(TableFactory):
            class Meta:
                table, rows = "shops", 40
            shop_id = Key("S{}")
        class VisitFactory(TableFactory):
            class Meta:
                table = "visits"
            shop = ForeignKey(ShopFactory, per_parent=3)
        """,
        test_it="def test_it(synth): assert synth.dataset.visits.num_rows == 60",
    )
    pytester.makeini("[pytest]\nsynth_factories = shop")
    pytester.syspathinsert()
    pytester.runpytest("--synth-scale=0.5").assert_outcomes(passed=1)
