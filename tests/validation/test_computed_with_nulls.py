"""What is computed from other columns, with nulls of its own: computed again where it is there, its nulls counted."""

from __future__ import annotations

import pyarrow as pa
import pytest

from pytest_synthdata import Categorical, Constant, Dataset, Given, Integers, TableFactory, col, when
from pytest_synthdata.validation.results import Validation

LOST = ("twice", "double", "named", "flag", "fee", "decimal")


class SaleFactory(TableFactory):
    kind = Categorical({"shop": 0.6, "web": 0.4})
    amount = Integers(1, 100)
    twice = (col("amount") * 2).nulls(0.3)
    double = when(col("kind") == "shop", (col("amount") * 2).nulls(0.3)).otherwise(col("amount"))
    named = col("kind").nulls(0.2)
    flag = when(col("kind") == "shop", Constant(1).nulls(0.5))
    fee = Given("kind", {"shop": 5, "web": 6}).nulls(0.2)
    decimal = (col("amount") * 2).nulls(0.3).cast("double")


class LargeSaleFactory(SaleFactory):
    class Meta:
        table = "large_sales"
        where = col("twice").is_null() | (col("twice") > 20)  # which keeps more of the nulls than of the rest


def validated(table: pa.Table) -> Validation:
    return Dataset({SaleFactory: 2_000}).validate({"sales": table})


@pytest.fixture(scope="module")
def sales() -> pa.Table:
    return Dataset({SaleFactory: 2_000}).sales.to_arrow()


def changed(table: pa.Table, name: str, value: object, *, nulls: bool) -> pa.Table:
    """A value in place of the nulls of the first hundred rows, or of all else there."""
    cells = table[name].to_pylist()
    cells[:100] = [value if (cell is None) == nulls else cell for cell in cells[:100]]
    place = table.schema.get_field_index(name)
    return table.set_column(place, table.schema.field(name), pa.array(cells, table.schema.field(name).type))


def test_nulls_are_not_differences_but_a_share(sales: pa.Table) -> None:
    result = validated(sales)
    assert result.ok, "\n".join(map(str, result.failed))
    counted = {(check.column, check.declared) for check in result if check.kind == "nulls" and check.column in LOST}
    assert counted == {
        ("twice", 0.3), ("double", 0.3), ("named", 0.2), ("flag", 0.5), ("fee", 0.2), ("decimal", 0.3),
    }  # fmt: skip


@pytest.mark.parametrize("name", ["twice", "double", "decimal"])
def test_what_is_there_is_computed_again(sales: pa.Table, name: str) -> None:
    failed = validated(changed(sales, name, 1, nulls=False)).failed
    assert (name, "not as computed") in {(check.column, check.kind) for check in failed}


@pytest.mark.parametrize("name", LOST)
def test_other_shares_of_nulls_are_found(sales: pa.Table, name: str) -> None:
    # A quarter of the values that are there go: at least 12 % of those of a branch, or 4 standard deviations.
    cells = [None if row % 4 == 0 else cell for row, cell in enumerate(sales[name].to_pylist())]
    place = sales.schema.get_field_index(name)
    lost = sales.set_column(place, sales.schema.field(name), pa.array(cells, sales.schema.field(name).type))
    failed = {(check.column, check.kind) for check in validated(lost).failed}
    assert (name, "nulls") in failed
    assert ((name, "not as computed") in failed) == (name == "double")  # where the other branch loses some, too


def test_a_value_where_a_formula_gives_none_is_found(sales: pa.Table) -> None:
    failed = validated(changed(sales, "flag", 1, nulls=True)).failed
    assert ("flag", "not as computed") in {(check.column, check.kind) for check in failed}


def test_the_share_is_not_judged_where_a_condition_chooses_among_the_rows() -> None:
    result = Dataset({LargeSaleFactory: 2_000}).validate()
    assert result.ok, "\n".join(map(str, result.failed))
    assert {check.kind for check in result if check.column == "twice"} == {"not as computed"}
