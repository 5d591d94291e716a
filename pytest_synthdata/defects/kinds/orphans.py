"""References to parents that do not exist."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from pytest_synthdata.columns.arrow.arrays import arrow_array
from pytest_synthdata.columns.cells import Cells, Declared
from pytest_synthdata.columns.expressions.operators import Column
from pytest_synthdata.columns.generators.keys import Key
from pytest_synthdata.columns.generators.modifiers import Cast, NotNull, Nullable
from pytest_synthdata.columns.references.through import held_keys
from pytest_synthdata.defects.kind import Kind, typed
from pytest_synthdata.errors import DeclarationError, nearest

if TYPE_CHECKING:
    from pytest_synthdata.columns.tables.bound_table import BoundTable

_FIRST = 9 * 10**9  # a row number that no table gets to: parents may grow, and an orphan stays one
_SPAN = 10**9
_INTEGER_ENDS = {
    8: (100, 27),
    16: (30_000, 2_767),
    32: (2_000_000_000, 147_483_647),
}  # where small ones begin, how many


@dataclass(frozen=True)
class Orphans(Kind):
    """A reference to a parent that does not exist. It looks like others, and stays an orphan if parents are added.

    Args:
        reference: the `ForeignKey`'s name: ``customer``, whose key stands in ``customer_id``.
        rate: the share of the rows, from 0 to 1.
        exactly: a number of rows in place of the rate.
        where: a condition on the clean row.

    >>> from pytest_synthdata import Dataset
    >>> from pytest_synthdata.factories import OrderFactory
    >>> dirty = Dataset({OrderFactory: 100}, defects={OrderFactory: [Orphans("customer", exactly=1)]})
    >>> dirty.defects["orders"].to_arrow().to_pylist()[0]["dirty"].startswith("CUST-9")
    True
    """

    reference: str
    rate: float | None = None

    def named(self) -> tuple[str, ...]:
        return (self.reference,)

    def check(self, bound: BoundTable) -> None:
        references = bound.plan.references
        self.check_condition(bound)
        if not references:
            raise DeclarationError(f"{bound.name}: {self.title}: the table has no reference to another one")
        if self._name(bound) is None:
            raise DeclarationError(
                f"{bound.name}: {self.title}: there is no reference {self.reference!r}: "
                f"{nearest(str(self.reference), references)}"
            )
        if not self.targets(bound):
            raise DeclarationError(f"{bound.name}: {self.title}: the table does not show that reference's key")
        column = self.targets(bound)[0]
        type_ = bound.type_of(column)
        if not (pa.types.is_string(type_) or pa.types.is_integer(type_)):
            raise DeclarationError(
                f"{bound.name}.{column}: {self.title} needs a key of texts or integers, and the column is {type_}"
            )

    def _name(self, bound: BoundTable) -> str | None:
        """The reference, which may be named by the column of its key."""
        given: Any = self.reference
        if not isinstance(given, str):
            return None
        if given in bound.plan.references:
            return given
        column = bound.plan.columns.get(given)
        head = column.name.partition(".")[0] if isinstance(column, Column) else None
        return head if head in bound.plan.references else None

    def targets(self, bound: BoundTable) -> tuple[str, ...]:
        return tuple(key_columns(bound, self._name(bound)))[:1]

    def dirty(self, bound: BoundTable, cells: Cells, clean: Sequence[pa.Array]) -> Sequence[pa.Array]:
        source = _bare(bound.plan.columns[self.targets(bound)[0]])
        assert isinstance(source, Column)  # noqa: S101 - what a key's column is
        reference, _, key = source.name.partition(".")
        numbers = cells.bits() % np.uint64(_SPAN)
        return [absent_keys(bound.parent(reference), key, numbers, clean[0])]


def absent_keys(parent: BoundTable, key: str, numbers: Any, clean: pa.Array) -> pa.Array:
    """Keys that no row of a parent has, by numbers below 10^9."""
    generator = _bare(parent.plan.columns[key])
    type_ = clean.type
    if pa.types.is_integer(type_):
        first, span = _INTEGER_ENDS.get(type_.bit_width, (_FIRST, _SPAN))
        highest = (parent.scope(key).bounds(key) or (None, None))[1]
        if isinstance(highest, (int, float)) and first <= highest < np.iinfo(str(type_)).max:
            first, span = int(highest) + 1, 1
        return arrow_array(numbers.astype(np.int64) % span + first, pa.int64()).cast(type_)
    if isinstance(generator, Key):
        return typed(parent.at(numbers + np.uint64(_FIRST)).read(key), type_)
    # A natural key, such as a country's code: a text that cannot be one of them.
    return arrow_array(
        [f"?{value or ''}{number}" for value, number in zip(clean.to_pylist(), numbers.tolist(), strict=True)]
    )


def key_columns(bound: BoundTable, reference: str | None) -> list[str]:
    """The visible columns that hold a reference's key."""
    found = []
    for name in bound.plan.visible:
        generator = _bare(bound.plan.columns[name])
        if isinstance(generator, Column) and generator.name.startswith(f"{reference}."):
            key = bound.parent(str(reference)).plan.key
            if key is None or generator.name == f"{reference}.{key}":
                found.append(name)
    if found or reference not in bound.plan.references:
        return found
    return [name for name in held_keys(bound.plan, reference) if name is not None]


def _bare(generator: Declared) -> Declared:
    while isinstance(generator, (Cast, Nullable, NotNull)):
        generator = generator.generator
    return generator


__all__ = ["Orphans", "absent_keys", "key_columns"]
