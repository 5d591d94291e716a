"""The laws hold for tables that change, whatever is declared: histories drawn at random, from fixed seeds."""

from __future__ import annotations

import datetime as dt
import pickle
import random
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from pytest_synthdata import (
    Categorical,
    Dataset,
    Dates,
    Exponential,
    ForeignKey,
    Given,
    History,
    Integers,
    Key,
    Normal,
    Ordinal,
    Place,
    Poisson,
    RunningSum,
    TableFactory,
    Times,
    Update,
    col,
)

FIRST, LAST, LATER = "2024-01-01", "2024-06-30", "2024-12-31"
TIMES = (FIRST, "2024-02-29", dt.datetime(2024, 4, 1, 12, 30, tzinfo=dt.timezone.utc), LAST)


class Changing:
    """Draws accounts that change and bookings that come over time."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def one_of(self, *makers: Callable[[], Any]) -> Any:
        return self.random.choice(makers)()

    def factories(self) -> Callable[[str], list[type[TableFactory]]]:
        """The factories, as a function of the last day of their history."""
        columns = {
            "account_id": Key("A{:03d}"),
            "plan": Categorical({"a": 0.5, "b": 0.3, "c": 0.2}),
            "fee": self.one_of(
                lambda: Given("plan", {"a": 0.0}, default=Exponential(9)).round(2), lambda: Normal(5, 1)
            ),
            "seats": self.one_of(lambda: Integers(1, 9), lambda: Poisson(4)),
            "place": Place(self.random.choice(["en_US", "de_DE", "fr_FR", "ja_JP", "pt_BR"])),
            "city": col("place.city"),
            "north": col("place.latitude"),
            "since": Dates("2023-07-01", "2024-06-30"),
            "cost": col("fee") * col("seats"),
        }
        updates: dict[Any, Any] = {
            "plan": self.one_of(
                lambda: 3.0, lambda: Update(4, to={"a": {"b": 0.7}}), lambda: Update(3, never_back=True)
            ),
            ("fee", "seats"): self.random.choice([0.0, 2.0]),
            "place": self.random.choice([0.0, 1.5]),
        }
        options: dict[str, Any] = {
            "updates": updates,
            "deletes": self.random.choice([0.0, 0.4]),
            "births": self.random.choice([None, "since"]),
            "keeps": self.random.choice([(), ("cost",)]),
        }
        where = self.one_of(dict, lambda: {"where": col("seats") > 1})
        counted = self.random.choice([None, 3, Poisson(3)])
        deletes = 0.0 if counted is not None else self.random.choice([0.0, 0.5])

        def until(end: str) -> list[type[TableFactory]]:
            account = table("AccountFactory", "accounts", columns, history=History(FIRST, end, **options), **where)
            bookings = {
                "account": ForeignKey(account, per_parent=counted) if counted is not None else ForeignKey(account),
                "at": Times(FIRST, LAST),
                "amount": Normal(0, 50).cast("decimal(10,2)"),
                "plan_then": col("account.plan"),
                **({} if counted is None else {"number": Ordinal("account"), "balance": RunningSum("amount")}),
            }
            history = History(FIRST, end, births="at", deletes=deletes)
            return [account, table("BookingFactory", "bookings", bookings, history=history)]

        return until


def table(name: str, table: str, columns: dict[str, Any], **meta: Any) -> type[TableFactory]:
    options = type("Meta", (), {"table": table, **meta})
    return type(name, (TableFactory,), {"__module__": __name__, "Meta": options, **columns})


def dataset_of(factories: list[type[TableFactory]], accounts: int, seed: int) -> Dataset:
    counted = "number" in factories[1]._meta.compiled().columns
    return Dataset({factories[0]: accounts, factories[1]: None if counted else 120}, seed=seed)


def valid_at(versions: pa.Table, when: Any, names: list[str]) -> list[dict[str, Any]]:
    after = (
        when if isinstance(when, dt.datetime) else dt.datetime.fromisoformat(when).replace(tzinfo=dt.timezone.utc)
    ) + (dt.timedelta(0) if isinstance(when, dt.datetime) else dt.timedelta(days=1, microseconds=-1))
    return [
        {name: row[name] for name in names}
        for row in versions.to_pylist()
        if row["valid_from"] <= after and (row["valid_to"] is None or after < row["valid_to"])
    ]


@pytest.mark.parametrize("seed", range(4))
def test_the_laws_hold_at_any_time(seed: int) -> None:
    until = Changing(seed).factories()
    dataset = dataset_of(until(LAST), 40, seed)
    longer = dataset_of(until(LATER), 40, seed)
    for name in ("accounts", "bookings"):
        now, whole = dataset[name], dataset[name].versions().to_arrow()
        for when in TIMES:
            then = now.at(when)
            rows = then.to_arrow()
            assert valid_at(whole, when, rows.column_names) == rows.to_pylist()
            middle = then.num_rows // 2
            assert then.to_arrow(middle, middle + 3).to_pylist() == rows.to_pylist()[middle : middle + 3]
            again = pickle.loads(pickle.dumps(then.view))
            assert pa.Table.from_batches(again.batches(0, then.num_rows, 11), rows.schema).equals(rows)
            assert longer[name].at(when).to_arrow().equals(rows)
    for when in TIMES:
        assert not dataset.at(when).validate().failed


@pytest.mark.parametrize("seed", range(4))
def test_a_feed_leads_from_one_snapshot_to_the_next(seed: int) -> None:
    dataset = dataset_of(Changing(seed).factories()(LAST), 40, seed)
    rows = {row["account_id"]: row for row in dataset.accounts.at(FIRST).to_arrow().to_pylist()}
    feed = dataset.accounts.changes("2024-01-02", "2024-05-31", format="autocdc").to_arrow().to_pylist()
    for change in sorted(feed, key=lambda change: change["sequence"]):
        operation, _ = change.pop("operation"), change.pop("sequence")
        if operation == "DELETE":
            del rows[change["account_id"]]
        else:
            rows[change["account_id"]] = change
    expected = dataset.accounts.at("2024-05-31").to_arrow().to_pylist()
    assert sorted(rows.values(), key=lambda row: row["account_id"]) == expected
