"""Picks of which none is made twice for a group: how often each parent is expected, and what else options change."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from pytest_synthdata import (
    Categorical,
    Dataset,
    Dates,
    ForeignKey,
    Given,
    Integers,
    Key,
    Normal,
    Poisson,
    TableFactory,
    assert_matches,
    col,
)
from pytest_synthdata.validation.references.without_replacement import expected_picks


class StudentFactory(TableFactory):
    class Meta:
        table = "students"

    student_id = Key("S{}")


class CourseFactory(TableFactory):
    class Meta:
        table = "courses"
        rows = 30

    course_id = Key("C{}")
    level = Categorical({"intro": 0.3, "advanced": 0.7})
    credits = Integers(1, 9)
    since = Dates("2020-01-01", "2020-12-31")


class EnrolmentFactory(TableFactory):
    class Meta:
        table = "enrolments"

    student = ForeignKey(StudentFactory, per_parent=Poisson(4).clip(1, 8))
    course = ForeignKey(CourseFactory, distinct_within="student", weights=Given("level", {"intro": 5, "advanced": 1}))


def inclusion(weights: list[float], size: int) -> Any:
    """The probability of each to be among so many picks, by going through all that can happen."""
    found = np.zeros(len(weights))

    def go_on(left: list[int], chance: float, picks: int) -> None:
        total = sum(weights[one] for one in left)
        for one in left if picks else ():
            now = chance * weights[one] / total
            found[one] += now
            go_on([other for other in left if other != one], now, picks - 1)

    go_on([one for one, weight in enumerate(weights) if weight], 1.0, size)
    return found


@pytest.mark.parametrize(
    "weights", [[5, 5, 1, 1, 1, 1], [1, 2, 3, 4, 5, 6], [1000, 1, 1, 1, 0], [1e6, 1, 1e-3, 1e-3], [2, 2, 2]]
)
@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_expected_picks_are_those_of_all_that_can_happen(weights: list[float], size: int) -> None:
    picks = min(size, np.count_nonzero(weights))
    found = expected_picks(np.array(weights, np.float64), np.array([picks]), np.array([picks]))
    assert found == pytest.approx(inclusion(weights, picks), abs=1e-9)


def test_expected_picks_of_groups_of_several_sizes_of_which_some_rows_show_none() -> None:
    weights = [5.0, 3.0, 1.0, 1.0]
    found = expected_picks(np.array(weights), np.array([2, 2, 3, 0]), np.array([2, 1, 2, 0]))
    assert found == pytest.approx(inclusion(weights, 2) * 1.5 + inclusion(weights, 3) * 2 / 3, abs=1e-9)


def test_what_takes_too_long_is_not_computed() -> None:
    assert expected_picks(np.ones(3_000), np.array([3_000]), np.array([3_000])) is None


@pytest.mark.parametrize("seed", range(3))
def test_many_to_many_by_weights_is_as_declared(seed: int) -> None:
    # Independent picks would give an advanced course 284 enrolments, and not 311: 8 standard deviations.
    dataset = Dataset({StudentFactory: 5_000, EnrolmentFactory: None}, seed=seed)
    result = dataset.validate()
    assert result.ok, "\n".join(map(str, result.failed))
    kinds = [check.kind for check in result["enrolments"].checks if check.column == "course"]
    assert kinds.count("children a parent") == 2
    assert "spread over parents" in kinds
    enrolments = dataset.enrolments.to_arrow()
    shuffled = enrolments.take(np.random.default_rng(seed).permutation(len(enrolments)))
    assert_matches(shuffled, EnrolmentFactory, parents=dataset)  # the order of picks is not looked at


def test_other_weights_are_found() -> None:
    class EvenFactory(EnrolmentFactory):
        course = ForeignKey(CourseFactory, distinct_within="student")

    even = Dataset({StudentFactory: 500, EvenFactory: None}, seed=1).enrolments.to_arrow()
    result = Dataset({StudentFactory: 500, EnrolmentFactory: None}, seed=1).validate({"enrolments": even})
    assert {check.kind for check in result.failed} >= {"children a parent"}


def test_one_course_that_others_of_its_kind_lose_to_is_found() -> None:
    dataset = Dataset({StudentFactory: 2_000, EnrolmentFactory: None}, seed=1)
    enrolments = dataset.enrolments.to_arrow()
    levels = dict(zip(*dataset.courses.to_arrow().select(["course_id", "level"]).to_pydict().values(), strict=True))
    one, *_, other = [course for course, level in levels.items() if level == "advanced"]
    courses = [other if course == one else course for course in enrolments["course_id"].to_pylist()]
    moved = enrolments.set_column(1, "course_id", pa.array(courses))
    assert "spread over parents" in {check.kind for check in dataset.validate({"enrolments": moved}).failed}


def test_what_is_not_known_is_said_to_be_unchecked() -> None:
    class LateFactory(EnrolmentFactory):
        day = Dates("2020-06-01", "2021-06-01")
        course = ForeignKey(
            CourseFactory, distinct_within="student", weights=col("credits"), where=col("course.since") <= col("day")
        )

    dataset = Dataset({StudentFactory: 50, LateFactory: None}, seed=1)
    (why,) = dataset.validate()["enrolments"].unchecked.values()
    assert why == "weights: not known beside distinct_within='student' where a condition leaves out some parents"


WEIGHTS = {"even": None, "classes": Given("level", {"intro": 5, "advanced": 1}), "numbers": col("credits")}
CONDITIONS = {
    "none": None,
    "parents alone": col("course.credits") > 3,
    "both": col("course.since") <= col("day"),
}
COUNTS = {"drawn": Poisson(4).clip(1, 7), "by parent": Given("kind", {"x": 2, "y": Poisson(2)}), "stated": None}


class GroupFactory(TableFactory):
    class Meta:
        table = "groups"

    group_id = Key("G{}")
    kind = Categorical({"x": 0.5, "y": 0.5})


@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize("condition", CONDITIONS)
def test_no_options_of_a_reference_raise_a_false_alarm(weights: str, condition: str) -> None:
    """Each of 20 datasets with about 2,000 picks fails at most 1 time in 1,000; a wrong expectation fails each time."""
    for number, (count, distinct, nulls, rule) in enumerate(
        itertools.product(COUNTS, (None, "group"), (0.0, 0.3), (None, col("value") > 1.5))
    ):
        if distinct and COUNTS[count] is None:
            continue
        course = ForeignKey(
            CourseFactory, weights=WEIGHTS[weights], where=CONDITIONS[condition], distinct_within=distinct
        )
        attributes = {
            "Meta": type("Meta", (), {"table": "links", "where": rule}),
            "group": ForeignKey(GroupFactory, per_parent=COUNTS[count]),
            "day": Dates("2020-06-01", "2021-06-01"),
            "course": course.nulls(nulls),
            "level": col("course.level"),
            "value": Given("course.level", {"intro": Normal(5, 1)}, default=Normal(2, 1)),
        }
        links = type("LinkFactory", (TableFactory,), {"__module__": __name__, **attributes})
        rows = None if COUNTS[count] else 2_000
        result = Dataset({GroupFactory: 600, CourseFactory: 40, links: rows}, seed=number).validate()
        assert result.ok, (count, distinct, nulls, rule, *map(str, result.failed))
