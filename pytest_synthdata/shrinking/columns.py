"""Which columns matter: those with other values in which the test passes, or fails in another way."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from pytest_synthdata.shrinking.runs import Outcome, Positions, Replacement, Runs


def columns_that_matter(runs: Runs, rows: Positions) -> Sequence[str]:
    """The columns whose values the failure on some rows depends on, in their order.

    One kind of other values is tried after the other, on all columns at once that are not known to matter: a kind
    that changes nothing takes one run. The columns that it needs as they are, are found by halves.

    Raises:
        Stopped: where time is up.
    """
    matter: set[str] = set()
    order: dict[str, None] = {}
    for replacement in runs.subject.replacements(rows):
        order.update(dict.fromkeys(replacement.columns))
        matter.update(_found(runs, replacement, [name for name in replacement.columns if name not in matter]))
    return [name for name in order if name in matter]


def _found(runs: Runs, replacement: Replacement, columns: Sequence[str]) -> list[str]:
    """The columns in which one kind of other values makes a difference."""
    replaced: frozenset[str] = frozenset()
    found: list[str] = []
    # A group, and how the test ends with all of it replaced as well, where that is known.
    pending: list[tuple[Sequence[str], Outcome | None]] = [(columns, None)] if columns else []
    while pending:
        group, outcome = pending.pop(0)
        outcome = outcome or runs.counted(partial(replacement.attempt, replaced.union(group)))
        if outcome is Outcome.SAME:
            replaced = replaced.union(group)
        elif len(group) > 1:
            half = len(group) // 2
            first = runs.counted(partial(replacement.attempt, replaced.union(group[:half])))
            # Where the first half makes no difference, both together are the second one.
            pending[:0] = [(group[:half], first), (group[half:], outcome if first is Outcome.SAME else None)]
        elif outcome is Outcome.PASSED or not replacement.is_made_up:
            found += group
    return found


__all__ = ["columns_that_matter"]
