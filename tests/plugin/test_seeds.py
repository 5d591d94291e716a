"""Several seeds for a test: as pytest's parameters, by the marker or from the command line."""

from __future__ import annotations

import pytest

from pytest_synthdata.plugin.seeds import derived

CORE = pytest.mark.parametrize("xdist", [(), ("-n", "2")], ids=["alone", "xdist"])


def test_derived_seeds_follow_from_the_seed_and_keep_their_order() -> None:
    assert derived(42, 1) == [42]
    assert derived(42, 5) == derived(42, 20)[:5]
    assert len({*derived(42, 1_000)}) == 1_000
    assert not {*derived(42, 100)} & {*derived(43, 100)}


@CORE
def test_a_marker_with_a_number_of_seeds(pytester: pytest.Pytester, xdist: tuple[str, ...]) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.synth(seeds=4, orders=10)
        def test_it(synth, request):
            assert request.node.name == f"test_it[seed={synth.seed}]"
            assert synth.dataset.orders.num_rows == 10
        """
    )
    result = pytester.runpytest_subprocess("-v", "--synth-seed=7", *xdist)
    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines_random([f"*test_it?seed={seed}?*" for seed in derived(7, 4)])
    chosen = f"test_a_marker_with_a_number_of_seeds.py::test_it[seed={derived(7, 4)[2]}]"
    pytester.runpytest_subprocess("--synth-seed=7", chosen, *xdist).assert_outcomes(passed=1)


@CORE
def test_every_test_that_names_no_seed(pytester: pytest.Pytester, xdist: tuple[str, ...]) -> None:
    pytester.makepyfile(
        """
        import pytest

        def test_marked_by_none(synth):
            pass

        @pytest.mark.synth(orders=10)
        @pytest.mark.parametrize("letter", "ab")
        def test_parametrised(synth, letter):
            pass

        def test_of_the_session(synth_session, orders_df_or_not):
            assert synth_session.seed == orders_df_or_not

        @pytest.fixture
        def orders_df_or_not(synth):
            return synth.seed

        @pytest.mark.synth(seed=5)
        def test_names_its_seed(synth):
            assert synth.seed == 5

        @pytest.mark.synth(seeds=[1, 2])
        class TestNamesItsSeeds:
            def test_it(self, synth):
                assert synth.seed in (1, 2)

        def test_without_data():
            pass
        """
    )
    result = pytester.runpytest_subprocess("--synth-seeds=3", *xdist)
    result.assert_outcomes(passed=3 + 2 * 3 + 3 + 1 + 2 + 1)


def test_what_was_made_for_a_seed_is_let_go(pytester: pytest.Pytester) -> None:
    """Tests are grouped by their seeds, so that no more than one is there at a time."""
    pytester.makepyfile(
        """
        import gc, weakref
        import pytest

        made = {}

        @pytest.mark.parametrize("letter", "ab")
        def test_it(synth, letter):
            made.setdefault(synth.seed, weakref.ref(synth.dataset))
            gc.collect()
            assert [seed for seed, dataset in made.items() if dataset() is not None] == [synth.seed]

        def test_again(synth):
            made.setdefault(synth.seed, weakref.ref(synth.dataset))
            gc.collect()
            assert [seed for seed, dataset in made.items() if dataset() is not None] == [synth.seed]
        """
    )
    result = pytester.runpytest_subprocess("--synth-seeds=5", "-p", "no:randomly")
    result.assert_outcomes(passed=15)


def test_a_failure_says_how_to_come_back_to_its_seed(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(synth):\n    assert synth.seed == 42\n")
    result = pytester.runpytest_subprocess("--synth-seeds=2")
    result.assert_outcomes(passed=1, failed=1)
    other = derived(42, 2)[1]
    result.stdout.fnmatch_lines([f"replay: pytest '*::test_it?seed={other}?' --synth-seed=42 --synth-seeds=2"])


def test_seeds_that_cannot_be(pytester: pytest.Pytester) -> None:
    """They are the error of their test, whichever fixture it uses, and of no other."""
    how = "give how many, from 1 to 10,000, or a list of different integers"
    wrong = {
        "seeds=0": f"seeds=0; {how}",
        "seeds=[1, 1]": f"seeds=[1, 1]; {how}",
        "seeds='12'": f"seeds='12'; {how}",
        "seeds=True": f"seeds=True; {how}",
        "seeds=2, seed=3": "seed=3 and seeds=2; give one of them",
    }
    tests = [
        f"@pytest.mark.synth({marker})\ndef test_{number}({fixture}): ...\n"
        for number, (marker, fixture) in enumerate(zip(wrong, ["synth", "synth_session"] * 3, strict=False))
    ]
    pytester.makepyfile("\n".join(["import pytest", *tests, "def test_other(synth): ..."]))
    result = pytester.runpytest_subprocess("-p", "no:randomly")
    result.assert_outcomes(passed=1, errors=5)
    told = [line for line in result.outlines if line.startswith("@pytest.mark.synth: ")]
    assert told == [f"@pytest.mark.synth: {text}" for text in wrong.values()]


def test_the_nearest_marker_decides_between_a_seed_and_seeds(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest

        @pytest.mark.synth(seeds=[1, 2])
        class TestSeeds:
            @pytest.mark.synth(seed=5)
            def test_one(self, synth):
                assert synth.seed == 5

        @pytest.mark.synth(seed=5, take={"orders": [1]})
        class TestSeed:
            @pytest.mark.synth(seeds=[1, 2], take={"orders": [2]})
            def test_two(self, synth):
                assert synth.seed in (1, 2)
                assert synth.dataset.orders.row_numbers.tolist() == [2]
    """)
    pytester.runpytest_subprocess("-p", "no:randomly").assert_outcomes(passed=3)


def test_markers_of_one_test_that_contradict_each_other(pytester: pytest.Pytester) -> None:
    """A marker that is pasted above another one would be read after it."""
    pytester.makepyfile("""
        import pytest, unittest

        pasted = pytest.mark.synth(orders=30, seed=6, take={"orders": [3, 20]})

        @pasted
        @pytest.mark.synth(orders=30, seeds=[5, 6])
        def test_seeds(synth): ...

        @pasted
        @pytest.mark.synth(seed=5)
        def test_seed(synth): ...

        @pasted
        @pytest.mark.synth(take={"orders": list(range(30))})
        def test_take(synth): ...

        class TestCase(unittest.TestCase):
            @pytest.fixture(autouse=True)
            def data(self, synth): ...

            @pasted
            @pytest.mark.synth(seed=5)
            def test_method(self): ...

        @pasted
        @pytest.mark.synth(orders=30, seed=6, customers=5)
        @pytest.mark.parametrize("more", [pytest.param(1, marks=pytest.mark.synth(take={"orders": [4]}))])
        def test_alike(synth, more):
            assert synth.dataset.orders.row_numbers.tolist() == [4]
    """)
    result = pytester.runpytest_subprocess("-p", "no:randomly")
    result.assert_outcomes(passed=1, errors=4)
    end = "in two markers of this test; keep one of them (a marker that --synth-shrink prints goes in the place of *"
    result.stdout.fnmatch_lines([
        f"@pytest.mark.synth: seed=6 and seeds=[[]5, 6] {end}",
        f"@pytest.mark.synth: seed=6 and seed=5 {end}",
        f"@pytest.mark.synth: take={{'orders': [[]3, 20]}} and take={{'orders': [[]0, 1, * {end}",
        f"@pytest.mark.synth: seed=6 and seed=5 {end}",
    ])  # fmt: skip


def test_seeds_where_pytest_has_no_parameters(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest, unittest

        @pytest.mark.synth(seeds=3)
        class TestCase(unittest.TestCase):
            @pytest.fixture(autouse=True)
            def data(self, synth):
                pass

            def test_it(self):
                pass
        """
    )
    told = (
        "@pytest.mark.synth: a method of unittest.TestCase cannot run on several seeds, because pytest does not "
        "parametrise it; give seed=…"
    )
    pytester.runpytest_subprocess().stdout.fnmatch_lines([told])


def test_a_parameter_may_name_the_seed(pytester: pytest.Pytester) -> None:
    """It is not replaced by one of several seeds."""
    pytester.makepyfile("""
        import pytest

        @pytest.mark.parametrize("synth", [{"orders": 10}, pytest.param({"orders": 20, "seed": 9})], indirect=True)
        def test_parameters(synth):
            assert synth.seed == {10: 42, 20: 9}[synth.dataset.orders.num_rows]

        @pytest.mark.synth(seeds=[1, 2])
        @pytest.mark.parametrize("synth", [{"orders": 10, "seed": 9}], indirect=True)
        def test_both(synth): ...

        @pytest.mark.synth(seeds=[1, 2])
        @pytest.mark.parametrize("synth", [{"orders": 10}], indirect=True)
        def test_seeds(synth):
            assert synth.seed in (1, 2)
    """)
    result = pytester.runpytest_subprocess("--synth-seeds=3", "-p", "no:randomly")
    result.assert_outcomes(passed=4, errors=1)
    result.stdout.fnmatch_lines(
        ["@pytest.mark.synth: seeds=[[]1, 2], and seed=9 in a parameter of synth; give one of*"]
    )


def test_the_run_says_which_tests_have_one_seed(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest, unittest

        class TestCase(unittest.TestCase):
            @pytest.fixture(autouse=True)
            def data(self, synth):
                assert synth.seed == 7

            def test_it(self): ...

        class WithoutData(unittest.TestCase):
            def test_it(self): ...

        def test_function(synth): ...
    """)
    result = pytester.runpytest_subprocess("--synth-seeds=2", "--synth-seed=7")
    result.assert_outcomes(passed=4)
    line = "synthdata: 1 method of unittest.TestCase, which pytest does not parametrise, runs on seed 7 alone"
    result.stdout.fnmatch_lines([line])


@pytest.mark.parametrize("value", ["0", "-1", "many", "10001", "1.5"])
def test_a_number_of_seeds_that_cannot_be(pytester: pytest.Pytester, value: str) -> None:
    result = pytester.runpytest_inprocess(f"--synth-seeds={value}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*--synth-seeds='{value}': write how many seeds, from 1 to 10,000*"])
