"""What happened to some rows: their states in order, each with its time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]

NEVER = np.iinfo(np.int64).min  # a time that has not come


def present(numbers: npt.NDArray[Any]) -> list[int]:
    """The small numbers ≥ 0 that come up, ascending.

    >>> present(np.array([3, 1, 3]))
    [1, 3]
    """
    return np.flatnonzero(np.bincount(numbers)).tolist()


@dataclass
class History:
    """The lives of some rows, as they are lived.

    Args:
        count: how many rows there are.
        num_states: how many states there are.
    """

    count: int
    num_states: int
    state: Numbers = field(init=False)
    time: Numbers = field(init=False)
    steps: Numbers = field(init=False)
    visits: npt.NDArray[np.int32] = field(init=False)
    _moves: list[tuple[Numbers, Numbers, Numbers]] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self.state = np.full(self.count, -1, np.int64)
        self.time = np.full(self.count, NEVER, np.int64)
        self.steps = np.zeros(self.count, np.int64)
        self.visits = np.zeros((self.count, self.num_states), np.int32)

    def move(self, rows: Numbers, states: Numbers, times: Numbers) -> None:
        """Let rows, given by their positions, each come to a state at a time."""
        self.state[rows], self.time[rows] = states, times
        self.steps[rows] += 1
        self.visits[rows, states] += 1
        self._moves.append((rows, states, times))

    def last_times(self, state: int) -> Numbers:
        """When each row last came to a state."""
        times = np.full(self.count, NEVER, np.int64)
        for rows, states, moved in self._moves:
            here = states == state
            times[rows[here]] = moved[here]
        return times

    def events(self) -> tuple[Numbers, Numbers, Numbers]:
        """All states and their times, row by row, and where each row's begin."""
        rows = np.concatenate([moves[0] for moves in self._moves] or [np.zeros(0, np.int64)])
        states = np.concatenate([moves[1] for moves in self._moves] or [np.zeros(0, np.int64)])
        times = np.concatenate([moves[2] for moves in self._moves] or [np.zeros(0, np.int64)])
        order = np.argsort(rows, kind="stable")
        return states[order], times[order], np.cumsum(self.steps) - self.steps


__all__ = ["NEVER", "History", "present"]
