"""The validation summary of a run: in the terminal, from one process or several, and as a report."""

from __future__ import annotations

import re
from dataclasses import replace
from textwrap import dedent
from typing import Any

import pytest

from pytest_synthdata import Dataset
from pytest_synthdata.factories import CustomerFactory, OrderFactory, TicketFactory
from pytest_synthdata.report.terminal import to_text
from pytest_synthdata.validation import Validation

ROWS = {CustomerFactory: 200, OrderFactory: 2_000, TicketFactory: 8_000}


@pytest.fixture(scope="module")
def result() -> Validation:
    return Dataset(ROWS).validate()


def failing(result: Validation, table: str) -> Validation:
    """The same with every check of a table failed."""
    spoilt = tuple(
        replace(one, checks=tuple(replace(check, passed=False) for check in one.checks)) if one.table == table else one
        for one in result.tables
    )
    return replace(result, tables=spoilt)


def test_each_table_has_a_line(result: Validation) -> None:
    lines = to_text([result]).splitlines()
    assert lines[0].split() == ["table", "rows", "time", "rows/s", "checks", "failed", "seed"]
    assert [line.split()[:2] for line in lines[1:4]] == [
        ["customers", "200"],
        ["orders", "2,000"],
        ["tickets", "8,000"],
    ]
    ends = {line.rstrip().rfind(" ") for line in lines[1:4]}
    assert len(ends) == 1  # aligned
    assert len({line.rindex("42") for line in lines[1:4]}) == 1  # the seed is last; a rate may hold these digits, too
    assert lines[-1].startswith(f"{len(result.checks)} checks passed in ")
    assert lines[-1].endswith("; false alarms: 1 in 1,000; 2 columns unchecked")


def test_the_incident_is_told(result: Validation) -> None:
    text = to_text([result], width=100)
    tickets = Dataset(ROWS).tickets.to_arrow()["created_at"].to_pandas()
    days = tickets.dt.date.astype(str).value_counts()
    during = [days[day] for day in days.index if "2024-10-15" <= day <= "2024-10-25"]
    before = [days[day] for day in days.index if day < "2024-10-15"]

    def told(what: str) -> float:
        found = re.search(rf"{what} +([\d.]+)", text)
        assert found, text
        return float(found[1])

    assert "tickets: 2024-10-15 … 2024-10-25" in text
    assert told("pre-incident average") == pytest.approx(sum(before) / 288, abs=0.05)  # days from 1 January
    assert told("incident average") == pytest.approx(sum(before) / 288, abs=0.05)
    assert told("\n   incident average") == pytest.approx(sum(during) / 11, abs=0.05)
    assert 2.5 < told("multiplier") < 3.5
    assert told("category: Authentication") == pytest.approx(65, abs=6)
    shares = [told(f"category: {name}") for name in ("Authentication", "Network", "Billing", "Account")]
    assert sum(shares) == pytest.approx(100, abs=0.3)


def test_failed_checks_come_first_and_are_cut(result: Validation) -> None:
    bad = failing(result, "tickets")
    lines = to_text([bad], width=120).splitlines()
    assert lines[0].split() == ["column", "check", "declared", "measured", "p"]
    failures = [line for line in lines if line.startswith("FAILED")]
    assert len(failures) == 30
    assert "tickets.ticket_id" in failures[0]
    assert f"… and {len(bad.failed) - 30} more" in "\n".join(lines)
    assert lines[-1].startswith(f"{len(bad.failed)} of {len(bad.checks)} checks failed")


def test_it_is_plain_without_colours_and_fits(result: Validation) -> None:
    assert "\x1b[" not in to_text([result])
    assert "\x1b[" in to_text([result], colour=True)
    assert all(len(line) <= 60 for line in to_text([failing(result, "orders")], width=60).splitlines())


def test_what_several_datasets_share_is_listed_once(result: Validation) -> None:
    other = Dataset({**ROWS, OrderFactory: 500}).validate()
    tables = [line.split()[:2] for line in to_text([result, other]).splitlines() if line.split()[-1:] == ["42"]]
    assert tables == [["customers", "200"], ["orders", "2,000"], ["tickets", "8,000"], ["orders", "500"]]


def test_of_many_datasets_the_largest_are_listed(result: Validation) -> None:
    others = [Dataset({CustomerFactory: rows}).validate() for rows in range(1, 26)]
    lines = to_text([*others, result]).splitlines()
    assert [line.split()[:2] for line in lines[1:6]] == [
        ["customers", "200"], ["orders", "2,000"], ["tickets", "8,000"], ["customers", "25"], ["customers", "24"]
    ]  # fmt: skip
    assert lines[21].startswith("… and 8 more ")


def test_without_data_there_is_nothing_to_hold() -> None:
    assert to_text([]).splitlines()[-1] == "no test asked for data"


# --- at the end of a run -----------------------------------------------------------------------------------------

TESTS = """
    import pytest

    @pytest.mark.synth(scale=0.05)
    @pytest.mark.parametrize("number", range(4))
    def test_small(synth, number):
        assert synth.dataset.orders.num_rows == 1_250

    @pytest.mark.synth(customers=50, orders=300, tickets=200, seed=7)
    def test_other(synth):
        assert False
"""


def run(pytester: pytest.Pytester, *arguments: str, **outcomes: int) -> str:
    result = pytester.runpytest_subprocess("-W", "error", *arguments)
    result.assert_outcomes(**outcomes)
    return result.stdout.str()


@pytest.mark.parametrize(
    "company",
    [["-p", "no:randomly"], ["-n", "2", "-p", "no:randomly"], ["-p", "no:cacheprovider"]],
    ids=["alone", "two workers", "shuffled"],
)
def test_a_run_ends_with_one_summary(pytester: pytest.Pytester, company: list[str]) -> None:
    pytester.makepyfile(TESTS)
    text = run(pytester, "--synth-summary", *company, passed=4, failed=1)
    assert len(re.findall(r"^=+ synthdata =+$", text, re.MULTILINE)) == 1
    tables = re.findall(r"^(\w+) +([\d,]+) .* (\d+)$", text.partition("= synthdata =")[2], re.MULTILINE)
    assert sorted(tables) == [
        ("customers", "125", "42"),
        ("customers", "50", "7"),
        ("orders", "1,250", "42"),
        ("orders", "300", "7"),
        ("tickets", "200", "7"),
    ]
    assert re.search(r"^\d+ checks passed in ", text, re.MULTILINE)


def test_the_report_shows_the_largest_dataset_of_all_workers(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(TESTS)
    pytester.makeini("[pytest]\nsynth_report = out/data.html\n")
    text = run(pytester, "-n", "2", passed=4, failed=1)
    page = pytester.path / "out" / "data.html"
    assert f"synthdata report: {page.as_uri()}" in text
    assert "--seed 42 --rows customers=125 --rows orders=1250" in page.read_text("utf-8")
    assert "= synthdata =" not in text


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--synth-report", "--synth-summary"], ["no test asked for data", "no report, for no test asked for data"]),
        ([], []),
    ],
)
def test_a_run_without_data_says_so_only_where_asked(
    pytester: pytest.Pytester, arguments: list[str], says: list[str]
) -> None:
    pytester.makepyfile("def test_it(): pass")
    text = run(pytester, *arguments, passed=1)
    assert all(line in text for line in says)
    assert ("no test asked" in text) == bool(says)
    assert not list(pytester.path.glob("*.html"))


def test_the_bare_flag_does_not_eat_what_follows(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(): pass")
    result: Any = pytester.runpytest_inprocess("--synth-report", "test_it.py")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*'test_it.py' is not a page; write --synth-report=synth-report.html*"])


def test_a_report_that_cannot_be_drawn_is_explained(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("import sys\nsys.modules['matplotlib'] = None\n")
    pytester.makepyfile("def test_it(synth): assert synth.dataset.orders.num_rows")
    text = run(pytester, "--synth-report", "--synth-scale=0.01", "--synth-summary", passed=1)
    assert "pip install 'pytest-synthdata[report]'" in text
    assert text.count("synthdata: no report will be written: the report needs matplotlib") == 1
    assert "checks passed in" in text


def test_data_is_looked_at_before_a_project_ends_what_makes_it(pytester: pytest.Pytester) -> None:
    part = pytester.mkdir("part")  # whose hooks are found last, and so come first
    part.joinpath("opened.py").write_text("OPEN = [True]")
    part.joinpath("conftest.py").write_text("from opened import OPEN\ndef pytest_sessionfinish():\n    OPEN.clear()")
    test = """
        import pytest
        from opened import OPEN
        from pytest_synthdata import TableFactory, column

        class ThingFactory(TableFactory):
            @column(type="bigint")
            def number(cells):
                if not OPEN:
                    raise OSError("it is closed")
                return cells.rows

        @pytest.mark.synth(factories=[ThingFactory], things=30)
        def test_it(synth):
            assert synth.dataset.things.num_rows == 30
    """
    part.joinpath("test_it.py").write_text(dedent(test))
    result = pytester.runpytest_inprocess("--synth-summary", "-p", "no:randomly")
    result.assert_outcomes(passed=1)
    assert "it is closed" not in result.stdout.str()
    result.stdout.re_match_lines([r"^things +30 "])
