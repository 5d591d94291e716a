"""Keys of references that are given to `build()`: the rows that they are the keys of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from factory import enums

from pytest_synthdata.columns.arrow.arrays import python_of
from pytest_synthdata.columns.arrow.values import to_arrow
from pytest_synthdata.columns.expressions.operators import Column
from pytest_synthdata.columns.generators.keys import Key
from pytest_synthdata.columns.generators.modifiers import unwrapped
from pytest_synthdata.columns.references.foreign_keys import ForeignKeyColumn
from pytest_synthdata.columns.tables.bound_table import BoundTable

_MOST_LOOKED_AT = 1 << 18  # rows of a parent whose keys have no pattern


def given_keys(bound: BoundTable, given: Mapping[str, object]) -> dict[str, dict[str, object]]:
    """The keys among what is given, by the reference and by the parent's column that they are of."""
    found: dict[str, dict[str, object]] = {}
    columns = bound.as_declared().plan.columns if given else {}
    for name, value in given.items():
        copied: Any = unwrapped(columns.get(name))
        if not isinstance(copied, Column) or value is None or enums.get_builder_phase(value) is not None:
            continue
        reference, _, key = copied.name.partition(".")
        if isinstance(columns.get(reference), ForeignKeyColumn):
            plan = bound.parent(reference).plan
            if key in (plan.key, *plan.key_columns):
                found.setdefault(reference, {})[key] = value
    return found


def row_with(parent: BoundTable, keys: Mapping[str, object]) -> int | None:
    """The row that has a key; None where none has it."""
    names = tuple(keys)
    key = unwrapped(parent.plan.columns[names[0]])
    if len(names) == 1 and isinstance(key, Key) and isinstance(keys[names[0]], str):
        return key.row_of(str(keys[names[0]]))
    if parent.num_rows > _MOST_LOOKED_AT:
        return None

    def by_key() -> dict[tuple[Any, ...], int]:
        rows = parent.at(np.arange(parent.num_rows, dtype=np.uint64))
        columns = [python_of(to_arrow(rows.read(name), parent.type_of(name))) for name in names]
        return {values: row for row, values in reversed(list(enumerate(zip(*columns, strict=True))))}

    try:
        return parent.cached(("rows by key", names), by_key).get(tuple(keys.values()))
    except TypeError:  # not hashable
        return None


__all__ = ["given_keys", "row_with"]
