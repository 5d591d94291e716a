"""The making of a class-data archive in the background, once a session has ended."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress

from pytest_synthdata.spark.local.archive import Archive

_COMMAND = ("-m", "pytest_synthdata.warming")


def start_in_background(archive: Archive) -> bool:
    """Make an archive in a process of its own, at the lowest priority, that ends by itself within eleven minutes.

    Gives:
        whether the process was started.
    """
    # A machine that is thrown away after the run has no use for it.
    if os.environ.get("CI") or not archive.should_build():
        return False
    environment = {
        **os.environ,
        "JAVA_HOME": str(archive.java.home),  # the session's own is about to go
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    with suppress(OSError):
        subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, *_COMMAND],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        ).returncode = 0  # nobody waits for it, which Python would warn of
        return True
    return False


def make_archive(archive: Archive, on_background_work: Callable[[], None] | None) -> None:
    """The same at the end of a session, whose caller is told where a process was started."""
    if start_in_background(archive) and on_background_work is not None:
        on_background_work()


__all__ = ["make_archive", "start_in_background"]
