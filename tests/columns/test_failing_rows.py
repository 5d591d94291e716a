"""An error of one row says which: its column, its number, the value or what the function raised."""

from __future__ import annotations

from typing import Any

import factory
import pytest

from pytest_synthdata import (
    Boolean,
    Dataset,
    Dates,
    DeclarationError,
    ForeignKey,
    GenerationError,
    Integers,
    Key,
    LogNormal,
    Share,
    SynthDataError,
    TableFactory,
    Times,
)


class ParentFactory(TableFactory):
    class Meta:
        table = "parents"

    parent_id = Key("P{}")
    since = Dates("2024-01-01", "2024-02-01")
    total = LogNormal(6, 1).round(2)


def made(rows: int | None = 5, **columns: Any) -> Any:
    attributes = {"__module__": __name__, "Meta": type("Meta", (), {"table": "rows"}), **columns}
    return Dataset({type("RowFactory", (TableFactory,), attributes): rows}, seed=1)["rows"].to_arrow()


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"b": factory.Sequence(lambda n: 1 / (n - 3))}, "row 3: ZeroDivisionError: division by zero"),
        ({"b": factory.LazyAttribute(lambda row: 1 / row.a)}, "row 0: ZeroDivisionError: division by zero"),
        (
            {"b": factory.LazyAttribute(lambda row: row.aa)},
            "row 0: AttributeError: rows has no column 'aa': did you mean",
        ),
        ({"b": factory.Iterator([1, 2], cycle=False)}, "row 2: an Iterator ended after 2 items"),
        (
            {
                "b": factory.Maybe(
                    "yes", factory.Sequence(lambda n: 1 / (n - 3)), factory.Sequence(lambda n: 1 / (n - 3))
                )
            },
            "row 3: ZeroDivisionError: division by zero",
        ),
        (
            {"b": factory.Sequence(lambda n: n if n % 2 else "x")},
            "row 1: 1 (int): a value that no column can hold beside 'x' (str) of row 0; give values of one type",
        ),
        (
            {"b": factory.Sequence(lambda n: "x" if n == 4 else n or None)},
            "row 4: 'x' (str): a value that no column can hold beside 1 (int) of row 1",
        ),
        ({"b": factory.Sequence(lambda n: object() if n == 2 else n)}, "row 2: an object (object): a value that no"),
    ],
)
def test_the_row_is_named(columns: dict[str, Any], message: str) -> None:
    with pytest.raises(GenerationError) as caught:
        made(a=Integers(0, 0), yes=Boolean(0.5), **columns)
    assert str(caught.value).startswith(f"rows.b: {message}")


def test_an_error_of_another_column_keeps_its_place() -> None:
    columns = {"a": factory.Sequence(lambda n: 1 / (n - 3)), "b": factory.LazyAttribute(lambda row: row.a)}
    with pytest.raises(GenerationError, match=r"^rows\.a: row 3: ZeroDivisionError: division by zero$"):
        made(b=columns["b"], a=columns["a"])


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        (Dates("parent.since", "2024-12-31"), "for the column, write col('parent.since')"),
        (Times("parent.since", "2024-12-31"), "for the column, write Dates(col('parent.since'), …) + hours(…)"),
        (Share("parent.total", weights=1), "rows.b: Share: weights=1; write a distribution"),  # type: ignore[arg-type]
    ],
    ids=["Dates", "Times", "Share"],
)
def test_what_to_write_instead_is_said(declared: Any, message: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        made(None, parent=ForeignKey(ParentFactory, per_parent=2), b=declared)
    assert message in str(caught.value)


def test_no_column_is_suggested_for_a_misspelt_date() -> None:
    with pytest.raises(SynthDataError) as caught:
        made(b=Dates("2024-13-01", "2024-12-31"))
    assert "col(" not in str(caught.value)
