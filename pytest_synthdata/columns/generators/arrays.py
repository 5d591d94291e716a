"""Arrays of any length, item by item from another generator."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.arrow.arrays import arrow_array
from pytest_synthdata.columns.arrow.types import settled
from pytest_synthdata.columns.arrow.values import Values, join, take, to_arrow, to_numpy
from pytest_synthdata.columns.cells import Cells, Scope
from pytest_synthdata.columns.generators.base import Generator, literal, require_numbers
from pytest_synthdata.columns.generators.nested import Nested
from pytest_synthdata.errors import DeclarationError, GenerationError

_LONGEST = 10_000


@dataclass(frozen=True, init=False)
class Array(Generator):
    """Arrays whose items come from one generator and whose lengths from another.

    Item k of a row is independent of its other items, and the same whatever the length.

    Args:
        item: what an item is, a generator or a constant; it may read the row's other columns. A `ForeignKey` for the
            keys of other rows; a `SubFactory` or `Dict` for structs.
        length: how many items a row has, a generator or a number, of which the whole part counts; from 0 to 10,000.
            Where it is null, so is the array.

    >>> Array("x", length=2)
    Array(Constant(value='x'), length=Constant(value=2))
    """

    item: Generator
    length: Generator

    def __init__(self, item: Generator | object, length: Generator | int) -> None:
        object.__setattr__(self, "item", literal(item))
        object.__setattr__(self, "length", literal(length))

    def __repr__(self) -> str:
        return f"Array({self.item!r}, length={self.length!r})"

    def values(self, cells: Cells) -> Values:
        counted = self.length.values(cells.substream("length"))
        null = to_numpy(counted.is_null()) if isinstance(counted, pa.Array) and to_arrow(counted).null_count else None
        lengths = np.nan_to_num(to_numpy(counted)).astype(np.int64)
        if len(lengths) and not 0 <= lengths.min() <= lengths.max() <= _LONGEST:
            raise GenerationError(f"{cells.place}: {self!r}: a length lies between 0 and {_LONGEST:,}; add .clip(0, …)")
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        parts, places = [], []
        for position in range(int(lengths.max(initial=0))):
            index = np.flatnonzero(lengths > position)
            item = self.item.at_position(position) if isinstance(self.item, Nested) else self.item
            parts.append(item.values(cells.take(index).substream(f"item {position}")))
            places.append(offsets[index] + position)
        if not parts:
            empty = to_arrow(self.item.values(cells.take(np.arange(0)).substream("item 0")))
            return _lists(offsets, empty, null)
        order = np.empty(offsets[-1], np.int64)
        order[np.concatenate(places)] = np.arange(offsets[-1])
        return _lists(offsets, to_arrow(take(join(parts), order)), null)

    def children(self) -> Iterator[Generator]:
        yield from (self.item, self.length)

    def type(self, scope: Scope) -> pa.DataType | None:
        item = self.item.type(scope)
        return None if item is None else pa.list_(pa.field("item", settled(item), nullable=self.item.nullable(scope)))

    def check(self, scope: Scope) -> None:
        require_numbers(self.length, scope, "the length of an Array")
        bounds = self.length.bounds(scope)
        if bounds is not None and bounds[1] < 0:
            raise DeclarationError(f"{scope.place}: {self!r}: a length is never negative")


def _lists(offsets: npt.NDArray[np.int64], items: pa.Array, null: npt.NDArray[np.bool_] | None) -> pa.Array:
    mask = None if null is None else arrow_array(null)
    return pa.ListArray.from_arrays(arrow_array(offsets.astype(np.int32)), items, mask=mask)


__all__ = ["Array"]
