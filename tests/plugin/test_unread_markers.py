"""Markers that no fixture reads."""

from __future__ import annotations

import pytest

SOURCE = """
    import pytest

    @pytest.mark.synth(order=5, seeds=3)
    def test_misspelt():
        pass

    @pytest.mark.synth(5)
    def test_positional():
        pass

    @pytest.mark.skip
    @pytest.mark.synth(order=5)
    def test_skipped():
        pass

    @pytest.mark.synth(orders=5, seed=3)
    def test_right():
        pass

    @pytest.mark.synth(orders=7, seed=3)
    def test_by_name(request):
        assert request.getfixturevalue("synth").dataset.orders.num_rows == 7

    @pytest.mark.synth(orders=7, seed=3)
    def test_of_the_session(synth_session):
        assert synth_session.dataset.orders.num_rows == 25_000

    @pytest.mark.synth(seeds=[1, 2], shrink=False)
    def test_seeds_of_the_session(synth_session):
        assert synth_session.seed in (1, 2)

    @pytest.mark.synth(orders=20)
    class TestClass:
        @pytest.fixture(scope="class")
        @classmethod
        def count(cls, synth_session):
            return synth_session.dataset.orders.num_rows

        def test_count(self, count):
            assert count == 25_000

        def test_both(self, count, synth):
            assert count > synth.dataset.orders.num_rows
"""


@pytest.mark.parametrize("xdist", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_names_are_checked_and_what_the_session_does_not_hear_is_warned_of(
    pytester: pytest.Pytester, xdist: tuple[str, ...]
) -> None:
    pytester.makepyfile(SOURCE)
    result = pytester.runpytest_subprocess("-p", "no:randomly", *xdist)
    result.assert_outcomes(passed=7, errors=2, skipped=1, warnings=2)
    text = result.stdout.str()
    assert "@pytest.mark.synth: there is no table 'order': did you mean 'orders'?" in text
    assert "@pytest.mark.synth: takes keyword arguments only" in text
    ignored = "decides nothing here: the test has the data of synth_session, the same for all tests; take synth"
    for marker in ("orders=7, seed=3", "orders=20"):
        assert text.count(f"PytestWarning: @pytest.mark.synth({marker}) {ignored}") == 1


def test_a_failure_that_is_searched_for_is_warned_of_once(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest

        @pytest.mark.synth(orders=7)
        def test_it(synth_session):
            assert synth_session.dataset.orders.num_rows < 10
    """)
    result = pytester.runpytest_subprocess("--synth-shrink", "-p", "no:randomly")
    result.assert_outcomes(failed=1, warnings=1)
    result.stdout.fnmatch_lines(["on these rows: assert 10 < 10", "as a test:  take synth in place of synth_session*"])
