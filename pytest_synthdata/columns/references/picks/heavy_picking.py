"""The pick of a parent where some weigh far more than others."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from pytest_synthdata.columns.arrow.values import Index
from pytest_synthdata.columns.cells import Cells, Table
from pytest_synthdata.columns.random import Bits, Floats, Stream
from pytest_synthdata.columns.references.picks.heavy_members import HeavyMembers
from pytest_synthdata.columns.references.picks.pick_statistics import PickStatistics, Reference
from pytest_synthdata.columns.references.picks.picking import Pick
from pytest_synthdata.columns.references.picks.popularity import MOST_LEVELS, Layers, Ranks, Tournament, ZipfRank
from pytest_synthdata.errors import DeclarationError


class HeavyPick(Pick):
    """The throwing of darts where some parents weigh far more than others: darts go where the weights are.

    Each level is as likely to get the next dart as its layers have area, which no other level changes.

    Args:
        common: the weight above which parents are listed; None where the weights have a law with a heavy tail.
    """

    def __init__(
        self,
        reference: Reference,
        statistics: PickStatistics,
        cells: Cells,
        parent: Table,
        count: int | Bits,
        *,
        attempts: Bits | None = None,
        common: float | None = None,
    ) -> None:
        self.common: float | None = common
        super().__init__(reference, statistics, cells, parent, count, attempts=attempts)
        self.layers: Layers | Ranks | HeavyMembers = self._layers()
        total = np.cumsum(self.layers.areas)
        share = np.divide(self.layers.areas, total, out=np.zeros_like(total), where=total > 0)
        self.limits: list[np.uint64] = [np.uint64(min(int(part * 2.0**64), 2**64 - 1)) for part in share]

    def _layers(self) -> Layers | Ranks | HeavyMembers:
        key = ("layers", *self.cells.stream.names, len(self.levels))
        return self.cells.reader.bound.cached(key, self._new_layers)

    def _new_layers(self) -> Layers | Ranks | HeavyMembers:
        weights, levels = self.reference.weights, len(self.levels)
        if self.common is not None:
            return HeavyMembers(self._thresholds_of_rows, levels, self.common)
        if isinstance(weights, ZipfRank):
            return Ranks(weights, levels)
        if levels > MOST_LEVELS:
            raise DeclarationError(
                f"{self.cells.place}: ForeignKey: {weights!r} can weigh up to 2^{MOST_LEVELS - 1} parents, and "
                f"{self.parent.plan.table!r} has {self.parent.num_rows:,} rows; add .clip(0, highest) to the weights"
            )
        ends, known = self.statistics.ends, self.parent.plan.fan_out_key is None
        assert ends is not None  # noqa: S101
        # Champions may be rows to come, which no column that is held has.
        return Layers(self._tournament(), ends, levels, self._thresholds_of_rows if known else None)

    def _thresholds_of_rows(self, parents: Bits) -> Floats:
        return np.asarray(self._thresholds_of(self.parent.at(parents)), np.float64)

    def _tournament(self) -> Tournament:
        return Tournament((*self.cells.stream.names, "weights"))

    def _weights_stream(self) -> Stream:
        return self._tournament() if self.common is None else super()._weights_stream()

    def _as_heights(self, weights: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return np.nan_to_num(weights.astype(np.float64), nan=0.0)

    @staticmethod
    def _levels(parents: int) -> list[int]:
        """The levels by their number: the first parent, and then twice as many with each."""
        return list(range((parents - 1).bit_length() + 1))

    def _darts(self, active: Index, throws: int) -> tuple[Bits, npt.NDArray[Any]]:
        candidate, height = np.empty(len(active), np.uint64), np.empty(len(active), np.float64)
        position = np.arange(len(active))
        for level in reversed(self.levels):
            word = self._word(level, active[position], throws)
            here = word < self.limits[level] if level else np.ones(len(word), np.bool_)
            where = position[here]
            if len(where):
                candidate[where], height[where] = self.layers.dart(level, word[here])
            position = position[~here]
            if not len(position):
                break
        return candidate, height


__all__ = ["HeavyPick"]
