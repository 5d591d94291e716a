"""`--synth-shrink`: a failing test ends with the least data that makes it fail, and is reported as one that ran once.

The tests inside read Arrow tables: the search is the same, and no JVM is needed.
"""

from __future__ import annotations

import json
import re
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, TypeAlias

import pytest

from pytest_synthdata.plugin.shrinking.hooks import Progress

Shrink: TypeAlias = Callable[..., pytest.RunResult]
CORE = [(), ("-n", "2")]
both = pytest.mark.parametrize("xdist", CORE, ids=["alone", "xdist"])

# Orders of a customer on one day are two, where the pipeline expects one.
SHOP = """
    import pytest

    def repeated(orders):
        return orders.num_rows - orders.group_by(["customer_id", "order_date"]).aggregate([]).num_rows
"""
DEDUP = f"""{SHOP}
    def test_dedup(synth):
        print("orders:", synth.dataset.orders.num_rows)
        assert repeated(synth.dataset.orders.to_arrow()) == 0
"""


@pytest.fixture
def shrink(pytester: pytest.Pytester) -> Shrink:
    def run(source: str, *arguments: str, **more: str) -> pytest.RunResult:
        pytester.makepyfile(**{"test_shop": source, **more})
        return pytester.runpytest_subprocess("--synth-shrink=120", "-p", "no:randomly", *arguments)

    return run


def lines_of(result: pytest.RunResult) -> list[str]:
    """What was shrunk, as the report ends with it."""
    start = next(at for at, line in enumerate(result.outlines) if "synthdata: shrunk" in line)
    ends = (at for at, line in enumerate(result.outlines) if at > start and line.startswith(("===", "---", "___")))
    return result.outlines[start + 1 : next(ends)]


@both
def test_the_report_ends_with_the_rows(shrink: Shrink, pytester: pytest.Pytester, xdist: tuple[str, ...]) -> None:
    result = shrink(DEDUP, *xdist)
    result.assert_outcomes(failed=1)
    head, one, other, customer, failure, marker, replay = lines_of(result)
    assert failure == "on these rows: assert 1 == 0"
    assert re.fullmatch(
        r"shrunk from 27,500 rows to 3 in \d+ runs \(\d+\.\d s\); no row can be left out; "
        r"2 of 5 columns matter: orders\.customer_id, orders\.order_date",
        head,
    )
    assert customer == "  and 1 row of a table that the test did not read"
    for line in (one, other):
        assert re.fullmatch(r"  orders  row \d+ +ORD-\d{6}  CUST-\d{5}  \d+\.\d+ +[a-z]+  2024-\d\d-\d\d", line)
    rows = [int(re.findall(r"row (\d+)", line)[0]) for line in (one, other)]
    assert marker == f'as a test:  @pytest.mark.synth(seed=42, take={{"orders": {rows}}})'
    numbers = ",".join(map(str, rows))
    assert replay == f"replay:     pytest test_shop.py::test_dedup --synth-seed=42 --synth-take=orders:{numbers}"
    # Both fail alike in a new process.
    again = pytester.runpytest_subprocess(*replay.split()[2:])
    left = "*<Dataset seed 42; customers: 1 of 2,500, orders: 2 of 25,000, tickets: 0 of 8,000>*"
    again.stdout.fnmatch_lines([left, "*assert 1 == 0*"])
    pytester.makepyfile(
        test_pasted=DEDUP.replace("    def test_dedup", f"    {marker.split('  ')[-1]}\n    def test_dedup")
    )
    pytester.runpytest_subprocess("test_pasted.py").stdout.fnmatch_lines(["*assert 1 == 0*"])


@both
def test_the_run_sees_one_test_that_ran_once(shrink: Shrink, pytester: pytest.Pytester, xdist: tuple[str, ...]) -> None:
    source = f"""{DEDUP}
        import logging, warnings
    @pytest.fixture
    def noisy(synth):
        import logging, warnings
        warnings.warn("from set-up")
        logging.getLogger().warning("a log")
        print("set up")
        yield
        print("torn down")

    def test_noisy(noisy, synth, tmp_path, monkeypatch, caplog):
        monkeypatch.setenv("SHRINKING_LEAVES", "1")
        (tmp_path / "new").mkdir()
        assert repeated(synth.dataset.orders.to_arrow()) == 0

    def test_after(synth):
        import os
        assert "SHRINKING_LEAVES" not in os.environ
        assert synth.dataset.orders.num_rows == 25_000
    """
    result = shrink(source, "--junit-xml=junit.xml", "--durations=0", "-vv", *xdist)
    result.assert_outcomes(failed=2, passed=1, warnings=1)
    text = result.stdout.str()
    assert text.count("orders: 25000") == 1
    assert "orders: 2\n" not in text
    assert text.count("a log") == 1
    assert text.count("\nset up") == 1
    assert text.count("\ntorn down") == 1
    assert len(re.findall(r"s call +test_shop.py::test_noisy", text)) == 1
    cases = ET.parse(pytester.path / "junit.xml").getroot().findall(".//testcase")
    assert sorted(case.get("name") for case in cases) == ["test_after", "test_dedup", "test_noisy"]
    properties = [one for case in cases for one in case.findall(".//property")]
    assert [one.get("name") for one in properties] == ["synthdata_shrunk"] * 2
    found = json.loads(properties[0].get("value") or "")
    assert (found["rows_before"], found["rows_after"]) == (27_500, 3)
    assert found["columns"] == ["orders.customer_id", "orders.order_date"]


@both
def test_a_file_for_tools(pytester: pytest.Pytester, xdist: tuple[str, ...]) -> None:
    pytester.makepyfile(DEDUP)
    pytester.runpytest_subprocess("--synth-shrink-json=shrunk.json", "-p", "no:randomly", *xdist)
    (found,) = json.loads((pytester.path / "shrunk.json").read_text("utf-8"))
    assert found["test"].endswith("::test_dedup")
    assert found["verdict"] == "minimal"
    assert [len(rows) for rows in found["rows"].values()] == [1, 2, 0]
    assert list(found["take"]) == ["orders"]
    assert (found["failure"], found["failure_on_no_rows"]) == ("assert 1 == 0", None)


@pytest.mark.parametrize("flag", ["-x", "--maxfail=2"])
def test_stops_after_as_many_failures_as_are_asked_for(shrink: Shrink, flag: str) -> None:
    source = f"""{DEDUP}
    def test_second(synth):
        assert repeated(synth.dataset.orders.to_arrow()) == 0

    def test_third(synth):
        assert False
    """
    shrink(source, flag).assert_outcomes(failed=1 if flag == "-x" else 2)


@both
def test_what_the_marker_says_of_the_data_is_in_the_marker(
    shrink: Shrink, pytester: pytest.Pytester, xdist: tuple[str, ...]
) -> None:
    source = f"""{SHOP}
    from pytest_synthdata import Constant, ForeignKey, Key, TableFactory
    from pytest_synthdata.factories import OrderFactory

    class PaymentFactory(TableFactory):
        class Meta:
            table = "payments"
        payment_id = Key("PAY-{{}}")
        order = ForeignKey(OrderFactory)

    @pytest.mark.synth(customers=80, tickets=0, seed=11)
    class TestShop:
        @pytest.mark.synth(orders=3_000, payments=400, factories=[PaymentFactory])
        @pytest.mark.parametrize("most", [0, 1])
        def test_payments(self, synth, most):
            paid = synth.dataset.payments.to_arrow()["order_id"].to_pylist()
            assert len(paid) - len(set(paid)) <= most
    """
    result = shrink(source, *xdist)
    result.assert_outcomes(failed=2)
    pattern = re.compile(
        r"as a test:  @pytest\.mark\.synth\(customers=80, tickets=0, orders=3000, payments=400, seed=11, "
        r"factories=\[PaymentFactory\], take=\{\"payments\": \[\d+, \d+\]\}\)"
    )
    # Workers report in any order: two payments of one order are what breaks test_payments[0].
    (marker,) = filter(pattern.fullmatch, result.outlines)
    pasted = source.replace("@pytest.mark.synth(orders=3_000, payments=400, factories=[PaymentFactory])", marker[12:])
    pytester.makepyfile(test_pasted=pasted)
    pytester.runpytest_subprocess("test_pasted.py", "-k", "0").stdout.fnmatch_lines(["*assert (2 - 1) <= 0*"])


def test_scale_is_in_the_marker(shrink: Shrink) -> None:
    result = shrink(DEDUP, "--synth-scale=0.5", "--synth-seed=5")
    marker, replay = lines_of(result)[-2:]
    assert "@pytest.mark.synth(scale=0.5, seed=5, take={" in marker
    assert "--synth-seed=5 --synth-scale=0.5 --synth-take=orders:" in replay


def test_what_the_failure_names_is_tried_first(shrink: Shrink, pytester: pytest.Pytester) -> None:
    source = """
    def test_named(synth):
        orders = synth.dataset.orders.to_arrow().to_pylist()
        assert [row["order_id"] for row in orders if row["amount"] > 15_000] == []

    def test_in_a_variable(synth):
        bad = [row for row in synth.dataset.orders.to_arrow().to_pylist() if row["amount"] > 15_000]
        assert not len(bad)

    def test_unnamed(synth):
        assert max(synth.dataset.orders.to_arrow()["amount"].to_pylist(), default=0) < 15_000
    """
    shrink(source, "--synth-shrink-json=found.json")
    written = json.loads((pytester.path / "found.json").read_text("utf-8"))
    found = {one["test"].split("_")[-1]: one for one in written}
    assert found["named"]["runs_for_rows"] < found["unnamed"]["runs_for_rows"] / 2
    assert found["variable"]["runs_for_rows"] < found["unnamed"]["runs_for_rows"] / 2
    assert all(one["rows_after"] == 2 and one["columns"] == ["orders.amount"] for one in found.values())


def test_the_result_is_tried_first_the_next_time(shrink: Shrink, pytester: pytest.Pytester) -> None:
    runs = []
    for _ in range(2):
        shrink(DEDUP, "--synth-shrink-json=found.json")
        runs.append(json.loads((pytester.path / "found.json").read_text("utf-8"))[0]["runs_for_rows"])
    assert runs[1] < runs[0] / 2
    shrink(DEDUP, "-p", "no:cacheprovider").assert_outcomes(failed=1)


@both
def test_a_failure_that_does_not_depend_on_rows_is_told_in_a_line(shrink: Shrink, xdist: tuple[str, ...]) -> None:
    source = """
    def test_never_right(synth):
        assert False

    def test_total(synth):
        assert synth.dataset.orders.num_rows == 7_000

    def test_on_none_in_another_way(synth):
        rows = synth.dataset.orders.num_rows + synth.dataset.customers.num_rows + synth.dataset.tickets.num_rows
        assert 7 % rows == 8
    """
    result = shrink(source, *xdist)
    result.assert_outcomes(failed=3)
    told = [line for line in result.outlines if line.startswith("not shrunk: the failure ")]
    assert sum("does not depend on rows: the test fails in the same way on empty tables" in line for line in told) == 1
    may_not = [line for line in told if "may not depend on which rows there are: the test passed in none of" in line]
    assert len(may_not) == 2
    assert (
        sum("; on empty tables, it fails too: assert 0 == 7000 (if it passed there, " in line for line in may_not) == 1
    )


@both
def test_rows_are_found_where_the_test_fails_on_none_as_well(shrink: Shrink, xdist: tuple[str, ...]) -> None:
    source = """
    import math

    def test_highest(synth):
        highest = max(synth.dataset.orders.to_arrow()["amount"].to_pylist(), default=math.nan)
        assert highest <= 15_000
    """
    result = shrink(source, "--synth-shrink-json=found.json", *xdist)
    lines = lines_of(result)
    assert "rows to 2 in" in lines[0]
    assert lines[0].endswith("; no row can be left out; 1 of 5 columns matters: orders.amount")
    assert lines[3].startswith("on these rows: assert 1")
    assert lines[3].endswith(" <= 15000")
    assert lines[4] == "on no rows at all, it fails too: assert nan <= 15000"


@both
def test_a_pasted_marker_of_one_row_is_told_that_it_is_needed(shrink: Shrink, xdist: tuple[str, ...]) -> None:
    source = """
    import pytest

    @pytest.mark.synth(seed=42, take={"customers": [3]})
    def test_one_row(synth):
        assert synth.dataset.customers.num_rows == 0
    """
    (head, *_) = lines_of(shrink(source, *xdist))
    assert head.startswith("shrunk from 1 row to 1 in ")
    assert "; no row can be left out; " in head


def test_a_failure_that_comes_and_goes_is_flaky(shrink: Shrink) -> None:
    source = """
    runs = []

    def test_it(synth):
        runs.append(synth.dataset.orders.num_rows)
        if len(runs) == 1 or (runs[-1] and runs.count(1) < 2):
            assert runs[-1] == 0
    """
    (line, *_) = lines_of(shrink(source))
    assert "; flaky: on these rows the test does not fail every time" in line
    once = "runs = []\ndef test_it(synth):\n    runs.append(1)\n    assert len(runs) > 1\n"
    assert lines_of(shrink(once))[0].startswith("not shrunk: flaky: run again on the same data, the test")


def test_another_failure_is_not_the_same(shrink: Shrink) -> None:
    """The type and the line count; an error in a fixture, a skip and another line do not."""
    source = """
    import pytest

    @pytest.fixture
    def orders(synth):
        rows = synth.dataset.orders.to_arrow().to_pylist()
        if len(rows) == 1:
            raise AssertionError("in set-up")
        if len(rows) == 2:
            pytest.skip("too few")
        return rows

    def test_it(orders):
        if len(orders) == 3:
            assert len(orders) != 3
        assert max((row["amount"] for row in orders), default=0) < 5_000
    """
    lines = lines_of(shrink(source))
    assert "shrunk from 27,500 rows to" in lines[0]
    assert sum("  orders " in line for line in lines) == 4


def test_the_line_is_the_innermost_of_the_project(shrink: Shrink) -> None:
    source = """
    import shop

    def test_it(synth):
        shop.check(synth.dataset.orders.to_arrow().to_pylist())
    """
    module = """
    def check(rows):
        for row in rows:
            if row["status"] == "cancelled" and row["amount"] < 20:
                raise ValueError(row["order_id"])
        if len(rows) == 1:
            raise ValueError("only one")
    """
    lines = lines_of(shrink(source, shop=module))
    assert "rows to 2 in" in lines[0]
    assert "orders.amount, orders.status" in lines[0]


@both
def test_kinds_of_tests(shrink: Shrink, xdist: tuple[str, ...]) -> None:
    source = f"""{SHOP}
    import unittest

    class TestPlain:
        def setup_method(self):
            self.fresh = []

        @pytest.mark.parametrize("limit", [0, 10**6])
        def test_method(self, synth, limit):
            self.fresh.append(1)
            assert len(self.fresh) == 1
            assert repeated(synth.dataset.orders.to_arrow()) <= limit

    class TestCase(unittest.TestCase):
        @pytest.fixture(autouse=True)
        def data(self, synth):
            self.orders = synth.dataset.orders

        def setUp(self):
            self.fresh = []

        def test_case(self):
            self.fresh.append(1)
            self.assertEqual(len(self.fresh), 1)
            self.assertEqual(repeated(self.orders.to_arrow()), 0)

    def test_of_the_session(synth_session):
        assert repeated(synth_session.dataset.orders.to_arrow()) == 0

    def test_by_name(request):
        assert repeated(request.getfixturevalue("synth").dataset.orders.to_arrow()) == 0
    """
    result = shrink(source, *xdist)
    result.assert_outcomes(failed=4, passed=1)
    assert result.stdout.str().count("shrunk from 27,500 rows to 3 in") == 4


@both
def test_subtests_are_reported_once_and_not_shrunk(shrink: Shrink, xdist: tuple[str, ...]) -> None:
    pytest.importorskip("_pytest.subtests")  # from pytest 9 on
    source = """
    import unittest
    import pytest

    class TestCase(unittest.TestCase):
        @pytest.fixture(autouse=True)
        def data(self, synth):
            self.rows = synth.dataset.orders.num_rows

        def test_parts(self):
            for limit in (0, 1):
                with self.subTest(limit=limit):
                    assert self.rows == limit

        def test_parts_and_the_whole(self):
            with self.subTest("passes"):
                assert self.rows >= 0
            assert self.rows == 0

        def test_parts_of_few_rows(self):
            if self.rows < 100:
                with self.subTest("few"):
                    assert self.rows == 7
            assert self.rows == 0
    """
    result = shrink(source, *xdist)
    lines = [line for line in result.outlines if "synthdata: shrunk" in line or "not shrunk" in line]
    assert lines.count("not shrunk: subtests report by themselves") == 4
    assert len([line for line in result.outlines if line.startswith("SUBFAILED")]) == 2
    assert len([line for line in result.outlines if line.startswith("FAILED")]) == 2


def test_asynchronous_tests(shrink: Shrink) -> None:
    source = f"""{SHOP}
    import asyncio

    @pytest.fixture
    async def ready():
        await asyncio.sleep(0)
        return asyncio.get_running_loop()

    async def test_it(synth, ready):
        await asyncio.sleep(0)
        assert asyncio.get_running_loop() is ready
        assert repeated(synth.dataset.orders.to_arrow()) == 0
    """
    pytest.importorskip("pytest_asyncio")
    result = shrink(
        source, "-p", "asyncio", "-o", "asyncio_mode=auto", "-o", "asyncio_default_fixture_loop_scope=function"
    )
    assert "rows to 3 in" in lines_of(result)[0]


@pytest.mark.parametrize("xdist", CORE, ids=["alone", "xdist"])
def test_beside_pytest_randomly_and_pytest_timeout(pytester: pytest.Pytester, xdist: tuple[str, ...]) -> None:
    source = f"""{SHOP}
    import random, time
    first = []

    def test_it(synth):
        first.append(random.random())
        assert len(set(first)) == 1
        assert repeated(synth.dataset.orders.to_arrow()) == 0

    def test_slow_where_there_is_little(synth):
        time.sleep(15 if synth.dataset.orders.num_rows == 1 else 0)
        assert repeated(synth.dataset.orders.to_arrow()) == 0
    """
    pytest.importorskip("pytest_timeout")
    pytester.makepyfile(source)
    both = ("-p", "randomly", "-p", "timeout", "--timeout=8")
    result = pytester.runpytest_subprocess(*both, "--synth-shrink=100", *xdist)
    result.assert_outcomes(failed=2)
    assert result.stdout.str().count("rows to 3 in") == 2


def test_the_search_takes_none_of_the_tests_time(pytester: pytest.Pytester) -> None:
    pytest.importorskip("pytest_timeout")
    pytester.makeconftest("""
        import time
        from pytest_synthdata.plugin.shrinking import hints

        def slow(*arguments, found=hints.hints):
            time.sleep(6)
            return found(*arguments)

        hints.hints = slow
    """)
    pytester.makepyfile(DEDUP)
    result = pytester.runpytest_subprocess("-p", "timeout", "--timeout=6", "--synth-shrink=100")
    assert "rows to 3 in" in result.stdout.str()


def test_a_debugger_starts_after_the_search(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(DEDUP)
    command = [sys.executable, "-m", "pytest", "--synth-shrink=120", "--pdb", "-p", "no:randomly"]
    result = pytester.run(*command, stdin=b"p 'rows', synth.dataset.orders.num_rows\nq\n")
    text = result.stdout.str()
    assert "('rows', 25000)" in text  # the test's own frame, with its own data
    assert text.count("orders: 25000") == 1
    assert json.loads((pytester.path / ".pytest_cache/v/synthdata/shrunk").glob("*").__next__().read_text())["orders"]


def test_a_line_of_progress_on_a_terminal_only() -> None:
    shown: list[str] = []
    reporter = SimpleNamespace(isatty=True, verbosity=0, rewrite=lambda line, erase: shown.append(line))
    config: Any = SimpleNamespace(pluginmanager=SimpleNamespace(get_plugin=lambda _: reporter))
    runs: Any = SimpleNamespace(count=12, best=None)
    Progress(config, "test_it").show(runs)
    Progress(config, "test_it").show(SimpleNamespace(count=13, best=range(3_000)))  # type: ignore[arg-type]
    reporter.isatty = False
    Progress(config, "test_it").show(runs)
    assert shown == ["shrinking test_it: 12 runs", "shrinking test_it: 13 runs, 3,000 rows left"]


def test_defects_and_clean_data_are_those_of_the_rows_that_are_left(shrink: Shrink, pytester: pytest.Pytester) -> None:
    source = """
    import pytest
    from pytest_synthdata import Missing

    @pytest.mark.synth(orders=3_000, defects={"orders": [Missing("amount", 0.01)]})
    def test_nulls(synth):
        dirty, clean = synth.dataset.orders.to_arrow(), synth.clean.dataset.orders.to_arrow()
        assert dirty.num_rows == clean.num_rows
        assert clean["amount"].null_count == 0
        assert dirty["amount"].null_count == 0
    """
    lines = lines_of(shrink(source))
    assert "rows to 2 in" in lines[0]
    pasted = source.replace(
        '@pytest.mark.synth(orders=3_000, defects={"orders": [Missing("amount", 0.01)]})', lines[-2][12:]
    )
    pytester.makepyfile(test_pasted=pasted)
    result = pytester.runpytest_subprocess("test_pasted.py")
    result.stdout.fnmatch_lines(["*assert 1 == 0*", "*<Dataset seed 42; customers: 1 of 2,500, orders: 1 of 3,000*"])


def test_wider_fixtures_are_kept_and_narrow_ones_made_anew(shrink: Shrink, pytester: pytest.Pytester) -> None:
    source = f"""{SHOP}
    made = {{"module": 0, "function": 0}}

    @pytest.fixture(scope="module")
    def module():
        made["module"] += 1
        yield
        with open("made.txt", "w") as file:
            print(made, file=file)

    @pytest.fixture
    def function():
        made["function"] += 1
        yield
        made["function"] -= 1

    def test_it(synth, module, function):
        assert made == {{"module": 1, "function": 1}}
        assert repeated(synth.dataset.orders.to_arrow()) == 0
    """
    assert "rows to 3 in" in lines_of(shrink(source))[0]
    assert (pytester.path / "made.txt").read_text("utf-8").strip() == "{'module': 1, 'function': 0}"


@both
def test_what_a_wider_fixture_keeps_of_the_session_is_not_shrunk(shrink: Shrink, xdist: tuple[str, ...]) -> None:
    source = """
    import pytest

    @pytest.fixture(scope="module")
    def amounts(synth_session):
        return synth_session.dataset.orders.to_arrow()["amount"].to_pylist()

    @pytest.fixture(scope="class")
    def by_name(request):
        return request.getfixturevalue("synth_session").dataset.orders.to_arrow()["amount"].to_pylist()

    @pytest.fixture(scope="module")
    def handed_on(synth_session):
        return synth_session

    @pytest.fixture
    def narrow(synth_session):
        return synth_session.dataset.orders.to_arrow()["amount"].to_pylist()

    class TestWide:
        def test_wide(self, amounts):
            assert max(amounts, default=0) < 15_000

        def test_by_name(self, by_name):
            assert max(by_name, default=0) < 15_000

        def test_kept_by_name(self, by_name):
            assert max(by_name, default=0) < 15_000

        def test_both(self, amounts, synth):
            assert max(amounts, default=0) < len(synth)

        def test_narrow(self, narrow):
            assert max(narrow, default=0) < 15_000

        def test_handed_on(self, handed_on):
            assert max(handed_on.dataset.orders.to_arrow()["amount"].to_pylist(), default=0) < 15_000
    """
    result = shrink(source, *xdist)
    text = result.stdout.str()
    not_shrunk = "not shrunk: the data comes from synth_session, and what is made of it is kept by"
    assert text.count(f"{not_shrunk} the module fixture 'amounts'; to have the test run on fewer rows, read") == 1
    assert text.count(f"{not_shrunk} the class fixture 'by_name'") == 2
    assert text.count("note: the module fixture 'amounts' saw the whole tables in every run") == 1
    assert text.count("rows to 2 in") == 2
    assert text.count("as a test:  take synth in place of synth_session, with @pytest.mark.synth(seed=42, take=") == 2
    # Wherever the data comes from, the report says how to come back to it.
    assert text.count("\n<Dataset seed 42; customers: 2,500, orders: 25,000>\n") == 6
    assert text.count("replay: pytest ") == 6


def test_the_budget(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import time

        def test_it(synth):
            time.sleep(0.3)
            assert max(synth.dataset.orders.to_arrow()["amount"].to_pylist(), default=0) < 15_000
        """
    )
    result = pytester.runpytest_subprocess("--synth-shrink=2", "--synth-shrink-json=found.json")
    (found,) = json.loads((pytester.path / "found.json").read_text("utf-8"))
    assert found["verdict"] == "time"
    assert found["runs"] <= 7
    assert "time was up" in lines_of(result)[0]


def test_an_interrupt_ends_the_search_with_the_best_so_far(shrink: Shrink) -> None:
    source = """
    runs = []

    def test_it(synth):
        runs.append(1)
        if len(runs) == 12:
            raise KeyboardInterrupt
        assert max(synth.dataset.orders.to_arrow()["amount"].to_pylist(), default=0) < 15_000

    def test_after():
        pass
    """
    result = shrink(source)
    result.assert_outcomes(failed=1, passed=1)
    assert lines_of(result)[0].endswith("; interrupted")


@pytest.mark.parametrize(
    ("ini", "marker", "is_shrunk"),
    [
        ("", "", False),
        ("synth_shrink = true", "", True),
        ("synth_shrink = 20.5", "", True),
        ("synth_shrink = false", "", False),
        ("synth_shrink = true", "@pytest.mark.synth(shrink=False)", False),
    ],
)
def test_settings(pytester: pytest.Pytester, ini: str, marker: str, is_shrunk: bool) -> None:
    pytester.makeini(f"[pytest]\n{ini}\n")
    pytester.makepyfile(f"import pytest\n{marker}\ndef test_it(synth):\n    assert not synth.dataset.orders.num_rows\n")
    text = pytester.runpytest_inprocess().stdout.str()
    assert ("synthdata: shrunk" in text) is is_shrunk


@pytest.mark.parametrize("value", ["soon", "-1", "0", "test_shop.py", "inf", "nan"])
def test_a_budget_that_cannot_be(pytester: pytest.Pytester, value: str) -> None:
    result = pytester.runpytest_inprocess(f"--synth-shrink={value}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*--synth-shrink: '{value}' is not a number of seconds; write --synth-shrink=30*"])


def test_shrink_in_the_marker_is_true_or_false(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("import pytest\n@pytest.mark.synth(shrink=3)\ndef test_it(synth):\n    pass\n")
    pytester.runpytest_inprocess().stdout.fnmatch_lines(["*@pytest.mark.synth: shrink=3; it is True or False*"])


def test_passing_tests_and_expected_failures_are_left_alone(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest
        runs = []

        def test_passes(synth):
            assert synth.dataset.orders.num_rows

        @pytest.mark.xfail
        def test_fails(synth):
            runs.append(1)
            assert not synth.dataset.orders.num_rows

        def test_skips(synth):
            pytest.skip()

        def test_without_data():
            assert len(runs) == 2
        """
    )
    result = pytester.runpytest_inprocess("--synth-shrink", "-p", "no:randomly")
    result.assert_outcomes(passed=1, xfailed=1, skipped=1, failed=1)
    result.stdout.no_fnmatch_line("*shrunk*")


def test_nothing_heavy_is_imported_before_a_failure(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONHASHSEED", "0")  # a new process, not a fork of one that has imported NumPy
    pytester.makepyfile(
        """
        import sys

        def test_it():
            assert not {"numpy", "pyarrow", "pytest_synthdata.plugin.shrinking.candidates"} & set(sys.modules)
        """
    )
    pytester.runpytest_subprocess("--synth-shrink", "-p", "no:randomly").assert_outcomes(passed=1)
