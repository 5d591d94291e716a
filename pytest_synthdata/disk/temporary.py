"""Files and folders that are whole or gone: temporary folders end with their process, and files appear when complete.

However the process ends, by a signal, by `os._exit`, untidily: a shell waits for it and removes the folder after it.
Should that be killed, too, the next process that makes such a folder removes it: the owner holds a lock on it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PREFIX = "pytest-synthdata-"
_YOUNG = 60.0  # seconds within which an owner may not yet have its lock
# Reads the numbers of processes that use the folder, until the owner is gone or has closed its end; theirs are the
# few seconds that they take to end by themselves.
_AFTER = """
trap '' INT TERM HUP
pids=
while read -r pid; do pids="$pids $pid"; done
[ -e "$1" ] || exit 0
for pid in $pids; do
    tries=0
    while kill -0 "$pid" 2>/dev/null && [ $tries -lt 50 ]; do sleep 0.1; tries=$((tries + 1)); done
    if tr '\\0' ' ' < "/proc/$pid/cmdline" 2>/dev/null | grep -qF "$1"; then kill -9 "$pid"; fi
done
rm -rf "$1"
"""


@contextmanager
def temporary_folder(kind: str) -> Iterator[tuple[Path, Callable[[int], None]]]:
    """A folder, and a function that is told of processes that use it, such as a JVM: they end with it, too.

    Args:
        kind: what it is for, as a part of its name.
    """
    _sweep()
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{kind}-"))
    with locked(folder), gone_after(folder) as used_by:
        inside = folder / "files"  # writers lock the folder that they write to, and this one is locked
        inside.mkdir()
        try:
            yield inside, used_by
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def gone_after(path: Path) -> Iterator[Callable[[int], None]]:
    """Within it, a file or folder is removed should this process end, and the processes that use it end with it.

    Gives a function that is told of these, by their numbers.
    """
    with subprocess.Popen(  # noqa: S603 - our own script
        ["/bin/sh", "-c", _AFTER, "synthdata", str(path.absolute())],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,  # what ends the process ends it not
    ) as after:

        def used_by(pid: int) -> None:
            assert after.stdin is not None  # noqa: S101 - a pipe was asked for
            with suppress(BrokenPipeError):
                after.stdin.write(b"%d\n" % pid)
                after.stdin.flush()

        yield used_by


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Within it, this process has the lock on a file or folder; on a file system without locks, nobody has."""
    handle = os.open(path, os.O_RDONLY)
    try:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A name to write a file under: what was written there becomes the file at the end; after an error it is removed.

    Pipes and devices are written to as they are.
    """
    if path.exists() and not path.is_file():
        yield path
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
        if part.exists():
            part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _sweep() -> None:
    """Remove folders whose owners are gone."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):  # somebody else's, or gone meanwhile
            if folder.is_dir() and not is_owned(folder) and time.time() - folder.stat().st_mtime > _YOUNG:
                shutil.rmtree(folder, ignore_errors=True)


def is_owned(path: Path) -> bool:
    """Whether a process that lives holds the lock on a file or folder."""
    handle = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # it has, or there are no locks
        return True
    finally:
        os.close(handle)
    return False


__all__ = ["gone_after", "is_owned", "locked", "temporary_folder", "whole_file"]
