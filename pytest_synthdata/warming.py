"""Making the class-data archive: a session does what tests do, and its JVM writes what it learnt when it ends."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from typing import Any

from pytest_synthdata.dataset import Dataset
from pytest_synthdata.disk.temporary import whole_file
from pytest_synthdata.errors import SynthDataError
from pytest_synthdata.factories import CustomerFactory, OrderFactory
from pytest_synthdata.spark.local.archive import Archive, archive_of, make_room
from pytest_synthdata.spark.local.java import find_java
from pytest_synthdata.spark.local.session import open_local
from pytest_synthdata.spark.session_settings import SessionSettings

_SECONDS = 600  # after which an attempt is given up
_SECONDS_TO_CLEAN = 60


def make_archive() -> Archive | None:
    """Make the archive of the Java and the pyspark that are installed here, unless somebody else is at it.

    Gives:
        the archive, or ``None`` where another process is making it.

    Raises:
        SynthDataError: where this Java cannot write one, and where it did not, with the reason.
    """
    java = find_java()
    archive = archive_of(java)
    if archive is None:
        raise SynthDataError(
            f"Java {java.version} from {java.found_in} writes no class-data archives; 13 or newer does"
        )
    with archive.exclusive() as is_ours:
        if not is_ours:
            return None
        if not archive.file.exists():
            try:
                _write(archive)
            except Exception as error:
                archive.failed.write_text(str(error))
                raise
            archive.failed.unlink(missing_ok=True)
        make_room(archive.folder)
    return archive


def _write(archive: Archive) -> None:
    if archive.base:
        with whole_file(archive.base) as part:
            command = [str(archive.java.home / "bin" / "java"), "-Xshare:dump", f"-XX:SharedArchiveFile={part}"]
            subprocess.run(command, check=True, capture_output=True, timeout=_SECONDS)  # noqa: S603 - our own command
    with whole_file(archive.file) as part:
        options = " ".join(f'"{option}"' for option in archive.writing_options(part))
        conf = {"spark.driver.extraJavaOptions": options}
        session = open_local(SessionSettings(conf=conf, warm_start=False, seconds_to_end=_SECONDS))
        try:
            _exercise(session.spark)
        finally:
            session.close()
        if not part.exists():
            raise SynthDataError(
                f"Java {archive.java.version} from {archive.java.found_in} wrote no archive to {archive.folder}; is "
                "there room, and is Spark's conf folder empty?"
            )


def _exercise(spark: Any) -> None:
    """What most tests do: frames from Arrow, joins, aggregates, windows, a Python worker's rows, plain rows."""
    dataset = Dataset({CustomerFactory: 100, OrderFactory: 1_000})
    customers, orders = (table.to_spark(spark) for table in dataset)
    orders.createOrReplaceTempView("orders")
    joined = orders.join(customers, "customer_id").filter("status = 'completed'")
    joined.groupBy("tier").agg({"amount": "sum", "order_id": "count"}).orderBy("tier").collect()
    joined.select("customer_id", "amount").distinct().limit(5).collect()
    spark.sql(
        "select customer_id, sum(amount) over (partition by customer_id order by order_date) as so_far, "
        "date_trunc('month', order_date) as month from orders"
    ).count()
    spark.createDataFrame([(1, "a")], "number bigint, text string").unionByName(
        spark.createDataFrame([(2, None)], "number bigint, text string")
    ).subtract(spark.createDataFrame([(1, "a")], "number bigint, text string")).collect()


def work() -> None:
    """The process in the background."""
    os.nice(19)
    # As an exception it lets the session be ended and its folder be removed.
    signal.signal(signal.SIGALRM, _give_up)
    signal.alarm(_SECONDS)
    with suppress(SynthDataError):
        make_archive()


def _give_up(*_: Any) -> None:
    # What hangs in spite of it ends like this.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(_SECONDS_TO_CLEAN)
    raise SynthDataError(f"the archive was not made in {_SECONDS} s")


__all__ = ["make_archive", "work"]


if __name__ == "__main__":
    work()
