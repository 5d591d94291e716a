"""A planted defect that survives shrinking is named."""

from __future__ import annotations

import pytest


def test_the_planted_defect_is_named(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest
        from pytest_synthdata import Missing

        @pytest.mark.synth(customers=20, orders=200, tickets=1, defects={"orders": [Missing("amount", exactly=1)]})
        def test_amounts(synth):
            assert synth.dataset.orders.to_arrow()["amount"].null_count == 0
    """)
    result = pytester.runpytest_inprocess("-p", "no:randomly", "-p", "no:asyncio", "--synth-shrink")
    result.assert_outcomes(failed=1)
    marker = r"""as a test:  @pytest.mark.synth\(.*defects={"orders": \[Missing\('amount', exactly=1\)\]}, .*take={.*"""
    result.stdout.re_match_lines([r".*planted: missing in orders row \d+, amount: [\d.]+ → null", marker])
