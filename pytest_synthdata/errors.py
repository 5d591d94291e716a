"""The errors that users meet. Each message says what is wrong, where, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterable

_SHOWN = 20  # names in a hint


class SynthDataError(Exception):
    """The base class of all errors that this package raises on purpose.

    >>> from pytest_synthdata import Dataset, SynthDataError
    >>> try:
    ...     Dataset()["ordres"]
    ... except SynthDataError as error:
    ...     print(error)
    no table 'ordres' in this dataset: did you mean 'orders'? Known: customers, orders, tickets
    """


class DeclarationError(SynthDataError):
    """A declaration that can never work: an unknown column, shares that do not add up to 1, a cycle.

    >>> from pytest_synthdata import Dataset, DeclarationError
    >>> from pytest_synthdata.factories import OrderFactory
    >>> try:
    ...     Dataset({OrderFactory: -1})
    ... except DeclarationError as error:
    ...     print(error)
    the number of rows of 'orders' is -1; it must not be negative
    """


class GenerationError(SynthDataError):
    """A valid declaration that cannot be met for a particular row.

    >>> from pytest_synthdata import GenerationError, SynthDataError
    >>> issubclass(GenerationError, SynthDataError)
    True
    """


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
