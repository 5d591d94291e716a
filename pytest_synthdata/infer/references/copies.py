"""Columns that say again what the row that they refer to says: an order's country that is its customer's."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.values import to_numpy
from pytest_synthdata.columns.generators.modifiers import unwrapped
from pytest_synthdata.infer.references.links import Referring
from pytest_synthdata.infer.relations.arranging import is_of_few
from pytest_synthdata.infer.relations.formulas import ALL
from pytest_synthdata.sources.samples import Sample

_FEWEST = 20  # rows in which it is believed
_USUAL = 0.95  # of the rows, at most, have one value: else they would be alike by chance
_LOOKED_AT = 100_000


def copies(
    sample: Sample,
    referring: Mapping[str, Referring],
    special: Collection[str | None],
    is_listed: Callable[[str, pa.Array], bool],
) -> dict[str, str]:
    """The ways to the parents' columns that some columns repeat, by column.

    Args:
        sample: the table.
        referring: its references, by column.
        special: columns that are keys or refer to rows of their own table.
        is_listed: whether a column's values are a list to choose from.
    """
    found: dict[str, str] = {}
    if not referring or not sample.is_whole or sample.num_rows < _FEWEST:
        return found
    some = pa.array(np.linspace(0, sample.num_rows - 1, min(sample.num_rows, _LOOKED_AT)).astype(np.int64))
    for name in sample.schema.names:
        values = sample.column(name)
        if name in referring or name in special or values is None or not _may_be_compared(values.type):
            continue
        few = values.take(some)
        if _is_nearly_constant(few):
            continue
        listed = is_listed(name, values)
        paths = (path for one in referring.values() for path in _same(name, few, one, some, is_listed=listed))
        path = next(paths, None)
        if path is not None:
            found[name] = path
    return found


def _may_be_compared(type_: pa.DataType) -> bool:
    return not pa.types.is_nested(type_) and not pa.types.is_interval(type_)


def _is_nearly_constant(values: pa.Array) -> bool:
    counts = values.value_counts().field("counts")
    return bool(pc.max(counts).as_py() > _USUAL * len(values))


def _same(name: str, values: pa.Array, one: Referring, some: pa.Array, *, is_listed: bool) -> Iterator[str]:
    """The parent's columns that hold the same in each row, the one that is called alike first."""
    parent, rows = one.parent, one.rows
    if parent.sample is None or rows is None or one.column == name:
        return
    picked = rows[to_numpy(some)]
    known = picked >= 0
    if known.sum() < _FEWEST:
        return
    mine, index = values.filter(pa.array(known)), pa.array(picked[known])
    attributes = {column: name for name, column in parent.factory._meta.rename.items()}
    key = parent.factory._meta.rename.get(parent.key or "", parent.key)
    fields = sorted(parent.sample.schema, key=lambda field: field.name.lower() != name.lower())
    for field in fields:
        theirs = parent.sample.column(field.name)
        if field.name == key or theirs is None or theirs.type != values.type:
            continue
        attribute = attributes.get(field.name, field.name)
        declared = parent.factory._meta.plan().columns.get(attribute)
        is_known_better = is_listed and pa.types.is_string(values.type) and not is_of_few(unwrapped(declared))
        if is_known_better and len(theirs.unique()) < len(theirs):  # another name of the row is no list to choose from
            continue
        taken = theirs.take(index)
        if pa.types.is_float16(values.type):  # which PyArrow cannot compare
            mine, taken = mine.cast(pa.float32()), taken.cast(pa.float32())
        same = pc.fill_null(pc.equal(mine, taken), False)
        both = pc.and_(pc.is_null(mine), pc.is_null(taken))
        if pc.mean(pc.or_(same, both).cast(pa.float64())).as_py() >= ALL:
            yield f"{one.name}.{attribute}"


__all__ = ["copies"]
