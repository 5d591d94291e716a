"""`assert_caught` and `assert_repaired`: whether a pipeline found exactly the planted defects, or mended them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.assertions.repairs import counted, repair_problem
from pytest_synthdata.columns.arrow.fingerprint import row_hashes
from pytest_synthdata.defects.differences import as_mask
from pytest_synthdata.defects.kinds.values import kind_named
from pytest_synthdata.defects.label_table import LabelTable, label_key
from pytest_synthdata.errors import SynthDataError
from pytest_synthdata.sources import source_of
from pytest_synthdata.sources.source import in_type
from pytest_synthdata.validation.messages import aligned, short

if TYPE_CHECKING:
    from pytest_synthdata.columns.random import Bits
    from pytest_synthdata.table import Table

_SHOWN = 5  # rows of each sort in a message
_COLUMNS = 6  # of a row


def assert_caught(frame: Any, labels: Table, *, kinds: Iterable[Any] | Any = None) -> None:
    """Assert that a frame holds exactly the rows that have a planted defect: none missed, none clean.

    Rows are compared by the table's key as the dirty row has it; by all columns of the frame where the table has no
    key. Where several rows have one key, as copies have, as many must be caught as are labelled.

    Args:
        frame: what the pipeline threw out: a Spark or pandas DataFrame, an Arrow table, a list of dicts, or a path.
        labels: ``synth.defects["orders"]`` or ``dataset.defects["orders"]``.
        kinds: the kinds that must be caught, as classes or labels: ``[Missing, "duplicates"]``; all by default. Rows
            that have only other kinds may be caught or not.

    Raises:
        AssertionError: with the recall and precision of each kind and column, and the first rows that were missed or
            thrown out. A clean row that was thrown out counts against the precision of every kind.
        SynthDataError: for a frame without the table's key, and for a kind that was not planted.

    >>> from pytest_synthdata import Dataset, Missing
    >>> from pytest_synthdata.factories import OrderFactory
    >>> dataset = Dataset({OrderFactory: 1_000}, defects={OrderFactory: [Missing("amount", 0.01)]})
    >>> orders = dataset.orders.to_arrow()
    >>> assert_caught(orders.filter(orders["amount"].is_null()), dataset.defects["orders"])
    """
    __tracebackhide__ = True
    view = getattr(labels, "view", None)
    if not isinstance(view, LabelTable):
        raise SynthDataError(
            f"assert_caught: {type(labels).__name__} is not the labels of a table; give synth.defects['orders']"
        )
    comparison = _compare(frame, view, _wanted(kinds, view))
    if not comparison.ok:
        raise AssertionError(comparison.message())


def assert_repaired(frame: Any, clean: Any, *, key: str | Sequence[str] | None = None) -> None:
    """Assert that a frame holds exactly the clean rows: what was dirty is mended, and nothing else was changed.

    Columns that the pipeline added are not looked at; the order of rows does not matter.

    Args:
        frame: what the pipeline gives: a Spark or pandas DataFrame, an Arrow table, a list of dicts, or a path.
        clean: ``synth.clean["orders"]`` or ``dataset.clean.orders``.
        key: the column or columns by which rows are found; the table's key, else the first column whose clean values
            are unique, by default.

    Raises:
        AssertionError: with the number of wrong cells of each column, and the first rows that are wrong, missing or
            too many.
        SynthDataError: for a frame without the key, or without any column of the clean table.

    >>> from pytest_synthdata import Dataset, Duplicates
    >>> from pytest_synthdata.factories import OrderFactory
    >>> dataset = Dataset({OrderFactory: 1_000}, defects={OrderFactory: [Duplicates(0.01)]})
    >>> orders = dataset.orders.to_pandas()
    >>> assert_repaired(orders.drop_duplicates(), dataset.clean.orders)
    """
    __tracebackhide__ = True
    problem = repair_problem(frame, clean, key)
    if problem is not None:
        raise AssertionError(problem)


def _wanted(kinds: Any, view: LabelTable) -> frozenset[str]:
    planted = view.kinds
    if kinds is None:
        return frozenset(kind.label for kind in planted)
    listed = [kinds] if isinstance(kinds, (str, type)) else list(kinds)
    names: set[str] = set()
    for one in listed:
        if isinstance(one, type):
            own = {kind.label for kind in planted if isinstance(kind, one)}
            names |= own or {kind_named(one.__name__, planted)}
        else:
            names.add(kind_named(getattr(one, "label", one), planted))
    return frozenset(names)


@dataclass
class _Comparison:
    """Rows that were caught against rows that are labelled.

    Args:
        view: the labels.
        wanted: those of the kinds that count.
        missed: whether each of them was missed.
        caught_rows: how many labelled rows were caught.
        missed_rows: how many were not.
        thrown_out: the numbers of clean rows that were caught.
        foreign: how many rows of the frame are not in the table.
    """

    view: LabelTable
    wanted: pa.Table
    missed: npt.NDArray[np.bool_]
    caught_rows: int
    missed_rows: int
    thrown_out: list[int] = field(default_factory=list)
    foreign: int = 0

    @property
    def ok(self) -> bool:
        return not (self.missed_rows or self.thrown_out or self.foreign)

    def message(self) -> str:
        table, wrong = self.view.dirty.name, len(self.thrown_out)
        recall = _ratio(self.caught_rows, self.caught_rows + self.missed_rows)
        precision = _ratio(self.caught_rows, self.caught_rows + wrong + self.foreign)
        found = [f"{self.missed_rows:,} of {self.caught_rows + self.missed_rows:,} dirty rows missed"]
        found += [f"{counted(wrong, 'clean row')} thrown out"] if wrong else []
        found += [f"{counted(self.foreign, 'row')} that {table} does not have"] if self.foreign else []
        lines = [f"{table}: {', '.join(found)} (recall {recall}, precision {precision})", "", *self._by_kind()]
        if self.missed_rows:
            lines += ["", "missed:", *_indented(self._first_missed())]
        if wrong:
            lines += ["", "thrown out although clean:", *_indented(self._first_thrown_out())]
        return "\n".join(lines)

    def _by_kind(self) -> list[str]:
        lines, wrong = [["kind", "column", "planted", "caught", "recall", "precision"]], len(self.thrown_out)
        for kind, column, index in self._groups():
            caught = int((~self.missed[index]).sum())
            # Nobody knows which kind a clean row was taken for, so that it counts against each.
            ratios = _ratio(caught, len(index)), _ratio(caught, caught + wrong + self.foreign)
            lines.append([kind, column or "(row)", f"{len(index):,}", f"{caught:,}", *ratios])
        return aligned(lines)

    def _groups(self) -> Iterator[tuple[str, str | None, npt.NDArray[np.intp]]]:
        """The labels of each kind and column."""
        kinds, columns = (np.array(self.wanted[name].to_pylist(), object) for name in ("kind", "column"))
        pairs = list(zip(kinds.tolist(), columns.tolist(), strict=True))
        for kind, column in dict.fromkeys(pairs):
            yield kind, column, np.flatnonzero([pair == (kind, column) for pair in pairs])

    def _first_missed(self) -> list[str]:
        index = [index[self.missed[index]][:_SHOWN] for _, _, index in self._groups()]
        rows = self.wanted.take(pa.array(np.concatenate(index))).to_pylist()
        return _table(rows, self.wanted.schema.names)

    def _first_thrown_out(self) -> list[str]:
        numbers = self.thrown_out[:_SHOWN]
        batch = self.view.labelled.record_batch(np.array(numbers, np.uint64))
        names = list(dict.fromkeys([*self.view.key, *batch.schema.names]))[:_COLUMNS]
        rows = [{"row": row, **cells} for row, cells in zip(numbers, batch.select(names).to_pylist(), strict=True)]
        return _table(rows, ["row", *names])


def _compare(frame: Any, view: LabelTable, kinds: frozenset[str]) -> _Comparison:
    names, caught = _caught(frame, view)
    keys, counts = np.unique(caught, return_counts=True)
    totals, clean = np.zeros(len(keys), np.int64), np.zeros(len(keys), np.int64)
    pieces: list[pa.Table] = []
    wanted_rows: list[tuple[npt.NDArray[np.int64], Bits]] = []
    clean_rows: list[tuple[npt.NDArray[np.int64], Bits]] = []
    for labels, rows in view.marked():
        numbers = rows.column(0).to_numpy()
        hashes = row_hashes(rows.select(list(map(label_key, names))))
        labelled = labels.column(0).to_numpy()
        of_kinds = as_mask(pc.is_in(labels.column("kind"), pa.array(sorted(kinds), pa.string())))
        is_wanted = np.isin(numbers, labelled[of_kinds])
        is_other = np.isin(numbers, labelled) & ~is_wanted
        pieces.append(pa.Table.from_batches([labels.filter(pa.array(of_kinds))]))
        wanted_rows.append((numbers[is_wanted], hashes[is_wanted]))
        place, known = _places(keys, hashes)
        is_clean = known & ~is_wanted & ~is_other
        totals += np.bincount(place[known], minlength=len(keys))
        clean += np.bincount(place[is_clean], minlength=len(keys))
        clean_rows.append((numbers[is_clean], hashes[is_clean]))
    wanted = pa.concat_tables(pieces) if pieces else view.schema.empty_table()
    missed, caught_rows, missed_rows = _missed(wanted, wanted_rows, keys, counts)
    extra = np.minimum(np.maximum(counts - (totals - clean), 0), clean)
    return _Comparison(
        view, wanted, missed, caught_rows, missed_rows,
        _thrown_out(clean_rows, keys, extra), int(counts[totals == 0].sum()),
    )  # fmt: skip


def _caught(frame: Any, view: LabelTable) -> tuple[list[str], Bits]:
    """The columns that identify a row, and a hash of them for each row that was caught."""
    declared = view.dirty.schema if view.key else view.labelled.schema
    delivered = {} if view.changed is None else view.changed.other_names()
    source = source_of(_narrowed(frame, [*view.key, *delivered] or declared.names), "assert_caught")
    names = list(view.key) or [name for name in declared.names if name in source.schema.names]
    present = source.schema.names
    missing = [name for name in names if name not in present and not _others(name, delivered, present)]
    if missing or not names:
        raise SynthDataError(
            f"assert_caught: the frame has no column {(missing or declared.names)[0]!r}, by which rows of "
            f"{view.dirty.name} are found; keep it in what the pipeline throws out"
        )
    pieces = [np.zeros(0, np.uint64)]
    for batch in source.batches:
        arrays = [_identifying(batch, declared.field(name), delivered, view) for name in names]
        pieces.append(row_hashes(pa.RecordBatch.from_arrays(arrays, names=list(map(label_key, names)))))
    return names, np.concatenate(pieces)


def _others(name: str, delivered: Mapping[str, str], present: Sequence[str]) -> list[str]:
    """The other names of a column under which a frame may have it."""
    return [other for other, declared in delivered.items() if declared == name and other in present]


def _identifying(batch: pa.RecordBatch, field_: pa.Field, delivered: Mapping[str, str], view: LabelTable) -> pa.Array:
    """A column of the key, in whichever of the names that it is delivered with a row has it."""
    present = batch.schema.names
    found = [name for name in (field_.name, *_others(field_.name, delivered, present)) if name in present]
    arrays = [in_type(batch.column(name), field_, view.dirty.name) for name in found]
    return arrays[0] if len(arrays) == 1 else pc.coalesce(*arrays)


def _narrowed(frame: Any, names: Sequence[str]) -> Any:
    """Of a Spark DataFrame, the columns that identify a row: others need not be read, and may be of any type."""
    if hasattr(frame, "mapInArrow") and (present := [name for name in names if name in frame.columns]):
        return frame.select([f"`{name.replace('`', '``')}`" for name in present])
    return frame


def _places(keys: Bits, hashes: Bits) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
    """Where each hash is among the sorted keys, and whether it is."""
    if not len(keys):
        return np.zeros(len(hashes), np.intp), np.zeros(len(hashes), np.bool_)
    place = np.minimum(np.searchsorted(keys, hashes), len(keys) - 1)
    return place, keys[place] == hashes


def _missed(
    wanted: pa.Table, rows: Sequence[tuple[npt.NDArray[np.int64], Bits]], keys: Bits, counts: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.bool_], int, int]:
    """Which labels were missed, how many labelled rows were caught, and how many not."""
    numbers = np.concatenate([np.zeros(0, np.int64), *(one for one, _ in rows)])
    hashes = np.concatenate([np.zeros(0, np.uint64), *(one for _, one in rows)])
    place, known = _places(keys, hashes)
    # Of several rows with one key, the first ones count as caught.
    order = np.argsort(hashes, kind="stable")
    rank = np.empty(len(hashes), np.int64)
    starts = np.searchsorted(hashes[order], hashes[order], side="left")
    rank[order] = np.arange(len(hashes)) - starts
    caught = known & (rank < (counts[place] if len(keys) else 0))
    missed = np.isin(wanted["row"].to_numpy(), numbers[~caught])
    return missed, int(caught.sum()), int((~caught).sum())


def _thrown_out(
    rows: Sequence[tuple[npt.NDArray[np.int64], Bits]], keys: Bits, extra: npt.NDArray[np.int64]
) -> list[int]:
    """The numbers of the clean rows that were caught."""
    left, found = extra.copy(), []
    for numbers, hashes in rows:
        place, _ = _places(keys, hashes)
        for number, where in zip(numbers.tolist(), place.tolist(), strict=True):
            if left[where] > 0:
                left[where] -= 1
                found.append(number)
    return found


def _ratio(part: int, whole: int) -> str:
    return f"{part / whole:.3f}" if whole else "-"


def _table(rows: Sequence[dict[str, Any]], names: Sequence[str]) -> list[str]:
    return aligned([list(names), *([short(row[name]) for name in names] for row in rows)])


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"  {line}" for line in lines]


__all__ = ["assert_caught", "assert_repaired"]
