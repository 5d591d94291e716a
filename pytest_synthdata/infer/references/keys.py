"""Keys that other tables refer to: unique, whatever they look like."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import numpy as np
import pyarrow as pa

from pytest_synthdata.columns.arrow.values import to_numpy
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.generators.keys import Key
from pytest_synthdata.columns.generators.modifiers import Nullable, unwrapped
from pytest_synthdata.columns.providers.fake import Fake
from pytest_synthdata.columns.text.template import Template
from pytest_synthdata.infer.column_types import in_type
from pytest_synthdata.infer.naming import words
from pytest_synthdata.infer.values.distinct import all_differ
from pytest_synthdata.infer.values.meanings import is_identifier, key_prefix
from pytest_synthdata.infer.values.unique import drawn_once, is_unique, key_of_numbers
from pytest_synthdata.sources.samples import Sample

_SHORT = 8


def unique_key(
    generator: Generator, column: pa.Field, table: str, count: int, values: pa.Array | None = None
) -> Generator:
    """A generator of a key that gives no value twice.

    Args:
        generator: what the values look like.
        column: its name and type.
        table: the table's name.
        count: how many rows there are.
        values: the column's, if they are known.
    """
    generator = generator.generator if isinstance(generator, Nullable) else generator
    inner = unwrapped(generator)
    if is_unique(generator) or is_unique(inner):
        return generator
    if not pa.types.is_string(column.type):
        found = None if values is None or not len(values) else to_numpy(values.cast(pa.int64())).astype(np.int64)
        number = Key("{}", start=1) if found is None or found.min() < 0 else key_of_numbers(found) or drawn_once(found)
        return in_type(number, column.type)
    if isinstance(inner, Fake) and inner.provider == "uuid4":
        return generator
    if isinstance(inner, Fake) and inner.provider == "bothify":
        # As many characters before the number as the texts have, so that no two rows have the same.
        text = str(dict(inner.arguments)["text"])
        if len(text) > _SHORT:
            return Template("{start}{#|base36}", start=inner)
    prefix = key_prefix(table)
    return Key(f"{prefix}{{:0{max(len(str(count)) + 1, 3)}d}}")


def identifies(column: pa.Field, sample: Sample, table: str) -> bool:
    """Whether a column may tell a table's rows apart: by its values, and by its name where there are none."""
    values = sample.column(column.name)
    if values is None or not len(values):
        return is_identifier(column.name, table)
    may_be = pa.types.is_string(column.type) or pa.types.is_integer(column.type)
    return may_be and all_differ(values)


def named_key(columns: Iterable[str], others: Collection[str]) -> str | None:
    """The first of some columns, if its name says that it is the key.

    Args:
        columns: their names.
        others: those that refer to other tables.
    """
    first = next(iter(columns), "")
    return first if words(first)[-1:] in (["id"], ["uuid"], ["guid"], ["key"]) and first not in others else None


__all__ = ["identifies", "named_key", "unique_key"]
