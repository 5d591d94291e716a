"""Where darts land if few parents weigh far more than most, such as one enterprise customer among a thousand.

The heavy ones are listed, level by level, in one pass over the parents that the levels hold; a dart goes to them as
often as they weigh above the others. All else lands in a rectangle that is no higher than it need be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from pytest_synthdata.columns.attempts import is_pinned
from pytest_synthdata.columns.cells import Declared, Table
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.random import Bits, Floats
from pytest_synthdata.columns.references.picks.popularity import HEIGHT, MEMBER, WHICH

SAMPLE = 4_096  # first parents, by which it is decided how heavy is heavy: the same ones at any size
_HEAVY = 8.0  # times the mean weight: below it, darts at one rectangle hit often enough
_MOST_LISTED = 1 / 32  # of the parents: 12 bytes each
_AT_ONCE = 1 << 18  # parents whose weights are looked at together


def common_weight(sample: Floats, ceiling: float) -> float | None:
    """The weight above which parents are listed; None where one rectangle will do.

    Args:
        sample: the weights of the first parents.
        ceiling: the greatest weight that a parent can have.

    >>> common_weight(np.array([1.0] * 99 + [500.0]), 500.0)
    1.0
    >>> common_weight(np.array([1.0, 2.0, 5.0]), 5.0) is None
    True
    """
    mean = float(np.cumsum(sample)[-1]) / len(sample)
    if ceiling <= _HEAVY * mean:
        return None
    return float(np.sort(sample)[len(sample) - 1 - int(len(sample) * _MOST_LISTED)])


def weights_are_lasting(weights: Generator, parent: Table) -> bool:
    """Whether a parent's weight does not depend on how many parents there are, and is known of those to come."""
    return parent.plan.fan_out_key is None and not any(map(is_pinned, _read_by(weights, parent)))


def _read_by(generator: Generator, table: Table) -> Iterator[Declared]:
    """A generator with the columns of a table that it is computed from."""
    seen: set[str] = set()
    waiting: list[Declared] = [generator]
    while waiting:
        found = waiting.pop()
        yield found
        for name in found.reads():
            head = name if name in table.plan.columns else name.partition(".")[0]
            if head in table.plan.columns and head not in seen:
                seen.add(head)
                waiting.append(table.plan.columns[head])


class HeavyMembers:
    """The heavy parents of each level: the first parent, and then twice as many with each level.

    Args:
        weigh: gives the weights of some parents, also of those to come.
        levels: the number of levels.
        common: the weight above which a parent is listed.
    """

    def __init__(self, weigh: Callable[[Bits], Floats], levels: int, common: float) -> None:
        self._common = common
        self._members: list[Bits] = []
        self._cumulative: list[Floats] = []
        areas = []
        for level in range(levels):
            start, size = _span(level)
            found = [
                _heavy(weigh, common, first, min(first + _AT_ONCE, start + size))
                for first in range(start, start + size, _AT_ONCE)
            ]
            members = np.concatenate([rows for rows, _ in found])
            above = np.cumsum(np.concatenate([excess for _, excess in found]))
            narrow = np.uint32 if start + size <= 1 << 32 else np.uint64
            self._members.append(members.astype(narrow))
            self._cumulative.append(above)
            areas.append(size * common + (above[-1] if len(above) else 0.0))
        self.areas: Floats = np.array(areas)

    def dart(self, level: int, word: Bits) -> tuple[Bits, Floats]:
        """A parent and a height for each word of random bits."""
        start, size = _span(level)
        cumulative, members = self._cumulative[level], self._members[level]
        share = HEIGHT.uniform(word)
        above = WHICH.uniform(word) * self.areas[level] - size * self._common
        candidate = np.uint64(start) + (MEMBER.bits(word) & np.uint64(size - 1))
        listed = np.flatnonzero(above >= 0) if len(members) else np.zeros(0, np.int64)
        height = share * self._common
        if len(listed):
            which = np.minimum(np.searchsorted(cumulative, above[listed], side="right"), len(members) - 1)
            excess = cumulative[which] - np.where(which > 0, cumulative[which - 1], 0.0)
            candidate[listed] = members[which]
            height[listed] = self._common + share[listed] * excess
        return candidate, height


def _span(level: int) -> tuple[int, int]:
    """A level's first parent, and how many it holds."""
    return (0, 1) if level == 0 else (1 << (level - 1), 1 << (level - 1))


def _heavy(weigh: Callable[[Bits], Floats], common: float, first: int, last: int) -> tuple[Bits, Floats]:
    """The heavy ones among some parents, and what each weighs above the others."""
    rows = np.arange(first, last, dtype=np.uint64)
    weights = weigh(rows)
    heavy = np.flatnonzero(weights > common)
    return rows[heavy], weights[heavy] - common


__all__ = ["SAMPLE", "HeavyMembers", "common_weight", "weights_are_lasting"]
