"""Where tables are written: only tables are replaced, nothing half-written is left, addresses are told."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from pytest_synthdata import Dataset, SynthDataError, TableFactory
from pytest_synthdata.factories import CustomerFactory, OrderFactory

TABLE = Dataset({CustomerFactory: 10}).customers
OTHER = Dataset({CustomerFactory: 20}).customers


def rows(path: Path) -> int:
    import pyarrow.dataset as ds

    return int(ds.dataset(path, format="parquet").count_rows())


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


@pytest.mark.parametrize("format_", ["parquet", "csv", "json", "delta"])
@pytest.mark.parametrize("single", [True, False])
def test_the_home_folder_is_meant_by_a_tilde(home: Path, tmp_path: Path, format_: str, single: bool) -> None:
    if format_ == "delta":
        pytest.importorskip("deltalake")
    name = f"c.{format_}" if single and format_ != "delta" else "c"
    written = TABLE.to_files(f"~/{name}", format_)
    assert written == home / name
    assert written.exists()
    assert names(tmp_path) == ["home"]
    assert names(home) == [name]
    assert Dataset({CustomerFactory: 10}).validate({"customers": f"~/{name}"}).tables[0].rows == 10
    assert TableFactory.from_schema(f"~/{name}", table="again").build() is not None


def test_a_files_address_is_its_path(tmp_path: Path) -> None:
    target = tmp_path / "with space" / "c.parquet"
    assert TABLE.to_parquet(target.as_uri()) == target
    assert rows(target) == 10
    assert Dataset({CustomerFactory: 10}).validate({"customers": target.as_uri()}).ok


@pytest.mark.parametrize(
    "address", ["s3://bucket/c", "gs://b/c.parquet", "abfss://a@b/c", "dbfs:/c", "https://x/c.csv"]
)
def test_other_addresses_are_refused_in_one_line(home: Path, tmp_path: Path, address: str) -> None:
    for ask in (
        lambda: TABLE.to_parquet(address),
        lambda: TABLE.to_parquet(Path(address)),
        lambda: Dataset({CustomerFactory: 10}).validate({"customers": address}),
        lambda: TableFactory.from_schema(address, table="x"),
    ):
        with pytest.raises(SynthDataError, match="is not a path of this machine: give a local one") as raised:
            ask()
        assert "\n" not in str(raised.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("part-of-my-thesis.docx", b"years of work"),
        ("part-00000.docx", b"years of work"),
        ("part-00000.parquet", b"years of work"),
        ("part-00000.csv", b"PK\x03\x04\0\0"),
        ("part-00000.json", b"Dear Sir"),
        ("notes.txt", b"x"),
        ("orders.parquet", b"PAR1....PAR1"),
    ],
)
def test_only_what_is_a_table_is_replaced(tmp_path: Path, name: str, content: bytes) -> None:
    folder = tmp_path / "customers"
    TABLE.to_parquet(folder)
    (folder / name).write_bytes(content)
    before = names(folder)
    with pytest.raises(SynthDataError, match="not part of a table; it is not overwritten"):
        OTHER.to_parquet(folder, overwrite=True)
    assert names(folder) == before
    assert (folder / name).read_bytes() == content


@pytest.mark.parametrize("format_", ["parquet", "csv", "json"])
def test_tables_are_replaced_by_any_format(tmp_path: Path, format_: str) -> None:
    TABLE.to_files(tmp_path / "customers", format_)
    assert rows(OTHER.to_parquet(tmp_path / "customers", overwrite=True)) == 20
    assert names(tmp_path) == ["customers"]


def test_no_table_of_a_dataset_is_written_where_the_place_of_one_is_taken(tmp_path: Path) -> None:
    dataset = Dataset({CustomerFactory: 5, OrderFactory: 9})
    dataset.orders.write(tmp_path / "orders")
    with pytest.raises(SynthDataError, match="orders is not empty; write elsewhere, or overwrite it"):
        dataset.write(tmp_path)
    assert [item.name for item in tmp_path.iterdir()] == ["orders"]
    assert list(dataset.write(tmp_path, overwrite=True)) == ["customers", "orders"]


def test_a_single_file_of_another_kind_is_not_replaced(tmp_path: Path) -> None:
    target = tmp_path / "thesis.parquet"
    target.write_bytes(b"years of work")
    with pytest.raises(SynthDataError, match="is not a parquet file; it is not overwritten"):
        TABLE.to_parquet(target, overwrite=True)
    assert target.read_bytes() == b"years of work"


@pytest.mark.parametrize("single", [True, False])
def test_what_appears_meanwhile_stays(tmp_path: Path, single: bool) -> None:
    target = tmp_path / ("c.parquet" if single else "c")

    def other_run(_: int) -> None:
        if not target.exists():
            OTHER.to_parquet(target)

    with pytest.raises(SynthDataError, match=r"is not empty|has appeared meanwhile"):
        TABLE.to_files(target, progress=other_run)
    assert rows(target) == 20
    assert names(tmp_path) == [target.name]


@pytest.mark.parametrize("single", [True, False])
def test_what_a_link_points_to_is_replaced(tmp_path: Path, single: bool) -> None:
    real, link = tmp_path / ("real.parquet" if single else "real"), tmp_path / ("c.parquet" if single else "c")
    TABLE.to_parquet(real)
    link.symlink_to(real)
    OTHER.to_parquet(link, overwrite=True)
    assert link.is_symlink()
    assert rows(link) == rows(real) == 20
    assert names(tmp_path) == sorted([real.name, link.name])


WRITING = """
import os, signal, sys
from pytest_synthdata import Dataset
from pytest_synthdata.factories import CustomerFactory

def killed(rows):
    print("writing", flush=True)
    signal.pause()

Dataset({CustomerFactory: 400_000}).customers.to_files(sys.argv[1], "csv", overwrite=True, progress=killed)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_killed_writer_leaves_the_old_table_and_nothing_else(tmp_path: Path, number: signal.Signals) -> None:
    target = tmp_path / "c"
    TABLE.to_csv(target)
    before = {path.name: path.read_bytes() for path in target.iterdir()}
    with subprocess.Popen([sys.executable, "-c", WRITING, str(target)], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"writing\n"
        assert len(names(tmp_path)) == 2
        writer.send_signal(number)
        writer.wait(30)
    end = time.monotonic() + 30
    while len(names(tmp_path)) > 1 and time.monotonic() < end:
        time.sleep(0.05)
    assert names(tmp_path) == ["c"]
    assert {path.name: path.read_bytes() for path in target.iterdir()} == before


def test_left_overs_are_swept_and_writers_at_work_are_not(tmp_path: Path) -> None:
    left = [tmp_path / ".c.0123abcd.unfinished", tmp_path / ".c.4567abcd.replaced"]
    for folder in left:
        folder.mkdir()
    other = tmp_path / ".d.0123abcd.unfinished"
    other.mkdir()
    seen: list[str] = []
    TABLE.to_files(tmp_path / "c", progress=lambda _: seen.extend(names(tmp_path)))
    assert names(tmp_path) == [other.name, "c"]
    assert sum(name.endswith(".unfinished") and name.startswith(".c.") for name in seen) == 1


def test_a_table_between_the_two_steps_of_its_replacement_comes_back(tmp_path: Path) -> None:
    TABLE.to_parquet(tmp_path / ".c.0123abcd.replaced")
    with pytest.raises(SynthDataError, match="is not empty"):
        OTHER.to_parquet(tmp_path / "c")
    assert rows(tmp_path / "c") == 10


def test_empty_places_are_free(tmp_path: Path) -> None:
    (tmp_path / "c").mkdir()
    (tmp_path / "d.parquet").touch()
    assert rows(TABLE.to_parquet(tmp_path / "c")) == rows(TABLE.to_parquet(tmp_path / "d.parquet")) == 10


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("~nobody-of-this-name/c", r"there is no user 'nobody-of-this-name'; of a file of that name, write \./~"),
        ("file://elsewhere/tmp/c", "is not a path of this machine"),
        ("a\0b", "is not a path: no name of a file has the character 0"),
        (b"c.parquet", "is not a path: write it as a text"),
        (None, "None is not a path: write it as a text"),
        (".", "is a place for tables, not for one"),
        ("", "is a place for tables, not for one"),
        ("/proc/c", r"^writing customers: /proc/c: No such file or directory"),
        ("x" * 300, "File name too long"),
        ("taken/c", r"^writing customers: taken/c: (File exists|Not a directory)"),
        ("loop", "is a link that leads to itself"),
    ],
)
def test_paths_that_no_table_can_have(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: Any, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("taken").write_text("x")
    Path("loop").symlink_to("loop")
    before = names(tmp_path)
    with pytest.raises(SynthDataError, match=message):
        TABLE.to_parquet(path)
    assert names(tmp_path) == before


def test_a_folder_called_tilde_is_no_home(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    TABLE.to_parquet("./~/c")
    assert rows(tmp_path / "~" / "c") == rows(TABLE.to_parquet(tmp_path / "c"))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("part-00000-notes.csv", b"a,b\n"),
        ("part-00000.json", b'{"mine": 1}'),
        ("part-00000.txt", b"a diary"),
        ("_delta_log/notes.txt", b"mine"),
        ("_temporary/mine.txt", b"mine"),
        ("_SUCCESS", b"the story of"),
        (".mine.crc", b"mine"),
        ("_committed_to_you", b"mine"),
    ],
)
def test_files_that_only_look_like_a_tables_stay(tmp_path: Path, name: str, content: bytes) -> None:
    file = tmp_path / "customers" / name
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    with pytest.raises(SynthDataError, match="not part of a table; it is not overwritten"):
        TABLE.to_parquet(tmp_path / "customers", overwrite=True)
    assert file.read_bytes() == content


def test_what_spark_leaves_is_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "customers"
    TABLE.to_csv(folder)
    (folder / "_SUCCESS").unlink()
    (folder / "part-00000.csv").rename(folder / "part-00000-1c2e1f0c-8f64-4b6f-9a54-0b7a1f0a8d11-c000.csv")
    (folder / ".part-00000.csv.crc").write_bytes(b"crc\0\0\0\2\0")
    (folder / "_temporary" / "0").mkdir(parents=True)
    (folder / "_started_123").touch()
    assert rows(TABLE.to_parquet(folder, overwrite=True)) == rows(TABLE.to_parquet(tmp_path / "c"))


def test_pipes_and_links_in_a_table_are_left_alone(tmp_path: Path) -> None:
    folder = TABLE.to_parquet(tmp_path / "customers")
    os.mkfifo(folder / "part-00001.parquet")
    with pytest.raises(SynthDataError, match=r"'part-00001\.parquet', which is not part of a table"):
        TABLE.to_parquet(folder, overwrite=True)
    (folder / "part-00001.parquet").unlink()
    (folder / "_delta_log").symlink_to("/proc/self")
    with pytest.raises(SynthDataError, match="'_delta_log', which is not part of a table"):
        TABLE.to_parquet(folder, overwrite=True)
    os.mkfifo(tmp_path / "pipe.parquet")
    with pytest.raises(SynthDataError, match="is a pipe or a device"):
        TABLE.to_parquet(tmp_path / "pipe.parquet", overwrite=True)


@pytest.mark.parametrize("format_", ["parquet", "csv", "json", "delta"])
def test_a_full_disk_is_told_in_a_line_and_nothing_is_left(tmp_path: Path, format_: str) -> None:
    old, table = TABLE.to_parquet(tmp_path / "old"), Dataset({CustomerFactory: 4_000}).customers
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, limits[1]))  # no file may be larger, as on a full disk
    try:
        for target in (old, tmp_path / f"new.{format_}"):
            with pytest.raises(SynthDataError, match=r"^writing customers: .*: File too large; nothing of it is left$"):
                table.to_files(target, format_, overwrite=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert names(tmp_path) == ["old"]
    assert rows(old) == TABLE.num_rows
