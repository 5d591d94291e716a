"""A clock for the SDK whose pauses between two attempts are not silent."""

from __future__ import annotations

import sys
from typing import Any

_LONG = 2.0  # seconds: the SDK's second pause; the first is over before one wonders
_AGAIN = 30.0  # seconds between two lines


class TellingClock:
    """The time, and pauses of which those that wait say so on the standard error.

    Args:
        quiet: the clock that counts; its pauses say nothing, as between two looks at what takes its time.
    """

    def __init__(self, quiet: Any) -> None:
        self.quiet = quiet
        self._told = float("-inf")

    def time(self) -> float:
        """The seconds that have passed since 1970."""
        return float(self.quiet.time())

    def sleep(self, seconds: float) -> None:
        """Wait before something is tried again."""
        now = self.time()
        if seconds >= _LONG and now - self._told >= _AGAIN:
            self._told = now
            sys.stderr.write("synthdata: the workspace does not answer as it should; trying again …\n")
        self.quiet.sleep(seconds)


__all__ = ["TellingClock"]
