"""Running sums and previous values are those of the rows before, wherever and however rows are made."""

from __future__ import annotations

import itertools
import pickle
from decimal import Decimal
from typing import Any

import factory
import numpy as np
import pyarrow as pa
import pytest

from pytest_synthdata import (
    Dataset,
    DeclarationError,
    ForeignKey,
    History,
    Key,
    LogNormal,
    Min,
    Normal,
    Ordinal,
    Poisson,
    Previous,
    RunningSum,
    Sum,
    TableFactory,
    Timeline,
    Times,
    col,
)
from pytest_synthdata import functions as F

ACCOUNTS = 200


class AccountFactory(TableFactory):
    class Meta:
        table = "accounts"
        rows = ACCOUNTS

    account_id = Key("A{}")
    opening = LogNormal(5, 1).cast("decimal(12,2)")
    closing = Sum("transactions.amount")
    least = Min("transactions.balance")


class TransactionFactory(TableFactory):
    class Meta:
        table = "transactions"

    account = ForeignKey(AccountFactory, per_parent=Poisson(4))
    number = Ordinal("account")
    amount = Normal(0, 1e14).cast("decimal(20,4)")
    cents = Normal(0, 100).round(2)
    raw = Normal(0, 1).nulls(0.2)
    pieces = Poisson(3)
    balance = RunningSum("amount")
    in_all = col("account.opening") + RunningSum("amount")
    of_cents = RunningSum("cents")
    of_raw = RunningSum("raw")
    of_pieces = RunningSum(col("pieces") * 2)
    walk = RunningSum(Normal(0, 1))
    before = Previous("amount")
    jump = F.abs(col("cents") - Previous("cents"))


class VisitFactory(TableFactory):
    class Meta:
        table = "visits"

    account = ForeignKey(AccountFactory, per_parent=Poisson(3))
    at = Timeline("2024-01-01", "2024-12-31")
    number = Ordinal("account")
    spent = LogNormal(3, 1).cast("decimal(10,2)")
    so_far = RunningSum("spent")
    last_at = Previous("at")


def bank() -> Dataset:
    return Dataset({AccountFactory: ACCOUNTS, TransactionFactory: None, VisitFactory: None}, seed=1)


def of_each_account(dataset: Dataset, table: str) -> list[list[dict[str, Any]]]:
    rows = sorted(dataset[table].to_arrow().to_pylist(), key=lambda row: (row["account_id"], row["number"]))
    return [list(group) for _, group in itertools.groupby(rows, key=lambda row: row["account_id"])]


def test_each_row_has_the_sum_of_those_up_to_it() -> None:
    dataset = bank()
    accounts = {row["account_id"]: row for row in dataset.accounts.to_arrow().to_pylist()}
    for rows in of_each_account(dataset, "transactions"):
        account = accounts[rows[0]["account_id"]]
        balance, raw = Decimal(), 0.0
        for place, row in enumerate(rows):
            before = rows[place - 1] if place else None
            balance += row["amount"]
            raw += row["raw"] or 0.0  # one after the other, as a loop adds them up
            assert (row["balance"], row["in_all"], row["of_raw"]) == (balance, account["opening"] + balance, raw)
            assert row["of_cents"] == round(sum(round(one["cents"] * 100) for one in rows[: place + 1]) / 100, 2)
            assert row["of_pieces"] == 2 * sum(one["pieces"] for one in rows[: place + 1])
            assert row["before"] == (before and before["amount"])
            assert row["jump"] == (before and abs(row["cents"] - before["cents"]))
        assert account["closing"] == rows[-1]["balance"]
        assert account["least"] == min(row["balance"] for row in rows)


def test_rows_in_the_order_of_time_follow_one_another_in_time() -> None:
    for rows in of_each_account(bank(), "visits"):
        assert [row["at"] for row in rows] == sorted(row["at"] for row in rows)
        assert [row["last_at"] for row in rows] == [None, *(row["at"] for row in rows[:-1])]
        assert [row["so_far"] for row in rows] == list(itertools.accumulate(row["spent"] for row in rows))


def test_types_are_those_of_spark_s_windows() -> None:
    schema = bank()["transactions"].schema
    types = [schema.field(name).type for name in ("balance", "of_cents", "of_pieces", "before")]
    assert types == [pa.decimal128(30, 4), pa.float64(), pa.int64(), pa.decimal128(20, 4)]


@pytest.mark.parametrize("name", ["transactions", "visits"])
def test_any_rows_by_themselves_and_after_pickling_are_those_of_the_table(name: str) -> None:
    table = bank()[name]
    whole = table.to_arrow().combine_chunks()
    assert table.to_arrow(301, 302).combine_chunks().equals(whole.slice(301, 1))
    bound = pickle.loads(pickle.dumps(table.bound))
    assert pa.Table.from_batches(bound.batches(0, table.num_rows, 61)).combine_chunks().equals(whole)
    scattered = np.random.default_rng(0).integers(0, table.num_rows, 100).astype(np.uint64)
    assert pa.Table.from_batches([bound.record_batch(scattered)]).equals(whole.take(pa.array(scattered)))


def test_rows_that_are_taken_have_those_before_them() -> None:
    rows = bank().visits.to_arrow().to_pylist()
    third = next(row for row in rows if row["number"] == 3)
    wanted = [row for row in rows if row["account_id"] == third["account_id"] and row["number"] <= 3]
    taken = bank().take(visits=[rows.index(third)])
    assert taken.visits.to_arrow().to_pylist() == wanted


def test_few_parents_with_many_rows_are_added_up_alike() -> None:
    """Parent by parent or child by child: whichever is less work, the bits are the same."""

    class LongFactory(TransactionFactory):
        class Meta:
            table = "long"

        account = ForeignKey(AccountFactory, per_parent=2_000)

    table = Dataset({AccountFactory: 3, LongFactory: None})["long"]
    rows = table.to_arrow().to_pylist()
    for start in (0, 2_000, 4_000):
        mine = rows[start : start + 2_000]
        assert [row["of_raw"] for row in mine] == list(itertools.accumulate(row["raw"] or 0.0 for row in mine))
    assert table.to_arrow(5_998, 5_999).to_pylist() == rows[5_998:5_999]


def test_build_follows_what_is_overridden() -> None:
    dataset = bank()
    expected = dataset["transactions"].to_arrow(0, 20).to_pylist()
    TransactionFactory.reset_sequence()
    with dataset.factories():
        assert [dict(row) for row in TransactionFactory.build_batch(20)] == expected
        number = next(place for place, row in enumerate(expected) if row["number"] == 3)
        row = TransactionFactory.build(__sequence=number, amount=Decimal("5.0000"))
    assert (row.balance, row.before) == (expected[number - 1]["balance"] + 5, expected[number - 1]["amount"])


class BasketFactory(TableFactory):
    class Meta:
        table = "baskets"
        rows = 30

    basket_id = Key("B{}")
    items = factory.RelatedFactoryList("test_running.ItemFactory", "basket", size=Poisson(3))


class ItemFactory(TableFactory):
    class Meta:
        table = "items"

    basket = ForeignKey(BasketFactory)
    price = LogNormal(2, 1).round(2)
    so_far = RunningSum("price")


def test_related_factories_build_what_the_table_has() -> None:
    dataset = Dataset({BasketFactory: 30}, seed=4)
    rows = dataset["items"].to_arrow().to_pylist()
    BasketFactory.reset_sequence()
    with dataset.factories():
        built = [dict(item) for basket in BasketFactory.build_batch(30) for item in basket.items]
    assert built == rows
    assert not dataset.validate().failed


def test_a_row_is_explained_by_those_before() -> None:
    table = bank()["transactions"]
    number = next(place for place, row in enumerate(table.to_arrow().to_pylist()) if row["number"] == 2)
    explanation = table.explain(number, "balance")
    assert f"RunningSum('amount'): rows {number - 1}, {number}, of one account" in str(explanation)
    assert explanation.recompute() == explanation.value


def test_validation_adds_up_again() -> None:
    dataset = bank()
    assert not dataset.validate().failed
    assert not dataset.take(transactions=[17, 30], visits=[9, 200]).validate().failed
    for name, column, wrong in [("transactions", "balance", Decimal(1)), ("visits", "last_at", None)]:
        table = dataset[name].to_arrow()
        row = next(place for place, one in enumerate(table.to_pylist()) if one["number"] == 2)
        values = table[column].to_pylist()
        values[row] = wrong
        at = table.schema.get_field_index(column)
        changed = table.set_column(at, table.schema.field(at), pa.array(values, table.schema.field(at).type))
        shuffled = changed.take(pa.array(np.random.default_rng(1).permutation(len(changed))))
        assert [(one.column, one.kind) for one in dataset.validate({name: changed}).failed] == [
            (column, "does not follow the rows before")
        ]
        assert [one.column for one in dataset.validate({name: shuffled}).failed if one.column == column] == [column]


def declared(**columns: Any) -> type[TableFactory]:
    meta = type("Meta", (), {"table": "declared", **columns.pop("meta", {})})
    first = {"account": ForeignKey(AccountFactory, per_parent=2), "amount": Normal(0, 1).round(2)}
    return type("DeclaredFactory", (TableFactory,), {"Meta": meta, **first, **columns})


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"account": ForeignKey(AccountFactory), "sum": RunningSum("amount")}, "no ForeignKey with per_parent"),
        ({"name": "x", "sum": RunningSum("name")}, "a RunningSum is for numbers, and these are string"),
        ({"sum": RunningSum("amout")}, "did you mean 'amount'"),
        ({"amount": col("sum") + 1, "sum": RunningSum("amount")}, "columns read each other in a circle"),
        ({"meta": {"where": col("sum") > 0}, "sum": RunningSum("amount")}, "which follows the rows before"),
        (
            {
                "meta": {"history": History("2024-01-01", "2024-12-31", updates={"amount": 1})},
                "sum": RunningSum("amount"),
            },
            "by Meta.history 'amount' may change",
        ),
        (
            {"meta": {"history": History("2024-01-01", "2024-12-31", deletes=0.1)}, "sum": RunningSum("amount")},
            "by Meta.history rows may be deleted",
        ),
    ],
)
def test_what_cannot_be_says_why(columns: dict[str, Any], message: str) -> None:
    with pytest.raises(DeclarationError, match=message):
        Dataset({declared(**columns): None if "account" not in columns else 5})


def test_rows_that_only_come_keep_their_balance_at_any_time() -> None:
    history = History("2024-01-01", "2024-12-31", births="at")
    columns = {"at": Times("2024-01-01", "2024-12-31"), "sum": RunningSum("amount"), "number": Ordinal("account")}
    dataset = Dataset({declared(meta={"history": history}, **columns): None, AccountFactory: 50}, seed=2)
    rows = {(row["account_id"], row["number"]): row for row in dataset["declared"].to_arrow().to_pylist()}
    then = dataset["declared"].at("2024-06-30").to_arrow().to_pylist()
    assert 20 < len(then) < 80
    assert all(rows[row["account_id"], row["number"]] == row for row in then)
    assert not dataset.at("2024-06-30").validate().failed
