"""Factories inferred from what is there: what they find again, and that their source says the same."""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import factory
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import pytest_synthdata
from pytest_synthdata import (
    Categorical,
    Dataset,
    Event,
    Exponential,
    Given,
    Key,
    LogNormal,
    Normal,
    Pareto,
    Poisson,
    SynthDataError,
    TableFactory,
    Timeline,
    Uniform,
)
from pytest_synthdata.columns.arrow.types import arrow_type, ddl_schema
from pytest_synthdata.factories import CustomerFactory, OrderFactory, TicketFactory
from pytest_synthdata.infer.printing.source import module_source
from pytest_synthdata.infer.tables import infer_tables
from pytest_synthdata.sources.samples import sample_of

COMMAND = [sys.executable, "-m", "pytest_synthdata"]
DDL = (
    "id bigint, email string, first_name string, last_name string, country_code string, created_at timestamp, "
    "tags array<string>, attributes map<string,int>, address struct<city:string,zip:string,geo:struct<lat:double>>, "
    "`odd name` double, class string, __hidden int, build string, amount decimal(12,2), tiny tinyint, small smallint, "
    "single float, active boolean, blob binary, birth_date date, local timestamp_ntz, "
    "lines array<struct<sku:string,quantity:int>>, exact decimal(4,3), `12th` string, amount__net double"
)


def executed(source: str) -> dict[str, Any]:
    """The factories of a module, by table."""
    module: dict[str, Any] = {"__name__": "shop"}
    exec(compile(source, "<inferred>", "exec", dont_inherit=True), module)
    classes = [one for one in module.values() if isinstance(one, type) and issubclass(one, TableFactory)]
    return {one._meta.table: one for one in classes if not one._meta.abstract and one.__module__ == "shop"}


def inferred(samples: Any, **options: Any) -> Any:
    """Both ways to the factories of some tables: at once, and by their source."""
    read = {name: sample_of(sample, name) for name, sample in samples.items()}
    pairs = list(infer_tables(read, base=TableFactory, **options))
    source = module_source([one for one, _ in pairs], "Factories.")
    return {one.table: made for one, made in pairs}, executed(source), source


@pytest.fixture(scope="module")
def business() -> Any:
    """What is found of the business that we ship, in rows of it."""
    dataset = Dataset({CustomerFactory: 2_500, OrderFactory: 25_000, TicketFactory: 8_000}, seed=7)
    return inferred({table.name: table.to_arrow() for table in dataset})


class TestTheBusiness:
    """Rows of known declarations: they are found again, within 5 standard errors of what so many rows can tell."""

    def column(self, business: Any, table: str, name: str) -> Any:
        return business[1][table]._meta.plan().columns[name]

    def test_keys(self, business: Any) -> None:
        assert self.column(business, "customers", "customer_id") == Key("CUST-{:05d}")
        assert self.column(business, "orders", "order_id") == Key("ORD-{:06d}")

    def test_shares(self, business: Any) -> None:
        status = self.column(business, "orders", "status")
        assert list(status.categories) == ["completed", "pending", "cancelled"]
        expected = np.array([0.85, 0.10, 0.05])
        error = np.sqrt(expected * (1 - expected) / 25_000)
        assert (np.abs(np.array(status.shares) - expected) < 5 * error + 5e-5).all()

    def test_amounts_follow_the_customers_tier(self, business: Any) -> None:
        amount = self.column(business, "orders", "amount").generator
        assert isinstance(amount, Given)
        assert amount.column == "customer.tier"
        # By the weights 5 : 2 : 1 and the shares 10 : 30 : 60 at least 5/17 of 25,000 orders are of each tier.
        for tier, mean, sigma in (("Enterprise", 7, 0.8), ("Pro", 5, 0.7), ("Free", 3.5, 0.6)):
            branch = amount.branches[amount.keys.index(tier)].generator
            assert abs(branch.mean - mean) < 5 * sigma / 7_000**0.5
            assert abs(branch.sigma - sigma) < 5 * sigma / (2 * 7_000) ** 0.5

    def test_who_orders_how_often(self, business: Any) -> None:
        weights = business[1]["orders"]._meta.references["customer"].weights
        found = {tier: branch.value for tier, branch in zip(weights.keys, weights.branches, strict=True)}
        assert found["Free"] == 1
        assert 1.8 < found["Pro"] < 2.2
        assert 4.5 < found["Enterprise"] < 5.5

    def test_revenue_follows_the_tier_and_free_customers_have_none(self, business: Any) -> None:
        arr = self.column(business, "customers", "arr").generator
        assert arr.branches[arr.keys.index("Free")].value == 0

    def test_the_tickets_year(self, business: Any) -> None:
        found = self.column(business, "tickets", "created_at")
        assert isinstance(found, Timeline)
        assert (found.start, found.end) == ("2024-01-01", "2024-12-31")
        assert found.events == (Event("2024-10-15", "2024-10-25", pytest.approx(3.0, abs=0.3)),)
        assert abs(found.weekend - 0.6) < 0.05

    def test_priority_and_resolution(self, business: Any) -> None:
        priority = self.column(business, "tickets", "priority")
        assert priority.column == "customer.tier"
        assert priority.keys == ("Enterprise",)  # the others are alike
        hours = self.column(business, "tickets", "resolution_hours").generator
        assert hours.column == "priority"
        scales = [branch.generator.scale for branch in hours.branches]
        assert sorted(scales) == pytest.approx([4, 12, 36], rel=0.1)

    def test_names_and_addresses_agree_but_are_nobodys(self, business: Any) -> None:
        rows = Dataset({business[1]["customers"]: 500})["customers"].to_arrow().to_pylist()
        assert all("@" in row["email"] and row["email"].endswith(".example") for row in rows)
        assert "Email" in business[2]

    def test_what_is_made_holds_what_was_found(self, business: Any) -> None:
        dataset = Dataset(dict.fromkeys(business[1].values()))
        assert {table.name: table.num_rows for table in dataset} == {
            "customers": 2_500, "orders": 25_000, "tickets": pytest.approx(8_000, rel=0.01)
        }  # fmt: skip
        assert dataset.orders.schema == Dataset().orders.schema

    def test_the_rows_that_it_comes_from_pass_for_its_own(self, business: Any) -> None:
        original = Dataset({CustomerFactory: 2_500, OrderFactory: 25_000}, seed=7)
        made = Dataset({business[1]["orders"]: 25_000, business[1]["customers"]: 2_500}, seed=99)
        rows = {table.name: table.to_arrow() for table in original}
        assert made.validate(rows).ok
        amounts = pc.multiply(rows["orders"]["amount"], 1.1)
        dearer = rows["orders"].set_column(rows["orders"].schema.get_field_index("amount"), "amount", amounts)
        assert not made.validate({**rows, "orders": dearer}).ok


def samples_of_all_kinds() -> Any:
    generator = np.random.default_rng(5)
    count = 3_000
    parents = pa.table({"code": [f"P-{number}" for number in range(100)], "label": ["x", "y"] * 50})
    rows = {
        "id": np.arange(1_000, 1_000 + count),
        "parent_code": [None if n % 10 == 0 else f"P-{n * 7919 % 100}" for n in range(count)],
        "mostly_zero": np.where(generator.random(count) < 0.7, 0, generator.lognormal(4, 1, count)).round(2),
        "exact": [Decimal(int(value)) / 100 for value in generator.integers(1, 10_000, count)],
        "tags": [["a", "b", "c"][: n % 4] for n in range(count)],
        "struct": [{"x": int(n % 3), "when": dt.date(2024, 1, 1 + n % 28)} for n in range(count)],
        "map": pa.array([[("red", n)] if n % 3 else [("green", 1)] for n in range(count)], pa.map_("string", "int64")),
        "ref": [f"AB{n * 7919 % 997:03d}-{'xyz'[n % 3]}" for n in range(count)],
        "nothing": pa.nulls(count, pa.int32()),
        "constant": ["same"] * count,
        "odd name": generator.normal(5, 1, count),
        "seen": pa.array([dt.datetime(2024, 1 + n % 12, 1, n % 24) for n in range(count)], pa.timestamp("ns")),  # noqa: DTZ001
        "unsigned": pa.array(generator.poisson(4, count), pa.uint16()),
        "note": [f"Customer {n} has called {n % 7} times about it" for n in range(count)],
        "uuid": [f"{n:08x}-0000-4000-8000-000000000000" for n in range(count)],
    }
    return {"parents": parents, "things": pa.table(rows)}


def of_rows() -> Any:
    return inferred(samples_of_all_kinds())


def of_ddl() -> Any:
    return inferred({"people": DDL})


@pytest.mark.parametrize("made", [of_rows, of_ddl])
def test_the_source_is_the_same_factory(made: Any) -> None:
    factories, from_source, _ = made()
    assert list(factories) == list(from_source)
    for table, one in factories.items():
        other = from_source[table]
        assert repr(one._meta.plan()) == repr(other._meta.plan())
        assert one.__name__ == other.__name__
        assert Dataset({one: 500})[table].fingerprint() == Dataset({other: 500})[table].fingerprint()


@pytest.mark.parametrize("made", [of_rows, of_ddl])
def test_the_source_is_formatted_as_formatters_do(made: Any, tmp_path: Path) -> None:
    ruff = shutil.which("ruff", path=str(Path(sys.executable).parent)) or shutil.which("ruff")
    if ruff is None:
        pytest.skip("ruff is not installed")
    file = tmp_path / "factories.py"
    file.write_text(made()[2], "utf-8")
    done = subprocess.run(
        [ruff, "format", "--isolated", "--diff", str(file)], capture_output=True, text=True, check=False
    )
    assert done.stdout == ""
    command = [ruff, "check", "--isolated", "--select", "E,F,I,N,UP", file.name]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_column_keeps_its_type() -> None:
    schema = ddl_schema(DDL)
    for source in (schema, DDL):
        table = Dataset({TableFactory.from_schema(source, table="people"): 20})["people"]
        assert table.schema == schema
        assert table.to_arrow().num_rows == 20
    things = samples_of_all_kinds()["things"]
    made = Dataset({TableFactory.from_schema(things, table="things"): 20})["things"].schema
    expected = pa.schema([(one.name, pa.timestamp("us") if one.name == "seen" else one.type) for one in things.schema])
    assert made.remove(made.get_field_index("exact")) == expected.remove(expected.get_field_index("exact"))
    assert pa.types.is_decimal(made.field("exact").type)


def test_names_that_no_attribute_can_have_stay_the_columns_names() -> None:
    made = TableFactory.from_schema(DDL, table="people")
    row = Dataset({made: 3})["people"].to_arrow().to_pylist()[1]
    assert list(row) == ddl_schema(DDL).names
    assert made.build(__sequence=1)["odd name"] == row["odd name"]
    assert made.build(__sequence=1)["class"] == row["class"]


@pytest.fixture(scope="module")
def things() -> Any:
    return of_rows()[0]["things"]


@pytest.fixture(scope="module")
def rows(things: Any) -> Any:
    return Dataset({things: 3_000}, seed=3)["things"].to_arrow()


class TestRows:
    def test_a_reference_by_another_name_with_nulls(self, things: Any, rows: Any) -> None:
        assert things._meta.references["parent"].column == "parent_code"
        # 10 % of 3,000 are null, within 5 standard deviations.
        assert abs(rows["parent_code"].null_count - 300) < 5 * (3_000 * 0.1 * 0.9) ** 0.5
        assert set(rows["parent_code"].drop_null().to_pylist()) <= {f"P-{number}" for number in range(100)}

    def test_values_that_are_mostly_zero(self, things: Any, rows: Any) -> None:
        zeros = rows["mostly_zero"].to_pylist().count(0)
        assert abs(zeros - 2_100) < 5 * (2 * 3_000 * 0.7 * 0.3) ** 0.5  # of two samples
        median = np.median([value for value in rows["mostly_zero"].to_pylist() if value])
        assert abs(np.log(median) - 4) < 5 * 1.2533 * (1 / 900 + 1 / 900) ** 0.5

    def test_ranges(self, rows: Any) -> None:
        original = samples_of_all_kinds()["things"]
        for name in ("mostly_zero", "exact", "odd name"):
            low, high = np.min(original[name].to_numpy()), np.max(original[name].to_numpy())
            made = rows[name].to_numpy()
            slack = abs(float(high)) * 0.01
            assert float(low) - slack <= float(made.min()) <= float(made.max()) <= float(high) + slack

    def test_arrays_structs_and_maps(self, rows: Any) -> None:
        lengths = {len(value) for value in rows["tags"].to_pylist()}
        assert lengths == {0, 1, 2, 3}
        assert {value["x"] for value in rows["struct"].to_pylist()} == {0, 1, 2}
        assert {tuple(key for key, _ in value) for value in rows["map"].to_pylist()} >= {("red",), ("green",)}

    def test_numbers_of_keys(self, things: Any) -> None:
        assert things.build(__sequence=0).id == 1_000
        assert things._meta.key_column() == "id"

    def test_texts_of_one_shape(self, rows: Any) -> None:
        import re

        assert all(re.fullmatch(r"AB\d{3}-[xyz]", value) for value in rows["ref"].to_pylist())

    def test_nothing_and_always_the_same(self, rows: Any) -> None:
        assert rows["nothing"].null_count == 3_000
        assert set(rows["constant"].to_pylist()) == {"same"}

    def test_texts_are_no_copies(self, rows: Any) -> None:
        originals = set(samples_of_all_kinds()["things"]["note"].to_pylist())
        assert not originals & set(rows["note"].to_pylist())


UNIQUE = {
    "user_email": "john.{}@acme.com", "ssn": "123-45-{:04d}", "mobile_no": "+491510{:06d}", "username": "jdoe{}",
    "passportNo": "C01X{:05d}", "reach": "+49 151 77{:04d}", "kennung": "123-45-{:04d}", "user": "jdoe{}",
}  # fmt: skip
FEW = {
    "owner": ["Ann Lee", "Bob Ray"], "patient": ["Ann Lee", "Bob Ray"], "manager_name": ["Lee", "Ray"],
    "name": ["Ann Lee", "Ludwig van Ray"],
    "home_addr": ["1 Main St", "2 Oak Rd"], "kontakt": ["a@corp.com", "b@corp.com"],
    "created_by": ["alice", "bob"], "notes": ["call a@corp.com", "or b@corp.com"], "credit_card": ["4111", "4222"],
    "password": ["hunter2", "letmein"], "assigned_to": ["carol", "dave"],
    "first": ["Eve", "Ida"], "last": ["Ott", "Uhl"],
}  # fmt: skip
IN_STRUCTS = {
    "pupil": {"name": [{"use": "usual", "given": ["Xaverl"], "family": "Xmüller", "text": "Xa Xo"}]},
    "visitor": {"first": "Xenia", "display": "Xa Xu"}, "persons": {"names": ["Xa Xe"]}, "given": "Xerxes",
    "family": "Xmeier", "main_address": {"line": ["3 Xelm St"]}, "card": {"number": "X-77"},
    "product": {"name": {"en": "Blue Widget"}, "contact": "x@corp.com"},
}  # fmt: skip
NOBODYS = {
    "status": ["open", "closed"], "city": ["New York", "Los Angeles"], "product_name": ["Blue Widget", "Red Lamp"],
    "member": ["gold", "none"], "client": ["web", "ios"],
}  # fmt: skip
PEOPLE = 400


@pytest.fixture(scope="module")
def people() -> Any:
    """Rows like those of people, and the source that made them."""
    columns: dict[str, Any] = {name: [pattern.format(n) for n in range(PEOPLE)] for name, pattern in UNIQUE.items()}
    columns |= {name: values * (PEOPLE // 2) for name, values in (FEW | NOBODYS).items()}
    columns["phone"] = np.arange(491510000000, 491510000000 + PEOPLE)
    columns["code"] = [f"CUST-{n:05d}" for n in range(PEOPLE)]
    columns["nested"] = [{"owner": "Ann Lee"}] * PEOPLE
    columns |= {name: [value] * PEOPLE for name, value in IN_STRUCTS.items()}
    columns["by_user"] = pa.array([[("a@corp.com", 1)]] * PEOPLE, pa.map_("string", "int64"))
    _, factories, source = inferred({"rows": pa.table(columns)})
    return Dataset({factories["rows"]: PEOPLE})["rows"].to_arrow(), source


class TestPersonal:
    """Nothing of real people is in the source, and whatever was unique stays so."""

    def test_nothing_is_taken_over(self, people: Any) -> None:
        taken = ["acme", "corp.com", "123-45", "4915", "+49", "C01X", "jdoe", "X"]
        for value in (*taken, *(value for values in FEW.values() for value in values)):
            assert f'"{value}' not in people[1], value
        assert "corp.com" not in people[1]

    def test_fields_of_people_have_values_of_their_kind(self, people: Any) -> None:
        assert '"given": Array(Fake("first_name"), length=1)' in people[1]
        assert '"contact": Email()' in people[1]
        assert people[0]["product"][0].as_py()["name"] == {"en": "Blue Widget"}
        assert people[0]["pupil"][0].as_py()["name"][0]["use"] == "usual"

    def test_relations_in_structs_are_said_not_to_be_found(self, people: Any) -> None:
        assert people[1].count("relations in\n    # structs are not found.") == 3  # pupil, visitor and product

    def test_what_was_unique_stays_so(self, people: Any) -> None:
        for name in (*UNIQUE, "phone"):
            assert pc.count_distinct(people[0][name]).as_py() == PEOPLE, name

    def test_they_look_like_their_kind(self, people: Any) -> None:
        shapes = {
            "user_email": r"[^@\s]+@[^@\s]+", "kontakt": r"[^@\s]+@[^@\s]+", "ssn": r"\d{3}-\d{2}-\d{4}",
            "passportNo": r"[A-Z]\d\d[A-Z]\d{5}", "mobile_no": r"\+\d{12}", "owner": r"\S+ .+", "home_addr": r"[^\n]+",
        }  # fmt: skip
        for name, shape in shapes.items():
            assert pc.all(pc.match_substring_regex(people[0][name], f"^{shape}$")).as_py(), name
        assert people[0].schema.field("phone").type == pa.int64()

    def test_others_are_as_before(self, people: Any) -> None:
        for name, values in NOBODYS.items():
            assert set(people[0][name].to_pylist()) == set(values)
        assert 'code = Key("CUST-{:05d}")' in people[1]

    def test_names_of_a_schema(self) -> None:
        made = TableFactory.from_schema("id int, password string, credit_card string, passport_no string", table="t")
        columns = made._meta.plan().columns
        assert [columns[name].generator.provider for name in ("password", "credit_card")] == [
            "password", "credit_card_number"
        ]  # fmt: skip
        assert columns["passport_no"].provider == "bothify"


SIZE = 4_000
LAWS = [
    LogNormal(4, 0.7), Normal(100, 15), Exponential(12), Uniform(3, 9), Poisson(30), (Pareto(2.5) + 1) * 10,
    Categorical({1: 0.2, 2: 0.5, 3: 0.3}), Categorical({"a": 0.9, "b": 0.1}),
]  # fmt: skip


@pytest.mark.parametrize("law", LAWS, ids=repr)
@pytest.mark.parametrize("digits", [None, 1])
def test_each_law_is_found_again(law: Any, digits: Any) -> None:
    rounded = digits is not None and not isinstance(law, (Poisson, Categorical))
    kind = type("LawFactory", (TableFactory,), {"value": law.round(digits) if rounded else law})
    table = Dataset({kind: SIZE}, seed=11)["laws"]
    found = TableFactory.from_schema(table.to_arrow(), table="laws")._meta.plan().columns["value"]
    assert ".round(1)" in repr(found) or "digits=1" in repr(found) or not rounded
    while hasattr(found, "generator"):
        found = found.generator
    assert type(found) is type(law)
    if isinstance(law, Categorical):
        assert dict(zip(found.categories, found.shares, strict=True)) == pytest.approx(
            dict(zip(law.categories, law.shares, strict=True)), abs=5 * 0.5 / SIZE**0.5
        )
    elif not hasattr(law, "operands"):
        # Any parameter of these laws is known to about its size / sqrt(n), and 5 of that is a wide berth.
        assert found.parameters() == pytest.approx(law.parameters(), rel=5 / SIZE**0.5)


def test_independent_columns_are_not_said_to_depend() -> None:
    class ApartFactory(TableFactory):
        kind = Categorical({"a": 0.5, "b": 0.3, "c": 0.2})
        size = LogNormal(3, 1)
        colour = Categorical({"red": 0.5, "blue": 0.5})

    for seed in range(5):
        rows = Dataset({ApartFactory: 2_000}, seed=seed)["aparts"].to_arrow()
        columns = TableFactory.from_schema(rows, table="aparts")._meta.plan().columns
        assert not any(isinstance(column, Given) for column in columns.values())


def test_no_row_precedes_what_it_refers_to_if_none_did() -> None:
    shops = pa.table(
        {"shop_id": [f"S{n}" for n in range(40)], "opened_on": [dt.date(2024, 1, 1 + n % 28) for n in range(40)]}
    )
    visits = pa.table(
        {
            "visit_id": [f"V{n:04d}" for n in range(2_000)],
            "shop_id": [f"S{n % 40}" for n in range(2_000)],
            "visited_on": [dt.date(2024, 1, 1 + n % 40 % 28) + dt.timedelta(days=n % 90) for n in range(2_000)],
        }
    )  # fmt: skip
    _, from_source, source = inferred({"visits": visits, "shops": shops})
    assert 'where=col("shop.opened_on") <= col("visited_on")' in source
    dataset = Dataset({from_source["visits"]: 1_000})
    opened = dict(
        zip(*(dataset["shops"].to_arrow()[name].to_pylist() for name in ("shop_id", "opened_on")), strict=True)
    )
    assert all(opened[row["shop_id"]] <= row["visited_on"] for row in dataset["visits"].to_arrow().to_pylist())


class TestSources:
    def rows(self) -> Any:
        return Dataset({CustomerFactory: 300}).customers.to_arrow()

    @pytest.fixture
    def expected(self) -> Any:
        return repr(TableFactory.from_schema(self.rows(), table="customers")._meta.plan())

    def test_a_file_and_a_folder_name_the_table(self, tmp_path: Path, expected: Any) -> None:
        pq.write_table(self.rows(), tmp_path / "customers.parquet")
        (tmp_path / "folder" / "customers").mkdir(parents=True)
        pq.write_table(self.rows().slice(0, 100), tmp_path / "folder" / "customers" / "part-0.parquet")
        pq.write_table(self.rows().slice(100), tmp_path / "folder" / "customers" / "part-1.parquet")
        for source in (tmp_path / "customers.parquet", str(tmp_path / "folder" / "customers")):
            made = TableFactory.from_schema(source)
            assert made._meta.table == "customers"
            assert made.__name__ == "CustomerFactory"
            assert repr(made._meta.plan()) == expected

    def test_csv_says_numbers_and_dates(self, tmp_path: Path) -> None:
        Dataset({CustomerFactory: 300}).customers.to_csv(tmp_path / "customers.csv")
        types = Dataset({TableFactory.from_schema(tmp_path / "customers.csv"): 5})["customers"].schema
        assert types.field("arr").type == pa.float64()
        assert types.field("created_at").type == pa.date32()

    def test_pandas(self, expected: Any) -> None:
        pytest.importorskip("pandas")
        assert repr(TableFactory.from_schema(self.rows().to_pandas(), table="customers")._meta.plan()) == expected

    def test_spark(self, synth_spark: Any, expected: Any) -> None:
        frame = Dataset({CustomerFactory: 300}).customers.to_spark(synth_spark)
        assert repr(TableFactory.from_schema(frame, table="customers")._meta.plan()) == expected
        nested = synth_spark.createDataFrame([], DDL).schema
        made = Dataset({TableFactory.from_schema(nested, table="people"): 3})["people"]
        assert made.schema == ddl_schema(DDL)

    def test_what_is_none_says_so(self, tmp_path: Path) -> None:
        with pytest.raises(SynthDataError, match="there is nothing at"):
            TableFactory.from_schema(tmp_path / "nothing.parquet")
        with pytest.raises(SynthDataError, match="there is nothing at"):
            TableFactory.from_schema("nothing.parquet")
        with pytest.raises(SynthDataError, match="unknown type 'intt'"):
            TableFactory.from_schema("id intt, name string")
        with pytest.raises(SynthDataError, match="int is not data that can be read"):
            TableFactory.from_schema(5)


@pytest.mark.parametrize("has_rows", [True, False])
def test_a_reference_to_the_same_table(has_rows: Any) -> None:
    count = 200
    staff: Any = pa.table(
        {
            "employee_id": [f"E{n:03d}" for n in range(count)],
            "manager_id": [None if n % 50 == 0 else f"E{n // 7:03d}" for n in range(count)],
        }
    )
    _, from_source, source = inferred({"employees": staff if has_rows else "employee_id string, manager_id string"})
    assert 'manager = ForeignKey("self")' in source
    rows = Dataset({from_source["employees"]: count})["employees"].to_arrow()
    assert rows["manager_id"].null_count < 30
    assert set(rows["manager_id"].drop_null().to_pylist()) <= set(rows["employee_id"].to_pylist())
    if has_rows:
        others = staff.set_column(1, "manager_id", pa.array([f"M{n}" for n in range(count)]))
        assert "ForeignKey" not in inferred({"employees": others})[2]


def test_names_with_spaces_in_them_agree_too() -> None:
    made = TableFactory.from_schema("`First Name` string, `Last Name` string, email string", table="people")
    assert "@" in made.build().email

    plain = TableFactory.from_schema("first_name string, last_name string, email string", table="people").build()
    assert plain.email.startswith(plain.first_name.lower())


def test_it_can_be_subclassed() -> None:
    class PaymentFactory(TableFactory.from_schema("payment_id string, amount decimal(12,2), customer_id string",
                                                  table="payments", parents=[CustomerFactory])):  # fmt: skip
        amount: Decimal = LogNormal(9, 0.1)

    row = PaymentFactory.build()
    assert PaymentFactory._meta.table == "payments"
    assert row.payment_id == "PAY-000000"
    assert row.amount > 3_000
    assert row.customer.customer_id == row.customer_id
    assert Dataset({PaymentFactory: 3})["payments"].schema.field("amount").type == arrow_type("decimal(12,2)")


def test_it_inherits_from_the_class_that_is_asked() -> None:
    class AuditedFactory(TableFactory):
        class Meta:
            abstract = True

        source = "test"

    made = AuditedFactory.from_schema("id bigint", table="things")
    assert issubclass(made, AuditedFactory)
    assert made.build() == {"source": "test", "id": 1}


class TestCommand:
    def run(self, *arguments: str, cwd: Path) -> Any:
        return subprocess.run(
            [*COMMAND, "infer", *arguments], cwd=cwd, capture_output=True, text=True, check=False, timeout=120
        )

    def test_a_folder_of_tables(self, tmp_path: Path) -> None:
        for table in Dataset({CustomerFactory: 200, OrderFactory: 2_000}):
            table.to_files(tmp_path / "data" / table.name)
        done = self.run("data", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        made = executed(done.stdout)
        assert list(made) == ["customers", "orders"]
        assert made["orders"]._meta.references["customer"].parent is made["customers"]

    def test_a_schema_and_the_parents_of_a_project(self, tmp_path: Path) -> None:
        done = self.run(
            *("payment_id string, customer_id string", "--table", "payments"),
            *("--parents", "pytest_synthdata.factories:CustomerFactory"),
            cwd=tmp_path,
        )
        assert done.returncode == 0, done.stderr
        assert "from pytest_synthdata.factories import CustomerFactory" in done.stdout
        assert executed(done.stdout)["payments"]._meta.references["customer"].parent is CustomerFactory

    def test_what_is_not_there(self, tmp_path: Path) -> None:
        done = self.run("nothing", cwd=tmp_path)
        assert done.returncode == 2
        assert "there is nothing at nothing" in done.stderr
        (tmp_path / "empty").mkdir()
        done = self.run("empty", cwd=tmp_path)
        assert done.returncode == 2
        assert "holds no tables" in done.stderr


def test_all_that_is_printed_is_public() -> None:
    for name in ("Array", "Email", "Quantiles", "Times"):
        assert name in pytest_synthdata.__all__


def test_nested_factories_are_written_as_such() -> None:
    made = TableFactory.from_schema("place struct<city:string,zip:string>", table="visits")
    assert isinstance(made._meta.pre_declarations["place"].declaration, factory.SubFactory)
