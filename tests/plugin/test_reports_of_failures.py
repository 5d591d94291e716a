"""What is added to the reports of failures is there in every run, and never raises."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_synthdata import Dataset, Duplicates
from pytest_synthdata.factories import OrderFactory
from pytest_synthdata.plugin.failures.reasons import reason, text_or_reason

IMPOSSIBLE = """
    import pytest
    from pytest_synthdata import Duplicates, Missing

    @pytest.mark.synth(orders=50, defects={"orders": [Duplicates(exactly=100)]})
    def test_rows(synth):
        assert synth.dataset.orders.num_rows > 100

    @pytest.mark.synth(orders=50, defects={"orders": [Missing("amuont", 0.1)]})
    def test_misspelt(synth):
        pass

    @pytest.mark.synth(orders=50, defects={"orders": [Missing(["amount"], 0.1)]})
    def test_list(synth):
        pass

    def test_after(synth):
        assert synth.dataset.orders.num_rows == 25_000
"""
WHY = "orders: Duplicates(): exactly=100 rows, but only 50 of 50 can have it"


@pytest.mark.parametrize("options", [["--synth-shrink", "--synth-summary"], ["-n", "2", "--synth-summary"]])
def test_defects_that_no_row_can_have_fail_their_test(pytester: pytest.Pytester, options: list[str]) -> None:
    pytester.makepyfile(IMPOSSIBLE)
    result = pytester.runpytest_subprocess("-p", "no:randomly", "--synth-scale=1", *options)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(passed=1, failed=1, errors=2)
    result.stdout.fnmatch_lines(["<Dataset seed 42; customers: 2,500, orders: [?]>", "replay: pytest *::test_rows *"])
    output = result.stdout.str()
    assert f"pytest_synthdata.errors.GenerationError: {WHY}" in output
    assert "defects/planting.py" not in output  # the way through this package is not shown
    assert output.count(f"orders: ?>: {WHY}") == 1


def test_the_repr_of_data_that_cannot_be_made() -> None:
    dataset = Dataset({OrderFactory: 50}, seed=1, defects={OrderFactory: [Duplicates(exactly=100)]})
    assert repr(dataset) == "<Dataset seed 1; customers: 2,500, orders: ?>"
    assert repr(dataset.orders) == "<Table orders: ? rows, seed 1>"
    assert repr(dataset.defects) == f"<Labels of {dataset!r}>"


def test_a_part_of_a_report_that_cannot_be_made_is_a_line() -> None:
    def fails(error: BaseException) -> Callable[[], str]:
        def make() -> str:
            raise error

        return make

    class Broken(Exception):  # noqa: N818 - as a user may name one
        def __str__(self) -> str:
            raise ValueError

    assert text_or_reason("no", fails(KeyError("a\nb"))) == "no: KeyError: 'a\\nb'"
    assert text_or_reason("no", fails(ValueError("a\nb"))) == "no: ValueError: a"
    assert text_or_reason("no", fails(pytest.skip.Exception("a"))) == "no: Skipped: a"
    assert reason(Broken()) == "Broken"
    with pytest.raises(KeyboardInterrupt):
        text_or_reason("no", fails(KeyboardInterrupt()))


BREAKING = """
import sys
from importlib import import_module

import pytest

def fail(*_, **__):
    pytest.fail("this part is broken")

for name in {broken}:
    module, _, attribute = name.partition(":")
    owner, _, what = attribute.rpartition(".")
    found = import_module("pytest_synthdata." + module)
    whole = getattr(found, owner) if owner else found
    part = getattr(whole, what)
    for place in [whole, *sys.modules.values()]:  # wherever it was imported to
        if getattr(place, "__dict__", {{}}).get(what) is part:
            setattr(place, what, fail)
"""


@pytest.mark.parametrize(
    ("broken", "lines"),
    [
        (
            [
                "plugin.failures.replay:command_for",
                "report.terminal:to_text",
                "report.content:part_of",
                "plugin.spark.own_session:OwnSession.close",
            ],
            5,
        ),
        (
            [
                "plugin.on_demand:OnDemandDataset.__repr__",
                "plugin.shrinking.shrunk_text:Finding.to_dict",
                "plugin.failures.differences:rows_compared",
                "dataset:Dataset.validate",
            ],
            5,
        ),
    ],
)
def test_whatever_cannot_be_said_the_run_ends_as_it_would(
    pytester: pytest.Pytester, broken: list[str], lines: int
) -> None:
    pytester.makeconftest(BREAKING.format(broken=broken))
    pytester.makeini("[pytest]\nsynth_differences = true\n")
    pytester.makepyfile("""
        class DataFramesNotEqualError(Exception):
            pass

        def test_fails(synth):
            if synth.dataset.orders.num_rows:
                raise DataFramesNotEqualError

        def test_passes(synth):
            pass
    """)
    options = (
        "--synth-shrink",
        "--synth-summary",
        "--synth-scale=0.01",
        *["--synth-report"] * ("report.content:part_of" in broken),
    )
    result = pytester.runpytest_subprocess("-p", "no:randomly", *options)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(passed=1, failed=1)
    assert result.stdout.str().count("Failed: this part is broken") == lines


@pytest.mark.parametrize("options", [["--pdb"], ["--show-capture=no"], ["--tb=no"]])
def test_the_search_is_not_in_vain(pytester: pytest.Pytester, options: list[str]) -> None:
    pytester.makepyfile("""
        def test_it(synth):
            assert not synth.dataset.orders.num_rows
    """)
    pytester.makeconftest("import pdb\npdb.Pdb.interaction = lambda *_: print('PROMPT')\n")
    result = pytester.runpytest_subprocess("--synth-shrink", "--synth-scale=0.01", "-s", *options)
    result.assert_outcomes(failed=1)
    shown = ["<Dataset seed 42; customers: 25, orders: 250>", "replay: pytest *"] if "--tb" not in options[0] else []
    shown += ["*synthdata: shrunk*", "shrunk from 275 rows to 2 in *", "as a test: *", "replay: *"]
    result.stdout.fnmatch_lines([*shown, *["PROMPT"] * ("--pdb" in options)])
    assert result.stdout.str().count("shrunk from") == 1


def test_the_line_of_a_test_is_the_same_wherever_it_runs(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its tables are those that the test has asked for, in one order, whatever other tests did before."""
    pytester.makepyfile("""
        import pytest

        @pytest.fixture(scope="session")
        def tickets(synth_session):
            return synth_session.dataset.tickets

        def test_tickets(synth, tickets):
            assert synth.dataset["tickets"].num_rows == 0

        @pytest.mark.parametrize("table", ["orders"])
        def test_orders(synth, table):
            assert synth.dataset[table].num_rows == 0

        @pytest.mark.synth(tickets=8_000)
        def test_named(synth):
            assert synth.dataset.orders.num_rows == 0

        def test_none(synth):
            assert synth.seed == 0

        @pytest.mark.synth(orders=10, take={"orders": [3]})
        def test_taken(synth):
            assert synth.seed == 0
    """)
    lines = [
        "customers: 2,500, tickets: 8,000",
        "customers: 2,500, orders: 25,000",
        "customers: 2,500, orders: 25,000, tickets: 8,000",
        "",
        "customers: 1 of 2,500, orders: 1 of 10, tickets: 0 of 8,000",
    ]
    expected = sorted(f"<Dataset seed 42{'; ' * bool(line)}{line}>" for line in lines)
    pytester.makeconftest("""
        import os

        def pytest_collection_modifyitems(items):
            if os.environ["BACKWARDS"]:
                items.reverse()
    """)
    for backwards, options in [("", ()), ("1", ()), ("", ("-n", "2"))]:
        monkeypatch.setenv("BACKWARDS", backwards)
        result = pytester.runpytest_subprocess("-p", "no:randomly", *options)
        result.assert_outcomes(failed=5)
        found = [line for line in result.outlines if line.startswith("<Dataset")]
        assert sorted(found) == expected
