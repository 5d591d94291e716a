"""Values that a provider's method has drawn and that are left open, while its law is read."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pytest_synthdata.columns.text.grammar import FINITE, Law, listed, mix, size


class Unreadable(Exception):  # noqa: N818
    """A method does something that the interpreter does not know."""


@dataclass(eq=False)
class Root:
    """A value as it was drawn, by its number in the run."""

    number: int
    law: Law


@dataclass(eq=False)
class Symbol:
    """A value that is left open: its law, and what was drawn to make it. It may be used once.

    ``of`` gives it from the value that was drawn, where that is one of a list.
    """

    law: Law
    roots: tuple[Root, ...]
    of: Callable[[Any], Any] | None = None
    used: bool = False


@dataclass(eq=False)
class Words:
    """A text that was split at its spaces."""

    symbol: Symbol


class Fork(Exception):  # noqa: N818
    """What was drawn must be settled: to one value after the other, or to classes of values."""

    def __init__(self, root: Root, classes: Callable[[Any], Any] | None = None) -> None:
        self.root = root
        self.classes = classes

    def options(self) -> list[tuple[float, Law]]:
        law = self.root.law
        if self.classes is None:
            if size(law) > FINITE:
                raise Unreadable("a value with too many possibilities is looked at")
            return [(share, value) for value, share in listed(law).without_repetition().pairs()]
        groups: dict[Any, list[tuple[float, Any]]] = {}
        for value, share in law.pairs():
            groups.setdefault(self.classes(value), []).append((share, value))
        return [(math.fsum(share for share, _ in group), mix(group)) for group in groups.values()]


class Inline(Exception):  # noqa: N818
    """A method gives a list of drawn values: it is read as part of its caller."""


def itself(value: Any) -> Any:
    return value


def is_open(value: Any) -> bool:
    """Whether anything of a value is left open."""
    if not isinstance(value, (list, tuple)):
        return isinstance(value, (Symbol, Words))
    kinds = set(map(type, value))  # a provider's long lists are of strings alone
    if kinds & {Symbol, Words}:
        return True
    return any(issubclass(kind, (list, tuple)) for kind in kinds) and any(map(is_open, value))
