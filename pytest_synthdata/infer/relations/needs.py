"""What the columns of a row are made from, and in which order they can be read then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa

from pytest_synthdata.columns.arrow.values import to_numpy
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.generators.keys import Key
from pytest_synthdata.columns.providers.fake import Fake
from pytest_synthdata.columns.text.template import Template
from pytest_synthdata.columns.time.calendar import Timeline
from pytest_synthdata.infer.relations.formulas import Computed

_LOOKED_AT = 100_000  # rows in which relations are looked for


Some = TypeVar("Some", pa.Array, pa.Table)


@dataclass
class RowRelations:
    """What the columns of a row have to do with each other.

    Args:
        computed: columns that follow from others.
        finer: columns whose values each belong to one value of another column.
        missing: columns that are null wherever another one is.
    """

    computed: dict[str, Computed] = field(default_factory=dict)
    finer: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    def _needs(self, name: str) -> set[str]:
        needs = set(self.computed[name].reads) if name in self.computed else set()
        return needs | {some[name] for some in (self.finer, self.missing) if name in some}

    def in_order(self, schema: pa.Schema, first: Sequence[str] = ()) -> list[pa.Field]:
        """The columns, each after those that it is made from, some of them first; what goes round is left out."""
        waiting = {name: schema.field(name) for name in dict.fromkeys((*first, *schema.names))}
        done: list[pa.Field] = []
        while waiting:
            ready = [name for name in waiting if not self._needs(name) & (waiting.keys() - {name})]
            if ready:
                done.append(waiting.pop(ready[0]))
                continue
            name = next(iter(waiting))
            for some in (self.missing, self.finer, self.computed):
                if some.pop(name, None) is not None:
                    break
        return done


def some_of(values: pa.Array) -> pa.Array:
    """Rows enough to tell what columns have to do with each other."""
    if len(values) <= 2 * _LOOKED_AT:
        return values
    return values.take(pa.array(np.arange(0, len(values), len(values) // _LOOKED_AT)))


def evenly(rows: Some, most: int) -> Some:
    """At most so many rows, at even distances; in their order, with the first and the last."""
    if len(rows) <= most:
        return rows
    return rows.take(pa.array(np.linspace(0, len(rows) - 1, most).astype(np.int64)))


def says_next(values: pa.Array) -> bool:
    """Whether whole numbers go up by one from row to row."""
    if not pa.types.is_integer(values.type) or values.null_count or len(values) < 3:  # noqa: PLR2004
        return False
    return bool((np.diff(to_numpy(values).astype(np.float64)) == 1).all())


def says_where(declaration: Any) -> bool:
    """Whether a column says where in a series a row is: it is settled by the row's number."""
    if isinstance(declaration, (Timeline, Key)):
        return True
    if isinstance(declaration, Generator) and not isinstance(declaration, (Template, Fake)):
        return any(map(says_where, declaration.children()))
    return False


__all__ = ["RowRelations", "evenly", "says_next", "says_where", "some_of"]
