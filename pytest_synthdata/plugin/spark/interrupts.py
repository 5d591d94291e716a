"""Ctrl-C while Spark works ends the run, as it does anywhere else.

Pyspark's own handler cancels jobs first; what py4j makes of the interrupted call may look like a test's failure.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

import pytest


class Interrupts:
    """A plugin that remembers an interrupt until the part of the test that it came in is over."""

    def __init__(self) -> None:
        self.interrupted: bool = False
        self._inner: Any = None

    def watch(self) -> None:
        """Take notice of interrupts that pyspark's handler gets; to be called when a session has been given out."""
        if threading.current_thread() is not threading.main_thread():
            return
        handler = signal.getsignal(signal.SIGINT)
        if getattr(handler, "__module__", "").partition(".")[0] == "pyspark":
            self._inner = handler
            signal.signal(signal.SIGINT, self._handle)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self.interrupted = True
        try:
            self._inner(number, frame)
        finally:
            raise KeyboardInterrupt

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_setup(self) -> Iterator[None]:
        """See `_end_the_run`."""
        self._end_the_run((yield))

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_call(self) -> Iterator[None]:
        """See `_end_the_run`."""
        self._end_the_run((yield))

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_teardown(self) -> Iterator[None]:
        """See `_end_the_run`."""
        self._end_the_run((yield))

    def _end_the_run(self, outcome: Any) -> None:
        """Raise the interrupt again, whatever the test has made of it."""
        if self.interrupted:
            self.interrupted = False
            outcome.force_exception(KeyboardInterrupt())

    def pytest_unconfigure(self) -> None:
        """Give pyspark's handler back."""
        if signal.getsignal(signal.SIGINT) == self._handle:
            signal.signal(signal.SIGINT, self._inner)


__all__ = ["Interrupts"]
