"""A process that outlives the run is announced, once, with the setting that turns it off."""

from __future__ import annotations

import pytest

# A session that starts the process at its end; a JVM is not the matter here.
CONFTEST = """
from contextlib import ExitStack

from pytest_synthdata.spark import session

def open_session(settings, starting):
    ending = ExitStack()
    if {starts}:
        ending.callback(settings.on_background_work)
    return session.OpenSession(object(), ending)

session.open_session = open_session
session.start_jvm = lambda settings: None
"""
TESTS = """
def test_one(synth_spark): pass
def test_other(synth_spark): pass
"""
NOTE = "*background process writes Spark's class-data archive*synth_spark_warm_start = false turns this off"


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "xdist"])
@pytest.mark.parametrize("starts", [True, False])
def test_the_summary_says_so_once(pytester: pytest.Pytester, workers: tuple[str, ...], starts: bool) -> None:
    pytester.makeconftest(CONFTEST.format(starts=starts))
    pytester.makepyfile(TESTS)
    result = pytester.runpytest_subprocess(*workers)
    result.assert_outcomes(passed=2)
    if starts:
        result.stdout.fnmatch_lines([NOTE])
    assert result.stdout.str().count("class-data archive") == starts
