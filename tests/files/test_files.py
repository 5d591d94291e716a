"""Tables as files: whole or not there, the same rows and types whoever reads them, and no more memory for more rows."""

from __future__ import annotations

import json
import math
import os
import re
import subprocess
import sys
import textwrap
import time
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cloudpickle
import factory
import numpy as np
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet as pq
import pytest

from pytest_synthdata import (
    AddedColumn,
    Categorical,
    Dataset,
    Dates,
    Duplicates,
    ForeignKey,
    GenerationError,
    Key,
    Missing,
    Normal,
    SynthDataError,
    TableFactory,
    Template,
    column,
)
from pytest_synthdata.columns.arrow.fingerprint import fingerprint
from pytest_synthdata.factories import CustomerFactory, OrderFactory, TicketFactory
from pytest_synthdata.files import write_files
from pytest_synthdata.files.formats import _json_lines
from pytest_synthdata.files.workers import in_processes
from pytest_synthdata.spark import parquet_folder
from pytest_synthdata.spark.shipping import part_writer


class MixedFactory(TableFactory):
    """What files may confuse: nulls and empty texts, quotes, line ends, times with and without a zone."""

    class Meta:
        table = "mixed"

    mixed_id = Key("M{:05d}")
    text = Categorical({"": 0.3, "plain": 0.3, 'a "quoted", text\n\\ and a line': 0.4}).nulls(0.2)
    number = Normal(0, 1e6).nulls(0.2)
    price = Normal(100, 10).round(2).cast("decimal(12,2)")
    flag = Categorical({True: 0.5, False: 0.5}).nulls(0.1)
    day = Dates("2024-01-01", "2024-12-31")
    instant = Dates("2024-01-01", "2024-12-31").cast("timestamp").nulls(0.1)
    wall_clock = Dates("2024-01-01", "2024-12-31").cast("timestamp_ntz")


class NestedFactory(TableFactory):
    class Meta:
        table = "nested"

    @column(type=pa.list_(pa.int64()))
    def several(cells: Any) -> Any:
        return pa.array([[int(row)] for row in cells.rows])


def mixed(rows: int = 2_000) -> Any:
    return Dataset({MixedFactory: rows}, seed=5)["mixed"]


def orders(rows: int) -> Any:
    return Dataset({CustomerFactory: 500, OrderFactory: rows}, seed=5)["orders"]


def read(path: Path) -> pa.Table:
    return pa.dataset.dataset(path, format="parquet").to_table()


def fingerprint_of(table: pa.Table) -> str:
    return fingerprint(table.combine_chunks().to_batches())


@pytest.mark.parametrize("name", ["orders.parquet", "orders"])
def test_parquet_has_the_rows_and_the_schema(tmp_path: Path, name: str) -> None:
    for table in (orders(3_000), mixed()):
        path = table.to_parquet(tmp_path / table.name / name)
        assert read(path).schema.equals(table.schema)
        assert fingerprint_of(read(path)) == table.fingerprint()


def test_a_folder_is_as_spark_writes_it(tmp_path: Path) -> None:
    table = orders(2_500)
    path = table.to_files(tmp_path / "orders", rows_per_file=1_000)
    assert sorted(item.name for item in path.iterdir()) == [
        "_SUCCESS",
        "part-00000.zstd.parquet",
        "part-00001.zstd.parquet",
        "part-00002.zstd.parquet",
    ]
    assert [pq.read_metadata(part).num_rows for part in sorted(path.glob("part-*"))] == [1_000, 1_000, 500]
    assert pq.read_table(path).slice(1_200, 10) == table.to_arrow(1_200, 1_210)


def test_an_empty_table_keeps_its_schema(tmp_path: Path) -> None:
    path = mixed(0).to_parquet(tmp_path / "mixed")
    assert read(path).schema.equals(mixed().schema)
    assert read(path).num_rows == 0


def test_several_processes_write_the_same_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = mixed()
    alone = table.to_files(tmp_path / "alone", rows_per_file=300)
    monkeypatch.setattr("pytest_synthdata.files.paying", lambda *_: 2)
    counted: list[int] = []
    together = table.to_files(tmp_path / "together", rows_per_file=300, progress=counted.append)
    assert sum(counted) == 2_000
    assert {part.name: part.read_bytes() for part in alone.iterdir()} == {
        part.name: part.read_bytes() for part in together.iterdir()
    }


def test_csv_is_read_back(tmp_path: Path) -> None:
    from pyarrow import csv

    table = mixed()
    path = table.to_csv(tmp_path / "mixed.csv")
    options = csv.ConvertOptions(
        column_types=table.schema, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False
    )
    parse = csv.ParseOptions(newlines_in_values=True)
    assert fingerprint_of(csv.read_csv(path, convert_options=options, parse_options=parse)) == table.fingerprint()


def test_json_is_read_back(tmp_path: Path) -> None:
    table = mixed(500)
    lines = table.to_json(tmp_path / "mixed.json").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    for row, expected in zip(rows, table.to_arrow().to_pylist(), strict=True):
        assert row["text"] == expected["text"]
        assert row["number"] == expected["number"]
        assert row["flag"] is expected["flag"]
        assert row["price"] == float(expected["price"])
        assert row["day"] == expected["day"].isoformat()
        assert row["wall_clock"] == expected["wall_clock"].isoformat(timespec="microseconds")
        instant = expected["instant"]
        assert row["instant"] == (instant and instant.isoformat(timespec="microseconds").replace("+00:00", "Z"))


def test_json_holds_nested_columns_and_numbers_that_are_none(tmp_path: Path) -> None:
    class OddFactory(NestedFactory):
        class Meta:
            table = "odd"

        @column(type="double")
        def number(cells: Any) -> Any:
            return np.array([-np.inf, np.inf, 1.5])[cells.rows % 3]

    lines = Dataset({OddFactory: 3})["odd"].to_json(tmp_path / "odd.json").read_text().splitlines()
    assert [json.loads(line) for line in lines] == [
        {"several": [0], "number": "-Infinity"},
        {"several": [1], "number": "Infinity"},
        {"several": [2], "number": 1.5},
    ]


def test_spark_reads_what_is_nested_in_json(tmp_path: Path, synth_spark: Any) -> None:
    from pytest_synthdata.spark.frames import spark_schema

    inner = pa.struct([("price", pa.decimal128(6, 2)), ("at", pa.timestamp("us", "UTC")), ("text", pa.string())])
    type_ = pa.struct([("map", pa.map_(pa.string(), pa.list_(pa.float64()))), ("rows", pa.list_(inner))])
    noon = datetime(2024, 1, 1, 12, tzinfo=timezone.utc)
    values: list[Any] = [
        {"map": [('a "key"', [1.5, np.inf, None]), ("b", []), ("c", None)], "rows": []},
        {"map": [], "rows": [{"price": Decimal("1.20"), "at": noon, "text": "a\nb"}, None]},
        {"map": None, "rows": None},
        None,
    ]

    class DeepFactory(TableFactory):
        @column(type=type_)
        def deep(cells: Any) -> Any:
            return pa.array([values[row % 4] for row in cells.rows], type_)

    table = Dataset({DeepFactory: 40})["deeps"]
    path = table.to_json(tmp_path / "deeps.json")
    frame = synth_spark.read.schema(spark_schema(table.schema)).json(str(path))
    assert fingerprint_of(frame.coalesce(1).toArrow()) == table.fingerprint()


def test_json_has_no_number_that_is_none_wherever_it_stands() -> None:
    maps = pa.array([[(1, [np.nan])], None, [(2, None), (3, [-np.inf])]], pa.map_(pa.int64(), pa.list_(pa.float64())))
    for array in (maps, pa.concat_arrays([maps, maps])[3:]):
        lines = bytes(_json_lines(pa.record_batch([array], ["m"]))).splitlines()
        assert [json.loads(line, parse_constant=pytest.fail)["m"] for line in lines] == [
            {"1": ["NaN"]},
            None,
            {"2": None, "3": ["-Infinity"]},
        ]


def test_spark_reads_all_formats_alike(tmp_path: Path, synth_spark: Any) -> None:
    from pytest_synthdata.spark.frames import spark_schema

    table = mixed()
    for format_, options in {
        "parquet": {},
        # Any text that does not occur: else Spark takes quoted empty texts for nulls.
        "csv": {"header": True, "multiLine": True, "escape": '"', "nullValue": "\1"},
        "json": {},
    }.items():
        path = table.to_files(tmp_path / format_, format_, rows_per_file=700)
        frame = synth_spark.read.schema(spark_schema(table.schema)).options(**options).format(format_).load(str(path))
        assert fingerprint_of(frame.toArrow()) == table.fingerprint(), format_


def test_delta_is_written_and_overwritten(tmp_path: Path) -> None:
    deltalake = pytest.importorskip("deltalake")
    target = orders(3_000).to_delta(tmp_path / "orders")
    with pytest.raises(SynthDataError, match="not empty"):
        orders(1_000).to_delta(target)
    orders(1_000).to_delta(target, overwrite=True)
    table = deltalake.DeltaTable(target)
    assert table.version() == 1
    assert fingerprint_of(pa.table(table.to_pyarrow_dataset().to_table())) == orders(1_000).fingerprint()


def test_what_is_there_is_refused_unless_overwritten(tmp_path: Path) -> None:
    for name in ("orders", "orders.parquet"):
        path = orders(10).to_parquet(tmp_path / name)
        with pytest.raises(SynthDataError, match=r"not empty.*overwrite"):
            orders(20).to_parquet(path)
        assert read(path).num_rows == 10
        assert read(orders(20).to_parquet(path, overwrite=True)).num_rows == 20
    assert sorted(item.name for item in tmp_path.iterdir()) == ["orders", "orders.parquet"]


def test_what_is_no_table_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(SynthDataError, match=r"thesis\.txt"):
        orders(10).to_parquet(tmp_path, overwrite=True)
    assert (tmp_path / "thesis.txt").exists()


def test_an_empty_folder_is_used(tmp_path: Path) -> None:
    assert read(orders(10).to_parquet(tmp_path)).num_rows == 10


def test_what_is_empty_makes_room_for_the_other_kind(tmp_path: Path) -> None:
    (tmp_path / "orders").touch()
    (tmp_path / "orders.parquet").mkdir()
    for name in ("orders", "orders.parquet"):
        assert read(orders(10).to_parquet(tmp_path / name)).num_rows == 10


@pytest.mark.parametrize("before", [0, 10])
@pytest.mark.parametrize("name", ["orders", "orders.parquet"])
def test_a_failure_leaves_what_was_there(tmp_path: Path, name: str, before: int) -> None:
    if before:
        orders(before).to_parquet(tmp_path / name)

    def interrupt(rows: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        orders(100).to_files(tmp_path / name, overwrite=True, rows_per_file=30, progress=interrupt)
    assert [item.name for item in tmp_path.iterdir()] == ([name] if before else [])
    if before:
        assert read(tmp_path / name).num_rows == before


def test_a_killed_writer_leaves_nothing_that_looks_complete(tmp_path: Path) -> None:
    script = """
        import os, sys
        from pytest_synthdata import Dataset
        from pytest_synthdata.factories import OrderFactory
        Dataset({OrderFactory: 1_000})["orders"].to_files(
            sys.argv[1], rows_per_file=100, progress=lambda rows: os.kill(os.getpid(), 9)
        )
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script), str(tmp_path / "orders")], check=False)
    assert done.returncode == -9
    assert all(item.name.startswith(".") for item in tmp_path.iterdir())
    assert pa.dataset.dataset(tmp_path, format="parquet").files == []


def test_a_process_that_fails_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class BrokenFactory(TableFactory):
        class Meta:
            table = "broken"

        @column(type="bigint")
        def number(cells: Any) -> Any:
            if cells.rows.max() > 50:
                raise ZeroDivisionError("row 51 is bad")
            return cells.rows

    monkeypatch.setattr("pytest_synthdata.files.paying", lambda *_: 2)
    with pytest.raises(GenerationError, match=r"broken\.number: .*ZeroDivisionError: row 51 is bad"):
        Dataset({BrokenFactory: 100})["broken"].to_files(tmp_path / "broken", rows_per_file=10)
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_dies_is_no_endless_wait() -> None:
    def wait_here(code: int) -> None:
        time.sleep(0.5)

    with pytest.raises(SynthDataError, match="worker process ended with code 3"):
        list(in_processes(wait_here, cloudpickle.dumps(os._exit), [3] * 100, 2))


LARGE_JOB = 1 << 20  # bytes, more than a pipe holds


def test_a_process_that_dies_before_it_has_its_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_synthdata.files.workers._COMMAND", "import os; os._exit(5)")
    with pytest.raises(SynthDataError, match="worker process ended with code 5"):
        list(in_processes(time.sleep, bytes(LARGE_JOB), [0.5] * 100, 2))


def test_processes_start_side_by_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load = bytes(LARGE_JOB)

    def who(number: int) -> int:
        deadline = time.monotonic() + 60
        while len(list(tmp_path.iterdir())) < 3 and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.05)
        return os.getpid() if load else number

    # Each takes its job only when all have begun.
    command = f"""
        import os, pathlib, time
        from pytest_synthdata.files.workers import work
        begun = pathlib.Path({str(tmp_path)!r})
        (begun / str(os.getpid())).touch()
        deadline = time.monotonic() + 30
        while len(list(begun.iterdir())) < 3:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        work()
    """
    monkeypatch.setattr("pytest_synthdata.files.workers._COMMAND", textwrap.dedent(command))
    assert len(set(in_processes(who, cloudpickle.dumps(who), range(200), 4))) == 4


def test_the_work_is_shared() -> None:
    def who(number: int) -> tuple[int, int]:
        time.sleep(0.05)
        return number, os.getpid()

    found = dict(in_processes(who, cloudpickle.dumps(who), range(200), 3))
    assert sorted(found) == list(range(200))
    assert found[199] == os.getpid()
    assert len(set(found.values())) == 3


def test_csv_refuses_nested_columns_by_name(tmp_path: Path) -> None:
    with pytest.raises(SynthDataError, match=r"nested\.several: CSV cannot hold list"):
        Dataset({NestedFactory: 3})["nested"].to_csv(tmp_path / "nested.csv")


def test_an_unknown_format_is_answered_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(SynthDataError, match="did you mean 'parquet'"):
        orders(3).to_files(tmp_path / "x", "parqet")


def test_memory_does_not_grow_with_the_table(tmp_path: Path) -> None:
    script = """
        import resource, sys
        from pytest_synthdata import Dataset, TableFactory, column, files
        files.processors = lambda: 1  # this process, which is measured

        class NumberFactory(TableFactory):
            @column(type="bigint")
            def number(cells):
                return cells.rows

        for name in sys.argv[2:]:
            for rows in (2_000_000, 20_000_000):
                Dataset({NumberFactory: rows})["numbers"].to_parquet(f"{sys.argv[1]}/{rows}{name}")
                print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), str(tmp_path), "", ".parquet"],
        check=True,
        capture_output=True,
        text=True,
    )
    small, large, small_file, large_file = map(int, done.stdout.split())
    # 18 million rows more are 144 MB of Arrow; only the allocator's slack may differ.
    assert large - small < 40
    assert large_file - small_file < 40


def test_incidents_times_survive_in_every_format(tmp_path: Path) -> None:
    table = Dataset({CustomerFactory: 100, TicketFactory: 1_000})["tickets"]
    parquet = read(write_files(table.bound, tmp_path / "tickets"))
    assert parquet["created_at"].type == pa.timestamp("us", "UTC")
    lines = table.to_json(tmp_path / "tickets.json").read_text().splitlines()
    assert [json.loads(line)["created_at"] for line in lines[:50]] == [
        value.isoformat(timespec="microseconds").replace("+00:00", "Z")
        for value in parquet["created_at"].to_pylist()[:50]
    ]


@pytest.mark.parametrize("name", [".git", ".env", "_notes.md"])
def test_what_is_no_part_of_a_table_is_not_overwritten(tmp_path: Path, name: str) -> None:
    table = Dataset().customers
    (tmp_path / "customers").mkdir()
    (tmp_path / "customers" / name).write_text("mine")
    with pytest.raises(SynthDataError, match=f"holds '{re.escape(name)}', which is not part of a table"):
        table.to_parquet(tmp_path / "customers", overwrite=True)
    assert (tmp_path / "customers" / name).read_text() == "mine"


class EdgeFactory(TableFactory):
    class Meta:
        table = "edges"

    number = factory.Iterator([math.nan, math.inf, -math.inf, -0.0, 1.5, None, 5e-324])
    small: float = factory.Iterator([-math.inf, math.nan, -0.0])


def test_csv_and_json_keep_numbers_that_are_not_finite_and_the_sign_of_zero(tmp_path: Path) -> None:
    table = Dataset({EdgeFactory: 7}).edges
    lines = table.to_csv(tmp_path / "edges.csv").read_text().splitlines()
    assert lines[0] == '"number","small"'
    assert lines[1:5] == ['"NaN","-Infinity"', '"Infinity","NaN"', '"-Infinity","-0"', '"-0","-Infinity"']
    rows = [json.loads(line) for line in table.to_json(tmp_path / "edges.json").read_text().splitlines()]
    assert [math.copysign(1, float(row["number"])) for row in rows[2:4]] == [-1, -1]
    assert rows[3] == {"number": 0.0, "small": "-Infinity"}


def test_spark_reads_numbers_that_are_not_finite(tmp_path: Path, synth_spark: Any) -> None:
    table = Dataset({EdgeFactory: 7}).edges
    expected = [[repr(value) for value in row.values()] for row in table.to_arrow().to_pylist()]
    for kind in ("csv", "json"):
        path = table.to_files(tmp_path / kind, kind)
        options = {"header": "true"} if kind == "csv" else {}
        frame = synth_spark.read.options(**options).schema("number double, small float").format(kind)
        found = frame.load(str(path)).coalesce(1).collect()
        assert [[repr(value) for value in row] for row in found] == expected


class FailingFactory(OrderFactory):
    class Meta:
        table = "failing"

    @column
    def broken(amount: Any) -> Any:
        if amount.max() > 1_000:
            raise ValueError("no such amounts today")
        return amount


def test_executors_write_the_same_files(tmp_path: Path, synth_spark: Any) -> None:
    kinds = [Missing("amount", 0.01), Duplicates(0.01), AddedColumn("coupon", since="2024-07-01")]
    dirty = Dataset({CustomerFactory: 100, OrderFactory: 5_000}, defects={OrderFactory: kinds})
    some = dirty.clean.take(orders=range(0, 5_000, 7))
    for name, dataset in {"dirty": dirty, "some": some}.items():
        here = dataset.orders.write(tmp_path / f"{name} here", rows_per_file=2_000)
        folders = dataset.write(tmp_path / name, spark=synth_spark, rows_per_file=2_000)
        assert list(folders) == ["customers", "orders"]
        there = folders["orders"]
        assert sorted(file.name for file in there.iterdir()) == sorted(file.name for file in here.iterdir())
        for file in here.glob("part-*"):
            assert pq.read_table(there / file.name).equals(pq.read_table(file)), file.name
        assert (there / "_SUCCESS").exists()
    with pytest.raises(SynthDataError, match="is not empty; write elsewhere"):
        some.orders.write(there, spark=synth_spark)
    some.orders.write(there, spark=synth_spark, overwrite=True, parquet={"compression": "gzip"})
    (file,) = there.glob("part-*")
    assert pq.ParquetFile(file).metadata.row_group(0).column(0).compression == "GZIP"
    failing = Dataset({CustomerFactory: 100, FailingFactory: 1_000})["failing"]
    with pytest.raises(Exception, match="no such amounts today"):
        failing.write(tmp_path / "failing", spark=synth_spark, rows_per_file=500)
    assert not list(tmp_path.glob("*failing*"))


def test_a_task_that_runs_twice_leaves_one_file(tmp_path: Path) -> None:
    orders = Dataset({CustomerFactory: 100, OrderFactory: 3_000}).orders
    attempts = tmp_path / "_temporary"
    attempts.mkdir()
    parts = [(0, 2_000), (2_000, 3_000)]
    task = parquet_folder._task(part_writer(orders.view, {}), parts, str(attempts), "zstd.parquet")
    number = pa.RecordBatch.from_pydict({"id": [0]}), pa.RecordBatch.from_pydict({"id": [1]})
    first, again, other = (next(task(iter([number[part]]))).to_pylist()[0] for part in (0, 0, 1))
    assert len(list(attempts.iterdir())) == 3
    with pytest.raises(SynthDataError, match="wrote 1 of 2 parts"):
        parquet_folder._settle([SimpleNamespace(**again)], attempts, tmp_path, 2)
    with pytest.raises(SynthDataError, match="give a path that the driver and all executors share"):
        parquet_folder._settle(
            [SimpleNamespace(**{**again, "size": 1}), SimpleNamespace(**other)], attempts, tmp_path, 2
        )
    parquet_folder._settle([SimpleNamespace(**again), SimpleNamespace(**other)], attempts, tmp_path, 2)
    assert [file.name for file in sorted(tmp_path.iterdir())] == ["part-00000.zstd.parquet", "part-00001.zstd.parquet"]
    assert not Path(first["file"]).exists()
    assert pq.read_table(tmp_path).equals(orders.to_arrow())


@pytest.mark.parametrize(
    ("path", "format_", "message"),
    [
        ("s3://bucket/orders", "parquet", "s3://bucket/orders is not a path of this machine: give a local one"),
        (
            "orders",
            "csv",
            r"executors write Parquet, not csv; .*to_spark\(spark\)\.write\.csv",
        ),
        ("orders.parquet", "parquet", "executors write a folder of files"),
    ],
)
def test_what_executors_do_not_write(tmp_path: Path, path: str, format_: str, message: str) -> None:
    with pytest.raises(SynthDataError, match=message):
        Dataset().orders.write(path if "://" in path else tmp_path / path, spark=object(), format=format_)


def test_parquet_is_encoded_by_what_columns_hold_and_read_as_declared(tmp_path: Path) -> None:
    orders = Dataset({CustomerFactory: 500, OrderFactory: 20_000}).orders
    file = orders.to_parquet(tmp_path / "orders.parquet")
    assert pq.read_table(file).equals(orders.to_arrow())
    group = pq.ParquetFile(file).metadata.row_group(0)
    columns = {column.path_in_schema: column for column in map(group.column, range(group.num_columns))}
    repeats = {name for name, column in columns.items() if column.has_dictionary_page}
    assert repeats == {"customer_id", "status", "order_date"}
    assert {name for name, column in columns.items() if column.is_stats_set} == {"amount", "order_date"}
    assert columns["amount"].compression == "SNAPPY"
    assert columns["order_id"].compression == "ZSTD"


def test_texts_of_few_words_are_written_as_a_dictionary(tmp_path: Path) -> None:
    class LineFactory(TableFactory):
        class Meta:
            table = "lines"

        note = Template("{how} {what}", how=Categorical(["soon", "late"]), what=Categorical(["sent", "paid"]))

    lines = Dataset({LineFactory: 20_000})["lines"]
    file = lines.to_parquet(tmp_path / "lines.parquet")
    assert pq.read_table(file).equals(lines.to_arrow())
    assert pq.ParquetFile(file).metadata.row_group(0).column(0).has_dictionary_page
    assert lines.schema.field("note").type == pa.string()


def test_numbers_that_repeat_in_order_are_plain_and_small(tmp_path: Path) -> None:
    class DayFactory(TableFactory):
        class Meta:
            table = "days"

        day_id = Key("{}", start=1).cast("bigint")

    class VisitFactory(TableFactory):
        class Meta:
            table = "visits"

        day = ForeignKey(DayFactory, column="day_id", per_parent=6)

    visits = Dataset({DayFactory: 4_000, VisitFactory: None})["visits"]
    file = visits.to_parquet(tmp_path / "visits.parquet")
    column = pq.ParquetFile(file).metadata.row_group(0).column(0)
    assert (column.has_dictionary_page, column.compression) == (False, "ZSTD")
    assert column.total_compressed_size < visits.num_rows  # less than a byte for each of 8
    assert pq.read_table(file).equals(visits.to_arrow())


def test_the_encoding_of_parquet_can_be_set(tmp_path: Path) -> None:
    orders = Dataset({CustomerFactory: 500, OrderFactory: 300_000}).orders
    options = {"compression": "gzip", "use_dictionary": False, "write_statistics": True, "row_group_size": 300_000}
    file = orders.to_parquet(tmp_path / "orders.parquet", parquet=options)
    metadata = pq.ParquetFile(file).metadata
    assert metadata.num_row_groups == 1
    assert {metadata.row_group(0).column(number).compression for number in range(5)} == {"GZIP"}
    assert metadata.row_group(0).column(3).is_stats_set
    assert pq.read_table(file).equals(orders.to_arrow())
    with pytest.raises(SynthDataError, match=r"parquet=.*squeeze"):
        orders.to_parquet(tmp_path / "other.parquet", parquet={"squeeze": 9})
    with pytest.raises(SynthDataError, match="says how Parquet is written, not csv"):
        orders.to_files(tmp_path / "orders.csv", "csv", parquet={"compression": "gzip"})
