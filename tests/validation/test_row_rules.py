"""What each row must meet, as declared: ranges with one end, lists of up to a hundred values, nulls of parts."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from pytest_synthdata import (
    Categorical,
    Dataset,
    Email,
    Fake,
    ForeignKey,
    Key,
    Poisson,
    Rows,
    Shares,
    TableFactory,
    Template,
    Uniform,
    assert_matches,
    col,
)
from pytest_synthdata.validation.declared.exported_rules import _plain
from pytest_synthdata.validation.declared.row_rules import row_rules


def rules(**columns: Any) -> dict[tuple[str, str], Any]:
    made = type("ThingFactory", (TableFactory,), {"__module__": __name__, **columns})
    return {(rule.column, rule.kind): rule for rule in row_rules(Dataset({made: 3}).things.bound)}


def test_a_range_may_have_one_end() -> None:
    found = rules(visits=Poisson(3.0), late=Poisson(3.0) * -1, between=Uniform(2, 5).cast("int"))
    assert (found["visits", "range"].low, found["visits", "range"].high) == (0, None)
    assert (found["between", "range"].low, found["between", "range"].high) == (2, 5)


@pytest.mark.parametrize(("count", "is_listed"), [(99, True), (100, True), (101, False)])
def test_up_to_a_hundred_values_are_a_list(count: int, is_listed: bool) -> None:
    found = rules(x=Categorical(dict.fromkeys(map(str, range(count)), 1 / count)))
    assert (("x", "list") in found) == is_listed
    assert not is_listed or len(found["x", "list"].values) == count


def test_a_part_of_a_struct_may_be_null_for_all_that_is_known() -> None:
    found = rules(parts=Shares(["rent", "food"]), rent=col("parts.rent"), other=Uniform(0, 1), same=col("other"))
    assert ("rent", "not_null") not in found
    assert ("same", "not_null") in found


def test_a_reference_names_the_key_of_its_parent() -> None:
    class ShelfFactory(TableFactory):
        class Meta:
            table = "shelves"

        shelf_id = Key("S{}")

    made = type("BookFactory", (TableFactory,), {"__module__": __name__, "shelf": ForeignKey(ShelfFactory)})
    found = [one for one in row_rules(Dataset({made: 3}).books.bound) if one.kind == "reference"]
    assert [(one.column, one.parent, one.parent_key) for one in found] == [("shelf_id", "shelves", "shelf_id")]


def test_ends_are_written_as_json_has_them() -> None:
    ends = [
        (None, pa.int64()),
        (3, pa.int64()),
        (Decimal("1.5"), pa.decimal128(5, 1)),
        (2.5, pa.float64()),
        (dt.date(2024, 1, 2), pa.date32()),
        (dt.date(2024, 1, 2), pa.timestamp("us", "UTC")),
    ]
    assert [(type(made), made) for made in (_plain(end, type_) for end, type_ in ends)] == [
        (type(None), None),
        (int, 3),
        (float, 1.5),
        (float, 2.5),
        (str, "2024-01-02"),
        (str, "2024-01-02T00:00:00+00:00"),
    ]


class ContactFactory(TableFactory):
    class Meta:
        table = "contacts"
        key = ("city", "number")

    city = Categorical(["Ulm", "Bonn"])
    number = Key("{}")
    fee = Categorical([0.0, 150.0, 300.0])
    share = Categorical([0.5, 1.5]).cast("float")
    name = Fake("name").nulls(0.1)
    phone = Template("+49 ({#}) {area}", area=Fake("city"))
    mail = Email("name")
    other = Email(domain="site").nulls(0.1)
    site = Categorical(["Here.Example", "x"])
    hello = Template("Hello {name}!")
    plain = Template("{#|base36}")


@pytest.mark.parametrize("seed", range(5))
def test_texts_look_as_their_templates_do(seed: int) -> None:
    result = Dataset({ContactFactory: 100}, seed=seed).validate()
    assert result.ok, [*map(str, result.failed)]
    assert [one.column for one in result if one.kind == "format"] == ["number", "phone", "mail", "other"]


@pytest.mark.parametrize(
    ("name", "text"), [("phone", "+49 (x) Ulm"), ("phone", "030 17"), ("mail", "foo"), ("other", "a")]
)
def test_a_text_that_looks_otherwise_is_found(name: str, text: str) -> None:
    contacts = Dataset({ContactFactory: 100}).contacts.to_pandas()
    contacts.loc[7, name] = text
    with pytest.raises(AssertionError, match=rf"contacts\.{name}: format"):
        assert_matches(contacts, ContactFactory)


def test_listed_doubles_and_keys_of_several_columns_are_exported() -> None:
    sql = ContactFactory.expectations()
    assert sql["fee_in_list"] == "fee IS NULL OR (fee IN (0.0D, 150.0D, 300.0D))"
    assert sql["share_in_list"] == "share IS NULL OR (share IN (0.5D, 1.5D))"
    assert sql["phone_has_pattern"] == r"phone IS NULL OR (phone RLIKE '^[+]49 [(][0-9]+[)] [\\s\\S]*$')"
    (dqx,) = (one for one in ContactFactory.expectations("dqx") if one["name"] == "city_number_unique")
    assert dqx["check"] == {"function": "is_unique", "arguments": {"columns": ["city", "number"]}}
    kwargs = [one["kwargs"] for one in ContactFactory.expectations("great_expectations")["expectations"]]
    assert {"column_list": ["city", "number"], "ignore_row_if": "any_value_is_missing"} in kwargs


def test_a_table_of_listed_rows_has_its_key_and_columns_without_nulls() -> None:
    class IllnessFactory(TableFactory):
        class Meta:
            table = "illnesses"
            rows = Rows([{"code": "I10", "title": "Hypertension"}, {"code": "O80", "title": None}])

    class DiagnosisFactory(TableFactory):
        illness = ForeignKey(IllnessFactory, column="code")

    known = [(rule.column, rule.kind) for rule in row_rules(Dataset({IllnessFactory: None}).illnesses.bound)]
    assert known == [("code", "not_null"), ("code", "list"), ("code", "unique"), ("title", "list")]
    assert "code_not_null" in DiagnosisFactory.expectations()
    assert IllnessFactory.not_in_expectations() == {"code_unique": "a condition looks at one row"}
