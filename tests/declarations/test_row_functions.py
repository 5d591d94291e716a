"""Functions of single rows: what they see, in which type their values come, and when their randomness is seeded."""

from __future__ import annotations

import datetime as dt
import functools
import math
import os
import random
import secrets
import uuid
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from random import choice
from typing import Any

import cloudpickle
import factory
import numpy as np
import pyarrow as pa
import pytest
from factory import fuzzy

from pytest_synthdata import (
    Categorical,
    Constant,
    Dataset,
    DeclarationError,
    Fake,
    ForeignKey,
    Key,
    LogNormal,
    Poisson,
    TableFactory,
    col,
)
from pytest_synthdata.columns.generators.rowwise import RowFunction
from pytest_synthdata.columns.plan import Plan
from pytest_synthdata.columns.randomness import may_use_randomness
from pytest_synthdata.columns.tables.bound_table import BoundTable
from pytest_synthdata.errors import GenerationError
from pytest_synthdata.pickling import PicklingError, pickled_table

ROWS = 40
TAX = 1.2
DICE = random.Random(1)


def rounded(value: Any) -> Any:
    return round(value * TAX, 2)


def rolled(value: Any) -> Any:
    return value * DICE.random()


def imported(value: Any) -> Any:
    from random import random as draw

    return value * draw()


def nested(value: Any) -> Any:
    return list(map(lambda _: random.random() * value, range(2)))  # noqa: C417


class Holder:
    def method(self, value: Any) -> Any:
        return value


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda o: o.price * 2, False),
        (lambda o: max(o.a, len(o.b)), False),
        (lambda o: math.sqrt(o.a) * TAX, False),
        (lambda o: rounded(o.a), False),
        (lambda o: dt.timedelta(days=o.a) + Decimal(1), False),
        (str, False),
        (lambda o: random.random(), True),
        (lambda o: np.random.random(), True),
        (lambda o: rolled(o.a), True),
        (rolled, True),
        (imported, True),
        (nested, True),
        (lambda o: __import__("random").random(), True),
        (lambda o, dice=random.random: dice(), True),
        (Holder().method, True),
        (random.random, True),
        (lambda o: unheard_of(o), True),  # noqa: F821, PLW0108 - may be defined later
    ],
)  # fmt: skip
def test_functions_that_might_draw_are_known(function: Any, expected: Any) -> None:
    assert may_use_randomness(function) is expected


class PlaceFactory(TableFactory):
    class Params:
        hidden = Poisson(2)

    city = Fake("city")
    number = factory.LazyFunction(lambda: random.randint(1, 10**9))
    shown = factory.LazyAttribute(lambda o: o.hidden + 1)
    label = factory.LazyAttribute(lambda o: f"{o.factory_parent.kind}: {o.city}")
    seldom = factory.LazyAttribute(lambda o: None if o.hidden < 4 else "often")


class VisitFactory(TableFactory):
    """Functions beside nested rows, and in them."""

    kind = Categorical({"a": 0.5, "b": 0.5})
    place = factory.SubFactory(PlaceFactory)
    other = factory.SubFactory(PlaceFactory, city=factory.SelfAttribute("..place.city"))
    notes = factory.Dict({"n": Poisson(5), "doubled": factory.LazyAttribute(lambda o: o.n * 2)})
    scores = factory.List([Poisson(2), factory.LazyFunction(lambda: random.randint(0, 99))])
    summary = factory.LazyAttribute(lambda o: f"{o.place.city} {o.notes['doubled']} {o.scores[1]} {o.other.label}")
    is_often = factory.LazyAttribute(lambda o: o.place.seldom is not None)
    drawn = factory.Maybe(
        factory.LazyFunction(lambda: random.random() < 0.5), yes_declaration=Poisson(9), no_declaration=-1
    )


def built(factory_class: Any, count: Any = ROWS) -> Any:
    return [factory_class.build(__sequence=number) for number in range(count)]


def test_functions_see_nested_rows_and_those_around_them() -> None:
    table = Dataset({VisitFactory: ROWS})["visits"].to_arrow().to_pylist()
    assert built(VisitFactory) == table
    for row in table:
        assert row["place"]["label"] == f"{row['kind']}: {row['place']['city']}"
        assert row["other"]["city"] == row["place"]["city"]
        assert row["summary"].startswith(f"{row['place']['city']} {row['notes']['n'] * 2} {row['scores'][1]}")
    assert len({row["place"]["number"] for row in table} | {row["other"]["number"] for row in table}) == 2 * ROWS
    assert 8 < sum(row["drawn"] == -1 for row in table) < 32


def test_any_part_of_such_a_table_is_the_same() -> None:
    table = Dataset({VisitFactory: 3_000})["visits"]
    whole = table.to_arrow()
    assert table.to_arrow(2_345, 2_400).equals(whole.slice(2_345, 55))
    assert pa.Table.from_batches(table.batches(size=700)).equals(whole)


def test_such_a_table_can_be_made_where_nothing_of_factory_boy_is() -> None:
    assert pickled_table(Dataset({VisitFactory: 1})["visits"].bound, cloudpickle)


class StatedFactory(TableFactory):
    """Declarations of all kinds, their types stated."""

    class Params:
        rich = factory.Trait(price=LogNormal(9, 1), tags=["rich"])

    price: Decimal = LogNormal(3, 1)
    constant: Decimal = 12.345
    day: dt.date = "2024-02-29"
    twice: Decimal = factory.LazyAttribute(lambda o: o.price * 2 + Decimal("0.001"))
    same: float = factory.SelfAttribute("price")
    fuzzed: Decimal = fuzzy.FuzzyFloat(1, 100)
    maybe: int = factory.Maybe(factory.LazyAttribute(lambda o: o.price > 20), LogNormal(3, 1), 0)
    prices: list[Decimal] = factory.List([LogNormal(3, 1), LogNormal(4, 1)])
    counts: dict[str, int] = factory.Dict({"red": LogNormal(3, 1), "green": Poisson(5).nulls(0.3)})
    place: "struct<city:string,number:string>" = factory.SubFactory(  # noqa: F722 - a name of Spark's
        factory.make_factory(dict, FACTORY_CLASS=factory.DictFactory, city="x", number=Poisson(5))
    )
    tags: list[str] = factory.LazyFunction(lambda: random.sample("abc", 2))
    mapped: dict[str, int] = Constant({"a": 1})


def as_table(value: Any) -> Any:
    return dict(value) if isinstance(value, list) and value and isinstance(value[0], tuple) else value


@pytest.mark.parametrize("switches", [{}, {"rich": True}])
def test_stated_types_hold_for_build_too(switches: Any) -> None:
    kind = type("KindFactory", (StatedFactory,), {"Meta": type("Meta", (), {"table": "kinds"}), **switches})
    rows = Dataset({kind: 1_000})["kinds"].to_arrow(0, ROWS).to_pylist()
    for one, other in zip(built(kind), rows, strict=True):
        assert one == {name: as_table(value) for name, value in other.items()}
        assert [type(value) for value in one.values()][:7] == [
            Decimal, Decimal, dt.date, Decimal, float, Decimal, int
        ]  # fmt: skip
        assert all(isinstance(price, Decimal) for price in one["prices"])
    assert (rows[0]["tags"] == ["rich"]) is bool(switches)


def test_a_subclass_may_state_another_type() -> None:
    class ExactFactory(StatedFactory):
        class Meta:
            table = "exacts"

        price: "decimal(20,6)"  # noqa: F821, UP037

    row = Dataset({ExactFactory: 1_000})["exacts"].to_arrow(0, 1).to_pylist()[0]
    assert ExactFactory.build(__sequence=0).price == row["price"]
    assert row["price"].as_tuple().exponent == -6


def test_a_constant_that_is_not_of_its_type_says_so() -> None:
    with pytest.raises(DeclarationError, match=r"WrongFactory\.day: 'tomorrow' is not of its type date32"):

        class WrongFactory(TableFactory):
            day: dt.date = "tomorrow"


class TokenFactory(TableFactory):
    class Meta:
        table = "tokens"
        key = "token_id"

    token_id = factory.LazyFunction(lambda: str(uuid.uuid4()))
    secret = factory.LazyFunction(secrets.token_hex)
    drawn = factory.LazyFunction(lambda: float(np.random.default_rng().random()))


class UseFactory(TableFactory):
    class Meta:
        table = "uses"

    token = ForeignKey(TokenFactory)


def test_random_bytes_of_the_system_belong_to_the_row() -> None:
    dataset = Dataset({TokenFactory: 50, UseFactory: 100}, seed=5)
    tokens = dataset["tokens"].to_arrow()
    assert dataset["tokens"].to_arrow(9, 20).equals(tokens[9:20])
    assert len(set(tokens["token_id"].to_pylist())) == len(set(tokens["secret"].to_pylist())) == 50
    assert set(dataset["uses"].to_arrow()["token_id"].to_pylist()) <= set(tokens["token_id"].to_pylist())
    assert Dataset({TokenFactory: 50}, seed=6)["tokens"].to_arrow() != tokens
    assert uuid.uuid4() != uuid.uuid4()
    assert uuid.os is os
    assert random._urandom is os.urandom  # type: ignore[attr-defined]


def factorial(number: int) -> int:
    return 1 if number < 2 else number * factorial(number - 1)


def test_a_function_may_call_itself() -> None:
    assert not may_use_randomness(factorial)


class ThrownFactory(TableFactory):
    class Meta:
        table = "thrown"

    number = factory.LazyFunction(lambda: random.random())  # noqa: PLW0108 - a function of ours, as users write it
    token = factory.LazyFunction(lambda: str(uuid.uuid4()))
    doubled = factory.LazyAttribute(lambda o: 2 * o.number)
    name = Fake("iban")


def test_threads_do_not_take_each_others_generators() -> None:
    datasets = [Dataset({ThrownFactory: 300}, seed=seed) for seed in (1, 2, 3, 4)]
    alone = [dataset["thrown"].fingerprint() for dataset in datasets]
    shared = Dataset({ThrownFactory: 300}, seed=5)["thrown"]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda dataset: dataset["thrown"].fingerprint(), datasets * 2)) == alone * 2
        assert len(set(pool.map(lambda _: shared.fingerprint(), range(8)))) == 1
    assert uuid.os is os  # type: ignore[attr-defined]
    assert random._urandom is os.urandom  # type: ignore[attr-defined]


def test_other_threads_have_their_own_random_bytes() -> None:
    seen: list[str] = []

    def look() -> int:
        with ThreadPoolExecutor(1) as pool:
            seen.append(pool.submit(secrets.token_hex).result())
        return 0

    for _ in range(2):
        cells = BoundTable(Plan("t", {"x": RowFunction(look)}), 1, 5).at(np.arange(5, dtype=np.uint64))
        cells.read("x")
    assert len(set(seen)) == 10


class DrawnFactory(TableFactory):
    class Meta:
        table = "drawn"

    bound = factory.LazyFunction(random.random)
    part = factory.LazyFunction(functools.partial(random.randint, 1, 10**9))
    array = factory.LazyFunction(np.random.rand)
    chosen = factory.LazyAttribute(lambda o: choice(range(10**6)))
    identity = factory.LazyFunction(uuid.uuid4)


def test_the_global_generators_stay_global_in_another_process() -> None:
    table = Dataset({DrawnFactory: 50}, seed=4)["drawn"]
    sent = cloudpickle.loads(pickled_table(table.bound, cloudpickle))
    assert pa.Table.from_batches(sent.batches(0, 50)).equals(table.to_arrow())
    assert table.schema.field("identity").type == pa.string()
    assert uuid.UUID(table.to_arrow()["identity"][0].as_py()).version == 4
    assert len(table.fingerprint()) == 32


def test_of_a_parent_the_column_is_named_that_cannot_be_sent() -> None:
    class ShipFactory(TableFactory):
        class Meta:
            table = "ships"

        ship_id = Key("S{}")
        flag = fuzzy.FuzzyChoice(["a", "b"])

    class CargoFactory(TableFactory):
        class Meta:
            table = "cargoes"

        ship = ForeignKey(ShipFactory)
        tons = LogNormal(10, 1)
        mark = factory.SelfAttribute("ship.flag")

    view = Dataset({ShipFactory: 2, CargoFactory: 3})["cargoes"].bound
    with pytest.raises(
        PicklingError, match=r"^ships\.flag cannot be made by another process: .*write\(…\) without spark="
    ):
        pickled_table(view, cloudpickle)


def test_a_parents_column_that_no_row_reads_stays_here() -> None:
    class ShipFactory(TableFactory):
        class Meta:
            table = "ships"

        ship_id = Key("S{}")
        flag = fuzzy.FuzzyChoice(["a", "b"])
        tonnage = LogNormal(1_000, 1)

    class CargoFactory(TableFactory):
        class Meta:
            table = "cargoes"

        cargo_id = Key("C{}")
        ship = ForeignKey(ShipFactory, weights=col("tonnage").clip(0, 9_000))
        tons = LogNormal(10, 1)

    class CrateFactory(TableFactory):
        class Meta:
            table = "crates"

        cargo = ForeignKey(CargoFactory)
        ship_id = factory.SelfAttribute("cargo.ship_id")

    dataset = Dataset({ShipFactory: 20, CargoFactory: 300, CrateFactory: 1_000}, seed=3)
    for name in ("cargoes", "crates"):
        table = dataset[name]
        sent = cloudpickle.loads(pickled_table(table.bound, cloudpickle))
        assert pa.Table.from_batches(sent.batches(0, table.num_rows)).equals(table.to_arrow())
    with pytest.raises(GenerationError, match=r"reads ships\.flag, which cannot be made by another process: .*row by"):
        sent.bound.all_parents()["ships"].record_batch(np.arange(2, dtype=np.uint64))


def test_texts_of_a_provider_go_with_tables_that_are_counted_from_their_table() -> None:
    class ParcelFactory(TableFactory):
        parcel_id = Key("P{}")
        parts = Poisson(2)
        note = Fake("sentence")
        owner = factory.Faker("name")

    class ScanFactory(TableFactory):
        parcel = ForeignKey(ParcelFactory, per_parent=col("parts"))
        note = col("parcel.note")

    table = Dataset({ParcelFactory: 20, ScanFactory: None})["scans"]
    sent = cloudpickle.loads(pickled_table(table.bound, cloudpickle))
    assert pa.Table.from_batches(sent.batches(0, table.num_rows)).equals(table.to_arrow())
