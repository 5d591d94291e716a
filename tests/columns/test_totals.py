"""Totals of a row's children are exactly what the children say, wherever and however rows are made."""

from __future__ import annotations

import itertools
import pickle
from collections import defaultdict
from decimal import Decimal
from typing import Any

import factory
import numpy as np
import pyarrow as pa
import pytest

from pytest_synthdata import (
    Categorical,
    Count,
    Dataset,
    Dates,
    DeclarationError,
    Exponential,
    Fake,
    ForeignKey,
    GenerationError,
    Given,
    History,
    Integers,
    Key,
    LogNormal,
    Max,
    Mean,
    Min,
    Normal,
    Ordinal,
    Poisson,
    RunningSum,
    Share,
    Sum,
    TableFactory,
    Timeline,
    col,
)


class ProductFactory(TableFactory):
    class Meta:
        table = "products"
        rows = 20

    product_id = Key("P{}")
    list_price = LogNormal(3, 1).cast("decimal(12,2)")


class OrderFactory(TableFactory):
    class Meta:
        table = "orders"

    order_id = Key("O{}")
    tier = Categorical({"a": 0.5, "b": 0.5})
    lines = factory.RelatedFactoryList("test_totals.LineFactory", "order", size=Poisson(2))
    total = Sum("lines.price")
    listed = Sum("lines.product.list_price")
    pieces = Sum("lines.quantity")
    weight = Sum("lines.weight")
    adjusted = Sum("lines.adjustment")
    n = Count("lines")
    dated = Count("lines.day")
    last = Max("lines.day")
    first = Min("lines.name")
    mean = Mean("lines.price")
    dear = Sum("lines.price", where=(col("price") > 10) & (col("order.tier") == "a"))
    label = Given("total", bins=[20, 50], then=["small", "medium", "large"])
    twice = col("total") * 2


class LineFactory(TableFactory):
    class Meta:
        table = "lines"

    order = ForeignKey(OrderFactory)
    product = ForeignKey(ProductFactory)
    price = Given("order.tier", {"a": LogNormal(3, 1), "b": LogNormal(1, 1)}).round(2)
    weight = Exponential(3.0).nulls(0.2)
    adjustment = (Normal(0, 1e14)).cast("decimal(20,4)")
    quantity = Poisson(3)
    day = Dates("2024-01-01", "2024-12-31").nulls(0.3)
    name = Fake("city")


def shop(orders: int = 500, seed: int = 3) -> Dataset:
    return Dataset({OrderFactory: orders}, seed=seed)


def by_parent(dataset: Dataset, children: str = "lines", key: str = "order_id") -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in dataset[children].to_arrow().to_pylist():
        found[row[key]].append(row)
    return found


def test_each_total_is_that_of_its_children() -> None:
    dataset = shop()
    lines = by_parent(dataset)
    listed = {row["product_id"]: row["list_price"] for row in dataset.products.to_arrow().to_pylist()}
    for order in dataset.orders.to_arrow().to_pylist():
        mine = lines[order["order_id"]]
        assert order["n"] == len(mine)
        assert order["total"] == round(sum(line["price"] for line in mine), 2)
        assert order["listed"] == sum((listed[line["product_id"]] for line in mine), Decimal())
        assert order["pieces"] == sum(line["quantity"] for line in mine)
        assert order["adjusted"] == sum((line["adjustment"] for line in mine), Decimal())
        # A sum with compensation is within a unit in the last place of the exact one.
        assert order["weight"] == pytest.approx(sum(line["weight"] or 0 for line in mine), rel=1e-15)
        days = [line["day"] for line in mine if line["day"] is not None]
        assert (order["dated"], order["last"]) == (len(days), max(days, default=None))
        assert order["first"] == min((line["name"] for line in mine), default=None)
        assert order["mean"] == (pytest.approx(order["total"] / len(mine)) if mine else None)
        dear = sum(line["price"] for line in mine if line["price"] > 10 and order["tier"] == "a")
        assert order["dear"] == round(dear, 2)
        assert order["label"] == ("small" if order["total"] < 20 else "medium" if order["total"] < 50 else "large")
        assert order["twice"] == 2 * order["total"]
    assert not all(lines.values())  # some orders have none


def test_types_are_those_that_spark_gives_to_its_aggregates() -> None:
    schema = shop().orders.schema
    assert schema.field("listed").type == pa.decimal128(22, 2)
    assert schema.field("adjusted").type == pa.decimal128(30, 4)
    assert [schema.field(name).type for name in ("pieces", "n", "total")] == [pa.int64(), pa.int64(), pa.float64()]
    assert [schema.field(name).type for name in ("last", "first")] == [pa.date32(), pa.string()]


def test_any_rows_by_themselves_and_after_pickling_are_those_of_the_table() -> None:
    table = shop(9_000).orders
    whole = table.to_arrow().combine_chunks()
    assert table.to_arrow(4_000, 4_100).combine_chunks().equals(whole.slice(4_000, 100).combine_chunks())
    bound = pickle.loads(pickle.dumps(table.bound))
    assert pa.Table.from_batches([bound.batch(8_990, 9_000)]).equals(whole.slice(8_990, 10).combine_chunks())
    scattered = np.random.default_rng(0).integers(0, 9_000, 300).astype(np.uint64)
    found = pa.array(table.bound.at(scattered).read("total"))
    assert found.equals(whole["total"].combine_chunks().take(pa.array(scattered)))


def test_more_orders_change_no_total() -> None:
    assert shop(800).orders.to_arrow(0, 500).equals(shop(500).orders.to_arrow())


def test_build_gives_the_table_s_rows_and_totals_of_what_is_overridden() -> None:
    dataset = shop()
    expected = dataset.orders.to_arrow(0, 20).to_pylist()
    OrderFactory.reset_sequence()
    with dataset.factories():
        assert OrderFactory.build_batch(20) == expected
        number = next(row for row in range(20) if expected[row]["n"])
        other = OrderFactory.build(__sequence=number, tier="a" if expected[number]["tier"] == "b" else "b")
    assert other.n == expected[number]["n"]
    assert other.total == round(sum(line.price for line in other.lines), 2) != expected[number]["total"]
    assert OrderFactory.build(__sequence=2_000).n == len(OrderFactory.build(__sequence=2_000).lines)


def test_rows_that_are_taken_have_the_children_that_they_sum_up() -> None:
    taken = shop().take(orders=[17, 403])
    lines = by_parent(taken)
    for order in taken.orders.to_arrow().to_pylist():
        assert order["n"] == len(lines[order["order_id"]])


class PurseFactory(TableFactory):
    class Meta:
        table = "purses"

    purse_id = Key("P{}")
    units = Sum("coins.units")
    mean = Mean("coins.units")
    far = Mean("coins.far")


class CoinFactory(TableFactory):
    class Meta:
        table = "coins"

    purse = ForeignKey(PurseFactory, per_parent=3)
    units = Integers(2**59, 2**60) * col("sign")
    sign = Categorical({1: 0.5, -1: 0.5})
    far = col("units") * 4  # three of them are beyond a bigint
    so_far = RunningSum("units")


class HoardFactory(TableFactory):
    class Meta:
        table = "hoards"

    hoard_id = Key("H{}")
    of = Sum("pieces.units")


class PieceFactory(TableFactory):
    class Meta:
        table = "pieces"

    hoard = ForeignKey(HoardFactory, per_parent=Integers(0, 4))
    units = Integers(2**61, 2**62)
    so_far = RunningSum("units")


def test_whole_numbers_are_summed_as_such_and_do_not_run_over() -> None:
    dataset = Dataset({PurseFactory: 9, CoinFactory: None})
    coins = by_parent(dataset, "coins", "purse_id")
    for purse in dataset["purses"].to_arrow().to_pylist():
        units = [coin["units"] for coin in coins[purse["purse_id"]]]
        assert purse["units"] == sum(units)
        assert (purse["mean"], purse["far"]) == (float(sum(units)) / 3, float(sum(units)) / 3 * 4)
        assert [coin["so_far"] for coin in coins[purse["purse_id"]]] == list(itertools.accumulate(units))


@pytest.mark.parametrize(
    ("table", "column"), [("hoards", r"of: Sum\(path='pieces.units'.*\)"), ("pieces", r"so_far: RunningSum\('units'\)")]
)
def test_sums_of_whole_numbers_that_run_over_are_errors(table: str, column: str) -> None:
    with pytest.raises(GenerationError, match=rf"{table}\.{column}: overflow: .*; .*\.cast\(\"decimal\(20,0\)\"\)"):
        Dataset({HoardFactory: 9, PieceFactory: None})[table].to_arrow()


class ShopFactory(TableFactory):
    class Meta:
        table = "shops"
        rows = 300

    shop_id = Key("S{}")
    visits = Count("visits")
    spent = Sum("visits.spent", where=col("spent") > 5)


class VisitFactory(TableFactory):
    class Meta:
        table = "visits"

    shop = ForeignKey(ShopFactory, per_parent=Poisson(4))
    at = Timeline("2024-01-01", "2024-12-31")
    spent = Exponential(10).round(2)


class ReviewFactory(TableFactory):
    class Meta:
        table = "reviews"
        rows = 2_000

    shop = ForeignKey(ShopFactory, weights=col("visits").clip(0, 10))
    visits = col("shop.visits")


def test_children_are_found_by_their_table_s_name_and_in_the_order_of_time() -> None:
    dataset = Dataset({ShopFactory: 300, ReviewFactory: None}, seed=5)
    assert {table.name for table in dataset} == {"shops", "visits", "reviews"}
    visits = by_parent(dataset, "visits", "shop_id")
    for row in dataset.shops.to_arrow().to_pylist():
        mine = visits[row["shop_id"]]
        assert row["visits"] == len(mine)
        assert row["spent"] == round(sum(visit["spent"] for visit in mine if visit["spent"] > 5), 2)
    with dataset.factories():
        assert ShopFactory.build(__sequence=9) == dataset.shops.to_arrow(9, 10).to_pylist()[0]


def test_totals_weigh_what_refers_to_them() -> None:
    reviews = Dataset({ShopFactory: 300, ReviewFactory: None}, seed=5).reviews.to_arrow()["visits"].to_pylist()
    # Weighted by a Poisson(4) count x, the mean is E[x²]/E[x] = 5 instead of 4 (clipping at 10 takes off less than
    # 0.05). Its standard error: 300 shops' counts decide it, sd of x² / E[x] over √300, about 0.55; and 2,000 picks.
    assert abs(np.mean(reviews) - 5) < 4 * 0.55
    assert 0 not in reviews


class InvoiceFactory(TableFactory):
    class Meta:
        table = "invoices"

    invoice_id = Key("I{}")
    total = LogNormal(5, 1).cast("decimal(12,2)")
    amount = LogNormal(5, 1).round(2).nulls(0.1)
    units = Poisson(20)
    back = Sum("items.total")
    back_amount = Sum("items.amount")
    back_units = Sum("items.units")


class ItemFactory(TableFactory):
    class Meta:
        table = "items"

    invoice = ForeignKey(InvoiceFactory, per_parent=Poisson(3) + 1)
    number = Ordinal("invoice")
    total = Share("invoice.total")
    amount = Share("invoice.amount")
    units = Share("invoice.units", weights=LogNormal(0, 0.3))


def test_shares_add_up_to_the_parent_s_amount() -> None:
    dataset = Dataset({InvoiceFactory: 2_000}, seed=1)
    rows = dataset.invoices.to_arrow().to_pylist()
    for row in rows:
        assert (row["total"], row["units"], row["amount"] or 0) == (row["back"], row["back_units"], row["back_amount"])
    items = dataset["items"].to_arrow()
    assert items.schema.field("total").type == pa.decimal128(12, 2)
    assert min(items["total"].to_pylist()) >= 0
    middle = items.num_rows // 2
    assert (
        dataset["items"].to_arrow(middle, middle + 30).combine_chunks().equals(items.slice(middle, 30).combine_chunks())
    )
    with dataset.factories():
        assert ItemFactory.build(__sequence=0).total == items["total"][0].as_py()


class CampaignFactory(TableFactory):
    class Meta:
        table = "campaigns"

    campaign_id = Key("C{}")
    budget = Integers(100, 999)


class AdGroupFactory(TableFactory):
    class Meta:
        table = "ad_groups"

    campaign = ForeignKey(CampaignFactory, per_parent=Poisson(2) + 1)
    budget = Share("campaign.budget") * 2


def test_rows_that_are_taken_have_all_that_share_their_amount() -> None:
    dataset = Dataset({CampaignFactory: 20, AdGroupFactory: None})
    groups = by_parent(dataset, "ad_groups", "campaign_id")["C3"]
    first = dataset["ad_groups"].to_arrow().to_pylist().index(groups[0])
    for taken in (dataset.take(campaigns=[3]), dataset.take(ad_groups=[first + 1])):
        assert taken["campaigns"].row_numbers.tolist() == [3]
        assert taken["ad_groups"].to_arrow().to_pylist() == groups
        assert len(groups) > 1


def test_rows_that_are_not_there_at_a_time_are_not_taken_with_others() -> None:
    class PausedGroupFactory(AdGroupFactory):
        class Meta:
            table = "paused_groups"
            history = History("2024-01-01", "2024-12-31", deletes=1.0)

    then = Dataset({CampaignFactory: 20, PausedGroupFactory: None}).at("2024-07-01")
    there = [row for row in then["paused_groups"].to_arrow().to_pylist() if row["campaign_id"] in ("C3", "C4", "C5")]
    assert then.take(campaigns=[3, 4, 5])["paused_groups"].to_arrow().to_pylist() == there


def test_shares_are_as_uneven_as_their_weights() -> None:
    dataset = Dataset({InvoiceFactory: 4_000}, seed=2)
    invoices = {row["invoice_id"]: row for row in dataset.invoices.to_arrow().to_pylist()}
    pairs = [mine for mine in by_parent(dataset, "items", "invoice_id").values() if len(mine) == 2]
    assert len(pairs) > 500
    shares = [float(mine[0]["total"] / invoices[mine[0]["invoice_id"]]["total"]) for mine in pairs]
    # Of two exponential weights one has a uniform share: the mean is 1/2, the standard deviation 1/√12.
    assert abs(np.mean(shares) - 0.5) < 4 * 12**-0.5 / len(shares) ** 0.5
    assert abs(np.std(shares) - 12**-0.5) < 0.02


def part(**declared: object) -> type[TableFactory]:
    return type("PartFactory", (TableFactory,), {"Meta": type("Meta", (), {"table": "parts"}), **declared})


def piece(parent: type[TableFactory], **declared: object) -> type[TableFactory]:
    body = {"Meta": type("Meta", (), {"table": "pieces"}), "part": ForeignKey(parent, per_parent=2), **declared}
    return type("PieceFactory", (TableFactory,), body)


@pytest.mark.parametrize(
    ("parent", "child", "message"),
    [
        ({"s": Sum("pieces.prise")}, {"price": Poisson(1)}, r"parts\.s: .*no column 'prise'.*did you mean 'price'"),
        ({"s": Sum("peaces.price")}, {"price": Poisson(1)}, r"parts\.s: .*no children 'peaces'.*did you mean 'pieces'"),
        ({"s": Sum("pieces")}, {"price": Poisson(1)}, r"parts\.s: .*say which column of 'pieces'"),
        ({"s": Sum("pieces.name")}, {"name": Fake("city")}, r"parts\.s: .*name is .*, not a number"),
        ({"s": Count("pieces", where=col("price"))}, {"price": Poisson(1)}, r"parts\.s: .*where= is a condition"),
        (
            {"s": Sum("pieces.price")},
            {"price": col("part.s") * 2},
            r"parts\.s: a total cannot be read by what it is the total of: parts\.s → pieces\.price → parts\.s",
        ),
        (
            {"s": Sum("pieces.price"), "t": col("s") + 1},
            {"price": Share("part.t")},
            r"parts\.s: a total cannot be read by .*pieces\.price → parts\.t → parts\.s",
        ),
    ],
)
def test_what_can_never_work_is_named(parent: dict[str, object], child: dict[str, object], message: str) -> None:
    parts = part(part_id=Key("P{}"), **parent)
    piece(parts, **child)
    with pytest.raises(DeclarationError, match=message):
        Dataset({parts: 10})


def test_children_may_read_another_total_than_their_own() -> None:
    parts = part(part_id=Key("P{}"), s=Sum("pieces.price"))
    pieces = piece(parts, price=Poisson(3), percent=col("price") * 100.0 / col("part.s"))
    table = Dataset({parts: 50, pieces: None}, seed=1)["pieces"].to_arrow()
    sums = table["percent"].to_numpy().reshape(-1, 2).sum(axis=1)
    assert np.allclose(sums[~np.isnan(sums)], 100)


def test_a_table_without_such_children_says_how_to_declare_them() -> None:
    with pytest.raises(DeclarationError, match=r"declare pieces = RelatedFactoryList\(…\), or a table 'pieces'"):
        Dataset({part(s=Count("pieces")): 10})


@pytest.mark.parametrize("path", ["part.name", "price", "other.x"])
def test_a_share_is_of_a_number_of_the_parent(path: str) -> None:
    parts = part(part_id=Key("P{}"), name=Fake("city"))
    with pytest.raises(DeclarationError, match=r"pieces\.amount: "):
        Dataset({piece(parts, price=Poisson(3), amount=Share(path)): None})
