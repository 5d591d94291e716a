"""`synthdata show` and `synthdata explain`: data and where it comes from, in the terminal."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from pytest_synthdata import Dataset
from pytest_synthdata.cli import cli
from pytest_synthdata.factories import CustomerFactory, OrderFactory

ROWS = ("--rows", "customers=50", "--rows", "orders=400", "--seed", "7")


def run(*arguments: str) -> str:
    return CliRunner().invoke(cli, arguments, catch_exceptions=False).output


@pytest.fixture(scope="module")
def shop() -> Dataset:
    return Dataset({CustomerFactory: 50, OrderFactory: 400}, seed=7)


def test_explain_prints_what_the_table_explains(shop: Dataset) -> None:
    assert run("explain", "orders", "17", "amount", *ROWS) == f"{shop.orders.explain(17, 'amount')}\n"


def test_a_row_has_its_key_as_a_name(shop: Dataset) -> None:
    assert run("explain", "orders", "ORD-000017", "amount", *ROWS) == f"{shop.orders.explain(17, 'amount')}\n"


def test_explain_as_json(shop: Dataset) -> None:
    found = json.loads(run("explain", "orders", "3", "order_date", "--json", *ROWS))
    assert found["value"] == str(shop.orders.to_arrow()["order_date"][3])
    assert (found["table"], found["row"], found["column"]) == ("orders", 3, "order_date")
    assert found["lines"][-1] == f"= {found['value']}"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("orders", "400", "amount"), "orders: there is no row 400: rows are numbered from 0 to 399"),
        (("orders", "the-first", "amount"), "orders: 'the-first' is not a row: give a number from 0 or a key, such as"),
        (("orders", "ORD-000400", "amount"), "orders: there is no row 400"),
        (("ordres", "1", "amount"), "there is no table 'ordres': did you mean 'orders'"),
        (("orders", "1", "amuont"), "orders: there is no column 'amuont': did you mean 'amount'"),
    ],
)
def test_what_is_not_there_is_named(arguments: tuple[str, ...], message: str) -> None:
    result = CliRunner().invoke(cli, ["explain", *arguments, *ROWS])
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert message in json.loads(run("explain", *arguments, "--json", *ROWS))["error"]


KEYS = """
from pytest_synthdata import Key, TableFactory
class CardFactory(TableFactory):
    card_no = Key("4000{:03d}")
class LotFactory(TableFactory):
    lot_id = Key("{}", start=1)
"""


def test_a_number_may_be_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "numbered.py").write_text(KEYS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))

    def explained(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(cli, ["explain", *arguments, "--json", "--factories", "numbered"])
        return json.loads(result.stdout)["row"], result.stderr

    note = "This is row 1; the row with the key '1' is row 0: --key explains it\n"
    assert explained("cards=9", "4000003", "card_no") == (3, "")
    assert explained("lots=100", "100", "lot_id") == (99, "")
    assert explained("lots=100", "1", "lot_id") == (1, note)
    assert explained("lots=100", "1", "lot_id", "--key") == (0, "")


def test_rows_of_other_tables_choose_none(shop: Dataset) -> None:
    assert (
        run("explain", "orders=400", "17", "amount", *ROWS[:2], *ROWS[4:]) == f"{shop.orders.explain(17, 'amount')}\n"
    )
    text = run("show", "orders", "--first", "0", "--rows", "customers=50")
    assert "orders: 25,000 rows" in text
    assert "customers: " not in text
    assert re.findall(r"^(\w+): (\d+) rows", run("show", "orders=7", "customers=9"), re.MULTILINE) == [
        ("orders", "7"),
        ("customers", "9"),
    ]
    shown = run("show", "--first", "0", "--rows", "customers=9")
    assert re.findall(r"^(\w+): (\S+) rows", shown, re.MULTILINE) == [
        ("customers", "9"),
        ("orders", "25,000"),
        ("tickets", "8,000"),
    ]
    refused = CliRunner().invoke(cli, ["show", "orders=7", "--rows", "tickets=9"])
    assert refused.exit_code == 2
    assert "tickets=9 changes nothing in 'orders'" in refused.stderr


def test_show_has_the_first_rows_and_the_shape_of_each_column(shop: Dataset) -> None:
    text = run("show", "orders", "--first", "3", *ROWS)
    assert "orders: 400 rows, seed 7" in text
    assert "customers: " not in text
    first = shop.orders.to_arrow(0, 4).to_pylist()
    shown = re.findall(r"^ +(\d) +(\S+) ", text, re.MULTILINE)
    assert shown == [(str(row), first[row]["order_id"]) for row in range(3)]
    status = shop.orders.to_arrow()["status"].to_pylist()
    assert f"completed {status.count('completed') / 400:.1%}" in text
    assert re.search(r"order_id +string +all different: ORD-000000 … ORD-000399", text)
    bars = re.search(r"amount +double +\S+ ([▁▂▃▄▅▆▇█ ]{24}) \S+, median ", text)
    assert bars is not None
    assert bars[1].count("█") >= 1


def test_show_has_all_tables_and_also_empty_ones() -> None:
    text = run("show", "--rows", "customers=3", "--rows", "orders=0")
    assert "customers: 3 rows" in text
    assert re.search(r"amount +double +no values", text)


def test_show_has_tables_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "looked_at.py").write_text(
        "import factory\n"
        "from pytest_synthdata import Array, Constant, ForeignKey, Key, Poisson, TableFactory\n"
        "class VisitFactory(TableFactory):\n"
        "    visit_id = Key('V{}')\n"
        "    before = ForeignKey('self')\n"
        "    items = Poisson(40).cast('decimal(5,1)').nulls(0.25)\n"
        "    place = factory.Dict({'city': Constant('Ulm')})\n"
        "    same = Constant(1.5)\n"
        "    tags = Array('a', length=2)\n"
    )
    monkeypatch.chdir(tmp_path)
    text = run("show", "--factories", "looked_at", "--rows", "visits=2000")
    assert re.search(r"^ +0 +V0 +null ", text, re.MULTILINE)
    assert re.search(r"items +decimal\(5,1\) +2\d\.\d% +\S+ [▁▂▃▄▅▆▇█ ]{24} ", text)
    assert re.search(r"same +double +1.5 100.0%", text)
    assert re.search(r"place +struct +\n", text)
    assert re.search(r"place\.city +string +Ulm 100\.0%", text)
    assert re.search(r"tags +array<string> +items: 2 100\.0%", text)


WIDE = """
from pytest_synthdata import Categorical, Fake, Integers, Key, Normal, Shares, TableFactory

class HomeFactory(TableFactory):
    home_id = Key("HOME-OF-SOMEBODY-WITH-A-LONG-KEY-{:06d}")
    split = Shares(["heat", "light", "other"])
    about = Fake("paragraph")
    persons = Integers(1, 5)
    street = Fake("street_address")
    kwh_of_the_year = Integers(1_000_000, 5_000_000)
    price = Normal(1e6, 1).cast("decimal(20,10)")
"""


@pytest.mark.parametrize(
    ("width", "shown", "left_out"),
    [
        (90, "row home_id persons kwh_of_the_year price", "3 more columns: split, about, street"),
        (130, "row home_id split about persons kwh_of_the_year price", "1 more column: street"),
        (400, "row home_id split about persons street kwh_of_the_year price", None),
    ],
)
def test_show_cuts_texts_and_names_the_columns_without_room(
    width: int, shown: str, left_out: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shown_wide.py").write_text(WIDE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", str(width))
    lines = [line.rstrip() for line in run("show", "--factories", "shown_wide", "--rows", "homes=1").splitlines()]
    assert max(map(len, lines)) <= width
    _, _, header, first, below = lines[:5]
    assert header.split() == shown.split()
    assert re.match(r"  0  HOME-OF-SOMEBODY-WITH-A-LONG-KEY-000000 .* \d  .* \d{7}  \d+\.\d{10}$", first)
    assert below == ("" if left_out is None else f"… and {left_out}")
