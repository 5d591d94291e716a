"""Files in the forms that people have them: compressed, in other encodings, with other separators."""

from __future__ import annotations

import builtins
import gzip
import json
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import feather

from pytest_synthdata import Dataset, SynthDataError, TableFactory
from pytest_synthdata.sources import source_of
from pytest_synthdata.sources.samples import sample_of

TEXT = "id,city\n1,Köln\n2,Bonn\n"
FORMS = {
    "t.csv": TEXT.encode(), "t.tsv": TEXT.replace(",", "\t").encode(), "t.csv.gz": gzip.compress(TEXT.encode()),
    "latin.csv": TEXT.encode("latin-1"), "wide.csv": TEXT.encode("utf-16"), "marked.csv": TEXT.encode("utf-8-sig"),
    "semicolons.csv": TEXT.replace(",", ";").encode(), "bars.txt": TEXT.replace(",", "|").encode(),
    "array.json": json.dumps([{"id": 1, "city": "Köln"}, {"id": 2, "city": "Bonn"}]).encode(),
    "lines.jsonl.gz": gzip.compress('{"id": 1, "city": "Köln"}\n{"id": 2, "city": "Bonn"}\n'.encode()),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_any_form_is_read(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(FORMS[name])
    expected = {"id": [1, 2], "city": ["Köln", "Bonn"]}
    rows = sample_of(tmp_path / name, "test").rows
    assert rows is not None
    assert rows.to_pydict() == expected
    batches = list(source_of(tmp_path / name, "test").batches)
    assert pa.Table.from_batches(batches)["city"].to_pylist() == expected["city"]
    assert TableFactory.from_schema(tmp_path / name)._meta.table == name.split(".", maxsplit=1)[0]


@pytest.mark.parametrize(("byte", "letter"), [(b"\x80", "€"), (b"\x81", "\x81"), (b"\xe9", "é")])
def test_what_is_not_utf8_is_western_european(tmp_path: Path, byte: bytes, letter: str) -> None:
    (tmp_path / "t.csv").write_bytes(b"id,sign\n1,a\n2," + byte + b"\n")
    rows = sample_of(tmp_path / "t.csv", "test").rows
    assert rows is not None
    assert rows["sign"].to_pylist() == ["a", letter]


def test_feather(tmp_path: Path) -> None:
    feather.write_feather(pa.table({"id": [1, 2]}), tmp_path / "t.feather")
    rows = sample_of(tmp_path / "t.feather", "test").rows
    assert rows is not None
    assert rows.to_pydict() == {"id": [1, 2]}


def test_decimal_commas_and_codes_with_zeros_before_them(tmp_path: Path) -> None:
    lines = "".join(f"{number:05d};{number},5;{number}\n" for number in range(40))
    (tmp_path / "t.csv").write_text(f"plz;betrag;anzahl\n{lines}", "utf-8")
    schema = sample_of(tmp_path / "t.csv", "test").schema
    assert schema == pa.schema([("plz", pa.string()), ("betrag", pa.float64()), ("anzahl", pa.int64())])
    made = Dataset({TableFactory.from_schema(tmp_path / "t.csv"): 20})["t"].to_arrow()
    assert all(len(one) == 5 for one in made["plz"].to_pylist())


def test_numbers_between_semicolons_may_have_decimal_points(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("name;price;note\na;1.5;\nb;2.25;\n", "utf-8")
    assert sample_of(tmp_path / "t.csv", "test").schema.field("price").type == pa.float64()


def test_folders_that_say_what_is_in_a_row(tmp_path: Path) -> None:
    for year in (2023, 2024):
        (tmp_path / "t" / f"year={year}").mkdir(parents=True)
        pq.write_table(pa.table({"x": [1, 2]}), tmp_path / "t" / f"year={year}" / "part-0.parquet")
    assert sample_of(tmp_path / "t", "test").schema.names == ["x", "year"]


@pytest.mark.parametrize(
    ("columns", "what"),
    [([("m", [1, "a"])], "'m' has values of several types"), ([("a", [1]), ("a", [2])], "one name, 'a'")],
)
def test_frames_that_no_table_can_hold(columns: Any, what: str) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.concat([pandas.Series(values, name=name) for name, values in columns], axis=1)
    with pytest.raises(SynthDataError, match=what):
        TableFactory.from_schema(frame, table="t")


def write_workbook(path: Path, rows: str) -> None:
    """A workbook of one sheet, with no more in it than must be."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    kinds = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    links = "http://schemas.openxmlformats.org/package/2006/relationships"
    sheets = '<sheets><sheet name="One" sheetId="1" r:id="r1"/></sheets>'
    related = f'<Relationships xmlns="{links}"><Relationship Id="r1" Type="{kinds}/%s" Target="%s"/></Relationships>'
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("_rels/.rels", related % ("officeDocument", "xl/workbook.xml"))
        file.writestr("xl/workbook.xml", f'<workbook xmlns="{main}" xmlns:r="{kinds}">{sheets}</workbook>')
        file.writestr("xl/_rels/workbook.xml.rels", related % ("worksheet", "worksheets/sheet1.xml"))
        file.writestr(
            "xl/worksheets/sheet1.xml", f'<worksheet xmlns="{main}"><sheetData>{rows}</sheetData></worksheet>'
        )


def cells(*values: Any) -> str:
    made = (
        f"<c><v>{one}</v></c>" if isinstance(one, (int, float)) else f'<c t="inlineStr"><is><t>{one}</t></is></c>'
        for one in values
    )
    return f"<row>{''.join(made)}</row>"


def test_the_first_sheet_of_a_workbook(tmp_path: Path) -> None:
    pytest.importorskip("python_calamine")
    write_workbook(tmp_path / "t.xlsx", cells("id", "city", "size") + cells(1, "Köln", 1.5) + cells(2, "", 2))
    rows = sample_of(tmp_path / "t.xlsx", "test").rows
    assert rows is not None
    assert rows.to_pydict() == {"id": [1, 2], "city": ["Köln", None], "size": [1.5, 2.0]}
    assert TableFactory.from_schema(tmp_path / "t.xlsx")._meta.table == "t"
    write_workbook(tmp_path / "t.xlsx", cells(1, 2))
    with pytest.raises(SynthDataError, match="must have a name for each column"):
        sample_of(tmp_path / "t.xlsx", "test")
    (tmp_path / "t.xlsx").write_bytes(b"x")
    with pytest.raises(SynthDataError, match="cannot be read as a workbook"):
        sample_of(tmp_path / "t.xlsx", "test")


def test_without_the_reader_of_workbooks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = builtins.__import__

    def missing(name: str, *rest: Any, **named: Any) -> Any:
        if name == "python_calamine":
            raise ImportError(name)
        return usual(name, *rest, **named)

    (tmp_path / "t.xlsx").write_bytes(b"x")
    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(SynthDataError, match=r"pytest-synthdata\[excel\]"):
        sample_of(tmp_path / "t.xlsx", "test")


@pytest.mark.parametrize(("name", "what"), [("t.zip", "unpack it"), ("t.sav", "give Parquet, CSV")])
def test_files_that_are_not_read(tmp_path: Path, name: str, what: str) -> None:
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(SynthDataError, match=f"are not read; {what}"):
        TableFactory.from_schema(tmp_path / name)


def test_one_object_without_an_end_of_line(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text('{"count": 2, "rows": [{"a": 1}, {"a": 5}]}', "utf-8")
    rows = sample_of(tmp_path / "one.json", "test").rows
    assert rows is not None
    assert rows.to_pylist() == [{"count": 2, "rows": [{"a": 1}, {"a": 5}]}]
    (tmp_path / "numbers.json").write_text("[1, 2]", "utf-8")
    with pytest.raises(SynthDataError, match="its list holds 1: give a list of objects, a row each"):
        sample_of(tmp_path / "numbers.json", "test")


@pytest.mark.parametrize("name", ["rows.json", "rows.json.gz"])
def test_times_in_json_are_texts_as_they_are_written(tmp_path: Path, name: str) -> None:
    row = {"day": "2024-12-11", "at": "2024-12-11T02:14:00Z", "in": {"day": "2024-12-11", "days": ["2024-12-11T02:14"]}}
    content = f"{json.dumps(row)}\n".encode() * 2
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    assert pa.Table.from_batches(source_of(tmp_path / name, "rows").batches).to_pylist() == [row, row]
    made = TableFactory.from_schema(tmp_path / name, table="rows")
    assert Dataset({made: 1})["rows"].to_arrow().to_pylist() == [row]
