"""Names: of tables as classes, of columns as attributes."""

from __future__ import annotations

import itertools
import keyword
import re
import unicodedata
from collections.abc import Container


def words(name: str) -> list[str]:
    """The lower-case words of a name, however they are joined.

    >>> words("customerEmail"), words("Zip-Code")
    (['customer', 'email'], ['zip', 'code'])
    """
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)]


def singular(word: str) -> str:
    """The singular of an English plural, by its ending.

    >>> [singular(word) for word in ("orders", "categories", "addresses", "status", "boxes")]
    ['order', 'category', 'address', 'status', 'box']
    """
    if len(word) > 4 and word.endswith("ies"):  # noqa: PLR2004
        return f"{word[:-3]}y"
    if word.endswith(("sses", "xes", "ches", "shes", "zes")):
        return word[:-2]
    return word[:-1] if len(word) > 1 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def one_of(table: str) -> str:
    """What one row of a table is called, as the attribute of a reference to it.

    >>> one_of("support_tickets"), one_of("1")
    ('support_ticket', '1')
    """
    *before, last = words(table) or ["parent"]
    return "_".join([*before, singular(last)])


def class_name(table: str, taken: Container[str] = ()) -> str:
    """The name of a table's factory.

    >>> class_name("support_tickets"), class_name("tables", {"TableFactory"})
    ('SupportTicketFactory', 'Table2Factory')
    """
    parts = words(table) or ["table"]
    parts[-1] = singular(parts[-1])
    name = "".join(part.capitalize() for part in parts)
    name = name if name[0].isalpha() else f"Table{name}"
    names = itertools.chain((f"{name}Factory",), (f"{name}{number}Factory" for number in itertools.count(2)))
    return next(one for one in names if one not in taken)


def attribute_name(column: str, taken: Container[str]) -> str:
    """A column's name as an attribute of a factory: itself, where that can be."""
    name = re.sub(r"\W", "_", unicodedata.normalize("NFKC", column))  # as Python reads names
    name = re.sub(r"__+", "_", name).lstrip("_") or "column"
    if not name.isidentifier():
        name = f"column_{name}"
    stem = name.rstrip("_") or "column"  # two underscores would be a path to factory_boy
    more = (f"{stem}_{number}" for number in itertools.count(2))
    free = itertools.chain((name, f"{stem}_column"), more)
    return next(one for one in free if one not in taken and not keyword.iskeyword(one))


__all__ = ["attribute_name", "class_name", "one_of", "singular", "words"]
