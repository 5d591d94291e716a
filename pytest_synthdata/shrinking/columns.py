"""Which columns matter: a column does not if the test fails in the same way with other values in it."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_synthdata.shrinking.runs import Outcome, Positions, Runs


def columns_that_matter(runs: Runs, rows: Positions) -> Sequence[str]:
    """The columns whose values the failure on some rows depends on, in their order.

    All the others can be replaced at once. They are found by halves: a half that can be replaced is not looked into.

    Raises:
        Stopped: where time is up.
    """
    replaced: frozenset[str] = frozenset()
    matter: list[str] = []
    # A group, and whether it is known that not all of it can be replaced.
    pending: list[tuple[list[str], bool]] = [(list(group), False) for group in runs.subject.columns(rows) if group]
    while pending:
        group, is_known = pending.pop(0)
        if not is_known and _survives(runs, rows, replaced.union(group)):
            replaced = replaced.union(group)
            continue
        if len(group) == 1:
            matter += group
            continue
        half = len(group) // 2
        if _survives(runs, rows, replaced.union(group[:half])):
            replaced = replaced.union(group[:half])
            pending.insert(0, (group[half:], True))
        else:
            pending[:0] = [(group[:half], True), (group[half:], False)]
    return matter


def _survives(runs: Runs, rows: Positions, columns: frozenset[str]) -> bool:
    return all(runs.counted(attempt) is Outcome.SAME for attempt in runs.subject.replacements(rows, columns))


__all__ = ["columns_that_matter"]
