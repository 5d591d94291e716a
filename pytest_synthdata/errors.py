"""The errors that users meet. Each message says what is wrong, where, and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

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

    def __str__(self) -> str:
        return printable(cause(super().__str__()))


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


class ArgumentError(SynthDataError):
    """What the caller wrote is wrong, such as the name of a table; the command line then exits with 2, not 1."""


class MisdeclaredArgumentError(ArgumentError, DeclarationError):
    """What the caller wrote, and nothing in the declarations, makes them impossible: a module that is not there."""


class Wording:
    """How the user of an interface writes what messages advise: here, as Python."""

    def argument(self, name: str, value: object) -> str | None:
        """An argument with a value; None where the interface has none of that name."""
        return f"{name}={value!r}"

    def call(self, name: str) -> str | None:
        """What does the same as a method; None where nothing does."""
        return name


_WORDING: ContextVar[Wording] = ContextVar("wording", default=Wording())  # noqa: B039 - it has no state


@contextmanager
def worded(wording: Wording) -> Iterator[None]:
    """Within it, messages advise what the user of another interface than Python can write."""
    before = _WORDING.set(wording)
    try:
        yield
    finally:
        _WORDING.reset(before)


def advise(text: str, **argument: object) -> str:
    """A part of a message that advises an argument, in the user's words; nothing where they cannot give it.

    >>> advise(", or overwrite it: {}", overwrite=True)
    ', or overwrite it: overwrite=True'
    """
    ((name, value),) = argument.items()
    return _advice(text, _WORDING.get().argument(name, value))


def advise_call(text: str, name: str) -> str:
    """The same of a method, or of what does the same."""
    return _advice(text, _WORDING.get().call(name))


def _advice(text: str, words: str | None) -> str:
    return "" if words is None else text.format(words)


def argument(**named: object) -> str:
    """An argument that is wrong, as the user wrote it.

    >>> argument(by="fortnight")
    "by='fortnight'"
    """
    ((name, value),) = named.items()
    return advise("{}", **named) or Wording().argument(name, value) or name


def printable(text: str) -> str:
    r"""A text for a terminal: what it might obey, and what turns the order of letters, is written as Python writes it.

    >>> printable("a" + chr(27) + "[31mb")
    'a\\x1b[31mb'
    """
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() or one == "\n" else one.encode("unicode_escape").decode() for one in text)


def brief(value: object, most: int = 200) -> str:
    """What a value looks like, in a message that somebody shall read.

    >>> brief(list(range(1000)), most=20)
    '[0, 1, 2, 3, 4, 5, …'
    """
    return cut(repr(value), most)


def cut(text: str, most: int) -> str:
    """The beginning of a text that is longer than so many letters.

    >>> cut("abcdef", 4)
    'abc…'
    """
    return text if len(text) <= most else f"{text[: most - 1]}…"


_ADDRESS = re.compile(r"<([\w.<>]+?) object at 0x[0-9a-fA-F]+>|( at 0x[0-9a-fA-F]+)")


def describe(value: object, most: int = 200) -> str:
    """A value in a message: as `brief`, and an object without a text of its own by its class.

    >>> describe(object())
    'an object'
    """
    return cause(brief(value, most))


def cause(error: object) -> str:
    """What an error says, without the addresses of objects in memory, which are others tomorrow."""
    return _ADDRESS.sub(lambda found: _named(found[1]) if found[1] else "", str(error))


def _named(class_: str) -> str:
    name = class_.rpartition(".")[2]
    return f"{'an' if name[:1] in 'AEIOUaeiou' else 'a'} {name}"


def counted(number: int, noun: str) -> str:
    """A number of things.

    >>> counted(1, "row"), counted(2_000, "row")
    ('1 row', '2,000 rows')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint for a misspelt name: the nearest of the known ones, and all of them when they are few.

    >>> nearest("teir", ["tier", "region"])
    "did you mean 'tier'? Known: region, tier"
    """
    from difflib import get_close_matches

    names = sorted(known)
    close = get_close_matches(str(name), names, n=1)
    hint = f"did you mean '{close[0]}'? " if close else ""
    shown = ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
    return f"{hint}Known: {shown or 'none'}"
