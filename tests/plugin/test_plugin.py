"""The plugin as a stranger's project meets it: fixtures, marker, flags, settings; alone, on workers, shuffled."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = "{'factory', 'faker', 'numpy', 'scipy', 'pandas', 'pyarrow', 'pyspark', 'databricks'}"

FACTORIES = """
from pytest_synthdata import Categorical, ForeignKey, Key, TableFactory
from pytest_synthdata.factories import OrderFactory

class PaymentFactory(TableFactory):
    payment_id = Key("PAY-{:06d}")
    order = ForeignKey(OrderFactory)
    method = Categorical({"card": 0.8, "invoice": 0.2})
"""


def run(pytester: pytest.Pytester, *arguments: str, outcomes: dict[str, int]) -> pytest.RunResult:
    """Run pytest in a process of its own, as a user would, with this package's warnings as errors."""
    result = pytester.runpytest_subprocess("-W", "error", "-p", "no:asyncio", "--strict-markers", *arguments)
    result.assert_outcomes(**outcomes)
    return result


@pytest.fixture(params=["alone", "two workers", "shuffled"])
def company(request: pytest.FixtureRequest) -> list[str]:
    """Arguments for the ways in which every end-to-end test must pass."""
    return {
        "alone": ["-p", "no:randomly"],
        "two workers": ["-n", "2", "-p", "no:randomly"],
        "shuffled": ["-p", "randomly", "-p", "no:cacheprovider"],
    }[request.param]


def test_default_dataset_without_spark(pytester: pytest.Pytester, company: list[str]) -> None:
    pytester.makepyfile("""
        def test_tables(synth):
            rows = {table.name: table.num_rows for table in synth.dataset}
            assert rows == {"customers": 2_500, "orders": 25_000, "tickets": 8_000}
            assert synth.seed == 42

        def test_session(synth_session):
            assert synth_session.dataset.orders.num_rows == 25_000

        def test_same_arguments_are_made_once(synth, synth_session):
            assert synth.dataset is synth_session.dataset
    """)
    run(pytester, *company, outcomes={"passed": 3})


def test_marker(pytester: pytest.Pytester, company: list[str]) -> None:
    pytester.makepyfile("""
        import pytest
        from pytest_synthdata import ForeignKey, Rows, TableFactory

        class AreaFactory(TableFactory):
            class Meta:
                rows = Rows([{"code": "N"}, {"code": "S"}])

        class HomeFactory(TableFactory):
            area = ForeignKey(AreaFactory)

        @pytest.mark.synth(customers=50, orders=500, seed=7)
        class TestMarked:
            def test_numbers(self, synth):
                assert synth.dataset.customers.num_rows == 50
                assert synth.dataset.orders.num_rows == 500
                assert synth.seed == 7

            @pytest.mark.synth(orders=600)
            def test_the_nearest_marker_wins(self, synth):
                assert synth.dataset.customers.num_rows == 50
                assert synth.dataset.orders.num_rows == 600

        @pytest.mark.synth(scale=0.1, factories=[HomeFactory])
        def test_scale(synth):
            assert synth.dataset.orders.num_rows == 2_500
            assert synth.dataset.homes.num_rows == 100
            assert synth.dataset.areas.num_rows == 2

        @pytest.mark.synth(scale=1.5, factories=[AreaFactory])
        def test_a_list_is_not_scaled(synth):
            assert synth.dataset.areas.to_arrow()["code"].to_pylist() == ["N", "S"]
    """)
    run(pytester, *company, outcomes={"passed": 4})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            "orderz=500",
            "there is no table 'orderz': did you mean 'orders'? Known: customers, orders, tickets; and the a",
        ),
        ("at='2024-06-30'", "at='2024-06-30': no table of this test's data has a history, so each is the same at any"),
        ("sed=7", "did you mean 'seed'?"),
        ("orders=-5", "the number of rows of 'orders' is -5; it must not be negative"),
        ("orders='many'", "the number of rows of 'orders' is 'many'; it must be an integer"),
        ("orders=True", "must be an integer"),
        ("seed='x'", "the seed is 'x'; it must be an integer"),
        ("seed=[1]", "the seed is [1]; it must be an integer"),
        ("scale=-1", "the scale is a positive number"),
        ("500", "takes keyword arguments only"),
        ("factories=[int]", "give a list of TableFactory classes"),
    ],
)
def test_marker_mistakes_are_explained(pytester: pytest.Pytester, arguments: str, message: str) -> None:
    pytester.makepyfile(f"""
        import pytest

        @pytest.mark.synth({arguments})
        def test_it(synth):
            pass
    """)
    result = pytester.runpytest_inprocess("-p", "no:randomly")
    result.assert_outcomes(errors=1)
    assert message in result.stdout.str()
    assert "Traceback" not in result.stdout.str()


def test_a_projects_own_factories(pytester: pytest.Pytester, company: list[str]) -> None:
    pytester.makepyfile(shop_factories=FACTORIES)
    pytester.makepyfile("""
        import pytest
        from shop_factories import PaymentFactory

        @pytest.mark.synth(orders=500, factories=[PaymentFactory], payments=100)
        def test_marker(synth):
            payments = synth.dataset["payments"].to_arrow()
            assert payments.num_rows == 100
            assert set(payments["order_id"].to_pylist()) <= set(synth.dataset.orders.to_arrow()["order_id"].to_pylist())
    """)
    run(pytester, *company, outcomes={"passed": 1})


def test_factories_of_the_settings_join_the_default_dataset(pytester: pytest.Pytester, company: list[str]) -> None:
    pytester.makepyfile(shop_factories=FACTORIES)
    pytester.makeini("[pytest]\npythonpath = .\nsynth_factories = shop_factories\nsynth_seed = 9\nsynth_scale = 0.01\n")
    pytester.makepyfile("""
        def test_it(synth):
            assert synth.dataset.payments.num_rows == 10
            assert synth.dataset.orders.num_rows == 250
            assert synth.seed == 9
    """)
    run(pytester, *company, outcomes={"passed": 1})


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("no_such_module", "cannot import 'no_such_module'"),
        ("shop_factories:PayFactory", "did you mean 'PaymentFactory'?"),
        ("json", "json defines no TableFactory"),
    ],
)
def test_wrong_factories_setting(pytester: pytest.Pytester, setting: str, message: str) -> None:
    pytester.makepyfile(shop_factories=FACTORIES)
    pytester.makeini(f"[pytest]\npythonpath = .\nsynth_factories = {setting}\n")
    pytester.makepyfile("def test_it(synth): pass")
    result = run(pytester, outcomes={"errors": 1})
    assert message in result.stdout.str()


def test_flags_go_before_settings_and_show_in_the_header(pytester: pytest.Pytester, company: list[str]) -> None:
    pytester.makeini("[pytest]\nsynth_seed = 9\n")
    pytester.makepyfile("""
        def test_it(synth):
            assert synth.seed == 3
            assert synth.dataset.tickets.num_rows == 4_000
    """)
    result = run(pytester, "--synth-seed=3", "--synth-scale=0.5", *company, outcomes={"passed": 1})
    result.stdout.fnmatch_lines(["synthdata: seed 3, scale 0.5"])


@pytest.mark.parametrize(
    ("flag", "message"),
    [
        ("--synth-seed=abc", "the seed is an integer, or 'random'"),
        ("--synth-scale=0", "the scale is a positive number"),
        ("--synth-scale=many", "the scale is a positive number"),
    ],
)
def test_wrong_flags(pytester: pytest.Pytester, flag: str, message: str) -> None:
    result = pytester.runpytest_inprocess(flag)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert message in result.stderr.str()


def test_a_random_seed_is_one_for_all_workers(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest

        @pytest.mark.parametrize("number", range(8))
        def test_it(synth, number, request):
            config = request.config
            with open(config.rootpath / "seeds", "a") as file:
                print(synth.seed, synth.dataset.orders.fingerprint(), file=file)
    """)
    result = run(pytester, "--synth-seed=random", "-n", "2", outcomes={"passed": 8})
    seeds = set((pytester.path / "seeds").read_text().splitlines())
    assert len(seeds) == 1
    assert f"synthdata: seed {seeds.pop().split()[0]}," in result.stdout.str()


def test_a_failure_says_how_to_replay_it(pytester: pytest.Pytester, company: list[str]) -> None:
    pytester.makepyfile(
        test_shop="""
        import pytest

        @pytest.mark.synth(orders=10)
        @pytest.mark.parametrize("name", ["a b"])
        def test_fails(synth, name):
            assert synth.seed == 0

        def test_without_data_fails():
            assert False
    """
    )
    pytester.makefile(".ini", other="[pytest]\naddopts = -p json\n")
    deciding = ["-c", "other.ini", "--rootdir", ".", "-p", "csv", "-o", "python_classes=It"]
    options = ["--synth-seed=11", "--synth-scale=0.5", "-o", "synth_summary=false", *deciding]
    result = run(pytester, *options, *company, outcomes={"failed": 2})
    output = result.stdout.str()
    replay = next(line for line in result.outlines if line.startswith("replay: "))
    start = "replay: pytest 'test_shop.py::test_fails[a b]' --synth-seed=11 --synth-scale=0.5 -c other.ini --rootdir . "
    assert replay.startswith(f"{start}-p csv ")
    assert replay.endswith(" -o python_classes=It")
    assert "-p json" not in replay  # every run has that
    assert "<Dataset seed 11; customers: 1,250, orders: 10>" in output
    assert output.count("replay:") == 1


def test_without_the_plugin_its_fixtures_are_gone(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(synth): pass")
    result = run(pytester, "-p", "no:synthdata", outcomes={"errors": 1})
    assert "fixture 'synth' not found" in result.stdout.str()


def test_the_marker_is_documented(pytester: pytest.Pytester) -> None:
    assert "@pytest.mark.synth(*, seed=None" in pytester.runpytest_inprocess("--markers").stdout.str()


def test_import_mode_importlib(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(synth): assert synth.dataset.orders.num_rows")
    run(pytester, "--import-mode=importlib", outcomes={"passed": 1})


def test_a_run_that_asks_for_no_data_imports_nothing_heavy(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(f"""
        import sys

        def test_it():
            assert {HEAVY}.isdisjoint(sys.modules), {HEAVY}.intersection(sys.modules)
    """)
    # Other installed plugins import what they like; only ours is loaded here.
    script = "import pytest, sys; sys.exit(pytest.main(['-q', '-p', 'pytest_synthdata.plugin']))"
    result = subprocess.run(
        [sys.executable, "-c", script],
        cwd=pytester.path,
        env={"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PATH": "", "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 passed" in result.stdout, result.stdout + result.stderr


# The frames: one process in which this session's Spark is the project's own fixture.

SPARK = """
import pytest
from pyspark.sql import SparkSession

@pytest.fixture(scope="{scope}")
def {name}():
    return SparkSession.getActiveSession()
"""


def frames(pytester: pytest.Pytester, *, passed: int, arguments: tuple[str, ...] = ()) -> None:
    pytester.runpytest_inprocess("-p", "no:randomly", *arguments).assert_outcomes(passed=passed)


def test_frames_by_every_name(pytester: pytest.Pytester, synth_spark: object) -> None:
    pytester.makeconftest(SPARK.format(scope="session", name="spark"))
    pytester.makepyfile("""
        import pytest
        from pyspark.sql import functions as F

        @pytest.mark.synth(customers=30, orders=200, tickets=100)
        def test_frames(synth, customers_df, orders_df, tickets_df):
            assert customers_df is synth.customers
            assert synth["orders"] is orders_df
            assert (customers_df.count(), orders_df.count(), tickets_df.count()) == (30, 200, 100)
            joined = orders_df.join(customers_df, "customer_id")
            assert joined.count() == 200
            assert joined.filter(F.col("order_date") < F.to_date("created_at")).count() == 0

        def test_spark(synth_spark, spark, synth, synth_session):
            assert synth_spark is spark is synth.spark is synth_session.spark
    """)
    frames(pytester, passed=2)


def test_frames_are_made_once(pytester: pytest.Pytester, synth_spark: object) -> None:
    pytester.makeconftest(SPARK.format(scope="session", name="spark_session"))
    pytester.makepyfile("""
        seen = []

        def test_first(synth, synth_session):
            seen.append(synth.tickets)
            assert synth_session.tickets is synth.tickets

        def test_second(tickets_df):
            assert tickets_df is seen[0]
    """)
    frames(pytester, passed=2)


def test_a_function_scoped_spark_fixture(pytester: pytest.Pytester, synth_spark: object) -> None:
    pytester.makeconftest(SPARK.format(scope="function", name="spark"))
    pytester.makepyfile("""
        import pytest
        from pytest_synthdata import SynthDataError

        @pytest.mark.synth(customers=5)
        def test_it(synth, spark):
            assert synth.spark is spark
            assert synth.customers.count() == 5

        def test_session_scope(synth_session):
            with pytest.raises(SynthDataError, match="'spark' has a shorter life than the session"):
                synth_session.orders
    """)
    frames(pytester, passed=2)


def test_the_settings_name_the_spark_fixture(pytester: pytest.Pytester, synth_spark: object) -> None:
    pytester.makeconftest(SPARK.format(scope="session", name="my_spark"))
    pytester.makeini("[pytest]\nsynth_spark_fixture = my_spark\n")
    pytester.makepyfile("""
        def test_it(synth_spark, my_spark):
            assert synth_spark is my_spark
    """)
    frames(pytester, passed=1)


def test_a_projects_spark_may_be_made_of_ours(pytester: pytest.Pytester, synth_spark: object) -> None:
    pytester.makeconftest("""
        import pytest

        @pytest.fixture
        def spark(synth_spark):
            return synth_spark
    """)
    pytester.makepyfile("""
        def test_it(spark, synth_spark):
            assert spark is synth_spark
    """)
    frames(pytester, passed=1)


def test_the_mark_of_a_parameter_is_the_nearest(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest

        @pytest.mark.synth(orders=12, customers=3)
        @pytest.mark.parametrize("rows", [12, pytest.param(99, marks=pytest.mark.synth(orders=99))])
        def test_it(rows, synth):
            assert (synth.dataset.orders.num_rows, synth.dataset.customers.num_rows) == (rows, 3)
    """)
    pytester.runpytest_inprocess("-p", "no:randomly").assert_outcomes(passed=2)
