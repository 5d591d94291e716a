"""Dirty data in a test: the marker's `defects`, `synth.clean` and `synth.defects`."""

from __future__ import annotations

import pytest

from pytest_synthdata.plugin.materialise import Materialiser
from pytest_synthdata.plugin.options import Settings

WAYS = {"alone": ["-p", "no:randomly"], "two workers": ["-n", "2", "-p", "no:randomly"], "shuffled": ["-p", "randomly"]}


@pytest.fixture(params=WAYS)
def company(request: pytest.FixtureRequest) -> list[str]:
    """Arguments for the ways in which every end-to-end test must pass."""
    return WAYS[request.param]


def test_marker(pytester: pytest.Pytester, company: list[str]) -> None:
    pytester.makepyfile("""
        import pytest
        from pytest_synthdata import Duplicates, Missing, Orphans, assert_caught, assert_repaired
        from pytest_synthdata.factories import CustomerFactory

        pytestmark = pytest.mark.synth(orders=1_000)
        ORDERS = [Missing("amount", 0.02), Duplicates(exactly=9)]
        DIRTY = {"orders": ORDERS, CustomerFactory: Missing("email", exactly=3)}

        @pytest.mark.synth(defects=DIRTY)
        def test_dirty(synth):
            orders = synth.dataset.orders.to_pandas()
            assert len(orders) == 1_009
            assert_caught(orders[orders.amount.isna() | orders.duplicated()], synth.defects["orders"])
            assert_repaired(synth.clean.dataset.orders.to_pandas(), synth.dataset.clean.orders)
            assert synth.defects["customers"].num_rows == 3
            assert list(synth.defects) == ["customers", "orders"]

        @pytest.mark.synth(defects=DIRTY, take={"orders": [3, 1_004]})
        def test_some_rows(synth):
            assert synth.dataset.orders.num_rows == 3  # the copy's original among them
            assert [row["kind"] for row in synth.defects["orders"].to_arrow().to_pylist()] == ["duplicates"]
            assert synth.clean.dataset.orders.num_rows == 2

        def test_clean(synth):
            assert synth.dataset.orders.num_rows == 1_000
            assert synth.clean is synth
            assert list(synth.defects) == []
    """)
    result = pytester.runpytest_subprocess("-W", "error", "--strict-markers", "-p", "no:asyncio", *company)
    result.assert_outcomes(passed=3)


def test_what_cannot_be_fails_the_test_with_one_line(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest
        from pytest_synthdata import Missing

        @pytest.mark.synth(orders=100, defects={"orders": [Missing("amuont", 0.02)]})
        def test_column(synth):
            pass

        @pytest.mark.synth(orders=100, defects={"order": [Missing("amount", 0.02)]})
        def test_table(synth):
            pass

        @pytest.mark.synth(orders=100, defects=[Missing("amount", 0.02)])
        def test_list(synth):
            pass
    """)
    result = pytester.runpytest_inprocess("-p", "no:randomly", "-p", "no:asyncio")
    result.assert_outcomes(errors=3)
    result.stdout.fnmatch_lines(
        [
            "*orders: Missing('amuont'): there is no column 'amuont': did you mean 'amount'*",
            "*defects: no table 'order' in this dataset: did you mean 'orders'*",
            "*defects=*; give kinds by table: {OrderFactory: [[]Missing('amount', 0.01)]}",
        ]
    )


def test_the_summary_and_the_report_show_what_was_planted(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest
        from pytest_synthdata import Duplicates, Missing

        KINDS = [Missing("amount", exactly=7), Duplicates(exactly=3)]

        @pytest.mark.synth(customers=50, orders=500, defects={"orders": KINDS})
        def test_dirty(synth):
            assert synth.dataset.orders.num_rows == 503
    """)
    arguments = ["-p", "no:randomly", "-p", "no:asyncio", "--synth-summary", "--synth-report=data.html"]
    result = pytester.runpytest_inprocess(*arguments)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*orders * duplicates 3*", "*checks passed*"])
    page = (pytester.path / "data.html").read_text("utf-8")
    assert "What was planted" in page
    assert 'data-label="Defect">missing amount</td>' in page


def test_equal_defects_are_made_once() -> None:
    from pytest_synthdata import Missing, col

    materialiser = Materialiser(Settings())
    pro = col("status") == "completed"

    def marked(*kinds: object) -> object:
        return materialiser.marked([((), {"orders": 50, "defects": {"orders": list(kinds)}})], lambda: None).dataset

    assert marked(Missing("amount", 0.1, where=pro)) is marked(Missing("amount", 0.1, where=pro))
    assert marked(Missing("amount", 0.1)) is marked(Missing("amount", 0.1))
    assert marked(Missing("amount", 0.1)) is not marked(Missing("amount", 0.2))
    assert marked(Missing("amount", 0.1, where=pro)) is not marked(Missing("amount", 0.1, where=col("amount") > 5))
