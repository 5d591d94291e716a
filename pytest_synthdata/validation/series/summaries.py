"""What is counted of each parent's readings, and whether two such counts differ by more than chance."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pytest_synthdata.columns.series.readings import DAY, Moments
from pytest_synthdata.validation.statistics import normal_p

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]

HOURS, DAYS = 24, 7
_THURSDAY = 3  # the weekday of 1970-01-01
_CRUMB = 1e-9  # of the greatest number: what floats lose
_RADEMACHER = 3.178


class ReadingSummary:
    """Sums of the readings of each parent, from which means, spread, season and memory follow.

    Args:
        parents: how many there are.
    """

    def __init__(self, parents: int) -> None:
        self.parents = parents
        self.rows, self.valid, self.jumps = (np.zeros(parents) for _ in range(3))
        self.total, self.rest, self.squares = (np.zeros(parents) for _ in range(3))
        self.hours, self.in_hours = np.zeros(parents * HOURS), np.zeros(parents * HOURS)
        self.days, self.on_days = np.zeros(parents * DAYS), np.zeros(parents * DAYS)
        self.pairs = np.zeros((2, 6, parents))

    def add(self, taken: Moments, values: Floats, around: Floats, jump: Floats) -> None:
        """Count some readings.

        Args:
            taken: whose they are and when they are taken.
            values: what is read, not finite where nothing is.
            around: their levels, and their levels with trend and seasons.
            jump: how far two neighbours of ordinary noise lie apart at most.
        """
        whose, known = taken.parents, np.isfinite(values)
        about_level, rest = np.where(known, values - around, 0.0)
        number = np.where(known, values, 0.0)
        self.rows += self._count(whose)
        self.valid += self._count(whose, known)
        self.total += self._count(whose, number)
        self.rest += self._count(whose, rest)
        self.squares += self._count(whose, rest * rest)
        hour = whose * HOURS + taken.times % DAY // (DAY // HOURS)
        day = whose * DAYS + (taken.times // DAY + _THURSDAY) % DAYS
        self.hours += np.bincount(hour, number, self.parents * HOURS)
        self.in_hours += np.bincount(hour, known, self.parents * HOURS)
        self.days += np.bincount(day, number, self.parents * DAYS)
        self.on_days += np.bincount(day, known, self.parents * DAYS)
        self._add_neighbours(taken, np.stack([about_level, rest]), known, jump)

    def _add_neighbours(self, taken: Moments, rest: Floats, known: npt.NDArray[np.bool_], jump: Floats) -> None:
        order = np.lexsort((taken.ordinals, taken.parents))
        one, other = order[:-1], order[1:]
        are = (taken.parents[one] == taken.parents[other]) & (taken.ordinals[one] + 1 == taken.ordinals[other])
        are &= known[one] & known[other]
        one, other = one[are], other[are]
        whose, first, second = taken.parents[one], rest[:, one], rest[:, other]
        products = (np.ones_like(first), first, second, first * first, second * second, first * second)
        for way in range(2):
            self.pairs[way] += np.stack([self._count(whose, product[way]) for product in products])
        self.jumps += self._count(whose, np.abs(second[1] - first[1]) > jump[one])

    def _count(self, whose: Numbers, weights: npt.NDArray[np.generic] | None = None) -> Floats:
        return np.bincount(whose, weights, self.parents).astype(np.float64)

    def mean(self) -> Floats:
        """The mean of each parent's readings; not a number where it has none."""
        return self.total / self.valid

    def spread(self) -> Floats:
        """The standard deviation of each parent's readings from the numbers about which they lie."""
        return np.sqrt(np.maximum(self.squares / self.valid - (self.rest / self.valid) ** 2, 0.0))

    def by_hour(self) -> Floats:
        """How far the mean of each hour of the day lies from that of all, by parent and hour."""
        return (self.hours / self.in_hours).reshape(-1, HOURS) - self.mean()[:, np.newaxis]

    def by_day(self) -> Floats:
        """How far the mean of each weekday lies from that of all, by parent and day from Monday."""
        return (self.days / self.on_days).reshape(-1, DAYS) - self.mean()[:, np.newaxis]

    def autocorrelation(self, crumb: float, *, without_season: bool) -> Floats:
        """The correlation of neighbours within each parent; not a number where nothing varies.

        Args:
            crumb: a spread that is none.
            without_season: whether the declared trend and seasons are taken away first.
        """
        count, one, other, one_square, other_square, product = self.pairs[int(without_season)]
        first, second = (
            np.maximum(square / count - (sum_ / count) ** 2, 0.0)
            for sum_, square in ((one, one_square), (other, other_square))
        )
        scale = np.sqrt(first * second)
        found = (product / count - one / count * (other / count)) / scale
        return np.where((count > 2) & (scale > crumb * crumb), found, np.nan)  # noqa: PLR2004 - two lie on a line

    def jump_share(self) -> Floats:
        """The share of neighbours that lie far apart."""
        return self.jumps / self.pairs[0, 0]

    def null_share(self) -> Floats:
        """The share of readings without a value."""
        return 1 - self.valid / self.rows


def difference_p(measured: Floats, fresh: Floats, crumb: float = _CRUMB) -> tuple[int, float]:
    """How many parents can be compared, and how likely a difference as great is by chance.

    Of parents that are as declared, a difference is as likely positive as negative, so that their sum over the root of
    their squares' sum is a sum of random signs with fixed weights. Its tails are at most 3.178 times those of a normal
    number, for any count of parents and any distribution (Bentkus and Dzindzalieta 2015, "A tight Gaussian bound for
    weighted sums of Rademacher random variables").

    Args:
        measured: a number for each parent.
        fresh: the same of rows that the declaration makes.
        crumb: a difference that is none.
    """
    difference = measured - fresh
    difference = difference[np.isfinite(difference)]
    difference = np.where(np.abs(difference) <= crumb, 0.0, difference)
    scale = float(np.sqrt(difference @ difference))
    if scale == 0:
        return len(difference), 1.0
    return len(difference), min(1.0, _RADEMACHER * normal_p(float(difference.sum()) / scale))


__all__ = ["DAYS", "HOURS", "ReadingSummary", "difference_p"]
