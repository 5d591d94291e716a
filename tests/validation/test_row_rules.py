"""What each row must meet, as declared: ranges with one end, lists of up to a hundred values, nulls of parts."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from pytest_synthdata import Categorical, Dataset, ForeignKey, Key, Poisson, Shares, TableFactory, Uniform, col
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
