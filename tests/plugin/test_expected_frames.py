"""Which tests get a session before they begin: those that may call Spark's functions before a DataFrame is made."""

from __future__ import annotations

import pytest

SOURCE = """
    import functools
    import unittest
    import conftest
    import pytest
    from pyspark import SparkContext
    from pyspark.sql import functions as F
    from pyspark.sql.functions import col

    def wrapped(function):
        @functools.wraps(function)
        def call(*arguments, **named):
            return function(*arguments, **named)
        return call

    @pytest.fixture
    def orders(synth):
        return synth.dataset.orders

    @pytest.fixture
    def handed_on(synth):
        return synth

    @pytest.mark.lazy
    def test_dataset(synth):
        assert synth.dataset.orders.num_rows and synth.seed

    @pytest.mark.lazy
    def test_volume(synth):
        assert [synth.volume_path, synth.feed_path, synth.upload, synth.describe]

    @pytest.mark.lazy
    def test_names(synth):
        assert len(synth) == len([name for name in synth]) and "orders" in synth and dir(synth)

    def test_one_by_one(synth):
        assert [synth[name] for name in ()] == []

    @pytest.mark.lazy
    def test_by_fixture(orders):
        assert orders.num_rows

    @pytest.mark.lazy
    @wrapped
    def test_wrapped(synth):
        assert synth.dataset

    class TestPlain:
        @pytest.mark.lazy
        def test_method(self, synth):
            assert synth.dataset

        def test_frame(self, synth):
            del synth

    def test_handed_on(handed_on):
        pass

    def test_getattr(synth):
        getattr(synth, "clean")

    def test_module(synth):
        assert F and synth.dataset

    def test_function(orders):
        assert col

    def test_frame_of_table(synth):
        synth.dataset.orders.to_spark

    @pytest.mark.lazy  # until it asks
    def test_dynamic(request):
        request.getfixturevalue("synth")
        assert len(conftest.asked) == 1
        conftest.asked.clear()

    class TestCase(unittest.TestCase):
        @pytest.fixture(autouse=True)
        def data(self, synth):
            self.synth = synth

        def test_it(self):
            pass
"""


def test_only_tests_that_may_need_a_session_get_one(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("""
        import pytest
        from pytest_synthdata.plugin.data_in_test import Synth

        asked = []
        Synth.spark = property(asked.append)

        @pytest.hookimpl(hookwrapper=True)
        def pytest_runtest_call(item):
            assert bool(asked) is (item.get_closest_marker("lazy") is None)
            asked.clear()
            yield
    """)
    pytester.makeini("[pytest]\nmarkers = lazy\n")
    pytester.makepyfile(SOURCE)
    result = pytester.runpytest_subprocess("-p", "no:randomly")
    result.assert_outcomes(passed=15)
