"""The errors that users meet. Each message says what is wrong, where, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterable

_SHOWN = 20  # names in a hint


class SynthDataError(Exception):
    """Anything that this package raises on purpose."""


class DeclarationError(SynthDataError):
    """A factory declares something that cannot be: an unknown column, shares that do not sum to 1, a cycle."""


class GenerationError(SynthDataError):
    """A declaration that looked right could not be met for some row."""


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint for a misspelt name: the nearest of the known ones, and all of them when they are few.

    >>> nearest("teir", ["tier", "region"])
    "did you mean 'tier'? Known: region, tier"
    """
    from difflib import get_close_matches

    names = sorted(known)
    close = get_close_matches(name, names, n=1)
    hint = f"did you mean '{close[0]}'? " if close else ""
    shown = ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
    return f"{hint}Known: {shown or 'none'}"
