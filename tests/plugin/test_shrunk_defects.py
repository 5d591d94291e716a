"""A planted defect that survives shrinking is named."""

from __future__ import annotations

from textwrap import dedent

import pytest


@pytest.mark.parametrize("count", [1, 22])
def test_the_planted_defects_are_named(pytester: pytest.Pytester, count: int) -> None:
    pytester.makepyfile(f"""
        import pytest
        from pytest_synthdata import Missing

        KINDS = [Missing("amount", exactly={count})]

        @pytest.mark.synth(customers=2, orders=24, tickets=1, defects={{"orders": KINDS}})
        def test_amounts(synth):
            orders = synth.dataset.orders.to_arrow()
            assert len(orders.filter(orders["amount"].is_null())) < {count}
    """)
    result = pytester.runpytest_inprocess("-p", "no:randomly", "-p", "no:asyncio", "--synth-shrink")
    result.assert_outcomes(failed=1)
    kind = rf"Missing\('amount', exactly={count}\)"
    marker = rf"""as a test:  @pytest.mark.synth\(.*defects={{"orders": \[{kind}\]}}, .*take={{.*"""
    more = [] if count == 1 else ["planted: … and 2 more in orders"]
    result.stdout.re_match_lines([r".*planted: missing in orders row \d+, amount: [\d.]+ → null", *more, marker])


def test_what_is_printed_as_a_marker_can_be_pasted(pytester: pytest.Pytester) -> None:
    """What cannot be written out is left to the test's own marker."""
    head = """
        import datetime, pytest
        from pytest_synthdata import AddedColumn, Categorical, Defect, LogNormal, Missing, col

        def cents(amount):
            return amount * 100

        def make():
            def cents(amount):
                return amount * 100
            return cents

        def few(synth):
            assert not [one for one in synth.dataset.orders.to_arrow()["amount"].to_pylist() if one > 5_000]
    """
    markers = {
        "named": """defects={"orders": [Defect("in_cents", cents, "amount", 0.9, where=col("amount") > 60)]}""",
        "added": """defects={"orders": [AddedColumn("coupon", Categorical({"A": 0.2, None: 0.8}))]}, seed=3""",
        "lambda": """defects={"orders": [Defect("in_cents", lambda amount: amount * 100, "amount", 0.9)]}""",
        "nested": """defects={"orders": [Defect("in_cents", make(), "amount", 0.9)]}, scale=0.01234567""",
    }
    tests = [
        f"@pytest.mark.synth(customers=20, orders=200, {marker})\ndef test_{name}(synth):\n    few(synth)\n"
        for name, marker in markers.items()
    ]
    tests.append(
        """@pytest.mark.parametrize("synth", [{"orders": 10}, {"orders": 200}], indirect=True)\n"""
        "def test_parameter(synth):\n    few(synth)\n"
    )
    source = f"{dedent(head)}\n{chr(10).join(tests)}".replace("5_000", "300")
    pytester.makepyfile(test_them=source)
    found = pytester.runpytest_subprocess("-p", "no:randomly", "--synth-shrink", "--tb=short").outlines
    told = [line.removeprefix("as a test:").strip() for line in found if line.startswith("as a test:")]
    assert [line.startswith("@pytest.mark.synth(") for line in told] == [True, True, False, False, False, False]
    end = " beside the rest (what defects= holds cannot be written out; a function can that has a name)"
    assert told[2].startswith("in the test's marker, say seed=42, take={")
    assert told[2].endswith(end)
    assert told[3].startswith("in the test's marker, say scale=0.01234567, seed=42, take={")
    assert told[3].endswith(end)
    assert told[5].startswith('in the parameter of synth that failed, say {"seed": 42, "take": {"orders": [')
    pasted = "".join(f"{line}\ndef test_{number}(synth):\n    few(synth)\n\n" for number, line in enumerate(told[:2]))
    pytester.makepyfile(test_pasted=f"{source.partition('@pytest')[0]}\n{pasted}")
    result = pytester.runpytest_subprocess("test_pasted.py", "-p", "no:randomly", "--tb=short")
    result.assert_outcomes(failed=2)
    assert result.stdout.str().count("orders: 1 of 200") == 2
