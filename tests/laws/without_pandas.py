"""Uses each capability in one process, and says of the first that imports pandas what did it: see `test_imports`."""

from __future__ import annotations

import sys
import textwrap
import traceback
from decimal import Decimal
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any

import pytest

from pytest_synthdata import (
    AddedColumn,
    Array,
    Categorical,
    Dataset,
    Dates,
    Defect,
    Duplicates,
    Exponential,
    ForeignKey,
    History,
    Key,
    Late,
    LogNormal,
    Malformed,
    Missing,
    Nasty,
    Orphans,
    OutOfRange,
    ReformattedDates,
    RenamedColumn,
    Repeated,
    RetypedColumn,
    Rows,
    Stale,
    Swapped,
    TableFactory,
    Template,
    Typos,
    Uniform,
    Update,
    assert_caught,
    assert_matches,
    assert_repaired,
    col,
    hours,
    when,
)
from pytest_synthdata.factories import CustomerFactory, OrderFactory, TicketFactory

YEAR = "2024-01-01", "2024-12-31"
FEW = {CustomerFactory: 40, OrderFactory: 200, TicketFactory: 100}
SEARCH = """
    import pytest
    from pytest_synthdata import Missing, Typos, assert_caught


    @pytest.mark.synth(orders=40, customers=5, defects={"orders": [Missing("amount", 0.1), Typos("status", 0.1)]})
    def test_missing_amounts_alone(synth):
        orders = synth.dataset.orders.to_arrow()
        assert_caught(orders.filter(orders["amount"].is_null()), synth.defects["orders"])


    @pytest.mark.synth(tickets=20, customers=5)
    def test_no_late_ticket(synth):
        assert len(synth.dataset.tickets.to_arrow()) < 3
"""


class CountryFactory(TableFactory):
    class Meta:
        table = "countries"
        rows = Rows(
            [{"code": "DE", "people": 84, "area": Decimal("357.6")}, {"code": "FR", "people": 68, "area": None}]
        )


class AccountFactory(TableFactory):
    class Meta:
        table = "accounts"
        history = History(*YEAR, updates={"plan": 2, "fee": Update(4)}, deletes=0.2)

    account_id = Key("ACC-{:05d}")
    country = ForeignKey(CountryFactory)
    plan = Categorical({"Free": 0.6, "Pro": 0.3, None: 0.1})
    fee = LogNormal(3, 1).cast("decimal(10,2)").nulls(0.1)
    opened = Dates(*YEAR)
    code = Template("{plan}-{country_code}", country_code=col("country.code"))
    vat = (col("fee") * 0.19).cast("decimal(12,2)")
    text = col("fee").cast("string")
    whole = col("fee").cast("bigint")
    tags = Array(Categorical(["new", "sale"]), Uniform(0, 3).round())
    level = when(col("fee") > 20, "high").otherwise("low")


class InvoiceFactory(TableFactory):
    class Meta:
        table = "invoices"
        where = col("amount") > 1

    invoice_id = Key("INV-{:05d}")
    account = ForeignKey(AccountFactory)
    plan = col("account.plan")
    amount = LogNormal(4, 1).round(2)
    paid = Dates(*YEAR)


def histories() -> Dataset:
    return Dataset({AccountFactory: 50, InvoiceFactory: 100})


def clean_tables() -> None:
    for table in Dataset(FEW):
        table.to_arrow()
    for table in histories():
        table.to_arrow()
        table.fingerprint()


def rows_of_objects() -> None:
    for factory in (*FEW, AccountFactory, InvoiceFactory):
        factory.build()
    AccountFactory.build(fee=Decimal("1.5"), tags=["new"])
    InvoiceFactory.build_batch(3, account=AccountFactory.build())


def kinds_of_defects() -> None:
    of_orders = [
        Missing("amount", 0.05),
        Nasty("status", 0.05),
        Nasty("amount", 0.05),
        OutOfRange("amount", 0.05),
        OutOfRange("status", 0.05),
        Typos("status", 0.05),
        Repeated("order_id", 0.05),
        Late("order_date", 0.05, by=(1, 7)),
        Orphans("customer", 0.05),
        Defect("in_cents", lambda amount: amount * 100, "amount", 0.05),
        Duplicates(0.05, changing=["amount"]),
    ]
    of_invoices = [Stale("plan", 0.1), Swapped("invoice_id", "plan", 0.05), Malformed("invoice_id", 0.05)]
    dataset = Dataset(
        {**FEW, AccountFactory: 50, InvoiceFactory: 100},
        defects={OrderFactory: of_orders, InvoiceFactory: of_invoices, AccountFactory: [Nasty("fee", 0.1)]},
    )
    for name in dataset.defects:
        dataset[name].to_arrow()
        dataset.defects[name].to_arrow()


def defects_of_schemas() -> None:
    changes = [
        AddedColumn("coupon", Categorical({"NEW10": 0.2, None: 0.8})),
        RenamedColumn("status", "state"),
        RetypedColumn("amount", "string"),
        ReformattedDates("order_date", "%d/%m/%Y"),
    ]
    dataset = Dataset(FEW, defects={OrderFactory: changes})
    dataset.orders.to_arrow()
    dataset.defects["orders"].to_arrow()


def caught_defects() -> None:
    dataset = Dataset(FEW, defects={OrderFactory: [Missing("amount", 0.05), Duplicates(0.05)]})
    labels = dataset.defects["orders"]
    rows = {label["row"] for label in labels.to_arrow().to_pylist()}
    dirty = [row for number, row in enumerate(dataset.orders.to_arrow().to_pylist()) if number in rows]
    assert_caught(dirty, labels)
    assert_repaired(dataset.clean.orders.to_arrow(), dataset.clean.orders)


def changing_tables() -> None:
    accounts = histories().accounts
    accounts.at("2024-06-30").to_arrow()
    accounts.versions().to_arrow()
    for format_ in ("delta", "debezium", "autocdc"):
        feed = accounts.changes(format=format_)
        feed.to_arrow()
    late = accounts.changes(format="autocdc", delay=hours(Exponential(30)), late=0.1, redelivered=0.02)
    late.to_arrow()


def validated_data() -> None:
    clean = Dataset(FEW)
    assert clean.validate().ok
    assert histories().validate().ok
    assert_matches(clean.orders.to_arrow(), OrderFactory, parents=clean)


def rules_for_production() -> None:
    OrderFactory.expectations()
    OrderFactory.expectations("dqx")
    OrderFactory.expectations("great_expectations")
    InvoiceFactory.not_in_expectations()


def explained_cells() -> None:
    str(histories().invoices.explain(3, "amount"))


def searched_failure() -> None:
    Path("test_search.py").write_text(textwrap.dedent(SEARCH), "utf-8")
    options = ["-q", "-p", "pytest_synthdata.plugin", "-p", "no:cacheprovider", "--synth-shrink=0.3", "test_search.py"]
    assert pytest.main(options) == pytest.ExitCode.TESTS_FAILED


CAPABILITIES = (
    clean_tables,
    rows_of_objects,
    kinds_of_defects,
    defects_of_schemas,
    caught_defects,
    changing_tables,
    validated_data,
    rules_for_production,
    explained_cells,
    searched_failure,
)


class PandasFinder(MetaPathFinder):
    """Finds nothing, and remembers what asked for pandas."""

    stack = ""

    def find_spec(self, name: str, path: Any, target: Any = None) -> None:
        if name == "pandas":
            self.stack = self.stack or "".join(traceback.format_stack(limit=12)[:-1])


def main() -> None:
    sys.meta_path.insert(0, finder := PandasFinder())
    for use in CAPABILITIES:
        use()
        if finder.stack:
            sys.exit(f"{use.__name__} imports pandas:\n{finder.stack}")


if __name__ == "__main__":
    main()
