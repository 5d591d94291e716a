"""Which Python runs the workers of a session on this machine: where nobody has chosen one, the one that is running."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_DEFAULT = "python3"  # of PATH, which may lack Arrow; pyspark reads PYSPARK_PYTHON when a session starts


def let_workers_run_this_python(spark: Any) -> None:
    """Have the workers of a classic session on this machine run this Python, unless another one was chosen."""
    context = _undecided(spark)
    if context is not None:
        context.pythonExec = sys.executable


@contextmanager
def own_python(spark: Any) -> Iterator[None]:
    """Within it, functions that are given to a session run in this Python, unless another one was chosen."""
    context = _undecided(spark)
    if context is None:
        yield
        return
    before, context.pythonExec = context.pythonExec, sys.executable
    try:
        yield
    finally:
        context.pythonExec = before


def _undecided(spark: Any) -> Any:
    """The context of a classic session on this machine for which nobody has chosen a Python; None for others."""
    context = getattr(spark, "_sc", None)
    if context is None or getattr(context, "pythonExec", None) != _DEFAULT or "PYSPARK_PYTHON" in os.environ:
        return None
    return context if str(context.master).partition("[")[0] == "local" else None


__all__ = ["let_workers_run_this_python", "own_python"]
