"""Shares that add up to 1, exactly, in every row."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats

from pytest_synthdata import Dataset, DeclarationError, Shares, TableFactory, col


def made(value: Any, rows: int = 3_000, **others: Any) -> list[dict[str, Any]]:
    factory_class = type("OneFactory", (TableFactory,), {"__module__": __name__, "x": value, **others})
    dataset = Dataset({factory_class: rows}, seed=3)
    whole: list[dict[str, Any]] = dataset.ones.to_arrow().to_pylist()
    assert dataset.ones.to_arrow(71, 90).to_pylist() == whole[71:90]
    with dataset.factories():
        assert factory_class.build(__sequence=9).x == whole[9]["x"]
    assert not dataset.validate().failed
    return whole


@pytest.mark.parametrize(("count", "digits"), [(1, 4), (2, 2), (3, 2), (7, 4), (12, 6)])
def test_they_add_up_in_every_row(count: int, digits: int) -> None:
    for row in made(Shares(count, digits)):
        assert len(row["x"]) == count
        assert sum(round(share * 10**digits) for share in row["x"]) == 10**digits
        assert math.isclose(math.fsum(row["x"]), 1, rel_tol=1e-15)
        assert all(round(share, digits) == share and 0 <= share <= 1 for share in row["x"])


def test_named_ones_are_columns_and_each_has_the_law_of_the_others() -> None:
    rows = made(Shares(["rent", "food", "other"], digits=6), rent=col("x.rent"))
    assert all(row["rent"] == row["x"]["rent"] for row in rows)
    for name in ("rent", "food", "other"):
        # One of three parts of a Dirichlet of ones is a beta of 1 and 2.
        assert stats.kstest(np.array([row["x"][name] for row in rows]), stats.beta(1, 2).cdf).pvalue > 1e-4


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        (Shares(0), "give the number of shares, or their names"),
        (Shares("abc"), "give the number of shares, or their names"),
        (Shares(["a", "a"]), "none of them twice"),
        (Shares(3, digits=0), "digits is a number from 1 to 15"),
        (Shares(30, digits=1), "so many shares need 2 digits"),
    ],
)
def test_what_cannot_be_is_said(declared: Any, message: str) -> None:
    with pytest.raises(DeclarationError, match=f"ones.x: .*{message}"):
        made(declared)


def test_validate_looks_whether_they_add_up() -> None:
    class BudgetFactory(TableFactory):
        class Meta:
            table = "budgets"

        mix = Shares(["rent", "food", "other"], digits=2).nulls(0.2)
        thirds = Shares(3)

    dataset = Dataset({BudgetFactory: 200}, seed=3)
    data = dataset.budgets.to_arrow()
    assert not dataset.validate({"budgets": data}).failed
    rows = data.to_pylist()
    first = next(number for number, row in enumerate(rows) if row["mix"])
    rows[first]["mix"]["rent"] += 0.01
    rows[5]["thirds"][0] += 0.0001
    rows[9]["thirds"].pop()
    failed = dataset.validate({"budgets": pa.Table.from_pylist(rows, data.schema)}).failed
    assert {check.column: (check.kind, check.measured, check.examples) for check in failed} == {
        "mix": ("sum of shares", 1, (first,)),
        "thirds": ("sum of shares", 2, (5, 9)),
    }
