"""What `assert_matches` says of a table's shape: columns, types, the number of rows; and no escape sequences."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from pytest_synthdata import (
    Categorical,
    Dataset,
    Dates,
    Key,
    LogNormal,
    Poisson,
    SynthDataError,
    TableFactory,
    Timeline,
    assert_matches,
)
from pytest_synthdata.factories import CustomerFactory, OrderFactory
from pytest_synthdata.report.terminal import to_text


class ParcelFactory(TableFactory):
    parcel_id = Key("A{:04d}")
    amount: Decimal = LogNormal(3, 1)
    items = Poisson(3)
    sent = Dates("2024-01-01", "2024-12-31")
    at = Timeline("2024-01-01", "2024-12-31", daily=2)


DATASET = Dataset({ParcelFactory: 500})
PARCELS = DATASET.parcels.to_arrow()


def cast(column: str, type_: Any) -> pa.Table:
    return PARCELS.set_column(PARCELS.schema.get_field_index(column), column, PARCELS[column].cast(type_, safe=False))


@pytest.mark.parametrize(
    ("column", "type_"),
    [
        ("amount", pa.float64()),
        ("amount", pa.string()),
        ("amount", pa.decimal128(14, 4)),
        ("items", pa.int32()),
        ("items", pa.float64()),
        ("sent", pa.string()),
        ("sent", pa.timestamp("us")),
        ("at", pa.date32()),
    ],
)
def test_changed_types_are_told(column: str, type_: pa.DataType) -> None:
    with pytest.raises(AssertionError, match=rf"parcels\.{column}: type") as raised:
        assert_matches(cast(column, type_), ParcelFactory)
    assert f"actual   {type_}" in str(raised.value)


@pytest.mark.parametrize(
    ("column", "type_"),
    [
        ("parcel_id", pa.large_string()),
        ("amount", pa.decimal128(38, 2)),
        ("at", pa.timestamp("ms")),
        ("at", pa.timestamp("us", "Europe/Berlin")),
    ],
)
def test_other_forms_of_a_type_are_not(column: str, type_: pa.DataType) -> None:
    assert assert_matches(cast(column, type_), ParcelFactory).ok


def test_pandas_has_fewer_types() -> None:
    pytest.importorskip("pandas")
    assert assert_matches(DATASET.parcels.to_pandas(), ParcelFactory).ok


@pytest.mark.parametrize("format_", ["csv", "json", "parquet"])
def test_files_match_whatever_types_they_state(tmp_path: Any, format_: str) -> None:
    assert assert_matches(DATASET.parcels.to_files(tmp_path / "p", format_), ParcelFactory, rows=500).ok


def test_rows_that_are_lost_are_told() -> None:
    with pytest.raises(AssertionError, match=r"expected at least 1\n  actual   0"):
        assert_matches(PARCELS.slice(0, 0), ParcelFactory)
    with pytest.raises(AssertionError, match=r"expected 500\n  actual   499"):
        assert_matches(PARCELS.slice(1), ParcelFactory, parents=DATASET)
    with pytest.raises(AssertionError, match=r"expected 10\n  actual   500"):
        assert_matches(PARCELS, ParcelFactory, rows=10)
    assert assert_matches(PARCELS.slice(0, 0), ParcelFactory, rows=0).ok


def test_extra_columns_are_told() -> None:
    with pytest.raises(AssertionError, match=r"parcels\.extra: extra column"):
        assert_matches(PARCELS.append_column("extra", PARCELS["amount"]), ParcelFactory)


def test_escape_sequences_in_data_do_not_reach_the_terminal() -> None:
    hostile = pa.array(["\x1b[31mred\x1b]0;title\x07\u202e"] * 500)
    with pytest.raises(AssertionError) as raised:
        assert_matches(PARCELS.set_column(0, "parcel_id", hostile), ParcelFactory)
    assert "\\x1b[31mred" in str(raised.value)
    assert all(letter.isprintable() or letter == "\n" for letter in str(raised.value))


HOSTILE = "\x1b[31mred\x1b]0;title\x07\u202e"


def test_no_escape_sequence_of_columns_categories_or_files_reaches_the_terminal(tmp_path: Any) -> None:
    class SignFactory(TableFactory):
        sign = Categorical([HOSTILE, "plain"])

    other = pa.table({"sign": [HOSTILE + "2"] * 50, HOSTILE: [1] * 50})
    junk = tmp_path / f"{HOSTILE}.parquet"
    junk.write_text("junk")
    for data in (other, str(junk), str(tmp_path / f"no {HOSTILE}")):
        with pytest.raises((AssertionError, SynthDataError)) as raised:
            assert_matches(data, SignFactory)
        assert "\\x1b[31mred" in str(raised.value)
        assert all(letter.isprintable() or letter == "\n" for letter in str(raised.value))
    result = Dataset({SignFactory: 50}).validate()
    shown = to_text([result]) + "".join(map(str, result.checks))
    assert "\\x1b[31mred" in shown
    assert all(letter.isprintable() or letter == "\n" for letter in shown)


def test_what_cannot_be_compared_is_told_in_a_line() -> None:
    twice = PARCELS.append_column("amount", PARCELS["amount"])
    with pytest.raises(SynthDataError, match=r"two columns have one name, 'amount'"):
        assert_matches(twice, ParcelFactory)
    for rows in ("10", -1, True):
        with pytest.raises(SynthDataError, match=r"rows=.*: say how many rows there are"):
            assert_matches(PARCELS, ParcelFactory, rows=rows)  # type: ignore[arg-type]
    dataset = Dataset({CustomerFactory: 5, OrderFactory: 9})
    with pytest.raises(SynthDataError, match=r"orders refer to no table 'custmers': did you mean 'customers'"):
        assert_matches(dataset.orders.to_arrow(), OrderFactory, parents={"custmers": dataset.customers})


def test_a_validation_is_shown_in_one_line() -> None:
    shown = repr(DATASET.validate())
    assert shown.startswith("<Validation parcels: 500 rows; ")
    assert len(shown) < 100
