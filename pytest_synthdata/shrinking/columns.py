"""Which columns matter: those with other values in which the test passes, or fails in another way."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from pytest_synthdata.shrinking.runs import Outcome, Positions, Replacement, Runs, Stopped


@dataclass(frozen=True)
class MatteringColumns:
    """Columns whose values a failure depends on.

    Args:
        names: in their order.
        stop: what ended the search for them; None where all was tried, so that no other column is known to matter.
        is_steady: whether the test ended alike where it ran on the same values again.
    """

    names: tuple[str, ...]
    stop: Stopped | None = None
    is_steady: bool = True


class _UnsteadyError(Exception):
    """The test does not end alike with the same values."""


def columns_that_matter(runs: Runs, rows: Positions) -> MatteringColumns:
    """The columns whose values the failure on some rows depends on.

    One kind of other values is tried after the other, on all columns at once that are not known to matter: a kind
    that changes nothing takes one run. The columns that it needs as they are, are found by halves, and each one is
    confirmed. Where one is found, the kinds from before are tried again, for they were tried without its value.
    """
    pending = deque(runs.subject.replacements(rows))
    order = dict.fromkeys(name for replacement in pending for name in replacement.columns)
    done: list[Replacement] = []
    matter: set[str] = set()
    stop, is_steady, tried = None, True, False
    try:
        while pending:
            replacement = pending.popleft()
            unknown = [name for name in replacement.columns if name not in matter]
            # At first some column matters nearly always, so that a run with other values in all of them tells nothing.
            half = 0 if tried else len(unknown) // 2
            tried = True
            found = _found(runs, replacement, [unknown[:half], unknown[half:]], matter)
            if found:
                pending.extend(done)
                done.clear()
            done.append(replacement)
    except Stopped as stopped:
        stop = stopped
    except _UnsteadyError:
        is_steady = False
    return MatteringColumns(tuple(name for name in order if name in matter), stop, is_steady)


def _found(runs: Runs, replacement: Replacement, groups: Sequence[Sequence[str]], matter: set[str]) -> bool:
    """Whether one kind of other values makes a difference in any column of some groups; these columns are added."""
    replaced: frozenset[str] = frozenset()
    is_found = False
    # A group, and how the test ends with all of it replaced as well, where that is known.
    pending: list[tuple[Sequence[str], Outcome | None]] = [(group, None) for group in groups if group]
    while pending:
        group, outcome = pending.pop(0)
        attempt = partial(replacement.attempt, replaced.union(group))
        outcome = outcome or runs.counted(attempt)
        if outcome is Outcome.SAME:
            replaced = replaced.union(group)
        elif len(group) > 1:
            half = len(group) // 2
            first = runs.counted(partial(replacement.attempt, replaced.union(group[:half])))
            # Where the first half makes no difference, both together are the second one.
            pending[:0] = [(group[:half], first), (group[half:], outcome if first is Outcome.SAME else None)]
        elif outcome is Outcome.PASSED or not replacement.is_made_up:
            if runs.counted(attempt) is Outcome.SAME:
                raise _UnsteadyError
            matter.update(group)
            is_found = True
    return is_found


__all__ = ["MatteringColumns", "columns_that_matter"]
