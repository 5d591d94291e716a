"""Which columns refer to other tables, by their names and by what they hold; and how."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.values import to_numpy
from pytest_synthdata.columns.expressions.operators import col
from pytest_synthdata.columns.generators.keys import Key
from pytest_synthdata.declarations.factory_class import FactoryClass
from pytest_synthdata.declarations.foreign_keys import ForeignKey
from pytest_synthdata.infer.columns import Declared
from pytest_synthdata.infer.dependence import Predictor, weights
from pytest_synthdata.infer.fitting import rounded_shares
from pytest_synthdata.infer.naming import attribute_name, singular, words
from pytest_synthdata.sources.samples import Sample

_REFERRING = frozenset({"id", "key", "fk", "ref", "uuid", "code", "no", "nr", "number"})
_OWN = frozenset({"parent", "manager", "supervisor", "boss", "referrer", "previous", "predecessor", "original"})
_CONTAINED = 0.98  # of a reference's values, at least, are the parent's keys


@dataclass(frozen=True)
class Parent:
    """A table that others may refer to.

    Args:
        factory: its factory.
        sample: what is known of it; nothing of factories that were there before.
        deciders: columns that its children's may depend on.
        days: its columns of dates and times.
    """

    factory: FactoryClass
    sample: Sample | None = None
    deciders: tuple[Predictor, ...] = ()
    days: tuple[str, ...] = ()

    @property
    def table(self) -> str:
        """The table's name."""
        return str(self.factory._meta.table)

    @property
    def keys(self) -> pa.Array | None:
        """All its keys, if they are known."""
        key = self.factory._meta.key_column()
        if key is None or self.sample is None or not self.sample.is_whole:
            return None
        return self.sample.column(self.factory._meta.rename.get(key, key))

    def has(self, name: str, type_: pa.DataType, values: pa.Array | None) -> bool:
        """Whether a column may hold this table's keys."""
        key = self.factory._meta.key_column()
        if key is None or not names(name, self.table, key) or self.factory._meta.bound().type_of(key) != type_:
            return False
        if values is None or not len(values):
            return True
        if (keys := self.keys) is not None:
            return bool(pc.mean(pc.is_in(values, keys).cast(pa.float64())).as_py() >= _CONTAINED)
        declared = self.factory._meta.plan().columns[key]
        if isinstance(declared, Key):
            prefix, _, suffix = declared._parts()
            return bool(pc.all(pc.and_(pc.starts_with(values, prefix), pc.ends_with(values, suffix))).as_py())
        return True


def names(column: str, table: str, key: str) -> bool:
    """Whether a column's name is that of a table's key.

    >>> names("billing_customer_id", "customers", "id"), names("customer_id", "orders", "order_id")
    (True, False)
    """
    parts, owner = words(column), words(table)
    if not parts or not owner:
        return False
    if column == key and len(parts) > 1:
        return True
    own = [*owner[:-1], singular(owner[-1])]
    return parts[-1] in _REFERRING and parts[:-1][-len(own) :] in (own, owner)


@dataclass(frozen=True)
class Referring:
    """A column that refers to another table.

    Args:
        name: the attribute of the reference.
        parent: the table.
        declared: what stands in the factory: the reference, and its column where it holds nulls.
        picks: the parent's row of each row, if all are known.
    """

    name: str
    parent: Parent
    declared: dict[str, Declared]
    picks: npt.NDArray[np.int64] | None

    def deciders(self) -> Iterator[Predictor]:
        """The parent's columns that the table's may depend on."""
        if self.picks is not None:
            for one in self.parent.deciders:
                yield Predictor(f"{self.name}.{one.name}", one.categories, one.codes[self.picks])


def reference(
    column: pa.Field, values: pa.Array | None, parents: Sequence[Parent], taken: set[str]
) -> Referring | None:
    """A column as a reference, if it is one.

    Args:
        column: its name and type.
        values: what it holds, if that is known.
        parents: the tables that it may refer to.
        taken: names that no attribute may have.
    """
    valid = None if values is None else values.drop_null()
    parent = next((one for one in parents if one.has(column.name, column.type, valid)), None)
    if parent is None or not _has_room(column.name, values, taken):
        return None
    parts = words(column.name)
    short = "_".join(parts[:-1]) if len(parts) > 1 else singular(parent.table)
    name = attribute_name(short, {*taken, column.name})
    picks = _picks(values, parent.keys)
    key = ForeignKey(
        parent.factory,
        weights=None if picks is None else weights(picks, parent.deciders),
        column=None if column.name == f"{name}_id" else column.name,
    )
    return Referring(name, parent, _declared(name, key, column.name, parent.factory._meta.key_column(), values), picks)


def _has_room(column: str, values: pa.Array | None, taken: set[str]) -> bool:
    """Whether a reference's column may be called as it is: where it holds nulls it is an attribute, too."""
    has_nulls = values is not None and values.null_count > 0
    return column not in taken and not (has_nulls and attribute_name(column, ()) != column)


def _declared(
    name: str, key: ForeignKey, column: str, held: str | None, values: pa.Array | None
) -> dict[str, Declared]:
    """A reference, and its column where some rows refer to nothing."""
    if values is None or not values.null_count:
        return {name: Declared(key)}
    share = rounded_shares([values.null_count, len(values) - values.null_count], len(values))[0]
    return {name: Declared(key), column: Declared(col(f"{name}.{held}").nulls(share))}


def own_reference(
    column: pa.Field, values: pa.Array | None, key: pa.Field, sample: Sample, taken: set[str]
) -> dict[str, Declared] | None:
    """A column as a reference to another row of its own table, such as an employee's manager.

    Args:
        column: its name and type.
        values: what it holds, if that is known.
        key: the table's key.
        sample: the table.
        taken: names that no attribute may have.
    """
    parts, keys = words(column.name), sample.column(key.name)
    is_named = len(parts) > 1 and parts[0] in _OWN and parts[-1] in _REFERRING
    if not is_named or column.type != key.type or not _has_room(column.name, values, taken):
        return None
    if values is not None and keys is not None and sample.is_whole:
        own = pc.all(pc.is_in(values.drop_null(), keys)).as_py()
        if own is False:
            return None
    name = attribute_name("_".join(parts[:-1]), {*taken, column.name})
    reference = ForeignKey("self", column=None if column.name == f"{name}_id" else column.name)
    return _declared(name, reference, column.name, key.name, values)


def _picks(values: pa.Array | None, keys: pa.Array | None) -> npt.NDArray[np.int64] | None:
    if values is None or keys is None or not len(values):
        return None
    found = pc.index_in(values, keys)
    return None if found.null_count else to_numpy(found).astype(np.int64)


def in_order(
    referring: Referring, table: Sample, days: Sequence[str], picks: npt.NDArray[np.int64]
) -> tuple[str, str] | None:
    """A date or time of the parent that none of the table's own precedes, though it could: their names."""
    parent = referring.parent.sample
    assert parent is not None  # noqa: S101 - there are picks
    for before in referring.parent.days:
        earlier = _microseconds(parent.column(before))
        for after in days:
            later = _microseconds(table.column(after))
            if earlier is None or later is None:
                continue
            if earlier.max() > later.min() and (earlier[picks] <= later).all():
                return before, after
    return None


def _microseconds(values: pa.Array | None) -> npt.NDArray[np.int64] | None:
    if values is None or values.null_count or not len(values):
        return None
    return to_numpy(values.cast(pa.timestamp("us")).cast(pa.int64())).astype(np.int64)


__all__ = ["Parent", "Referring", "in_order", "names", "own_reference", "reference"]
