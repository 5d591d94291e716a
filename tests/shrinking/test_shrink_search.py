"""How a search ends: with time up, interrupted, flaky, or without rows to blame; and which columns matter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from pytest_synthdata.shrinking.order import family_order
from pytest_synthdata.shrinking.pinning import shortest_failing
from pytest_synthdata.shrinking.runs import NONE, Outcome, Positions, Replacement, Runs
from pytest_synthdata.shrinking.search import Shrunk, Verdict, shrink

EVERYTHING = np.arange(1_000)
COLUMNS = [*(f"orders.{name}" for name in "abcdefgh"), *(f"customers.{name}" for name in "abcde")]
CONFIRMATIONS = 3  # one of them with the rows' own values put in their own place
PROBES = [np.array([0]), np.array([500])]


class Subject:
    """A test on rows that refer to nothing, and on columns in two tables."""

    def __init__(self, attempt: Callable[[Positions], Outcome | bool], matter: frozenset[str] = frozenset()) -> None:
        self._attempt = attempt
        self.matter = matter  # the test fails in another way with values of other rows in these columns,
        self.decide: frozenset[str] = frozenset()  # passes with made-up ones in these,
        self.break_it: frozenset[str] = frozenset()  # and fails in another way with made-up ones in these
        self.seen: list[int] = []
        self.replaced: list[frozenset[str]] = []

    def close(self, rows: Positions) -> Positions:
        return rows

    def attempt(self, rows: Positions) -> Outcome:
        self.seen.append(len(rows))
        outcome = self._attempt(rows)
        return outcome if isinstance(outcome, Outcome) else Outcome.SAME if outcome else Outcome.PASSED

    def attempt_replaced(self, rows: Positions) -> Outcome:
        return self.attempt(rows)

    def of_each_table(self, rows: Positions) -> list[Positions]:
        return [rows]

    def told(self, rows: Positions) -> Positions:
        return rows[:0]

    def replacements(self, rows: Positions) -> Sequence[Replacement]:
        return [Replacement(COLUMNS, self._replaced), Replacement(COLUMNS, self._made_up, is_made_up=True)]

    def _replaced(self, columns: frozenset[str]) -> Outcome:
        self.replaced.append(columns)
        return Outcome.OTHER if columns & self.matter else Outcome.SAME

    def _made_up(self, columns: frozenset[str]) -> Outcome:
        self.replaced.append(columns)
        if columns & self.decide:
            return Outcome.PASSED
        return Outcome.OTHER if columns & self.break_it else Outcome.SAME


def search(subject: Subject, *, most_runs: int = 10_000, hints: Sequence[Positions] = ()) -> Shrunk:
    runs = Runs(subject, is_over=lambda: len(subject.seen) + len(subject.replaced) >= most_runs)
    return shrink(runs, EVERYTHING, hints=hints, probes=PROBES)


def needle(rows: Positions) -> bool:
    return 700 in rows


def test_the_best_so_far_where_time_is_up() -> None:
    found = search(Subject(needle), most_runs=12)
    assert found.verdict is Verdict.TIME
    assert found.runs == 12
    assert not found.is_minimal
    assert found.rows is not None
    assert 700 in found.rows
    assert len(found.rows) < 1_000


def test_nothing_where_time_is_up_before_any_part_fails() -> None:
    found = search(Subject(needle), most_runs=2)
    assert (found.verdict, found.rows, found.runs) == (Verdict.TIME, None, 2)


def test_the_best_so_far_where_someone_interrupts() -> None:
    subject: Subject

    def attempt(rows: Positions) -> bool:
        if len(subject.seen) == 12:
            raise KeyboardInterrupt
        return needle(rows)

    subject = Subject(attempt)
    found = search(subject)
    assert found.verdict is Verdict.INTERRUPTED
    assert found.rows is not None
    assert 700 in found.rows


def test_a_failure_without_rows_is_told_after_a_few_runs() -> None:
    found = search(Subject(lambda _: True))
    assert (found.verdict, found.runs) == (Verdict.EMPTY, 1 + len(PROBES))
    stopped = search(Subject(lambda _: True), most_runs=2)
    assert (stopped.verdict, stopped.rows is not None and stopped.rows.tolist()) == (Verdict.EMPTY, [])


@pytest.mark.parametrize("hints", [[], [np.array([3, 700])]])
def test_a_failure_of_no_rows_and_of_one_is_of_one(hints: list[Positions]) -> None:
    """As of a maximum, which is null where there are no rows."""
    found = search(Subject(lambda rows: not len(rows) or needle(rows)), hints=hints)
    assert (found.verdict, found.fails_on_none) == (Verdict.MINIMAL, True)
    assert found.rows is not None
    assert found.rows.tolist() == [700]
    assert not search(Subject(needle)).fails_on_none


def test_rows_that_cannot_be_fewer_are_a_result() -> None:
    """One row that fails where none passes; or all that there are, whatever none do."""
    found = search(Subject(lambda rows: len(rows) > 0))
    assert (found.verdict, found.rows is not None and len(found.rows)) == (Verdict.MINIMAL, 1)
    one = np.array([7])
    for none in (Outcome.PASSED, Outcome.OTHER):
        runs = Runs(Subject(lambda rows, none=none: Outcome.SAME if len(rows) else none))
        found = shrink(runs, one, probes=[one])
        assert (found.verdict, found.rows is not None and found.rows.tolist()) == (Verdict.MINIMAL, [7])


def test_a_failure_that_any_rows_have() -> None:
    """As a total that the test states: nothing passes, though no rows at all fail in another way."""
    found = search(Subject(lambda rows: Outcome.SAME if len(rows) else Outcome.OTHER))
    assert found.verdict is Verdict.ANY_ROWS


def test_a_failure_of_most_rows_is_not_one_of_any() -> None:
    found = search(Subject(lambda rows: len(rows) > 0 and not (rows == 500).all()))
    assert found.verdict is Verdict.MINIMAL
    assert found.rows is not None
    assert len(found.rows) == 1


def test_another_failure_is_not_the_same() -> None:
    found = search(Subject(lambda rows: Outcome.SAME if {300, 700} <= set(rows.tolist()) else Outcome.OTHER))
    assert found.rows is not None
    assert found.rows.tolist() == [300, 700]


def test_a_failure_that_does_not_come_again() -> None:
    found = search(Subject(lambda _: False))
    assert (found.verdict, found.rows) == (Verdict.GONE, None)


@pytest.mark.parametrize("comes_back", [0, 1, 2])
def test_a_failure_that_comes_and_goes_is_flaky(comes_back: int) -> None:
    """The first runs on what is found at last fail; of the three that confirm it, one does not."""
    alone = 0

    def attempt(rows: Positions) -> bool:
        nonlocal alone
        alone += rows.tolist() == [700]
        return needle(rows) and not (rows.tolist() == [700] and alone > 1 + comes_back)

    found = search(Subject(attempt))
    assert found.verdict is Verdict.FLAKY
    assert found.rows is not None
    assert found.rows.tolist() == [700]


@pytest.mark.parametrize("matter", [(), ("orders.c",), ("orders.a", "orders.h"), ("orders.d", "customers.e")])
def test_columns_that_matter(matter: tuple[str, ...]) -> None:
    subject = Subject(needle, frozenset(matter))
    found = search(subject)
    assert found.columns == matter
    assert found.runs == found.row_runs + CONFIRMATIONS + len(subject.replaced)
    # One run for each of the two kinds of values, the first one by halves; each column that matters is found by halving
    # thirteen, and confirmed.
    assert len(subject.replaced) <= 3 + 9 * len(matter)


def test_made_up_values_count_only_where_the_test_passes() -> None:
    subject = Subject(needle, frozenset(["orders.b"]))
    subject.decide, subject.break_it = frozenset(["customers.d"]), frozenset(["orders.a", "customers.c"])
    found = search(subject)
    assert found.columns == ("orders.b", "customers.d")
    # What was found with the first kind of values is not asked of the second.
    second = [columns for columns in subject.replaced if "orders.a" in columns][-1]
    assert "orders.b" not in second


def test_what_was_tried_before_a_column_was_found_is_tried_again() -> None:
    """A value that makes no difference beside another one may make one where that is as it is."""
    subject = Subject(needle)

    def near(columns: frozenset[str]) -> Outcome:
        """Another value of a makes a difference, but beside another b."""
        return Outcome.PASSED if "orders.a" in columns and "orders.b" not in columns else Outcome.SAME

    def far(columns: frozenset[str]) -> Outcome:
        return Outcome.PASSED if "orders.b" in columns else Outcome.SAME

    kinds = [Replacement(COLUMNS, near), Replacement(COLUMNS, far)]
    subject.replacements = lambda _: kinds  # type: ignore[method-assign]
    assert search(subject).columns == ("orders.a", "orders.b")


@pytest.mark.parametrize(("missing", "columns"), [(9, None), (3, ("orders.c",))])
def test_where_time_is_up_only_what_is_known_of_the_columns_is_told(missing: int, columns: Any) -> None:
    whole = search(Subject(needle, frozenset(["orders.c"])))
    assert whole.are_all_columns
    found = search(Subject(needle, frozenset(["orders.c"])), most_runs=whole.runs - missing)
    assert (found.verdict, found.is_minimal) == (Verdict.MINIMAL, True)
    assert (found.columns, found.are_all_columns) == (columns, False)
    assert found.rows is not None
    assert found.rows.tolist() == [700]


def test_a_column_that_makes_a_difference_only_once_is_flaky() -> None:
    subject, seen = Subject(needle), Counter[frozenset[str]]()

    def comes_and_goes(columns: frozenset[str]) -> Outcome:
        seen[columns] += 1
        return Outcome.PASSED if "orders.c" in columns and seen[columns] == 1 else Outcome.SAME

    subject.replacements = lambda _: [Replacement(COLUMNS, comes_and_goes)]  # type: ignore[method-assign]
    found = search(subject)
    assert (found.verdict, found.columns) == (Verdict.FLAKY, None)


def test_nothing_is_said_of_columns_where_their_own_values_in_their_place_change_the_failure() -> None:
    subject = Subject(needle)
    subject.attempt_replaced = lambda _: Outcome.OTHER  # type: ignore[method-assign]
    found = search(subject)
    assert (found.verdict, found.columns, found.are_columns_bound) == (Verdict.MINIMAL, None, True)
    assert found.runs == found.row_runs + CONFIRMATIONS + 1


def test_the_shortest_failing_beginning_has_a_passing_one_before_it() -> None:
    """Also where failures come and go with the length."""
    for modulus in range(2, 40):
        count = shortest_failing(lambda n: n % modulus == 0 and n > 100, 1_000)  # noqa: B023
        if count is not None:
            assert count % modulus == 0
            assert count > 100


def test_families_stand_together() -> None:
    order = family_order(
        {"customers": np.array([0, 1, 5]), "orders": np.array([2, 3, 9]), "lines": np.array([0, 7])},
        {"orders": ("customers", np.array([5, 0, -1])), "lines": ("orders", np.array([3, 2]))},
    )
    names = ["customers", "orders", "lines"]
    assert [(names[table], int(row)) for table, row in zip(order.tables, order.rows, strict=True)] == [
        ("customers", 0),
        ("orders", 3),
        ("lines", 0),
        ("customers", 1),
        ("customers", 5),
        ("orders", 2),
        ("lines", 7),
        ("orders", 9),
    ]


def test_rows_and_positions_are_each_others_inverse() -> None:
    order = family_order(
        {"customers": np.array([0, 1, 5]), "orders": np.array([2, 3, 9])},
        {"orders": ("customers", np.array([5, 0, 1]))},
    )
    positions = order.positions({"orders": np.array([9, 2]), "customers": np.array([5])})
    found = order.rows_at(positions)
    assert {name: rows.tolist() for name, rows in found.items()} == {"customers": [5], "orders": [2, 9]}
    assert order.positions({"orders": np.empty(0, np.int64)}).tolist() == NONE.tolist()


def test_hints_are_started_from_only_where_they_fail() -> None:
    found = search(Subject(needle), hints=[NONE, np.array([1, 2]), np.array([3, 700])])
    assert (found.verdict, found.rows is not None and found.rows.tolist()) == (Verdict.MINIMAL, [700])


@pytest.mark.parametrize("told", [700, 701])
def test_of_rows_that_bring_each_other_the_one_that_the_report_names_is_asked_for(told: int) -> None:
    subject = Subject(needle)
    subject.close = lambda rows: np.union1d(rows, rows ^ 1)  # type: ignore[method-assign]
    subject.told = lambda rows: np.intersect1d(rows, [told])  # type: ignore[method-assign]
    found = search(subject)
    assert found.rows is not None
    assert (found.rows.tolist(), found.asked.tolist()) == ([700, 701], [told])
