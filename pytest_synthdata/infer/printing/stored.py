"""Long lists that stand in a data file beside the printed source, rather than in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from pytest_synthdata.infer.printing.layout import Bracket, Code

_MOST_ITEMS = 8  # that stand in the source


@dataclass
class Store:
    """What stands in the data file.

    Args:
        file: its name.
        content: by the names that the source knows it by.
        place: whose list is printed now: ``table.column``.
    """

    file: str
    content: dict[str, Any] = field(default_factory=dict)
    place: str = ""

    def put(self, value: Any) -> str:
        """Keep a value; how the source calls it."""
        name, number = self.place, 2
        while name in self.content and self.content[name] != value:
            name, number = f"{self.place} {number}", number + 1
        self.content[name] = value
        return name


_store: ContextVar[Store | None] = ContextVar("store", default=None)


@contextmanager
def stored_in(store: Store | None) -> Iterator[None]:
    """Long lists that are printed within go to a file."""
    token = _store.set(store)
    try:
        yield
    finally:
        _store.reset(token)


def printing_of(place: str) -> None:
    """Say what is printed next."""
    if (store := _store.get()) is not None:
        store.place = place


def stored(value: Mapping[Any, Any], *, is_rows: bool = False, most: int = _MOST_ITEMS) -> Code | None:
    """How the source says a long list of texts with their shares, of rows, or of pairs; None where it stands there.

    Args:
        value: the list.
        is_rows: whether it is the columns of rows.
        most: how many items stand in the source.
    """
    from pytest_synthdata.infer.printing.plain_values import code

    store = _store.get()
    count = max(map(len, value.values()), default=0) * len(value) if is_rows else len(value)
    if store is None or count <= most:
        return None
    if is_rows and not all(isinstance(one, (str, int)) for column in value.values() for one in column):
        return None
    if all(isinstance(key, str) for key in value):
        return Bracket("DATA", (("", code(store.put(dict(value)))),), "[]")
    if all(isinstance(key, (int, float)) for key in value):
        name = store.put([list(pair) for pair in value.items()])
        return Bracket("dict", (("", Bracket("DATA", (("", code(name)),), "[]")),))
    if all(isinstance(key, tuple) for key in value):
        name = store.put([[*key, share] for key, share in value.items()])
        items = f"(one, other): value for one, other, value in DATA[{name!r}]".replace("'", '"')
        return Bracket("", (("", items),), "{}")
    return None


__all__ = ["Store", "printing_of", "stored", "stored_in"]
