"""The class-data archive of the tests' own JVMs: made once, whoever asks, and used."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

from pytest_synthdata.spark.local.archive import archive_of
from pytest_synthdata.spark.local.java import find_java

WARM = [sys.executable, "-m", "pytest_synthdata", "warm"]
BUSY = "Another process is making the archive.\n"
A_SESSION = """
import sys
from pytest_synthdata.spark.local.session import open_local
from pytest_synthdata.spark.session_settings import SessionSettings
open_local(SessionSettings(conf={"spark.driver.extraJavaOptions": sys.argv[1]})).close()
"""


def test_the_archive_is_made_once_and_used(tmp_path: Path) -> None:
    archive = archive_of(find_java())
    assert archive is not None
    said = two_at_once()
    while said == [BUSY, BUSY]:  # a run before has begun it in the background
        time.sleep(1)
        said = two_at_once()
    assert re.fullmatch(rf"{re.escape(str(archive.file))}: \d+ MB in \d+\.\d s\n", said[0])
    assert said[1] == BUSY or said[1].startswith(str(archive.file))
    assert not list(archive.folder.glob(f"*{archive.key}*.part"))
    log = tmp_path / "classes"
    # In a process of its own: this one may have a JVM already.
    subprocess.run([sys.executable, "-c", A_SESSION, f"-Xlog:class+load:file={log}"], check=True)
    loaded = log.read_text().splitlines()
    shared = [line for line in loaded if "shared objects file" in line and "org.apache.spark" in line]
    assert len(shared) > 500  # of Spark's own classes, in a session that did nothing


def two_at_once() -> list[str]:
    both = [subprocess.Popen(WARM, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = sorted(process.communicate()[0] for process in both)
    assert [process.returncode for process in both] == [0, 0]
    return said
