"""What is a number and what a key by its values: amounts with separators of thousands, and numbers in equal steps."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pytest

from pytest_synthdata import Dataset, Key, TableFactory
from pytest_synthdata.columns.generators.modifiers import unwrapped
from pytest_synthdata.infer.inferred import Inferred
from pytest_synthdata.infer.tables import infer_tables
from pytest_synthdata.infer.values.grouped import grouped_numbers
from pytest_synthdata.sources.samples import sample_of

ROWS = 400


def inferred(columns: dict[str, object], rows: int = 3 * ROWS) -> tuple[Inferred, pa.Table]:
    """A table's factory, and more rows of it than the source has."""
    found, factory = next(iter(infer_tables({"table": sample_of(pa.table(columns), "test")}, base=TableFactory)))
    return found, Dataset({factory: rows}, seed=4)["table"].to_arrow()


@pytest.mark.parametrize(
    ("separator", "point", "around"),
    [(",", ".", "{}"), (".", ",", "{}"), ("\u00a0", ",", "{} €"), ("'", ".", "CHF {}")],
)
def test_amounts_stay_amounts_of_the_same_form(separator: str, point: str, around: str) -> None:
    numbers = np.random.default_rng(3).lognormal(10, 1.5, ROWS).round(2)
    form = str.maketrans(",.", separator + point)
    texts = [around.format(f"{number:,.2f}".translate(form)) for number in numbers]
    found, made = inferred({"id": range(ROWS), "total": texts})
    assert "separators of thousands" in found.comments["total"]
    groups, cents = f"[1-9][0-9]{{0,2}}({re.escape(separator)}[0-9]{{3}})*", f"{re.escape(point)}[0-9]{{2}}"
    number = f"({groups}|0){cents}"
    before, after = map(re.escape, around.split("{}"))
    assert all(re.fullmatch(f"{before}({number}){after}", text) for text in made["total"].to_pylist())
    read = [float(re.sub(r"[^0-9]", "", text)) / 100 for text in made["total"].to_pylist()]
    # Medians of 1,200 rows are within 15 % of that of 400: their logarithms have standard errors of 0.05 and 0.09.
    assert np.median(read) == pytest.approx(np.median(numbers), rel=0.3)


def test_what_may_be_decimals_is_not_grouped() -> None:
    assert grouped_numbers(["1.234", "2.345"]) is None
    assert grouped_numbers(["1.234", "0.234"]) is None
    assert grouped_numbers(["12,34", "1,234"]) is None
    assert grouped_numbers(["1.234", "1.234.567"]) is not None


def test_a_part_that_repeats_is_not_counted() -> None:
    """400 different texts whose longest number has less than 400 values: rows after the last stay in their form."""
    random = np.random.default_rng(5)
    texts = [f"{a}/{b:03d}/{c:02d}" for a, b, c in random.integers((1, 0, 0), (99, 1000, 100), (ROWS, 3))]
    assert len(set(texts)) == ROWS
    _, made = inferred({"number": range(ROWS), "mark": texts})
    assert all(re.fullmatch(r"[0-9]{1,2}/[0-9]{3}/[0-9]{2}", text) for text in made["mark"].to_pylist())


@pytest.mark.parametrize("name", ["order", "voucher", "line", "position", "no"])
def test_numbers_in_equal_steps_are_a_key_whatever_they_are_called(name: str) -> None:
    days = np.datetime64("2024-01-01") + np.arange(ROWS) // 3
    found, made = inferred({"day": days, name: 10_000 + 3 * np.arange(ROWS)})
    assert isinstance(unwrapped(found.declarations[name]), Key)
    assert made[name].to_pylist() == list(range(10_000, 10_000 + 9 * ROWS, 3))


def test_numbers_in_other_steps_are_not() -> None:
    found, _ = inferred({"x": np.arange(ROWS) ** 2 // 3, "y": 5 * (np.arange(ROWS) // 2)})
    assert not any(isinstance(unwrapped(one), Key) for one in found.declarations.values())


def test_texts_that_were_not_understood_are_told() -> None:
    random = np.random.default_rng(6)
    signs = [chr(one) for one in range(33, 127)]
    texts = ["".join(random.choice(signs, random.integers(3, 9))) for _ in range(ROWS)]
    found, _ = inferred(
        {"id": range(ROWS), "thing": texts, "motto": ["".join(random.choice(list("abcdefgh "), 30)) for _ in texts]}
    )
    assert "no form that was recognised" in found.comments["thing"]
    assert "motto" not in found.comments
