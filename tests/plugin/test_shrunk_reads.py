"""What is searched are the tables that a test read, however it did; what it says of them."""

from __future__ import annotations

import json
import re

import pytest

from pytest_synthdata.plugin.shrinking import shrunk_text

SOURCE = """
    import pytest
    from pytest_synthdata import Missing

    pytestmark = pytest.mark.synth(customers=30, orders=100, tickets=40)

    def total(rows):
        return sum(rows) if rows else None

    @pytest.mark.synth(defects={"orders": [Missing("amount", 0.3)]})
    def test_sum(synth):
        amounts = synth.dataset.orders.to_arrow()["amount"].to_pylist()
        found = total([amount for amount in amounts if amount is not None])
        assert found == sum(amount or 1 for amount in amounts)

    @pytest.mark.synth(defects={"orders": [Missing("status", 0.3)]})
    def test_clean(synth):
        assert max(synth.dataset.clean.orders.to_arrow()["amount"].to_pylist(), default=0) < 100

    def test_many(synth):
        assert synth.dataset.orders.num_rows < 3

    def test_nothing(synth):
        assert len(synth.dataset.tables) == 0
"""


def test_the_tables_that_were_read(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shrunk_text, "_MOST_TAKEN", 2)
    pytester.makepyfile(test_reads=SOURCE)
    result = pytester.runpytest_inprocess("--synth-shrink-json=found.json", "-p", "no:randomly", "-p", "no:asyncio")
    result.assert_outcomes(failed=4)
    written = json.loads((pytester.path / "found.json").read_text("utf-8"))
    found = {one["test"].split("::test_")[-1]: one for one in written}
    for name in ("sum", "clean"):
        one = found[name]
        # What the marker names is asked for, too: all rows are counted, and one order is found, with its customer.
        assert (one["rows_before"], one["rows_after"], list(one["take"])) == (170, 2, ["orders"])
        assert (one["columns"], one["all_columns"]) == (["orders.amount"], True)
    assert found["sum"]["failure_on_no_rows"] == "assert None == 0"
    assert found["nothing"]["verdict"] == "empty"
    # What is too long for the report is in a file.
    (path,) = re.findall(r"^as a test, and to replay: (.*)$", result.stdout.str(), re.MULTILINE)
    told = (pytester.path / path).read_text("utf-8").split("\n\n")
    assert told == [found["many"]["marker"], found["many"]["replay"] + "\n"]
