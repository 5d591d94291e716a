"""`build()` in a test that has data gives rows of that data: its seed, its sizes."""

from __future__ import annotations

import pytest

TESTS = """
    import threading

    import pytest
    from pytest_synthdata import Dataset
    from pytest_synthdata.factories import CustomerFactory, OrderFactory

    def row(dataset, number):
        return dataset.orders.to_arrow(number, number + 1).to_pylist()[0]

    def test_the_runs_seed(synth):
        assert synth.seed == 7
        assert OrderFactory.build(__sequence=17) == row(synth.dataset, 17)

    @pytest.mark.synth(orders=300, customers=5, seed=11)
    def test_a_markers_seed_and_sizes(synth):
        built = OrderFactory.build(__sequence=17)
        assert built == row(Dataset({CustomerFactory: 5, OrderFactory: 300}, seed=11), 17)
        assert "orders" in synth and not synth.dataset.used().tables.keys() - {"orders", "customers"}

    @pytest.mark.synth(seed=11)
    def test_threads_build_it_too(synth):
        built = []
        thread = threading.Thread(target=lambda: built.append(OrderFactory.build(__sequence=17)))
        thread.start()
        thread.join()
        assert built == [row(synth.dataset, 17)]

    @pytest.mark.synth(seed=11)
    def test_another_dataset_comes_first(synth):
        other = Dataset(seed=5)
        with other.factories():
            assert OrderFactory.build(__sequence=17) == row(other, 17)

    def test_without_data_it_is_the_factorys_own():
        assert OrderFactory.build(__sequence=17) == row(Dataset(seed=42), 17)
"""


@pytest.mark.parametrize("company", [["-p", "randomly"], ["-n", "2", "-p", "no:randomly"]], ids=["alone", "workers"])
def test_rows_are_those_of_the_tests_data(pytester: pytest.Pytester, company: list[str]) -> None:
    pytester.makepyfile(TESTS)
    result = pytester.runpytest_subprocess("-W", "error", "-p", "no:asyncio", "--synth-seed=7", *company)
    result.assert_outcomes(passed=5)
