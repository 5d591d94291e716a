"""Schemas that change: rows, labels and files say the same, for whole tables and from a row or a date on."""

from __future__ import annotations

import datetime as dt
import json
import pickle
from pathlib import Path
from typing import Any

import factory
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from pytest_synthdata import (
    AddedColumn,
    Array,
    Categorical,
    Dataset,
    Dates,
    DeclarationError,
    Duplicates,
    ForeignKey,
    Integers,
    Key,
    Missing,
    MissingColumn,
    OutOfRange,
    ReformattedDates,
    RenamedColumn,
    ReorderedColumns,
    RetypedColumn,
    SynthDataError,
    TableFactory,
    Times,
    assert_caught,
    col,
)
from pytest_synthdata.columns.arrow.fingerprint import fingerprint
from pytest_synthdata.defects.differences import as_text, differ
from pytest_synthdata.factories import CustomerFactory

ROWS = 2_000
SINCE = "2024-07-01"


class ShipmentFactory(TableFactory):
    class Meta:
        table = "shipments"

    shipment_id = Key("S-{:05d}")
    customer = ForeignKey(CustomerFactory)
    weight = Integers(1, 5_000).cast("int")
    carrier = Categorical({"DHL": 0.5, "UPS": 0.5})
    sent = Dates("2024-01-01", "2024-12-31")
    seen = Times("2024-01-01", "2024-12-31").nulls(0.1)


def with_kinds(*kinds: Any, rows: int = ROWS, seed: int = 3) -> Dataset:
    return Dataset({CustomerFactory: 20, ShipmentFactory: rows}, seed=seed, defects={ShipmentFactory: list(kinds)})


@pytest.fixture(scope="module")
def clean() -> pa.Table:
    return with_kinds().shipments.to_arrow()


def names(*without: str) -> list[str]:
    return [name for name in ("shipment_id", "customer_id", "weight", "carrier", "sent", "seen") if name not in without]


WHOLE = {
    "missing": (MissingColumn("weight"), names("weight")),
    "added": (AddedColumn("note", col("weight") * 2), [*names(), "note"]),
    "added before": (AddedColumn("note", before="weight"), ["shipment_id", "customer_id", "note", *names()[2:]]),
    "renamed": (RenamedColumn("weight", "kilos"), ["shipment_id", "customer_id", "kilos", *names()[3:]]),
    "reordered": (ReorderedColumns(["sent", "weight"]), ["sent", "weight", *names("sent", "weight")]),
    "reversed": (ReorderedColumns(), names()[::-1]),
    "text": (RetypedColumn("weight", "string"), names()),
    "wider": (RetypedColumn("weight", "bigint"), names()),
    "dates": (ReformattedDates("sent", "%d/%m/%Y"), names()),
    "times": (ReformattedDates("seen", "%b %d %Y %H:%M:%S"), names()),
}


@pytest.mark.parametrize("kind", WHOLE)
def test_a_change_of_the_whole_table_changes_its_schema_and_no_other_cell(clean: pa.Table, kind: str) -> None:
    change, expected = WHOLE[kind]
    dataset = with_kinds(change)
    found = dataset.shipments.to_arrow()
    assert found.column_names == dataset.shipments.schema.names == expected
    for name in {*expected} & {*clean.column_names} - {*change.named()}:
        assert found[name].equals(clean[name])
    assert dataset.defects["shipments"].num_rows == 0
    (truth,) = dataset.defects.schema["shipments"].to_pylist()
    assert (truth["kind"], truth["rows"], truth["since"]) == (change.label, ROWS, None)
    assert dataset.clean.shipments.to_arrow().equals(clean)


def test_values_are_converted(clean: pa.Table) -> None:
    dataset = with_kinds(
        RetypedColumn("weight", "string"), ReformattedDates("sent", "%d/%m/%Y"), ReformattedDates("seen", "%y%j %H:%M")
    )
    for row, was in zip(dataset.shipments.to_arrow().to_pylist(), clean.to_pylist(), strict=True):
        assert row["weight"] == str(was["weight"])
        assert row["sent"] == was["sent"].strftime("%d/%m/%Y")
        assert row["seen"] == (None if was["seen"] is None else was["seen"].strftime("%y%j %H:%M"))


PARTIAL = {
    "missing": MissingColumn("weight", since=SINCE, on="sent"),
    "missing for a while": MissingColumn("weight", since=500, until=900),
    "added": AddedColumn("note", Categorical({"a": 0.5, None: 0.5}), since=SINCE, on="sent"),
    "renamed": RenamedColumn("weight", "kilos", since=dt.date(2024, 7, 1), on="sent"),
    "text": RetypedColumn("weight", "string", since=1_000),
    "dates": ReformattedDates("sent", "%d.%m.%Y", since=SINCE),
    "times until": ReformattedDates(
        "seen", "%H:%M %d.%m.%Y", until=dt.datetime(2024, 7, 1, 12, tzinfo=dt.timezone.utc)
    ),
}


@pytest.mark.parametrize("kind", PARTIAL)
def test_labels_of_a_change_in_mid_table_are_the_cells_that_differ(clean: pa.Table, kind: str) -> None:
    dataset = with_kinds(PARTIAL[kind], Duplicates(exactly=20))
    found = dataset.shipments.to_arrow()
    labels = dataset.defects["shipments"].to_arrow()
    cells = labels.filter(pc.and_(pc.is_valid(labels["column"]), pc.less(labels["row"], ROWS)))
    listed = set(zip(*(cells[name].to_pylist() for name in ("row", "column", "clean", "dirty")), strict=True))
    expected = set()
    for name in found.column_names:
        if name == "kilos":
            continue  # the other name of a column that is labelled by its declared one
        shown = found[name].slice(0, ROWS).combine_chunks()
        was = clean[name].combine_chunks() if name in clean.column_names else pa.nulls(ROWS, shown.type)
        if was.type != shown.type:
            text = pc.replace_substring_regex(as_text(was), "Z$", "") if pa.types.is_timestamp(was.type) else was
            was = text.cast(shown.type)
            if kind == "times until":  # as Spark writes times
                was = pc.replace_substring_regex(was, r"\.?0*$", "")
        index = np.flatnonzero(differ(was, shown))
        texts = (as_text(array.take(pa.array(index))).to_pylist() for array in (was, shown))
        expected |= set(zip(index.tolist(), [name] * len(index), *texts, strict=True))
    assert listed == expected
    assert expected or kind == "text"  # numbers are the same texts in a merged column
    (truth,) = dataset.defects.schema["shipments"].to_pylist()
    assert 0 < truth["rows"] < found.num_rows


@pytest.mark.parametrize("kind", PARTIAL)
def test_every_part_has_one_schema_and_all_parts_are_the_table(kind: str) -> None:
    table = with_kinds(PARTIAL[kind]).shipments
    parts = table.by_schema()
    assert len(parts) == (3 if kind == "missing for a while" else 2)
    assert sum(part.num_rows for part in parts) == ROWS
    assert len({tuple(map(str, part.schema)) for part in parts}) == 2
    rows = {row["shipment_id"]: row for row in table.to_arrow().to_pylist()}
    for part in parts:
        for row in part.to_arrow().to_pylist():
            whole = rows[row["shipment_id"]]
            assert {name: str(value) for name, value in row.items() if name not in ("sent", "seen")} == {
                name: str(whole[name]) for name in row if name not in ("sent", "seen")
            }


def test_of_several_changes_the_last_one_counts_and_each_row_has_its_own() -> None:
    dataset = with_kinds(
        RetypedColumn("weight", "bigint", since="2024-04-01", on="sent"),
        RetypedColumn("weight", "string", since="2024-08-01", on="sent"),
        RenamedColumn("carrier", "by", since="2024-08-01", on="sent"),
        MissingColumn("carrier", since="2024-11-01", on="sent"),
    )
    schemas = [part.schema for part in dataset.shipments.by_schema()]
    assert [str(schema.field("weight").type) for schema in schemas] == ["int32", "int64", "string", "string"]
    assert [[name for name in schema.names if name in ("carrier", "by")] for schema in schemas] == [
        ["carrier"], ["carrier"], ["by"], [],
    ]  # fmt: skip
    assert dataset.shipments.schema.field("weight").type == pa.string()
    rows = [change["rows"] for change in dataset.defects.schema["shipments"].to_pylist()]
    assert rows[0] > rows[1] == rows[2] > rows[3] > 0


def test_a_null_time_is_before_all_others(clean: pa.Table) -> None:
    found = with_kinds(AddedColumn("note", since="2020-01-01", on="seen")).shipments.to_arrow()
    assert pc.equal(pc.is_null(found["note"]), pc.is_null(clean["seen"])).combine_chunks().to_pylist() == [True] * ROWS


def test_other_defects_stay_where_they_are_and_a_missing_column_has_none() -> None:
    others = [Missing("weight", 0.1), OutOfRange("weight", 0.1), Duplicates(0.02)]
    alone = {str(row) for row in with_kinds(*others).defects["shipments"].to_arrow().to_pylist()}
    dataset = with_kinds(*others, AddedColumn("note"), ReorderedColumns())
    assert {str(row) for row in dataset.defects["shipments"].to_arrow().to_pylist()} == alone
    dataset = with_kinds(*others, MissingColumn("weight", since=1_000, until=2_000))
    labels = dataset.defects["shipments"].to_arrow()
    gone = labels.filter(pc.and_(pc.greater_equal(labels["row"], 1_000), pc.less(labels["row"], 2_000)))
    assert set(gone["kind"].to_pylist()) == {"missing_column"}
    assert gone.num_rows == 1_000


def test_rows_are_the_same_in_any_pieces_on_executors_and_in_larger_tables() -> None:
    kinds = [*(PARTIAL[kind] for kind in ("added", "missing for a while", "dates")), Duplicates(0.01)]
    table = with_kinds(*kinds).shipments
    assert fingerprint(table.batches(size=97)) == table.fingerprint()
    assert fingerprint(pickle.loads(pickle.dumps(table.view)).batches(0, table.num_rows)) == table.fingerprint()
    larger = with_kinds(*kinds, rows=ROWS + 700).shipments
    assert larger.to_arrow(0, 400).equals(table.to_arrow(0, 400))


def test_a_subset_has_its_rows_labels_and_truth() -> None:
    dataset = with_kinds(PARTIAL["dates"], PARTIAL["missing"], Missing("carrier", exactly=1))
    whole = {row["shipment_id"]: row for row in dataset.shipments.to_arrow().to_pylist()}
    taken = dataset.take(shipments=[3, 70, 1_999])
    assert taken.shipments.to_arrow().to_pylist() == [whole[f"S-{row:05d}"] for row in (3, 70, 1_999)]
    wanted = [row for row in dataset.defects["shipments"].to_arrow().to_pylist() if row["row"] in (3, 70, 1_999)]
    assert taken.defects["shipments"].to_arrow().to_pylist() == wanted
    assert sum(part.num_rows for part in taken.shipments.by_schema()) == 3
    assert taken.clean.shipments.schema == dataset.clean.shipments.schema


def test_files_have_each_their_own_schema(tmp_path: Path) -> None:
    dataset = with_kinds(PARTIAL["dates"], PARTIAL["renamed"], RetypedColumn("seen", "string"))
    table = dataset.shipments
    folder = table.to_parquet(tmp_path / "shipments")
    files = sorted(folder.glob("*.parquet"))
    assert [file.name for file in files] == ["part-00000-0.zstd.parquet", "part-00000-1.zstd.parquet"]
    schemas = [pq.read_schema(file) for file in files]
    assert [str(schema.field("sent").type) for schema in schemas] == ["date32[day]", "string"]
    assert [schema.names[2] for schema in schemas] == ["weight", "kilos"]
    assert sum(pq.read_metadata(file).num_rows for file in files) == ROWS
    single = pq.read_table(table.to_parquet(tmp_path / "one.parquet"))
    assert single.schema.names == table.schema.names
    assert fingerprint(single.to_batches()) == table.fingerprint()
    lines = (table.to_json(tmp_path / "json") / "part-00000-1.json").read_text().splitlines()
    assert "kilos" in json.loads(lines[0])
    assert "weight" not in json.loads(lines[0])
    many = with_kinds(PARTIAL["missing for a while"]).shipments.to_files(tmp_path / "csv", "csv", rows_per_file=800)
    heads = {file.name: pyarrow.csv.read_csv(file).column_names for file in sorted(many.glob("*.csv"))}
    assert [name for name, columns in heads.items() if "weight" not in columns] == [
        "part-00000-1.csv", "part-00001-0.csv",
    ]  # fmt: skip


def test_pipelines_are_checked_against_rows_of_a_period() -> None:
    dataset = with_kinds(PARTIAL["dates"], Missing("carrier", 0.02))
    shipments = dataset.shipments.to_pandas()
    unreadable = shipments[~shipments.sent.str.match(r"\d{4}-\d\d-\d\d$")]
    assert_caught(unreadable, dataset.defects["shipments"], kinds=[ReformattedDates])
    with pytest.raises(AssertionError, match="reformatted_dates  sent "):
        assert_caught(unreadable.head(5), dataset.defects["shipments"], kinds=["reformatted_dates"])


@pytest.mark.parametrize("kept", ["shipment_id", "number"])
def test_rows_are_found_by_a_key_that_is_renamed(kept: str) -> None:
    dataset = with_kinds(RenamedColumn("shipment_id", "number"), Missing("carrier", 0.02))
    shipments = dataset.shipments.to_pandas().rename(columns={"number": kept})
    assert_caught(shipments[shipments.carrier.isna()], dataset.defects["shipments"])


def test_rows_are_found_by_a_key_that_is_renamed_in_mid_table_or_not_there() -> None:
    dataset = with_kinds(RenamedColumn("shipment_id", "number", since=900), Missing("carrier", 0.02))
    shipments = dataset.shipments.to_pandas()
    assert_caught(shipments[shipments.carrier.isna()], dataset.defects["shipments"], kinds=[Missing])
    dataset = with_kinds(MissingColumn("shipment_id"), Missing("carrier", 0.02))
    shipments = dataset.shipments.to_arrow()
    assert_caught(shipments.filter(pc.is_null(shipments["carrier"])), dataset.defects["shipments"])
    assert "shipment_id" not in dataset.defects["shipments"].schema.names


def test_validation_finds_every_change() -> None:
    for kind, _ in WHOLE.values():
        failed = with_kinds(kind, rows=50).validate().failed
        assert failed, kind.title
    failed = with_kinds(*(kind for name, kind in PARTIAL.items() if name != "missing")).validate().failed
    assert {(check.column, check.kind) for check in failed} == {
        ("weight", "missing column"), ("note", "extra column"), ("kilos", "extra column"), ("weight", "type"),
        ("sent", "type"), ("seen", "type"),
    }  # fmt: skip
    assert with_kinds(Missing("carrier", 0)).validate().ok


def test_an_explanation_names_what_was_planted_in_the_cell(clean: pa.Table) -> None:
    dataset = with_kinds(ReformattedDates("sent", "%d/%m/%Y", since=10), Missing("carrier", exactly=1))
    row = dataset.defects["shipments"].to_pandas().query("kind == 'missing'").row.iloc[0]
    assert str(dataset.shipments.explain(int(row), "carrier")).endswith("shown as null: planted defect missing")
    shown = clean["sent"][10].as_py().strftime("%d/%m/%Y")
    assert f"shown as {shown!r}: planted defect reformatted_dates" in str(dataset.shipments.explain(10, "sent"))
    assert "planted" not in str(dataset.shipments.explain(9, "sent"))


WRONG = {
    "unknown column": (MissingColumn("wieght"), "no column 'wieght': did you mean 'weight'"),
    "a name that is taken": (RenamedColumn("weight", "carrier"), "two columns 'carrier'"),
    "its own name": (RenamedColumn("weight", "weight"), "called 'weight' already"),
    "no name": (RenamedColumn("weight", ""), "write a text that is not empty"),
    "added twice": (AddedColumn("weight"), "has a column 'weight' already"),
    "before nothing": (AddedColumn("note", before="wieght"), "no column 'wieght'"),
    "a reference": (AddedColumn("note", ForeignKey(CustomerFactory)), "a ForeignKey cannot be a column's value"),
    "reads nothing": (AddedColumn("note", col("wieght")), "wieght"),
    "no type": (RetypedColumn("weight", "strnig"), "strnig"),
    "no cast": (RetypedColumn("sent", "int"), "cannot cast date32.* to int32"),
    "its own type": (RetypedColumn("weight", "int"), "is int32 already"),
    "no dates": (ReformattedDates("weight", "%d"), "needs dates or times, and the column is int32"),
    "no format": (ReformattedDates("sent", "day"), "'day' makes every date 'day'; write such as '%d/%m/%Y'"),
    "no part": (ReformattedDates("sent", "%d%Q"), "'%Q' is not a part of a date; write such as '%d/%m/%Y'"),
    "half a part": (ReformattedDates("sent", "%d%"), "'%' is not a part of a date"),
    "no part of days": (ReformattedDates("sent", "%H:%M"), "'%H:%M' makes every date '00:00'"),
    "no part of times": (ReformattedDates("seen", "at %%"), "'at %%' makes every time 'at %'"),
    "several times": (MissingColumn("weight", since=SINCE), "any of sent, seen; name one: on='sent'"),
    "wrong times": (MissingColumn("weight", since=SINCE, on="carrier"), "compares dates or times"),
    "no date": (MissingColumn("weight", since="soon", on="sent"), "'soon' is not a row number, a date or a time"),
    "wrong order": (MissingColumn("weight", since=9, until=3), "since=9 is not before until=3"),
    "mixed": (MissingColumn("weight", since=9, until=SINCE), "two row numbers, or two times"),
    "negative": (MissingColumn("weight", since=-9), "numbered from 0"),
    "on alone": (MissingColumn("weight", on="sent"), "goes with since= or until="),
    "on with rows": (MissingColumn("weight", since=9, on="sent"), "goes with dates or times"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_cannot_be_is_an_error_that_says_where(what: str) -> None:
    change, message = WRONG[what]
    with pytest.raises(DeclarationError, match=message):
        with_kinds(change)


def test_a_defect_of_a_column_that_is_never_there_is_an_error() -> None:
    with pytest.raises(DeclarationError, match=r"Missing\('weight'\) cannot be: .* takes 'weight' away from every row"):
        with_kinds(Missing("weight", 0.1), MissingColumn("weight"))
    with pytest.raises(SynthDataError, match="no table 'order'"):
        Dataset({ShipmentFactory: 1}, defects={"order": MissingColumn("weight")})


class ProbeFactory(TableFactory):
    class Meta:
        table = "probes"

    sent = Dates("2024-01-01", "2024-12-31")
    ref = factory.Dict({"low": Integers(1, 5), "unit": Categorical(["a", "b"])})
    tags: dict[str, str] = factory.Dict({"by": Categorical(["A1", "B2"])})
    parts = Array("x", length=2)


@pytest.mark.parametrize("since", [None, SINCE])
@pytest.mark.parametrize("column", ["ref", "tags", "parts"])
def test_nested_values_become_json(column: str, since: str | None) -> None:
    dirty = Dataset({ProbeFactory: 20}, defects={ProbeFactory: [RetypedColumn(column, "string", since=since)]})
    rows = dirty.clean.probes.to_arrow()[column].to_pylist()
    wanted = [dict(value) if column == "tags" else value for value in rows]
    assert [json.loads(text) for text in dirty.probes.to_arrow()[column].to_pylist()] == wanted
    assert dirty.defects["probes"].to_arrow().num_rows == 0 or since is not None


@pytest.mark.parametrize(
    ("kind", "instead"),
    [
        (Missing("ref.low", 0.1), r"write Defect\('name', function, 'ref', …\)"),
        (RenamedColumn("ref.low", "x"), r"write MissingColumn\('ref'\) and AddedColumn\('other', F.struct"),
    ],
)
def test_a_part_of_a_column_has_no_defects(kind: Any, instead: str) -> None:
    with pytest.raises(DeclarationError, match=rf"'ref.low' is inside of 'ref', .*: {instead}"):
        Dataset({ProbeFactory: 2}, defects={ProbeFactory: [kind]})
