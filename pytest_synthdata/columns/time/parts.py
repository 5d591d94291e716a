"""Parts of days: of a period, or of an event in it, that begins or ends within a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pytest_synthdata.columns.random import Floats
from pytest_synthdata.columns.time.zones import LocalDays, Seconds

Span = tuple[int, int]  # the first second since 1970, and the one after the last


@dataclass(frozen=True, eq=False)
class PartialDays:
    """Some days in which what happens is multiplied between some instants.

    Args:
        days: the days.
        hours: 24 weights for the hours of a day.
        cuts: the instants at which the factor changes, in seconds since 1970.
        factors: the factors, that before the first cut first.
    """

    days: LocalDays
    hours: Sequence[float]
    cuts: Seconds
    factors: Floats

    @classmethod
    def of(
        cls, days: LocalDays, hours: Sequence[float], period: Span, events: Sequence[tuple[Span, float]]
    ) -> PartialDays:
        """The parts of a period's days, and of its events."""
        cuts = np.unique([second for span in (period, *(span for span, _ in events)) for second in span])
        begins = np.append(cuts[0] - 1, cuts)
        factors = ((begins >= period[0]) & (begins < period[1])).astype(np.float64)
        for (begin, end), multiplier in events:
            factors[(begins >= begin) & (begins < end)] *= multiplier
        return cls(days, hours, cuts, factors)

    def shares(self) -> Floats:
        """What comes of each day, in proportion to what would come of the whole day without any factor."""
        factors = self._factors_at(self.days.midnights[:-1])
        for day in np.flatnonzero(self.are_cut()):
            instants, weights = self.days.rhythm(int(day), self.hours, self.cuts)
            whole = weights.sum()
            factors[day] = weights @ self._factors_at(instants[:-1]) / whole if whole else 0.0
        return factors

    def are_cut(self) -> npt.NDArray[np.bool_]:
        """The days in which the factor changes."""
        passed = np.searchsorted(self.cuts, self.days.midnights, side="left")
        after = np.searchsorted(self.cuts, self.days.midnights, side="right")
        return np.asarray(passed[1:] != after[:-1])

    def seconds(self, day: int, elapsed: Floats) -> Seconds:
        """The instants of a day at which a share of its events has happened."""
        instants, weights = self.days.rhythm(day, self.hours, self.cuts)
        weights = weights * self._factors_at(instants[:-1])
        rhythm = np.concatenate([[0.0], np.cumsum(weights)])
        return _instants_of(elapsed, rhythm, instants)

    def by_hour(self, day: int) -> Floats:
        """The shares of a day's events in each hour of the clock."""
        instants, weights = self.days.rhythm(day, self.hours, self.cuts)
        weights = weights * self._factors_at(instants[:-1])
        hours = self.days.local(instants[:-1]) // 3_600 % 24
        return np.asarray(np.bincount(hours, weights / (weights.sum() or 1.0), minlength=24), np.float64)

    def _factors_at(self, instants: Seconds) -> Floats:
        return self.factors[np.searchsorted(self.cuts, instants, side="right")]


def _instants_of(elapsed: Floats, rhythm: Floats, instants: Seconds) -> Seconds:
    """The seconds at which shares of what a rhythm adds up to have come: never one in a part that has none."""
    reached = elapsed * rhythm[-1]
    part = np.searchsorted(rhythm, reached, side="right") - 1
    part = np.minimum(part, np.flatnonzero(np.diff(rhythm) > 0)[-1])
    width = rhythm[part + 1] - rhythm[part]
    begin, length = instants[part], np.diff(instants)[part]
    passed = np.floor((reached - rhythm[part]) / width * length).astype(np.int64)
    return begin + np.clip(passed, 0, length - 1)


__all__ = ["PartialDays", "Span"]
