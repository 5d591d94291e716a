"""Tables that change: snapshots, feeds, versions, and lives within lives."""

import datetime as dt
from typing import Any

import numpy as np
import pytest

from pytest_synthdata import (
    Categorical,
    Dataset,
    Dates,
    DeclarationError,
    ForeignKey,
    Given,
    History,
    Key,
    LogNormal,
    Normal,
    SynthDataError,
    TableFactory,
    Timeline,
    Update,
    col,
)
from pytest_synthdata.history.evolution import evolution_of

YEAR = ("2024-01-01", "2024-12-31")


class AccountFactory(TableFactory):
    class Meta:
        table = "accounts"
        history = History(*YEAR, updates={"tier": 0.8, ("street", "city"): 0.5}, deletes=0.3)

    account_id = Key("A{:04d}")
    tier = Categorical({"Free": 0.6, "Pro": 0.4})
    fee = Given("tier", {"Pro": LogNormal(3, 0.5)}, default=0.0).round(2)
    street = Categorical([f"{n} Main Street" for n in range(50)])
    city = Categorical(["Oslo", "Rome", "Lima"])


class PaymentFactory(TableFactory):
    class Meta:
        table = "payments"
        history = History(*YEAR, updates={"state": 3.0}, births="paid_on", deletes=0.2)

    payment_id = Key("P{:05d}")
    account = ForeignKey(AccountFactory)
    tier_then = col("account.tier")
    state = Categorical({"open": 0.5, "done": 0.3, "failed": 0.2})
    paid_on = Dates("2023-10-01", "2024-12-31")


class NoteFactory(TableFactory):
    class Meta:
        table = "notes"

    note_id = Key("N{:05d}")
    payment = ForeignKey(PaymentFactory)
    stars = Categorical([1, 2, 3])


KEYS = {"accounts": "account_id", "payments": "payment_id", "notes": "note_id"}
DAYS = [dt.date(2024, 1, 1), dt.date(2024, 2, 29), dt.date(2024, 7, 14), dt.date(2024, 12, 31)]


@pytest.fixture(scope="module")
def dataset() -> Any:
    return Dataset({AccountFactory: 200, PaymentFactory: 500, NoteFactory: 400}, seed=5)


def end_of(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(23, 59, 59, 999_999), dt.timezone.utc)


@pytest.mark.parametrize("table", KEYS)
@pytest.mark.parametrize("form", ["delta", "debezium", "autocdc"])
def test_a_feed_replayed_up_to_a_day_is_the_snapshot_of_that_day(
    dataset: Dataset, replay: Any, rows_of: Any, table: str, form: str
) -> None:
    feed, key = dataset[table].changes(format=form), KEYS[table]
    for day in DAYS:
        assert replay(feed, key, end_of(day)) == rows_of(dataset[table].at(day), key)


@pytest.mark.parametrize("form", ["delta", "debezium", "autocdc"])
def test_the_feeds_of_all_days_are_the_feed_of_the_year(dataset: Dataset, form: str) -> None:
    payments = dataset.payments
    whole = payments.changes("2024-03-01", "2024-03-20", format=form).to_arrow()
    days = [dt.date(2024, 3, 1 + n) for n in range(20)]
    parts = [row for day in days for row in payments.changes(day, day, format=form).to_arrow().to_pylist()]
    assert parts == whole.to_pylist()
    assert len(parts) > 20


def test_versions_are_the_dimension_at_every_time(dataset: Dataset, rows_of: Any) -> None:
    versions = dataset.accounts.versions().to_arrow().to_pylist()
    for day in DAYS:
        now = end_of(day)
        valid = [
            one for one in versions if one["valid_from"] <= now and not (one["valid_to"] and one["valid_to"] <= now)
        ]
        own = dict.fromkeys(dataset.accounts.schema.names)
        assert {one["account_id"]: {name: one[name] for name in own} for one in valid} == rows_of(
            dataset.accounts.at(day), "account_id"
        )


def test_versions_of_a_row_have_no_gap_and_differ(dataset: Dataset) -> None:
    before = None
    deleted = 0
    for one in dataset.payments.versions().to_arrow().to_pylist():
        if before is not None and before["payment_id"] == one["payment_id"]:
            assert before["valid_to"] == one["valid_from"]
            assert before["state"] != one["state"]
            assert not before["is_current"]
        elif before is not None:
            deleted += before["valid_to"] is not None
        assert one["is_current"] == (one["valid_to"] is None)
        assert one["valid_to"] is None or one["valid_from"] < one["valid_to"]
        before = one
    assert deleted > 20


def test_no_row_is_there_without_those_that_it_refers_to(dataset: Dataset) -> None:
    for day in DAYS:
        now = dataset.at(day)
        accounts = set(now.accounts.to_arrow()["account_id"].to_pylist())
        payments = set(now.payments.to_arrow()["payment_id"].to_pylist())
        assert set(now.payments.to_arrow()["account_id"].to_pylist()) <= accounts
        assert set(now.notes.to_arrow()["payment_id"].to_pylist()) <= payments
    assert len(accounts) < 200  # some were deleted, with their payments and those's notes
    gone = dataset.notes.changes(format="autocdc").to_arrow()["operation"].to_pylist().count("DELETE")
    assert gone > 0


def test_updates_and_deletes_are_as_often_as_declared() -> None:
    operations = Dataset({AccountFactory: 4_000}).accounts.changes(format="autocdc").to_arrow()["operation"].to_pylist()
    # A row that may be deleted at a rate of 0.3 lives (1 - exp(-0.3)) / 0.3 of a year on average; updates of a group
    # give the same address in one draw of 150. Five standard deviations of a Poisson count.
    life = (1 - np.exp(-0.3)) / 0.3
    expected = 4_000 * life * (0.8 + 0.5 * (1 - 1 / 150))
    assert abs(operations.count("UPDATE") - expected) < 5 * np.sqrt(expected)
    assert abs(operations.count("DELETE") - 4_000 * (1 - np.exp(-0.3))) < 5 * np.sqrt(4_000 * 0.26)
    assert operations.count("INSERT") == 4_000


def test_at_any_time_rows_are_as_declared(dataset: Dataset) -> None:
    for row in dataset.accounts.at("2024-10-01").to_arrow().to_pylist():
        assert (row["fee"] > 0) == (row["tier"] == "Pro")


def test_snapshots_are_validated_by_what_holds_at_any_time(dataset: Dataset) -> None:
    for day in DAYS:
        validation = dataset.at(day).validate()
        assert validation.ok
        payments = next(one for one in validation.tables if one.table == "payments")
        assert "tier_then" in payments.unchecked
    wrong = (
        dataset.at(DAYS[2]).accounts.to_arrow().set_column(2, "fee", [[9.5] * dataset.at(DAYS[2]).accounts.num_rows])
    )
    assert not dataset.validate({"accounts": wrong}).ok


def test_the_table_itself_shows_rows_as_first_declared(dataset: Dataset) -> None:
    class Plain(AccountFactory):
        class Meta:
            table = "accounts"
            history = None

    assert dataset.accounts.fingerprint() == Dataset({Plain: 200}, seed=5).accounts.fingerprint()


def test_a_child_reads_its_parent_as_it_was_at_the_childs_birth(dataset: Dataset) -> None:
    versions = dataset.accounts.versions().to_arrow().to_pylist()
    changed = 0
    first = {row["payment_id"]: row for row in dataset.payments.to_arrow().to_pylist()}
    for payment in dataset.payments.at("2024-12-31").to_arrow().to_pylist():
        born = dt.datetime.combine(max(payment["paid_on"], dt.date(2024, 1, 1)), dt.time(), dt.timezone.utc)
        tier = next(
            one["tier"]
            for one in versions
            if one["account_id"] == payment["account_id"]
            and one["valid_from"] <= born
            and (one["valid_to"] is None or born < one["valid_to"])
        )
        assert payment["tier_then"] == tier
        changed += tier != first[payment["payment_id"]]["tier_then"]
    assert changed > 10


def test_rows_are_born_when_their_column_says(dataset: Dataset) -> None:
    feed = dataset.payments.changes(format="autocdc").to_arrow().to_pylist()
    for change in feed:
        if change["operation"] == "INSERT":
            day = dt.date(1970, 1, 1) + dt.timedelta(days=change["sequence"] // 86_400_000_000)
            assert day == max(change["paid_on"], dt.date(2024, 1, 1))


def test_a_timeline_of_births_is_in_the_order_of_rows() -> None:
    class MemberFactory(TableFactory):
        class Meta:
            table = "members"
            history = History(*YEAR, births=Timeline(*YEAR, weekend=0.2), deletes=0.5)

        member_id = Key("M{:04d}")

    members = Dataset({MemberFactory: 700}).members
    feed = members.changes(format="autocdc").to_arrow().to_pylist()
    born = [change["member_id"] for change in feed if change["operation"] == "INSERT"]
    assert born == [f"M{number:04d}" for number in range(700)]
    half = members.changes("2024-07-01", "2024-07-31", format="autocdc").to_arrow()["operation"].to_pylist()
    assert 40 < half.count("INSERT") < 80  # 700 / 12 = 58
    assert 300 < members.at("2024-06-30").num_rows < 350


def test_rows_move_to_another_parent_when_theirs_is_deleted(replay: Any, rows_of: Any) -> None:
    class TaskFactory(TableFactory):
        class Meta:
            table = "tasks"
            history = History(*YEAR, on_parent_delete="move")

        task_id = Key("T{:04d}")
        account = ForeignKey(AccountFactory)
        city = col("account.city")

    dataset = Dataset({AccountFactory: 60, TaskFactory: 400})
    feed = dataset.tasks.changes(format="delta")
    kinds = feed.to_arrow()["_change_type"].to_pylist()
    assert kinds.count("update_postimage") > 50
    assert "delete" not in kinds
    for day in DAYS:
        now = dataset.at(day)
        accounts = set(now.accounts.to_arrow()["account_id"].to_pylist())
        assert set(now.tasks.to_arrow()["account_id"].to_pylist()) <= accounts
        assert now.tasks.num_rows == 400
        assert replay(feed, "task_id", end_of(day)) == rows_of(now.tasks, "task_id")
    moved = dataset.take(tasks=range(50)).at(DAYS[-1])  # with all that they ever refer to
    assert set(moved.tasks.to_arrow()["account_id"].to_pylist()) <= set(
        moved.accounts.to_arrow()["account_id"].to_pylist()
    )


def test_a_deleted_row_takes_those_below_it_along() -> None:
    class UnitFactory(TableFactory):
        class Meta:
            table = "units"
            history = History(*YEAR, deletes=0.1)

        unit_id = Key("U{:04d}")
        above = ForeignKey("self")

    units = Dataset({UnitFactory: 500}).units
    for day in DAYS:
        rows = units.at(day).to_arrow().to_pylist()
        ids = {row["unit_id"] for row in rows}
        assert {row["above_id"] for row in rows} - {None} <= ids
    assert units.at("2024-12-31").num_rows < 500 * 0.85  # more than by themselves


def test_values_go_where_they_are_said_to_go() -> None:
    class PlanFactory(TableFactory):
        class Meta:
            table = "plans"
            history = History(
                *YEAR,
                updates={
                    "tier": Update(4.0, to={"Free": {"Pro": 0.7, "Gold": 0.1}, "Pro": {"Gold": 0.5}}),
                    "score": Update(5.0, by=Normal(0, 30)),
                    "level": Update(3.0, never_back=True),
                    "rank": Update(3.0, never_back=True),
                },
            )

        plan_id = Key("L{:04d}")
        tier = Categorical({"Free": 0.5, "Pro": 0.4, "Gold": 0.1})
        score = Normal(50, 10).clip(0, 100).round(1)
        level = Categorical({"low": 0.4, "middle": 0.3, "high": 0.3})
        rank = Normal(0, 1)

    moves, steps, was = set(), [], None
    levels = ["low", "middle", "high"]
    for one in Dataset({PlanFactory: 300}).plans.versions().to_arrow().to_pylist():
        if was is not None and was["plan_id"] == one["plan_id"]:
            moves.add((was["tier"], one["tier"]))
            steps.append(one["score"] - was["score"])
            assert levels.index(was["level"]) <= levels.index(one["level"])
            assert was["rank"] <= one["rank"]
        assert 0 <= one["score"] <= 100
        assert one["score"] == round(one["score"], 1)
        was = one
    assert moves == {
        ("Free", "Free"),
        ("Pro", "Pro"),
        ("Gold", "Gold"),
        ("Free", "Pro"),
        ("Free", "Gold"),
        ("Pro", "Gold"),
    }
    assert np.std([step for step in steps if step]) > 15


def test_rows_meet_their_condition_at_any_time(replay: Any, rows_of: Any) -> None:
    class StayFactory(TableFactory):
        class Meta:
            table = "stays"
            where = col("low") < col("high")
            history = History(*YEAR, updates={"low": 2.0})

        stay_id = Key("S{:04d}")
        low = Normal(0, 1)
        high = Normal(0.5, 1)
        other = Normal(0, 1)

    stays = Dataset({StayFactory: 300}).stays
    feed = stays.changes()
    first = {row["stay_id"]: row for row in stays.to_arrow().to_pylist()}
    assert rows_of(stays.at(dt.datetime(2024, 1, 1, tzinfo=dt.timezone.utc)), "stay_id") == first
    for day in DAYS:
        now = rows_of(stays.at(day), "stay_id")
        assert all(row["low"] < row["high"] for row in now.values())
        assert all(row["other"] == first[key]["other"] for key, row in now.items())
        assert replay(feed, "stay_id", end_of(day)) == now


@pytest.mark.parametrize(("every", "hours"), [("hour", 1), ("day", 24), ("week", 24 * 7)])
def test_a_commit_holds_a_period(dataset: Dataset, every: str, hours: int) -> None:
    changes = dataset.accounts.changes("2024-01-01", "2024-02-01", format="delta", every=every).to_arrow()
    start = dt.datetime(2024, 1, 1, tzinfo=dt.timezone.utc)
    for when, commit in zip(
        *(changes[f"_commit_{name}"].to_pylist() for name in ("timestamp", "version")), strict=True
    ):
        assert commit == (when - start) // dt.timedelta(hours=hours)


@pytest.mark.parametrize(("updated", "changing"), [("low", {"low", "high"}), ("other", {"other"})])
def test_columns_of_a_condition_change_where_one_of_them_does(updated: str, changing: set[str]) -> None:
    class VisitFactory(TableFactory):
        class Meta:
            table = "visits"
            where = col("low") < col("high")
            history = History(*YEAR, updates={updated: 2.0})

        visit_id = Key("V{:04d}")
        low = Normal(0, 1)
        high = Normal(0.5, 1)
        other = Normal(0, 1)

    assert evolution_of(Dataset({VisitFactory: 10}).visits.bound).changing == changing


def test_kept_columns_stay_as_they_were_at_birth() -> None:
    class AccountWithKept(AccountFactory):
        class Meta:
            table = "accounts"
            history = History(*YEAR, updates={"tier": 2.0}, keeps="fee")

    accounts = Dataset({AccountWithKept: 100}).accounts
    now = accounts.at("2024-12-31").to_arrow()
    assert now["fee"].equals(accounts.to_arrow()["fee"])
    assert not now["tier"].equals(accounts.to_arrow()["tier"])


def test_correlated_columns_stay_correlated() -> None:
    class PersonFactory(TableFactory):
        class Meta:
            table = "persons"
            correlations = {("age", "income"): 0.8}  # noqa: RUF012
            history = History(*YEAR, updates={"age": 3.0})

        person_id = Key("{:05d}")
        age = Normal(40, 10)
        income = Normal(0, 1)

    persons = Dataset({PersonFactory: 2_000}).persons
    now = persons.at("2024-12-31").to_pandas()
    # Fisher's z has a standard deviation of 1 / sqrt(n - 3).
    z = np.arctanh(np.corrcoef(now["age"], now["income"])[0, 1])
    assert abs(z - np.arctanh(0.8)) < 5 / np.sqrt(1_997)
    assert (now["age"] != persons.to_pandas()["age"]).mean() > 0.8


def test_a_table_without_a_history_is_the_same_at_any_time() -> None:
    class FixedFactory(TableFactory):
        class Meta:
            table = "fixed"

        fixed_id = Key("F{}")

    fixed = Dataset({FixedFactory: 10})["fixed"]
    assert fixed.at("1999-01-01").fingerprint() == fixed.fingerprint()
    with pytest.raises(SynthDataError, match="neither 'fixed' nor what it refers to has a history"):
        fixed.changes()


def test_taken_rows_have_their_snapshot(dataset: Dataset) -> None:
    taken = dataset.take(payments=[3, 77, 401])
    now = taken.payments.at("2024-12-31")
    whole = dataset.payments.at("2024-12-31")
    assert now.row_numbers.tolist() == [row for row in (3, 77, 401) if row in whole.row_numbers]
    keys = set(taken.payments.to_arrow()["payment_id"].to_pylist())
    for ask in (lambda table: table.changes(format="autocdc"), lambda table: table.versions()):
        of_all = [row for row in ask(dataset.payments).to_arrow().to_pylist() if row["payment_id"] in keys]
        assert ask(taken.payments).to_arrow().to_pylist() == of_all


def test_a_view_can_be_read_in_any_pieces(dataset: Dataset) -> None:
    for table in (dataset.payments.at("2024-05-05"), dataset.payments.changes(), dataset.payments.versions()):
        whole = table.to_arrow()
        assert table.to_arrow(7, 19).equals(whole.slice(7, 12))
        assert table.to_arrow(-5).equals(whole.slice(whole.num_rows - 5))
        numbers = table.view.row_numbers(0, table.num_rows)[[9, 2, 30]]
        assert table.view.record_batch(numbers).to_pylist() == whole.take([9, 2, 30]).to_pylist()


@pytest.mark.parametrize(
    ("history", "message"),
    [
        (History("2024-12-31", "2024-01-01"), "starts on 2024-12-31, after its end, 2024-01-01"),
        (History("yesterday", "2024-01-01"), "'yesterday' is not a day or a time"),
        (History(*YEAR, updates={"teir": 1}), "there is no column 'teir': did you mean 'tier'?"),
        (History(*YEAR, updates={"tier": -0.1}), "'tier': -0.1 is not a rate"),
        (History(*YEAR, deletes=True), "deletes: True is not a rate"),
        (History(*YEAR, updates={"account_id": 1}), "is the table's key"),
        (History(*YEAR, updates={"tier": Update(1, to={"Fre": {"Pro": 1}})}), "tier is never 'Fre'"),
        (History(*YEAR, updates={"tier": Update(1, to={"Free": {"Pro": 1.2}})}), "sum to 1.2"),
        (History(*YEAR, updates={"tier": Update(1, by=Normal(0, 1))}), "by= adds numbers"),
        (History(*YEAR, updates={"one": 1}), "'one' is the same in every row"),
        (History(*YEAR, births="tier"), "the column is string, not a date or a time"),
        (History(*YEAR, births=3), "births=3"),
        (History(*YEAR, on_parent_delete="drop"), "write 'cascade' or 'move'"),
        (History(*YEAR, keeps="nothing"), "keeps: there is no column 'nothing'"),
        (History(*YEAR, keeps="tier", updates={"tier": 1}), "it cannot be updated"),
        (History(*YEAR, updates={"tier": 1, ("tier", "fee"): 1}), "'tier' is updated twice"),
        ("2024", "'2024' is not a History"),
    ],
)
def test_what_is_wrong_is_said(history: Any, message: str) -> None:
    class WrongFactory(AccountFactory):
        class Meta:
            table = "accounts"

        one = Categorical({"x": 1.0})

    WrongFactory._meta.history = history
    with pytest.raises(DeclarationError, match=message):
        Dataset({WrongFactory: 10})


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda wrong: History(*YEAR, updates=wrong), r"updates=\['x'\] is not a dict"),
        (lambda wrong: History(*YEAR, on_parent_delete=wrong), r"on_parent_delete=\['x'\]: write 'cascade'"),
        (lambda wrong: History(*YEAR, lives=dict.fromkeys(wrong)), "lives={'x': None}: write the name of a column"),
        (lambda wrong: History(*YEAR, keeps=len(wrong)), "keeps=1: write the name of a column"),
        (lambda wrong: Update(1, to=wrong), r"to=\['x'\] is not a dict"),
    ],
)
def test_arguments_of_another_kind_are_told_where_they_are_written(make: Any, message: str) -> None:
    with pytest.raises(DeclarationError, match=message):
        make(["x"])


def test_a_period_may_begin_and_end_within_days(replay: Any, rows_of: Any) -> None:
    class SeatFactory(TableFactory):
        class Meta:
            table = "seats"
            history = History("2024-03-01 08:00", "2024-03-03 10:00", updates={"tier": 100}, deletes=20)

        seat_id = Key("S{:03d}")
        tier = Categorical({"Free": 0.6, "Pro": 0.4})

    seats = Dataset({SeatFactory: 100}).seats
    feed = seats.changes("2024-03-01", "2024-03-03")
    told = feed.to_arrow().to_pylist()
    commits = {row["_commit_version"]: row["_commit_timestamp"] for row in told}
    ends = [
        end_of(dt.date(2024, 3, 1)),
        end_of(dt.date(2024, 3, 2)),
        dt.datetime(2024, 3, 3, 10, tzinfo=dt.timezone.utc),
    ]
    assert [commits[number] for number in range(3)] == ends
    for day, end in enumerate(ends, 1):
        assert replay(feed, "seat_id", end) == rows_of(seats.at(f"2024-03-0{day}"), "seat_id")
    begin = dt.datetime(2024, 3, 1, 8, tzinfo=dt.timezone.utc)
    for row in seats.changes(every="hour").to_arrow().to_pylist():
        assert row["_commit_version"] == (row["_commit_timestamp"] - begin) // dt.timedelta(hours=1)
    for outside in ("2024-03-01 07:00", "2024-03-03 11:00", "2024-03-04"):
        with pytest.raises(SynthDataError, match="is outside of the history"):
            seats.at(outside)


def test_references_cannot_be_updated() -> None:
    class WrongFactory(PaymentFactory):
        class Meta:
            table = "payments"
            history = History(*YEAR, updates={"account_id": 1})

    with pytest.raises(DeclarationError, match="'account_id' is a reference"):
        Dataset({WrongFactory: 10})


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (
            lambda table: table.at("2023-12-31"),
            "is outside of the history of 'accounts', which goes from 2024-01-01 to 2024-12-31$",
        ),
        (lambda table: table.at("2025-01-01"), "is outside"),
        (lambda table: table.at("June"), "is not a day or a time"),
        (lambda table: table.changes(format="avro"), "format='avro'"),
        (lambda table: table.changes(every="minute"), "every='minute'"),
        (lambda table: table.changes(format="autocdc", every="hour"), "every='hour' is the period of Delta's commits"),
        (lambda table: table.changes("2024-06-01", "2024-05-01"), "is after"),
        (lambda table: table.at("2024-06-01").at("2024-06-01"), "these are other rows than the history's"),
    ],
)
def test_what_cannot_be_asked_is_said(dataset: Dataset, ask: Any, message: str) -> None:
    with pytest.raises(SynthDataError, match=message):
        ask(dataset.accounts)
