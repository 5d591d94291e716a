"""A test gets some rows of its data: by its marker, or from the command line to replay a failure."""

from __future__ import annotations

import pytest


@pytest.fixture(params=["alone", "two workers"])
def company(request: pytest.FixtureRequest) -> list[str]:
    """Arguments for the ways in which the tests must pass."""
    return {"alone": ["-p", "randomly"], "two workers": ["-n", "2", "-p", "no:randomly"]}[request.param]


TESTS = """
    import pytest

    def rows(dataset):
        return {table.name: table.row_numbers.tolist() for table in dataset}

    @pytest.mark.synth(orders=3_000, seed=11, take={"orders": [17, 403]})
    def test_marker(synth):
        assert rows(synth.dataset)["orders"] == EXPECTED
        assert len(rows(synth.dataset)["customers"]) == 2
        assert rows(synth.dataset)["tickets"] == []
        assert "orders: 2 of 3,000" in repr(synth.dataset)

    @pytest.mark.synth(orders=3_000, seed=11, take={"orders": (403, 17)})
    def test_the_same_rows_are_the_same_dataset(synth, synth_session):
        assert rows(synth.dataset)["orders"] == EXPECTED
        assert synth.dataset is not synth_session.dataset

    def test_no_marker(synth):
        assert synth.dataset.orders.num_rows == DEFAULT
"""


def test_a_marker_takes_rows(pytester: pytest.Pytester, company: list[str]) -> None:
    pytester.makepyfile(TESTS.replace("EXPECTED", "[17, 403]").replace("DEFAULT", "25_000"))
    pytester.runpytest_subprocess("-W", "error", *company).assert_outcomes(passed=3)


def test_the_command_line_replaces_what_markers_take(pytester: pytest.Pytester, company: list[str]) -> None:
    pytester.makepyfile(TESTS.replace("EXPECTED", "[5, 9]").replace("DEFAULT", "2"))
    result = pytester.runpytest_subprocess("-W", "error", "--synth-take=orders:9,5", "--synth-take=tickets:", *company)
    result.assert_outcomes(passed=3)


def test_a_failure_is_replayed_with_the_rows_taken(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        def test_fails(synth):
            assert synth.dataset.orders.num_rows == 1
    """)
    result = pytester.runpytest_inprocess("-p", "no:randomly", "--synth-take=orders:9,5")
    result.stdout.fnmatch_lines(["*replay: pytest *test_fails --synth-seed=42 --synth-take=orders:9,5"])


def test_what_cannot_be_taken_fails_by_name(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest

        @pytest.mark.synth(take={"ordrs": [1]})
        def test_table(synth): ...

        @pytest.mark.synth(orders=100, take={"orders": [1, 100]})
        def test_number(synth): ...

        @pytest.mark.synth(take={"orders": [1, 2, 1]})
        def test_twice(synth): ...

        @pytest.mark.synth(take=[17])
        def test_form(synth): ...
    """)
    result = pytester.runpytest_inprocess("-p", "no:randomly")
    result.assert_outcomes(errors=4)
    result.stdout.fnmatch_lines([
        "*@pytest.mark.synth: no table 'ordrs' in this test's data: did you mean 'orders'*",
        "*@pytest.mark.synth: orders: there is no row 100: rows are numbered from 0 to 99",
        "*@pytest.mark.synth: orders: row 1 is named twice; name each row once",
        "*@pytest.mark.synth: take=[[]17]; give row numbers by table, such as take={'orders': [[]17, 403]}",
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["orders"],
            "--synth-take='orders': write a table and numbers of its rows, such as --synth-take=orders:17,403",
        ),
        (["orders:x"], "--synth-take='orders:x': write a table and numbers of its rows, such as *"),
        (
            ["orders:1", "orders:2"],
            "--synth-take names the table 'orders' twice; write all its rows in one: --synth-take=orders:1,2",
        ),
    ],
)
def test_a_flag_that_cannot_be_read(pytester: pytest.Pytester, options: list[str], message: str) -> None:
    result = pytester.runpytest_inprocess(*(f"--synth-take={option}" for option in options))
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*{message}"])


def test_a_flag_that_names_what_is_not_there(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest

        def test_plain(synth): ...

        @pytest.mark.synth(orders=100)
        def test_marked(synth): ...
    """)
    for option, what in [
        ("ordrs:1", "no table 'ordrs' in this test's data: did you mean 'orders'*"),
        ("orders:999999", "orders: there is no row 999999: rows are numbered from 0 to *"),
    ]:
        result = pytester.runpytest_inprocess("-p", "no:randomly", f"--synth-take={option}")
        result.assert_outcomes(errors=2)
        result.stdout.fnmatch_lines([f"*: --synth-take: {what}"] * 2)


def test_frames_have_the_rows_taken(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest

        @pytest.mark.synth(take={"orders": [17, 403]})
        def test_frames(synth):
            assert [row.order_id for row in synth.orders.collect()] == ["ORD-000017", "ORD-000403"]
            assert synth.orders.join(synth.customers, "customer_id").count() == 2
            assert synth.tickets.count() == 0
    """)
    pytester.runpytest_inprocess("-p", "no:randomly", "-p", "no:asyncio").assert_outcomes(passed=1)
