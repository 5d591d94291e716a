"""References of all kinds: to the own table, several in one, to keys of several columns."""

from __future__ import annotations

from typing import Any

import factory
import numpy as np
import pytest

from pytest_synthdata import (
    Categorical,
    Constant,
    Dataset,
    Dates,
    DeclarationError,
    ForeignKey,
    GenerationError,
    Given,
    Key,
    Ordinal,
    Pareto,
    Poisson,
    TableFactory,
    Uniform,
    col,
    column,
    when,
)


class EmployeeFactory(TableFactory):
    class Meta:
        table = "employees"

    employee_id = Key("E{}")
    grade = Categorical({"senior": 0.25, "junior": 0.75})
    manager = ForeignKey("self", weights=Given("grade", {"senior": 9, "junior": 1}))
    manager_grade = col("manager.grade")
    second = col("manager.manager.employee_id")


def employees(rows: int = 5_000) -> Any:
    return Dataset({EmployeeFactory: rows}, seed=6).employees


def test_everyones_manager_came_before_them_so_that_nobody_is_their_own() -> None:
    table = employees().to_arrow().to_pylist()
    assert table[0]["manager_id"] is None
    numbers = [int(row["manager_id"][1:]) for row in table[1:]]
    assert all(manager < number for number, manager in enumerate(numbers, start=1))
    for row, manager in zip(table[1:], numbers, strict=True):
        assert row["manager_grade"] == table[manager]["grade"]
        assert row["second"] == table[manager]["manager_id"]


def test_managers_are_picked_in_proportion_among_those_before() -> None:
    table = employees(20_000).to_arrow()
    senior = np.array(table["grade"].to_pylist()) == "senior"
    weight = np.where(senior, 9.0, 1.0)
    chance = np.cumsum(weight * senior)[:-1] / np.cumsum(weight)[:-1]
    found = np.array(table["manager_grade"].to_pylist()[1:]) == "senior"
    # Five standard errors of a sum of 19,999 coins, each with its own chance.
    assert abs(found.sum() - chance.sum()) < 5 * np.sqrt((chance * (1 - chance)).sum())
    place = np.array([int(name[1:]) / number for number, name in enumerate(table["manager_id"].to_pylist()[1:], 1)])
    # Uniform over those before: the mean's standard error is 0.289 / √n; the first rows have few places.
    assert abs(place[100:].mean() - 0.5) < 5 * 0.289 / np.sqrt(len(place)) + 1 / 200


def test_more_rows_move_nobody() -> None:
    assert employees(6_000).to_arrow(0, 5_000).equals(employees().to_arrow())


def test_any_part_is_that_of_the_table() -> None:
    whole = employees().to_arrow()
    assert employees().to_arrow(4_000, 4_010).combine_chunks().equals(whole.slice(4_000, 10).combine_chunks())
    rows = np.array([7, 0, 4_999, 7], np.uint64)
    for name in ("manager_id", "second"):
        assert employees().bound.at(rows).read(name).to_pylist() == [whole[name][int(row)].as_py() for row in rows]


def test_build_gives_managers_as_objects() -> None:
    EmployeeFactory.reset_sequence()
    with Dataset({EmployeeFactory: 5_000}, seed=6).factories():
        built = EmployeeFactory.build_batch(25)
        assert built == employees().to_arrow(0, 25).to_pylist()
        assert built[0].manager is None
        assert built[20].manager.employee_id == built[20].manager_id
        other = EmployeeFactory.build(manager__grade="senior", manager__employee_id="boss")
        assert (other.manager_id, other.manager_grade) == ("boss", "senior")


def test_a_function_of_rows_sees_none() -> None:
    class WorkerFactory(TableFactory):
        worker_id = Key("W{}")
        lead = ForeignKey("self")
        title = factory.LazyAttribute(lambda row: "head" if row.lead is None else f"under {row.lead.worker_id}")

    rows = Dataset({WorkerFactory: 5}).workers.to_arrow().to_pylist()
    assert rows[0]["title"] == "head"
    assert all(row["title"] == f"under {row['lead_id']}" for row in rows[1:])


def test_a_subclass_refers_to_itself() -> None:
    class MemberFactory(EmployeeFactory):
        class Meta:
            table = "members"

        employee_id = Key("M{}")

    members = Dataset({MemberFactory: 50})["members"].to_arrow()
    assert set(members["manager_id"].to_pylist()) - {None} < set(members["employee_id"].to_pylist())


def test_validation_and_executors_take_it() -> None:
    import pickle

    import cloudpickle

    from pytest_synthdata.pickling import pickled_table

    table = employees(500)
    assert not Dataset({EmployeeFactory: 500}, seed=6).validate().failed
    there = pickle.loads(pickled_table(table.bound, cloudpickle))
    assert there.batch(0, 500).equals(table.bound.batch(0, 500))


def test_a_condition_between_both() -> None:
    class NodeFactory(TableFactory):
        node_id = Key("N{}")
        made = Dates("2024-01-01", "2024-12-31")
        parent = ForeignKey("self", where=col("parent.node_id") != "N3")

    parents = Dataset({NodeFactory: 300}).nodes.to_arrow()["parent_id"].to_pylist()
    assert "N3" not in parents
    assert len(set(parents)) > 50


def test_a_condition_that_nobody_before_meets_is_named() -> None:
    class StrictFactory(TableFactory):
        strict_id = Key("S{}")
        rank = Poisson(50)
        parent = ForeignKey("self", where=col("parent.rank") > col("rank"))

    with pytest.raises(
        GenerationError, match=r"^stricts\.parent: row \d+ of 'stricts' can refer only to the rows before"
    ):
        Dataset({StrictFactory: 300})["stricts"].to_arrow()


def test_what_helps_a_condition_on_rows_before_is_said_and_helps() -> None:
    def devices(where: Any) -> Any:
        class DeviceFactory(TableFactory):
            device_id = Key("D{}")
            kind = Categorical({"gateway": 0.3, "sensor": 0.7})
            gateway = ForeignKey("self", where=where)

        return Dataset({DeviceFactory: 50}, seed=7)["devices"]

    with pytest.raises(GenerationError) as caught:
        devices(col("gateway.kind") == "gateway").to_arrow()
    said = str(caught.value)
    assert "here row 0, and none meets" in said
    remedy = said.partition("where=")[2].partition(";")[0]
    assert remedy == "(col('gateway.kind') == 'gateway') | (col('gateway.device_id') == 'D0')"
    assert devices(eval(remedy)).to_arrow().num_rows == 50


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"up": ForeignKey("self", per_parent=2)}, "no per_parent"),
        ({"up": ForeignKey("self", weights=Pareto(2))}, "weights with an upper bound"),
        ({"up": ForeignKey("self"), "level": (col("up.level") + 1).cast("int")}, r"in a circle: level → level"),
        ({"up": ForeignKey("self", weights=col("level")), "level": (col("up.part_id") == "x").cast("int")}, "a circle"),
    ],
)
def test_what_can_never_work_is_named(columns: dict[str, Any], message: str) -> None:
    meta = type("Meta", (), {"table": "parts"})
    part = type("PartFactory", (TableFactory,), {"Meta": meta, "part_id": Key("P{}"), **columns})
    with pytest.raises(DeclarationError, match=message):
        Dataset({part: 10})


def test_a_table_without_a_key_cannot_refer_to_itself() -> None:
    with pytest.raises(DeclarationError, match=r"LooseFactory\.up: its own table has no key to refer to"):
        type("LooseFactory", (TableFactory,), {"up": ForeignKey("self")})


class TenantFactory(TableFactory):
    class Meta:
        table = "tenants"

    tenant_id = Key("T{}")


class AccountFactory(TableFactory):
    class Meta:
        table = "accounts"
        key = ("tenant_id", "number")

    tenant = ForeignKey(TenantFactory, per_parent=Poisson(4))
    number = Ordinal("tenant")


class TransferFactory(TableFactory):
    class Meta:
        table = "transfers"

    payer = ForeignKey(AccountFactory)
    payee = ForeignKey(AccountFactory, column=("to_tenant", "to_number"))
    payers_tenant = col("payer.tenant.tenant_id")


def test_two_references_to_a_key_of_two_columns() -> None:
    dataset = Dataset({TenantFactory: 200, AccountFactory: None, TransferFactory: 2_000})
    accounts = {(row["tenant_id"], row["number"]) for row in dataset.accounts.to_arrow().to_pylist()}
    assert len(accounts) == dataset.accounts.num_rows
    transfers = dataset.transfers.to_arrow().to_pylist()
    payers = [(row["payer_tenant_id"], row["payer_number"]) for row in transfers]
    payees = [(row["to_tenant"], row["to_number"]) for row in transfers]
    assert {*payers, *payees} <= accounts
    # Two independent picks among n accounts are the same once in n; five standard errors and one.
    same = sum(payer == payee for payer, payee in zip(payers, payees, strict=True))
    due = len(transfers) / len(accounts)
    assert same < due + 5 * np.sqrt(due) + 1
    assert [row["payers_tenant"] for row in transfers] == [tenant for tenant, _ in payers]
    assert not dataset.validate().failed


def test_build_takes_keys_of_two_columns_from_the_parent() -> None:
    account = AccountFactory.build(tenant__tenant_id="T9", number=3)
    built = TransferFactory.build(payer=account)
    assert (built.payer_tenant_id, built.payer_number) == ("T9", 3)


def test_as_many_names_as_columns() -> None:
    with pytest.raises(DeclarationError, match=r"BadFactory\.to: column=\['a'\]: the key has 2: tenant_id, number"):
        type("BadFactory", (TableFactory,), {"to": ForeignKey(AccountFactory, column="a")})


class ScoredFactory(TableFactory):
    class Meta:
        table = "scored"
        key = "scored_id"

    scored_id = Key("S{}")
    score = Uniform(0, 10).nulls(0.5)
    kind = Categorical({"a": 0.5, "b": 0.5})
    day = Dates("2024-01-01", "2024-12-31")


@pytest.mark.parametrize("weights", [col("score").clip(0, 10), when(col("kind") == "a", Uniform(1, 2))])
def test_a_null_weight_is_none(weights: Any) -> None:
    class PickFactory(TableFactory):
        class Meta:
            table = "picks"

        parent = ForeignKey(ScoredFactory, weights=weights)
        score = col("parent.score")
        kind = col("parent.kind")

    picks = Dataset({ScoredFactory: 200, PickFactory: 2_000})["picks"].to_arrow()
    assert picks["score"].null_count == 0 or picks["kind"].to_pylist().count("b") == 0


@pytest.mark.parametrize("parents", [1, 2, 4, 5, 16, 17, 1_000, 65_537])
def test_parents_that_are_alike_are_picked_as_by_equal_weights(parents: int) -> None:
    class PickFactory(TableFactory):
        class Meta:
            table = "picks"

        parent = ForeignKey(ScoredFactory)

    class WeightedFactory(PickFactory):
        class Meta:
            table = "picks"

        parent = ForeignKey(ScoredFactory, weights=Constant(3))

    rows = np.arange(70_000, dtype=np.uint64)
    plain, weighted = (
        Dataset({ScoredFactory: parents, one: len(rows)}, seed=5)["picks"].bound.at(rows).read("parent")
        for one in (PickFactory, WeightedFactory)
    )
    assert np.array_equal(plain, weighted)
    assert plain.min() >= 0
    assert plain.max() < parents
    assert len(np.unique(plain)) > parents / 2


def test_a_row_that_none_of_very_many_parents_suits_is_named() -> None:
    class LateFactory(TableFactory):
        class Meta:
            table = "late"

        number = Constant(0)
        parent = ForeignKey(ScoredFactory, where=col("parent.day") <= col("day"))

        @column
        def day(number: Any) -> Any:
            return np.full(len(number), np.datetime64("2023-01-01"))

    with pytest.raises(GenerationError, match="none of the 1,100,000 rows of 'scored' can be the parent of row 0"):
        Dataset({ScoredFactory: 1_100_000, LateFactory: 3})["late"].to_arrow()


def test_rows_without_any_parents_are_refused_at_once() -> None:
    class LateFactory(TableFactory):
        class Meta:
            table = "late"

        parent = ForeignKey(ScoredFactory)

    with pytest.raises(DeclarationError, match=r"late\.parent: the table 'scored' has no rows to refer to"):
        Dataset({ScoredFactory: 0, LateFactory: 3})
    assert Dataset({ScoredFactory: 0, LateFactory: 0})["late"].to_arrow().num_rows == 0


class GuestFactory(TableFactory):
    guest_id = Key("{}").cast("bigint").not_null()


class BookingFactory(TableFactory):
    booking_id = Key("{}").cast("bigint").not_null()
    guest = ForeignKey(GuestFactory).nulls(0.5)
    host = ForeignKey(GuestFactory)


class PaymentFactory(TableFactory):
    booking = ForeignKey(BookingFactory)
    paid_by = col("booking.guest.guest_id")
    paid_to = col("booking.host.guest_id")


def test_a_reference_with_nulls_says_so_in_the_schema_though_the_key_has_none() -> None:
    dataset = Dataset({GuestFactory: 10, BookingFactory: 100, PaymentFactory: 100})
    bookings, payments = dataset.bookings.to_arrow(), dataset.payments.to_arrow()
    for table, nullable in ((bookings, {"guest_id"}), (payments, {"paid_by"})):
        assert {field.name for field in table.schema if field.nullable} == nullable
        assert {name for name in table.column_names if table[name].null_count} == nullable
