"""Many-to-many: no parent is picked twice within a group, and else picks are as they would be."""

from __future__ import annotations

from collections import Counter, defaultdict
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from pytest_synthdata import (
    Categorical,
    Dataset,
    Dates,
    DeclarationError,
    ForeignKey,
    GenerationError,
    Given,
    Key,
    Pareto,
    Poisson,
    TableFactory,
    Timeline,
    col,
)
from pytest_synthdata.columns.arrow.values import to_arrow
from pytest_synthdata.columns.references.picks.distinct import DistinctPick


class StudentFactory(TableFactory):
    class Meta:
        table = "students"

    student_id = Key("S{}")


class CourseFactory(TableFactory):
    class Meta:
        table = "courses"

    course_id = Key("C{}")
    kind = Categorical({"big": 0.5, "small": 0.5})
    since = Dates("2020-01-01", "2020-12-31")


class EnrolmentFactory(TableFactory):
    class Meta:
        table = "enrolments"

    student = ForeignKey(StudentFactory, per_parent=Poisson(3))
    course = ForeignKey(CourseFactory, distinct_within="student", weights=Given("kind", {"big": 4, "small": 1}))


class PlainFactory(EnrolmentFactory):
    course = ForeignKey(CourseFactory, weights=Given("kind", {"big": 4, "small": 1}))


def school(enrolments: type[TableFactory] = EnrolmentFactory, students: int = 2_000, courses: int = 40) -> Dataset:
    return Dataset({StudentFactory: students, CourseFactory: courses, enrolments: None}, seed=5)


def pairs(dataset: Dataset) -> list[tuple[str, str]]:
    rows = dataset.enrolments.to_arrow()
    return list(zip(rows["student_id"].to_pylist(), rows["course_id"].to_pylist(), strict=True))


def test_no_course_is_taken_twice() -> None:
    found = pairs(school())
    assert len(set(found)) == len(found) > 5_000
    plain = pairs(school(PlainFactory))
    assert len(set(plain)) < len(plain)
    # A first course, and every one that no sibling before had, is what it would have been.
    moved = [number for number, (one, other) in enumerate(zip(found, plain, strict=True)) if one != other]
    assert 0 < len(moved) < 0.2 * len(found)
    firsts = {number for number, (student, _) in enumerate(found) if number == 0 or found[number - 1][0] != student}
    assert not firsts & set(moved)


def test_a_second_course_is_picked_by_weight_among_the_others() -> None:
    dataset = Dataset({StudentFactory: 20_000, CourseFactory: 4, SecondFactory: None}, seed=9)
    kinds = dict(zip(*(dataset.courses.to_arrow()[name].to_pylist() for name in ("course_id", "kind")), strict=True))
    weight = {course: 4 if kind == "big" else 1 for course, kind in kinds.items()}
    total = sum(weight.values())
    counts = Counter(zip(*(course for course in np.array(pairs(dataset))[:, 1].reshape(-1, 2).T.tolist()), strict=True))
    for (first, second), count in counts.items():
        share = weight[first] / total * weight[second] / (total - weight[first])
        # Five standard deviations of a binomial count.
        assert abs(count - 20_000 * share) < 5 * (20_000 * share * (1 - share)) ** 0.5
    assert len(counts) == 12


class SecondFactory(EnrolmentFactory):
    student = ForeignKey(StudentFactory, per_parent=2)


def test_every_part_is_that_of_the_whole_and_build_s() -> None:
    table = school().enrolments
    whole = table.to_arrow().combine_chunks()
    assert table.to_arrow(1_001, 1_033).combine_chunks().equals(whole.slice(1_001, 32))
    rows = np.random.default_rng(0).integers(0, table.num_rows, 200).astype(np.uint64)
    assert to_arrow(table.bound.at(rows).read("course_id")).equals(
        whole["course_id"].combine_chunks().take(pa.array(rows))
    )
    with school().factories():
        for number in (0, 1, 2, 3, 4_000):
            assert EnrolmentFactory.build(__sequence=number) == whole.slice(number, 1).to_pylist()[0]
    more = school(students=3_000).enrolments.to_arrow(0, table.num_rows).combine_chunks()
    assert more.equals(whole)


@pytest.mark.parametrize("courses", [12, 13])
def test_all_courses_can_be_taken(courses: int) -> None:
    class AllFactory(EnrolmentFactory):
        student = ForeignKey(StudentFactory, per_parent=12)
        course = ForeignKey(CourseFactory, distinct_within="student", weights=Pareto(0.7))

    taken = defaultdict(set)
    for student, course in pairs(school(AllFactory, students=200, courses=courses)):
        taken[student].add(course)
    assert {len(mine) for mine in taken.values()} == {12}


def test_in_the_order_of_time_and_with_conditions() -> None:
    class TimedFactory(EnrolmentFactory):
        at = Timeline("2020-03-01", "2021-12-31")
        course = ForeignKey(CourseFactory, distinct_within="student", where=col("course.since") <= col("at"))

    dataset = school(TimedFactory)
    rows = dataset.enrolments.to_arrow().to_pylist()
    since = dict(zip(*(dataset.courses.to_arrow()[name].to_pylist() for name in ("course_id", "since")), strict=True))
    assert len({(row["student_id"], row["course_id"]) for row in rows}) == len(rows)
    assert all(since[row["course_id"]] <= row["at"].date() for row in rows)


def test_too_few_to_choose_from_is_an_error_that_says_so() -> None:
    with pytest.raises(GenerationError, match=r"enrolments\.course: .*: row \d+ of 'students' has \d+ rows"):
        school(courses=4).enrolments.to_arrow()

    class PickyFactory(EnrolmentFactory):
        course = ForeignKey(CourseFactory, distinct_within="student", weights=Given("kind", {"big": 1, "small": 0}))

    with pytest.raises(GenerationError, match=r"enrolments\.course: .*only \d rows of 'courses' can be picked for row"):
        school(PickyFactory, courses=12).enrolments.to_arrow()


@pytest.mark.parametrize("within", ["course", "nobody", "teacher"])
def test_a_group_is_a_parent_that_counts_its_children(within: str) -> None:
    class WrongFactory(EnrolmentFactory):
        teacher = ForeignKey(StudentFactory, column="teacher_id")
        course = ForeignKey(CourseFactory, distinct_within=within)

    with pytest.raises(DeclarationError, match=r"enrolments\.course: "):
        school(WrongFactory)


@pytest.mark.parametrize(("choices", "said"), [(None, "too few rows of 't'"), (1_234, "only 1,234 rows of 't'")])
def test_it_says_how_many_can_be_picked(choices: int | None, said: str) -> None:
    parent = SimpleNamespace(plan=SimpleNamespace(table="t"))
    pick: Any = SimpleNamespace(cells=SimpleNamespace(place="a.b"), within="order", parent=parent)
    assert said in str(DistinctPick._too_few(pick, 3, choices))
