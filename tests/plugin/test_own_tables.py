"""A project's own tables: beside the shipped ones or in their places, each compiled when a test asks for it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pytest_synthdata import DeclarationError
from pytest_synthdata.factories.discovery import load_factories

OWN = """
from pytest_synthdata import Categorical, ForeignKey, Given, Key, TableFactory

class CustomerFactory(TableFactory):
    class Meta: rows = 7
    id = Key("K{:03d}")

class InvoiceFactory(TableFactory):
    class Meta: rows = 0
    number = Key("I{:03d}")
    customer = ForeignKey(CustomerFactory)

class BrokenFactory(TableFactory):
    x = Given("nothing", {1: 2})
"""


def failing(pytester: pytest.Pytester, *arguments: str, **outcomes: int) -> str:
    result = pytester.runpytest_inprocess("-p", "no:randomly", *arguments)
    result.assert_outcomes(**outcomes)
    return result.stdout.str()


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A project with a customers table of its own, which the shipped orders and tickets do not fit."""
    pytester.makepyfile(own_shop=OWN)
    pytester.makeini("[pytest]\npythonpath = .\nsynth_factories = own_shop\n")
    return pytester


def test_an_own_table_takes_the_place_of_a_shipped_one(project: pytest.Pytester) -> None:
    project.makepyfile("""
        def test_tables(synth):
            assert synth.dataset.customers.schema.names == ["id"]
            assert synth.dataset.customers.num_rows == 7
            assert list(synth) == ["customers", "invoices", "brokens"]
            assert len(synth) == 3 and "invoices" in synth and "orders" not in synth
            assert "invoices" in dir(synth)

        def test_no_rows(synth):
            assert synth.dataset.invoices.num_rows == 0
    """)
    failing(project, passed=2)


def test_a_shipped_table_that_does_not_fit_says_so(project: pytest.Pytester) -> None:
    project.makepyfile("""
        import pytest

        def test_it(synth):
            synth.dataset.orders

        @pytest.mark.synth(orders=3)
        def test_marked(synth):
            pass
    """)
    text = failing(project, failed=1, errors=1)
    told = "the shipped table 'orders' does not fit CustomerFactory: orders.customer: there is no column 'tier'"
    assert text.count(told) >= 2
    assert f"@pytest.mark.synth: {told}" in text


def test_a_subclass_of_a_shipped_factory_keeps_its_children(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        more_shop="""
        from pytest_synthdata import Constant
        from pytest_synthdata.factories import CustomerFactory as Shipped

        class CustomerFactory(Shipped):
            country = Constant("DE")
        """
    )
    pytester.makeini("[pytest]\npythonpath = .\nsynth_factories = more_shop\n")
    pytester.makepyfile("""
        def test_it(synth):
            assert "country" in synth.dataset.customers.schema.names
            assert list(synth) == ["customers", "orders", "tickets"]
            assert synth.dataset.orders.num_rows == 25_000
    """)
    failing(pytester, passed=1)


def test_the_shipped_tables_can_be_switched_off(project: pytest.Pytester) -> None:
    project.makepyfile("""
        def test_it(synth):
            assert "orders" not in synth and "tickets" not in synth
            synth.dataset["tickets"]
    """)
    text = failing(project, "-o", "synth_shipped=false", failed=1)
    assert "no table 'tickets' in this test's data" in text
    assert "TicketFactory" in text


def test_what_is_referred_to_is_there_without_the_shipped_tables(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        paid_shop="""
        from pytest_synthdata import ForeignKey, Key, TableFactory
        from pytest_synthdata.factories import OrderFactory

        class PaymentFactory(TableFactory):
            payment_id = Key("PAY-{:06d}")
            order = ForeignKey(OrderFactory)
        """
    )
    pytester.makeini(
        "[pytest]\npythonpath = .\nsynth_factories = paid_shop\nsynth_shipped = false\nsynth_scale = 0.1\n"
    )
    pytester.makepyfile("""
        def test_it(synth):
            assert list(synth) == ["customers", "orders", "payments"]
            assert [table.num_rows for table in synth.dataset] == [250, 2_500, 100]
    """)
    failing(pytester, passed=1)


def test_a_broken_table_fails_only_those_who_ask_for_it_and_says_where_it_is(project: pytest.Pytester) -> None:
    project.makepyfile("""
        def test_other(synth):
            synth.dataset.invoices.to_arrow()

        def test_it(synth):
            synth.dataset.brokens

        def test_frame(brokens_df):
            pass
    """)
    text = failing(project, passed=1, failed=1, errors=1)
    path = re.escape(str(project.path / "own_shop.py"))
    assert re.search(rf"brokens.x: there is no column 'nothing': Known: x \(BrokenFactory, {path}:12\)", text)
    assert re.search(r"^brokens_df: brokens.x: ", text, re.MULTILINE)


def test_only_what_tests_ask_for_is_in_the_summary(project: pytest.Pytester) -> None:
    project.makepyfile("""
        def test_it(synth):
            assert synth.dataset.customers.num_rows == 7

        def test_nothing(synth_session):
            assert synth_session.seed == 42
    """)
    text = failing(project, "--synth-summary", passed=2).partition("= synthdata =")[2]
    assert [line.split()[0] for line in text.splitlines() if line.endswith(" 42")] == ["customers"]


def test_errors_at_import_name_the_line(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        bad_shop="""
        from pytest_synthdata import Categorical, TableFactory

        class PaymentFactory(TableFactory):
            method = Categorical(5, 5, 5, 5)
        """
    )
    pytester.makeini("[pytest]\npythonpath = .\nsynth_factories = bad_shop\n")
    pytester.makepyfile("def test_it(synth): pass")
    text = failing(pytester, errors=1)
    assert f"({pytester.path / 'bad_shop.py'}:4)" in text
    assert "@pytest.mark.synth" not in text
    errors = text.partition("short test summary info")[0]  # which repeats them in full on a CI server
    assert errors.count("synth: factories: cannot import 'bad_shop': ") == 1


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("x = 1\n  y = 2", "IndentationError: unexpected indent ({file}:2)"),
        ("import sys\nsys.exit(3)", "SystemExit: 3 ({file}:2)"),
        ("import no_such_package", "ModuleNotFoundError: No module named 'no_such_package' ({file}:1)"),
    ],
)
def test_any_error_at_import_is_told_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, said: str
) -> None:
    file = tmp_path / f"shop_{len(source)}_lines.py"
    file.write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(DeclarationError) as caught:
        list(load_factories([file.stem]))
    assert said.format(file=file) in str(caught.value)


def test_what_is_no_request_is_told_in_a_line(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest
        from pytest_synthdata import SynthDataError, assert_matches
        from pytest_synthdata.factories import CustomerFactory, OrderFactory

        @pytest.mark.parametrize("orders_df", [5], indirect=True)
        def test_frame(orders_df):
            pass

        @pytest.mark.parametrize("synth_session", [{"orders": 5}], indirect=True)
        def test_session(synth_session):
            pass

        def test_lookup(synth):
            with pytest.raises(SynthDataError, match="no table 0 in this test's data"):
                synth[0]

        @pytest.mark.parametrize("parents", [5, ["customers"], CustomerFactory])
        def test_parents(synth, parents):
            with pytest.raises(SynthDataError, match="give the tables that orders refer to by name"):
                assert_matches(synth.dataset.orders.to_arrow(0, 5), OrderFactory, parents=parents)
    """)
    text = failing(pytester, errors=2, passed=4)
    assert "parametrize('orders_df', …, indirect=True): it takes no parameters; synth does" in text
    assert "parametrize('synth_session', …, indirect=True): it takes no parameters; synth does" in text


def test_a_marker_that_lacks_a_factory_names_it(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest
        from pytest_synthdata import Key, TableFactory

        class ParcelFactory(TableFactory):
            parcel_id = Key("P{:03d}")

        class HeavyFactory(ParcelFactory):
            weight = 90

        @pytest.mark.synth(parcels=5)
        def test_known(synth):
            pass

        @pytest.mark.synth(lorries=5)
        def test_unknown(synth):
            pass
    """)
    text = failing(pytester, errors=2)
    assert "ParcelFactory makes it: @pytest.mark.synth(factories=[ParcelFactory]), or synth_factories" in text
    assert "a table of your own joins by its factory: @pytest.mark.synth(factories=[…]), or synth_factories" in text


def test_indirect_parameters_are_the_markers_arguments(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest

        @pytest.mark.synth(customers=4, orders=9)
        @pytest.mark.parametrize("synth", [{"orders": 5}, {"orders": 6, "seed": 1}], indirect=True)
        def test_it(synth):
            assert synth.dataset.orders.num_rows in (5, 6)
            assert synth.dataset.customers.num_rows == 4

        @pytest.mark.parametrize("synth", [5], indirect=True)
        def test_wrong(synth):
            pass
    """)
    text = failing(pytester, passed=2, errors=1)
    assert "takes keyword arguments only, such as orders=5_000; got 5" in text


def test_a_spark_fixture_that_gives_no_session_is_named(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest

        @pytest.fixture
        def spark():
            return None

        def test_it(orders_df):
            pass
    """)
    text = failing(pytester, errors=1)
    assert "the fixture 'spark' gives None, not a Spark session: return or yield one" in text


def test_frames_of_own_tables_are_fixtures(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(own_shop=OWN)
    pytester.makeini("[pytest]\npythonpath = .\nsynth_factories = own_shop\n")
    pytester.makepyfile("""
        import pytest
        from pytest_synthdata import Key, TableFactory

        class ParcelFactory(TableFactory):
            parcel_id = Key("P{:03d}")

        class Frame:
            def __init__(self, rows): self.rows = rows

        @pytest.fixture
        def spark():
            class Session:
                def createDataFrame(self, rows, schema=None): return Frame(rows)
            return Session()

        @pytest.fixture
        def twice(invoices_df):
            return invoices_df, invoices_df

        def test_fixture_of_a_fixture(request, twice):
            assert "invoices_df" in request.fixturenames

        class TestMarked:
            @pytest.mark.synth(factories=[ParcelFactory], parcels=3)
            def test_marked(self, parcels_df):
                pass

        def test_neither(lorries_df):
            pass
    """)
    # That the frames are Spark's is not the matter here: no JVM is started.
    result = pytester.runpytest_inprocess("--setup-plan", "-p", "no:randomly")
    text = result.stdout.str()
    assert re.search(r"test_fixture_of_a_fixture .*\binvoices_df\b.*\bsynth\b", text)
    assert re.search(r"test_marked .*\bparcels_df\b.*\bsynth\b", text)
    assert "fixture 'lorries_df' not found" in text or "lorries_df" not in text.partition("test_neither")[0]


def test_a_marker_with_two_factories_of_one_table_is_refused(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest
        from pytest_synthdata import Key, TableFactory

        class UserFactory(TableFactory):
            user_id = Key("U{}")
            plan = "free"

        class VipFactory(UserFactory):
            plan = "vip"

        @pytest.mark.synth(factories=[UserFactory, VipFactory])
        def test_users(synth):
            assert synth.dataset.users.num_rows

        @pytest.mark.synth(factories=[VipFactory])
        def test_vips(synth):
            assert set(synth.dataset.users.to_arrow()["plan"].to_pylist()) == {"vip"}
    """)
    text = failing(pytester, passed=1, errors=1)
    assert "factories: UserFactory and VipFactory both make the table 'users'; give one of them another Meta" in text
