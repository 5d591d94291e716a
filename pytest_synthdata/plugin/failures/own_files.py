"""Which files are the project's own: not installed, not Python's, not this package's."""

from __future__ import annotations

import sysconfig
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).parents[2]
_INSTALLED = frozenset({"site-packages", "dist-packages"})


@cache
def is_own(file: str) -> bool:
    """Whether a file is the project's."""
    path = Path(file)
    if not path.is_absolute() or _INSTALLED.intersection(path.parts) or path.is_relative_to(_PACKAGE):
        return False
    return not path.is_relative_to(sysconfig.get_path("stdlib"))


__all__ = ["is_own"]
