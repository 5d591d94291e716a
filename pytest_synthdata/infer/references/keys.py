"""Keys that other tables refer to: unique, whatever they look like."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import pyarrow as pa

from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.generators.keys import Key
from pytest_synthdata.columns.generators.modifiers import Cast, Nullable, Unique, unwrapped
from pytest_synthdata.columns.providers.fake import Fake
from pytest_synthdata.columns.text.template import Template
from pytest_synthdata.infer.naming import words
from pytest_synthdata.infer.values.meanings import key_prefix

_SHORT = 8


def unique_key(generator: Generator, column: pa.Field, table: str, count: int) -> Generator:
    """A generator of a key that gives no value twice.

    Args:
        generator: what the values look like.
        column: its name and type.
        table: the table's name.
        count: how many rows there are.
    """
    generator = generator.generator if isinstance(generator, Nullable) else generator
    inner = unwrapped(generator)
    if isinstance(inner, (Key, Unique)) or (isinstance(inner, Template) and _is_unique(inner)):
        return generator
    if not pa.types.is_string(column.type):
        number = Key("{}", start=1)
        return number.cast("bigint") if column.type == pa.int64() else Cast(number, column.type)
    if isinstance(inner, Fake) and inner.provider == "uuid4":
        return generator
    if isinstance(inner, Fake) and inner.provider == "bothify":
        # As many characters before the number as the texts have, so that no two rows have the same.
        text = str(dict(inner.arguments)["text"])
        if len(text) > _SHORT:
            return Template("{start}{#|base36}", start=inner)
    prefix = key_prefix(table)
    return Key(f"{prefix}{{:0{max(len(str(count)) + 1, 3)}d}}")


def named_key(columns: Iterable[str], others: Collection[str]) -> str | None:
    """The first of some columns, if its name says that it is the key.

    Args:
        columns: their names.
        others: those that refer to other tables.
    """
    first = next(iter(columns), "")
    return first if words(first)[-1:] in (["id"], ["uuid"], ["guid"], ["key"]) and first not in others else None


def _is_unique(template: Template) -> bool:
    parts: Any = dict(template.parts).values()
    return any(isinstance(unwrapped(part), (Unique, Key)) or _holds_unique(part) for part in parts)


def _holds_unique(part: Any) -> bool:
    return isinstance(part, Generator) and (isinstance(part, Unique) or any(map(_holds_unique, part.children())))


__all__ = ["named_key", "unique_key"]
