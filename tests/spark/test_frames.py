"""Tables as Spark DataFrames: the same rows, types and nullability whichever way they take."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from factory.fuzzy import FuzzyInteger
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_schema

from pytest_synthdata import (
    Arrival,
    Categorical,
    Constant,
    Dataset,
    Dates,
    Exponential,
    ForeignKey,
    Given,
    Key,
    Normal,
    Ordinal,
    Pareto,
    Poisson,
    SynthDataError,
    TableFactory,
    Timeline,
    Uniform,
    ZipfRank,
    assert_matches,
    col,
    column,
    hours,
)
from pytest_synthdata.columns.arrow.fingerprint import fingerprint
from pytest_synthdata.factories import OrderFactory, TicketFactory
from pytest_synthdata.pickling import PicklingError
from pytest_synthdata.spark.local.archive import archive_of
from pytest_synthdata.spark.local.java import find_java

pytest.importorskip("pandas", reason="pyspark asks for pandas where executors make rows, and where Arrow comes back")

ROWS = 5_000


class ShopFactory(TableFactory):
    class Meta:
        table = "shops"

    shop_id = Key("S{:04d}")
    size = Categorical({"small": 0.8, "large": 0.2})


def checksum(numbers: Any) -> Any:
    return numbers * np.uint64(2654435761) % np.uint64(1 << 20)


class EverythingFactory(TableFactory):
    """A column of each type, some with nulls, and functions of this module."""

    class Meta:
        table = "everything"

    everything_id = Key("E{:06d}")
    shop = ForeignKey(ShopFactory, weights=Given("size", {"small": 1, "large": 3}))
    text = Categorical({"a": 0.5, 'ß, "quoted"\n': 0.5}).nulls(0.2)
    flag = Categorical({True: 0.5, False: 0.5})
    tiny = Categorical({1: 0.5, 2: 0.5}).cast("tinyint").nulls(0.1)
    whole = Normal(0, 1e6).round().cast("bigint").nulls(0.1)
    single = Normal(0, 1).cast("float")
    double = Normal(0, 1).nulls(0.1)
    price = Normal(100, 10).round(2).cast("decimal(12,2)")
    day = Dates("2024-01-01", "2024-12-31").nulls(0.1)
    instant = Dates("2024-03-01", "2024-11-30").cast("timestamp")
    wall_clock = Dates("2024-03-01", "2024-11-30").cast("timestamp_ntz")
    raw = Constant(b"\x00\xff")

    @column
    def unsigned(cells: Any) -> Any:
        return checksum(cells.rows)

    @column(type=pa.list_(pa.int64()))
    def several(cells: Any) -> Any:
        return pa.array([[int(row), None] if row % 3 else [] for row in cells.rows])

    @column(type=pa.struct([("when", pa.timestamp("us", "UTC")), ("name", pa.string())]))
    def nested(cells: Any) -> Any:
        return pa.array([{"when": int(row) * 3_600, "name": f"n{row}"} for row in cells.rows])


SPARK_TYPES = {
    "everything_id": "string",
    "text": "string",
    "flag": "boolean",
    "tiny": "tinyint",
    "whole": "bigint",
    "single": "float",
    "double": "double",
    "price": "decimal(12,2)",
    "day": "date",
    "instant": "timestamp",
    "wall_clock": "timestamp_ntz",
    "raw": "binary",
    "unsigned": "bigint",
    "several": "array<bigint>",
    "nested": "struct<when:timestamp,name:string>",
    "shop_id": "string",
}


class VisitFactory(TableFactory):
    """References of every kind, and values that are unique."""

    class Meta:
        table = "visits"

    visit_id = Key("V{}")
    shop = ForeignKey(ShopFactory, per_parent=Given("size", {"small": Poisson(9), "large": Poisson(40)}))
    number = Ordinal("shop")
    earlier = ForeignKey("self")
    favourite = ForeignKey(ShopFactory, weights=Pareto(1.5))
    first = ForeignKey(ShopFactory, weights=ZipfRank())
    code = Uniform(0, 10**12).cast("bigint").unique()
    sizes = col("earlier.favourite.size")


class OpaqueFactory(TableFactory):
    class Meta:
        table = "opaque"

    number = Key("{}")
    inner = FuzzyInteger(1, 9)


def everything(rows: int = ROWS) -> Any:
    return Dataset({ShopFactory: 100, EverythingFactory: rows}, seed=3)["everything"]


def arrow(frame: Any) -> pa.RecordBatch:
    if hasattr(frame, "toArrow"):
        rows = frame.toArrow()
    else:  # pyspark 3.5 shows instants in the session's time zone
        rows = pa.Table.from_batches(frame._collect_as_arrow()).cast(to_arrow_schema(frame.schema))
    return rows.combine_chunks().to_batches()[0]


@pytest.fixture
def far_away(synth_spark: Any) -> Any:
    """The session as if in New York."""
    before = synth_spark.conf.get("spark.sql.session.timeZone")
    synth_spark.conf.set("spark.sql.session.timeZone", "America/New_York")
    yield synth_spark
    synth_spark.conf.set("spark.sql.session.timeZone", before)


@pytest.fixture(params=[{"distributed": False}, {"distributed": True}, {"distributed": True, "partitions": 7}])
def frame(request: pytest.FixtureRequest, far_away: Any) -> Any:
    return everything().to_spark(far_away, **request.param)


def test_every_way_gives_the_same_data(frame: Any) -> None:
    assert fingerprint([arrow(frame)]) == everything().fingerprint()


def test_every_way_gives_the_stated_types_all_nullable(frame: Any) -> None:
    assert {field.name: field.dataType.simpleString() for field in frame.schema} == SPARK_TYPES
    assert all(field.nullable for field in frame.schema)
    assert frame.schema["several"].dataType.containsNull


def test_the_session_time_zone_shifts_nothing(frame: Any) -> None:
    expected = everything().to_arrow(0, 1).to_pylist()[0]
    row = (
        frame.where("everything_id = 'E000000'")
        .selectExpr("unix_micros(instant)", "date_format(wall_clock, 'yyyy-MM-dd HH:mm:ss')", "cast(day as string)")
        .collect()[0]
    )
    assert row[0] == int(expected["instant"].timestamp()) * 1_000_000
    assert row[1] == str(expected["wall_clock"])
    assert row[2] == (None if expected["day"] is None else str(expected["day"]))


@pytest.mark.parametrize("zone", ["UTC", "Etc/UTC", "America/New_York"])
def test_frames_are_read_in_any_session_time_zone(far_away: Any, zone: str) -> None:
    class VisitFactory(TableFactory):
        class Meta:
            table = "visits"

        at = Timeline("2024-03-08", "2024-03-12", tz="America/New_York")

    far_away.conf.set("spark.sql.session.timeZone", zone)
    visits = Dataset({VisitFactory: 300}).visits
    frame = visits.to_spark(far_away)
    assert_matches(frame, VisitFactory)
    inferred = Dataset({TableFactory.from_schema(frame, table="visits"): 300}).visits.to_arrow()["at"].to_pylist()
    bounds = [min(visits.to_arrow()["at"].to_pylist()).date(), max(visits.to_arrow()["at"].to_pylist()).date()]
    assert [min(inferred).date(), max(inferred).date()] == bounds
    with pytest.raises(AssertionError, match="outside of the period"):
        assert_matches(frame.selectExpr("at + interval 6 hours as at"), VisitFactory)


@pytest.mark.parametrize("distributed", [False, True])
def test_an_empty_table_keeps_its_types(synth_spark: Any, distributed: bool) -> None:
    frame = everything(0).to_spark(synth_spark, distributed=distributed)
    assert frame.count() == 0
    assert frame.dtypes == list(everything().to_spark(synth_spark).dtypes)


def test_the_number_of_partitions_is_as_asked_for(synth_spark: Any) -> None:
    sizes = everything(20).to_spark(synth_spark, partitions=7).groupBy(F.spark_partition_id()).count().collect()
    assert sorted(size["count"] for size in sizes) == [2, *[3] * 6]
    with pytest.raises(SynthDataError, match="partitions=7 is for rows that executors make: leave out distributed"):
        everything(20).to_spark(synth_spark, distributed=False, partitions=7)
    with pytest.raises(SynthDataError, match="partitions is 0; it must be a whole number from 1"):
        everything(5).to_spark(synth_spark, partitions=0)


def test_a_large_table_is_made_by_executors(synth_spark: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    table = Dataset({ShopFactory: 10**9})["shops"]
    monkeypatch.setattr(table, "to_arrow", lambda *_: pytest.fail("a billion rows were asked for here"))
    assert [row.shop_id for row in table.to_spark(synth_spark).limit(2).collect()] == ["S0000", "S0001"]


def test_executors_make_rows_of_a_period_and_in_the_order_of_arrival(synth_spark: Any) -> None:
    class LateTicketFactory(TicketFactory):
        class Meta:
            arrival = Arrival("created_at", hours(Exponential(30)), redelivered=0.1)

    weeks = [
        Dataset({factory: 5_000}).tickets.between("2024-06-03", "2024-06-10")
        for factory in (TicketFactory, LateTicketFactory)
    ]
    frame, late = (week.to_spark(synth_spark, distributed=True, partitions=1) for week in weeks)
    batches = [batch for week in weeks for batch in week.batches()]
    assert fingerprint([arrow(frame.unionAll(late))]) == fingerprint(batches)
    assert weeks[0].num_rows != weeks[1].num_rows > 50


def test_a_test_gets_batches_as_frames(synth_session: Any) -> None:
    months = synth_session.batches("tickets", by="month")
    assert months[1].filter("month(created_at) = 2").count() == months[1].count() > 200
    halves = synth_session.batches("orders", by=12_500)  # by their only date
    assert halves[0].unionAll(halves[1]).exceptAll(synth_session.orders).isEmpty()
    assert len(halves) == 2


def test_what_only_factory_boy_can_make_is_made_here(synth_spark: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_synthdata.spark.frames.LARGE", 10)
    table = Dataset({OpaqueFactory: 20})["opaque"]
    assert fingerprint([arrow(table.to_spark(synth_spark))]) == table.fingerprint()
    with pytest.raises(PicklingError, match=r"opaque\.inner .*row by row.*distributed=False"):
        table.to_spark(synth_spark, distributed=True)


def test_a_function_that_holds_a_file_is_named(synth_spark: Any, tmp_path: Path) -> None:
    with (tmp_path / "log").open("w") as log:

        class NoisyFactory(TableFactory):
            @column
            def loud(cells: Any) -> Any:
                return cells.rows.astype(np.int64) + log.tell()

        table = Dataset({NoisyFactory: 5})["noisys"]
        with pytest.raises(PicklingError, match=r"noisys\.loud"):
            table.to_spark(synth_spark, distributed=True)


def test_a_type_that_spark_has_not_is_named(synth_spark: Any) -> None:
    class ClockFactory(TableFactory):
        class Meta:
            table = "clocks"

        @column(type=pa.time64("ns"))
        def time(cells: Any) -> Any:
            return pa.array(np.zeros(len(cells.rows), np.int64)).cast(pa.time64("ns"))

    with pytest.raises(SynthDataError, match=r"clocks\.time: Spark has no type for time64"):
        Dataset({ClockFactory: 5})["clocks"].to_spark(synth_spark)


SCRIPT = """
import json, sys, warnings
sys.path[:0] = json.loads(sys.argv.pop())  # not by the environment, which executors inherit
warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas")
from pyspark.sql import SparkSession
import test_frames
from pytest_synthdata.columns.arrow.fingerprint import fingerprint
from pytest_synthdata.data_source import DatasetSource

def probe(batches):
    from importlib.util import find_spec
    import pyarrow as pa
    for batch in batches:
        yield pa.record_batch({"found": [",".join(name for name in names if find_spec(name))]})

names = ["factory", "faker", "pytest_synthdata", "test_frames", "pytest", "pandas", "numpy", "scipy", "pyarrow"]
way, place = sys.argv[1:]
if place == "sail":
    from pysail.spark import SparkConnectServer
    server = SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    place = "sc://127.0.0.1:%d" % server.listening_address[1]
spark = getattr(SparkSession.builder, way)(place).getOrCreate()
result = {"found": spark.range(1).mapInArrow(probe, "found string").collect()[0].found}
for table in test_frames.business():
    frame = table.to_spark(spark, distributed=True, partitions=3)
    result[table.name] = fingerprint(frame.toArrow().combine_chunks().to_batches())
spark.dataSource.register(DatasetSource)
source = spark.read.format("synthdata").options(table="orders", rows=20_000, customers=2_500, seed=3).load()
result["source"] = fingerprint(source.toArrow().combine_chunks().to_batches())
print(json.dumps(result))
spark.stop()
"""


def quick() -> str:
    """The options of a JVM that lives for seconds: its queries are not worth the second compiler's time."""
    archive = archive_of(find_java())
    return " ".join(("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", *(archive.options() if archive else ())))


def run_elsewhere(way: str, place: str, **environment: str) -> dict[str, str]:
    """Fingerprints of tables that a session of its own has made."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    path = [str(Path(__file__).parent), *filter(None, sys.path)]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, way, place, json.dumps(path)],
        env={**inherited, "SPARK_LOCAL_IP": "127.0.0.1", "JAVA_TOOL_OPTIONS": quick(), **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    result: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return result


def business() -> Dataset:
    """The shipped tables, and those of this module."""
    shipped = {OrderFactory: 20_000, TicketFactory: 2_000}
    return Dataset({**shipped, ShopFactory: 100, EverythingFactory: ROWS, VisitFactory: None}, seed=3)


@pytest.fixture(scope="module")
def here() -> dict[str, str]:
    found = business().fingerprints()
    return {**found, "source": found["orders"]}


@pytest.fixture
def bare_python(tmp_path: Path) -> Path:
    """A Python that has NumPy, PyArrow and SciPy, and nothing else that is installed here."""
    site = tmp_path / "site"
    site.mkdir()
    for package in (np, pa, __import__("scipy")):
        folder = Path(str(package.__file__)).parent
        for part in (folder, folder.with_name(f"{folder.name}.libs")):
            if part.exists():
                (site / part.name).symlink_to(part)
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH="$PYTHONPATH:{site}" exec "{sys.executable}" -S -s "$@"\n')
    python.chmod(0o755)
    return python


ELSEWHERE = pytest.mark.skipif(
    metadata.version("pyspark") < "4", reason="pyspark 3.5's wheel has no Connect server and no data sources in Python"
)


@ELSEWHERE
def test_executors_need_nothing_but_numpy_pyarrow_and_scipy(here: dict[str, str], bare_python: Path) -> None:
    import pyspark

    there = run_elsewhere(
        "master",
        "local-cluster[2,1,1024]",
        SPARK_HOME=str(Path(pyspark.__file__).parent),
        PYSPARK_PYTHON=str(bare_python),
        PYSPARK_DRIVER_PYTHON=sys.executable,
    )
    assert there.pop("found") == "numpy,scipy,pyarrow"
    assert there == here


@ELSEWHERE
def test_connect_gives_the_same_data(here: dict[str, str]) -> None:
    there = run_elsewhere("remote", "local[2]", PYSPARK_PYTHON=sys.executable)
    del there["found"]
    assert there == here


def test_sail_gives_the_same_data(here: dict[str, str]) -> None:
    pytest.importorskip("pysail", reason="Sail's server is not installed")
    there = run_elsewhere("remote", "sail", PYSPARK_PYTHON=sys.executable)
    del there["found"]
    assert there == here


def test_files_of_batches_are_a_stream_on_any_version_of_spark(synth_spark: Any, tmp_path: Path) -> None:
    """Files that come into a watched folder: each query takes what has come since the last one, once."""
    tickets = Dataset({TicketFactory: 400}).tickets
    landing, places = (
        tmp_path / "landing",
        {"path": str(tmp_path / "rows"), "checkpointLocation": str(tmp_path / "log")},
    )
    coming = tickets.file_batches(landing, by="month")
    seen = []
    for count in (3, 9):
        assert len(list(itertools.islice(coming, count))) == count
        read = synth_spark.readStream.schema(tickets.to_spark(synth_spark).schema).parquet(str(landing))
        query = read.writeStream.format("parquet").options(**places).trigger(availableNow=True).start()
        assert query.awaitTermination(120)
        seen.append(synth_spark.read.parquet(places["path"]).count())
    months = [batch.num_rows for batch in tickets.in_batches("month")]
    assert seen == [sum(months[:3]), 400]
    assert fingerprint([arrow(synth_spark.read.parquet(places["path"]))]) == tickets.fingerprint()
