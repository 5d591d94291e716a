"""Libraries in C that are loaded by the standard library's classes of time, also where a test has stopped the clock."""

from __future__ import annotations

import datetime as dt
import importlib
import sys
from importlib.util import find_spec

_LIBRARIES = ("pyarrow", "pandas")  # Arrow loads pandas, where it is installed, when it first reads an array


def load_libraries() -> None:
    """Import Arrow, and pandas where it is installed, if freezegun has put classes of its own into the place of others.

    Loaded by these, Arrow warns of their size, and pandas breaks the process off.
    """
    if dt.datetime.__module__ == "datetime" or all(name in sys.modules for name in _LIBRARIES):
        return
    stopped = {name: getattr(dt, name) for name in ("date", "datetime")}
    try:
        for name, class_ in stopped.items():
            setattr(dt, name, next(base for base in class_.__mro__ if base.__module__ == "datetime"))
        for name in _LIBRARIES:
            if find_spec(name) is not None:
                importlib.import_module(name)
    finally:
        for name, class_ in stopped.items():
            setattr(dt, name, class_)


__all__ = ["load_libraries"]
