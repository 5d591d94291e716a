"""Settings in pytest's own table of a pyproject.toml, whose values have types."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.skipif(pytest.version_tuple < (9, 2), reason="numbers are texts in older versions")


@pytest.mark.parametrize("quote", ["", '"'])
def test_numbers_are_numbers_or_texts(pytester: pytest.Pytester, quote: str) -> None:
    numbers = {"seed": 0, "scale": 0.5, "shrink": 10, "spark_keep_alive": 60}
    lines = [f"synth_{name} = {quote}{number}{quote}" for name, number in numbers.items()]
    pytester.makepyprojecttoml("\n".join(["[tool.pytest]", *lines, "synth_summary = false"]))
    pytester.makepyfile("""
        from pytest_synthdata.plugin.stash import SETTINGS

        def test_it(synth, pytestconfig):
            found = pytestconfig.stash[SETTINGS]
            assert (found.seed, found.scale, found.shrink, found.keep_alive) == (0, 0.5, 10, 60)
            assert synth.seed == 0 and synth.dataset.orders.num_rows == 12_500
    """)
    pytester.runpytest_subprocess().assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("synth_seed = 5.5", "--synth-seed=5.5: the seed is an integer, or 'random'"),
        ("synth_seed = true", "--synth-seed=True: the seed is an integer, or 'random'"),
        ("synth_scale = 0", "--synth-scale=0: the scale is a positive number, such as 0.1"),
        ("synth_scale = true", "--synth-scale=True: the scale is a positive number, such as 0.1"),
        ("synth_shrink = 0", "--synth-shrink: 0 is not a number of seconds; write --synth-shrink=30, with '='"),
        ("synth_spark_keep_alive = true", "synth_spark_keep_alive is True; it is a number of seconds, such as 600"),
    ],
)
def test_values_that_cannot_be(pytester: pytest.Pytester, line: str, message: str) -> None:
    pytester.makepyprojecttoml(f"[tool.pytest]\n{line}\n")
    result = pytester.runpytest_subprocess()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*{message}*"])
