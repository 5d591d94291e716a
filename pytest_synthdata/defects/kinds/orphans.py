"""References to parents that do not exist."""

from __future__ import annotations

import string
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
_FEWEST_DIGITS = 3  # of keys among which there is room for some that no row has
_ATTEMPTS = 20
_STEP = 7_919  # from one attempt to the next
_ALPHABETS = (string.digits, string.ascii_uppercase, string.ascii_lowercase)
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
        return typed(parent.at(_absent_rows(parent, generator, numbers)).read(key), type_)
    known = frozenset(generator.domain(parent.scope(key)) or ())
    pairs = zip(clean.to_pylist(), numbers.tolist(), strict=True)
    return arrow_array([_unlike_all(value, number, known) for value, number in pairs])


def _absent_rows(parent: BoundTable, key: Key, numbers: Any) -> Any:
    """Rows that a parent does not have: the last of those whose keys have as many digits as its own, if none is one."""
    _, width, _ = key.parts()
    span = 10 ** (width - 1)
    most = np.array([max(parent.num_rows, 1)], np.uint64)
    if width >= _FEWEST_DIGITS and key.step == 1 and int(key.numbers(most)[0]) <= 9 * span and key.start <= 9 * span:
        return numbers % np.uint64(span) + np.uint64(9 * span - key.start)
    return numbers + np.uint64(_FIRST)


def _unlike_all(value: str | None, number: int, known: frozenset[Any]) -> str:
    """A text like a natural key, such as a country's code, with other digits or letters; one that no key can be."""
    kinds = (str.isdigit,) if value and any(map(str.isdigit, value)) else (str.isupper, str.islower)
    for attempt in range(_ATTEMPTS if value and known else 0):
        left = number + attempt * _STEP
        letters = list(value or "")
        for place, letter in enumerate(letters):
            if letter.isascii() and any(is_kind(letter) for is_kind in kinds):
                alphabet = next(one for one in _ALPHABETS if letter in one)
                left, at = divmod(left, len(alphabet))
                letters[place] = alphabet[at]
        if (made := "".join(letters)) not in known:
            return made
    return f"?{value or ''}{number}"


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
