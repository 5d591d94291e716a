"""Rows that a pipeline threw out against the rows that have a planted defect, and what differs, as a message."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.assertions.identity import identified, nth_of_equal
from pytest_synthdata.assertions.listing import SHOWN, listed
from pytest_synthdata.columns.arrow.arrays import arrow_array, python_of
from pytest_synthdata.columns.arrow.values import to_arrow, to_numpy
from pytest_synthdata.columns.random import Bits
from pytest_synthdata.defects.label_table import LabelTable, label_key
from pytest_synthdata.errors import counted
from pytest_synthdata.validation.messages import aligned, shown_apart


@dataclass(frozen=True)
class Comparison:
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
    thrown_out: npt.NDArray[np.int64]
    foreign: int

    @classmethod
    def of(cls, frame: Any, view: LabelTable, kinds: frozenset[str]) -> Comparison:
        """That of a frame, with the kinds that count."""
        rows, caught = identified(frame, view, kinds)
        ids, counts = np.unique(caught, return_counts=True)
        place, known = _places(ids, rows.hashes)
        is_clean = known & ~rows.is_wanted & ~rows.is_other
        totals, clean = (np.bincount(place[those], minlength=len(ids)) for those in (known, is_clean))
        # Of several equal rows, the first ones count as caught.
        wanted = np.flatnonzero(rows.is_wanted)
        is_caught = known[wanted] & (nth_of_equal(rows.hashes[wanted]) < _at(counts, place[wanted]))
        extra = np.clip(counts - (totals - clean), 0, clean)
        out = np.flatnonzero(is_clean)
        out = out[nth_of_equal(rows.hashes[out]) < _at(extra, place[out])]
        return cls(
            view,
            rows.labels,
            np.isin(to_numpy(to_arrow(rows.labels["row"])), rows.numbers[wanted[~is_caught]]),
            int(is_caught.sum()),
            int((~is_caught).sum()),
            rows.numbers[out],
            int(counts[totals == 0].sum()),
        )

    @property
    def ok(self) -> bool:
        return not (self.missed_rows or len(self.thrown_out) or self.foreign)

    def message(self) -> str:
        table, wrong = self.view.dirty.name, len(self.thrown_out)
        recall = _ratio(self.caught_rows, self.caught_rows + self.missed_rows)
        precision = _ratio(self.caught_rows, self.caught_rows + wrong + self.foreign)
        found = [f"{self.missed_rows:,} of {self.caught_rows + self.missed_rows:,} dirty rows missed"]
        found += [f"{counted(wrong, 'clean row')} thrown out"] if wrong else []
        found += [f"{counted(self.foreign, 'row')} that {table} does not have"] if self.foreign else []
        lines = [f"{table}: {', '.join(found)} (recall {recall}, precision {precision})", "", *self._by_kind()]
        if self.missed_rows:
            lines += ["", "missed:", *self._first_missed()]
        if wrong:
            lines += ["", "thrown out although clean:", *self._first_thrown_out()]
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
        missed = [index[self.missed[index]] for _, _, index in self._groups()]
        rows = python_of(self.wanted.take(arrow_array(np.concatenate([index[:SHOWN] for index in missed]))))
        for row in rows:
            _, row["clean"], row["dirty"] = shown_apart(row["clean"], row["dirty"])
        return listed(self.wanted.schema.names, rows, more=any(len(index) > SHOWN for index in missed))

    def _first_thrown_out(self) -> list[str]:
        numbers = self.thrown_out[:SHOWN]
        batch = self.view.labelled.record_batch(numbers.astype(np.uint64))
        names = [label_key(name) for name in dict.fromkeys([*self.view.key, *batch.schema.names])]
        cells = python_of(batch.rename_columns(list(map(label_key, batch.schema.names))))
        rows = [{"row": row, **own} for row, own in zip(numbers.tolist(), cells, strict=True)]
        return listed(["row", *names], rows, more=len(self.thrown_out) > SHOWN)


def _places(ids: Bits, hashes: Bits) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
    """Where each hash is among the sorted ones of the frame, and whether it is."""
    if not len(ids):
        return np.zeros(len(hashes), np.intp), np.zeros(len(hashes), np.bool_)
    place = np.minimum(np.searchsorted(ids, hashes), len(ids) - 1)
    return place, ids[place] == hashes


def _at(counts: npt.NDArray[np.int64], place: npt.NDArray[np.intp]) -> npt.NDArray[np.int64]:
    return counts[place] if len(counts) else np.zeros(len(place), np.int64)


def _ratio(part: int, whole: int) -> str:
    return f"{part / whole:.3f}" if whole else "-"


__all__ = ["Comparison"]
