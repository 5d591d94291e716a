"""Rows with all that they refer to, near and far, and all that their values are computed from: they can stand alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import without_nulls
from pytest_synthdata.columns.arrow.values import take, to_arrow, to_numpy
from pytest_synthdata.columns.cells import Cells, Declared
from pytest_synthdata.columns.distinct import distinct
from pytest_synthdata.columns.generators.arrays import Array
from pytest_synthdata.columns.references.family import family_of
from pytest_synthdata.columns.references.listed_keys import KeyOf, PickOf
from pytest_synthdata.columns.references.shares import splits_an_amount
from pytest_synthdata.columns.siblings.earlier import Earlier
from pytest_synthdata.columns.siblings.running import looks_at_siblings
from pytest_synthdata.columns.tables.subset import are_in
from pytest_synthdata.columns.tables.table_view import BATCH, TableView

if TYPE_CHECKING:
    import numpy.typing as npt

    from pytest_synthdata.columns.random import Bits
    from pytest_synthdata.columns.references.foreign_keys import ForeignKeyColumn
    from pytest_synthdata.columns.tables.bound_table import BoundTable

_NONE = np.zeros(0, np.uint64)


def closed(views: Mapping[str, TableView], chosen: Mapping[str, Bits]) -> dict[str, Bits]:
    """Of every table the chosen rows and those that any of them needs, by their numbers, ascending.

    A row needs those that it refers to, the children that it sums up or whose shares add up to its amount, its siblings
    before it where a value looks at these, and as a copy its original.

    Args:
        views: the tables by name, each after those that it refers to.
        chosen: row numbers by table.
    """
    found, families = dict.fromkeys(views, _NONE), _families(views)
    waiting = {name: [np.asarray(rows, np.uint64)] for name, rows in chosen.items()}
    while waiting:
        # The last table first: by the time of a parent, all its children have said which of its rows they need.
        name = next(name for name in reversed(list(views)) if name in waiting)
        rows = distinct(*waiting.pop(name))
        new = np.setdiff1d(rows, found[name], assume_unique=True)
        if not len(new):
            continue
        found[name] = distinct(found[name], new)
        rows = views[name].origins(new)
        for table, needed in _referred(views[name].bound, rows):
            if table in views:
                waiting.setdefault(table, []).append(needed)
        originals = [] if np.array_equal(rows, new) else [(name, distinct(rows))]
        for table, needed in (*originals, *_kin(views[name].bound, rows, families[name])):
            if table in views:
                waiting.setdefault(table, []).append(needed[are_in(views[table], needed)])
    return found


def _families(views: Mapping[str, TableView]) -> dict[str, dict[tuple[str, str], BoundTable]]:
    """The children that a parent's row is not taken without, by its table: their table, by its name and reference."""
    found: dict[str, dict[tuple[str, str], BoundTable]] = {name: {} for name in views}
    for bound in (view.bound for view in views.values()):
        for name, child in bound.children.items():  # that its totals are computed from
            found[bound.name][child.name, bound.plan.children[name].reference] = child
        key = bound.plan.fan_out_key
        if key is not None and _is_any(splits_an_amount, bound):
            found.setdefault(bound.parent(key.name).name, {})[bound.name, key.name] = bound
    return found


def _is_any(of_a_kind: Callable[[Declared], bool], bound: BoundTable) -> bool:
    return bound.cached(("any column", of_a_kind.__name__), lambda: any(map(of_a_kind, bound.plan.columns.values())))


def _kin(bound: BoundTable, rows: Bits, families: Mapping[tuple[str, str], BoundTable]) -> Iterator[tuple[str, Bits]]:
    """Children and siblings of some rows that these, or a test that computes their values again, need."""
    for (name, reference), child in families.items():
        if child.fan_out is not None:  # else the children's number was stated, so that there are no totals
            yield name, distinct(family_of(child, reference, rows).rows)
    key = bound.plan.fan_out_key
    if key is not None and bound.fan_out is not None and _is_any(looks_at_siblings, bound):
        yield bound.name, distinct(Earlier.of(bound, rows, key.name).family.rows)


def _referred(bound: BoundTable, rows: Bits) -> Iterator[tuple[str, Bits]]:
    for name in bound.plan.references:
        found = [distinct(parents) for _, parents in referred_to(bound, name, rows)]
        yield bound.parent(name).name, distinct(_NONE, *found)
        if bound.plan.history is not None and bound.plan.history.moves(name):
            yield bound.parent(name).name, bound.plan.history.moved_to(bound, name, rows)


def referred_to(bound: BoundTable, name: str, rows: Bits) -> Iterator[tuple[npt.NDArray[np.int64], Bits]]:
    """What some rows refer to by a reference, one row or, in an array of keys, several; a batch at a time.

    Gives positions among the rows, ascending, and the number of a row that each refers to; nothing where it is none.
    """
    array = next((name_ for name_, item in _arrays_of_keys(bound) if item.reference == name), None)
    for start in range(0, len(rows), BATCH):
        some = rows[start : start + BATCH]
        if array is not None:
            for index, listed in _listed(bound, array, some):
                yield start + index, listed
            continue
        picks = parents_of(bound, bound.plan.references[name], some)
        index = np.flatnonzero(picks >= 0)
        yield start + index, picks[index].astype(np.uint64)


def _arrays_of_keys(bound: BoundTable) -> Iterator[tuple[str, KeyOf]]:
    for name, column in bound.plan.columns.items():
        if isinstance(column, Array) and isinstance(column.item, KeyOf):
            yield name, column.item


def _listed(bound: BoundTable, name: str, rows: Bits) -> Iterator[tuple[npt.NDArray[np.int64], Bits]]:
    """The rows whose keys an array lists, by the positions of those that list them."""
    array = bound.plan.columns[name]
    assert isinstance(array, Array)  # noqa: S101
    assert isinstance(array.item, KeyOf)  # noqa: S101
    picking = Array(PickOf(array.item.reference), array.length)
    batch = bound.at(rows)
    attempts = batch.settled.numbers if name in bound.plan.redrawn else np.zeros(len(rows), np.int64)
    for attempt in np.unique(attempts).tolist():
        index = np.flatnonzero(attempts == attempt)
        cells = Cells(batch.take(index), bound.stream(name, attempt), f"{bound.name}.{name}")
        lists = to_arrow(picking.values(cells))
        picks, lists_of = to_numpy(lists.flatten()), to_numpy(pc.list_parent_indices(lists))
        known = np.flatnonzero(picks >= 0)
        yield index[lists_of[known]], picks[known].astype(np.uint64)


def parents_of(bound: BoundTable, reference: ForeignKeyColumn, rows: Bits) -> npt.NDArray[np.int64]:
    """Of each of some rows the number of the row that a reference points to, below 0 for none."""
    found = []
    for start in range(0, len(rows), BATCH):
        some = rows[start : start + BATCH]
        held = bound.hold(reference.name, for_rows=len(some))
        picks = bound.at(some).read(reference.name) if held is None else take(held, some)
        found.append(np.asarray(to_numpy(without_nulls(picks, -1) if isinstance(picks, pa.Array) else picks), np.int64))
    return np.concatenate(found) if found else np.empty(0, np.int64)


__all__ = ["closed", "parents_of", "referred_to"]
