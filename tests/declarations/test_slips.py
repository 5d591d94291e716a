"""What people write by mistake is refused by table and column, with what to write, and without addresses in memory."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

import factory
import pandas as pd
import pyarrow as pa
import pytest

from pytest_synthdata import (
    Categorical,
    Dataset,
    DeclarationError,
    Fake,
    ForeignKey,
    Given,
    Key,
    Normal,
    Poisson,
    SynthDataError,
    TableFactory,
    assert_matches,
    col,
    when,
)
from pytest_synthdata.factories import CustomerFactory, OrderFactory

CALLED = [Normal, Categorical, Fake, Given, ForeignKey, when, col]
CALLED += [factory.LazyAttribute, factory.Faker, factory.Sequence, factory.SubFactory, factory.Maybe, factory.Trait]
CALLED += [factory.RelatedFactoryList, factory.post_generation, factory.lazy_attribute, factory.Dict]


@pytest.mark.parametrize("value", CALLED)
def test_forgotten_parentheses(value: Any) -> None:
    made = type("ThingFactory", (TableFactory,), {"k": Key("K{}"), "x": value})
    message = rf"^things\.x: write {value.__name__}\(…\), with parentheses$"
    with pytest.raises(DeclarationError, match=message):
        Dataset({made: 2})["things"].to_arrow()
    with pytest.raises(DeclarationError, match=message):
        made.build()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (Normal().round, r"\.round is a method: call it"),
        (CustomerFactory, r"write ForeignKey\(CustomerFactory\) .* factory\.SubFactory\(CustomerFactory\)"),
        (int, r"amount: int = …"),
        (lambda: 3, r"a lambda is not a value: write @column"),
        (object(), r"an object cannot be a column's value"),
        (Given("k", {"K0": Normal}, default=2), r"write Normal\(…\), with parentheses"),
        (factory.Maybe("k", factory.Faker, 3), r"write Faker\(…\), with parentheses"),
        (
            Given("k", {"K0": factory.Dict({"low": 1})}, default=None),
            r"a Dict is a column of its own, .* F\.struct\(",
        ),
        (when(col("k") == "K0", factory.Faker("name")), r"a Faker is a column of its own: .* read it by col\('"),
    ],
)
def test_what_is_not_a_value(value: Any, message: str) -> None:
    made = type("ThingFactory", (TableFactory,), {"k": Key("K{}"), "x": value})
    with pytest.raises(DeclarationError, match=rf"^things\.x: {message}|^things\.x: .*{message}"):
        Dataset({made: 2})["things"].to_arrow()


def test_an_unknown_column_in_a_function_of_rows_is_told_in_a_line() -> None:
    class ThingFactory(TableFactory):
        a = factory.SubFactory(CustomerFactory)
        b = factory.LazyAttribute(lambda row: row.amout)

        @factory.post_generation
        def hook(self, create: bool, extracted: Any, **given: Any) -> None: ...

    with pytest.raises(SynthDataError, match=r"^things\.b: row 0: .*'amout'[^{]*$"):
        Dataset({ThingFactory: 2})["things"].to_arrow()


def test_a_reference_called_like_its_key_is_told_the_name_of_the_row() -> None:
    with pytest.raises(DeclarationError, match=r"^VisitFactory\.customer_id: .*write customer = ForeignKey\(…\)"):
        type("VisitFactory", (TableFactory,), {"customer_id": ForeignKey(CustomerFactory)})
    stated = {"customer_id": ForeignKey(CustomerFactory, column="customer")}
    made: Any = type("VisitFactory", (TableFactory,), stated)
    assert Dataset({made: 2})["visits"].to_arrow().column_names == ["customer"]


DATASETS: list[tuple[Callable[[], Any], str]] = [
    (lambda: Dataset(CustomerFactory, OrderFactory), r"Dataset\({CustomerFactory: 1_000, OrderFactory: 1_000}, seed=7"),
    (lambda: Dataset([CustomerFactory]), r"^Dataset\(CustomerFactory\): .*as in Dataset\({CustomerFactory: 1_000}"),  # type: ignore[arg-type]
    (lambda: Dataset(customers=10), r"^Dataset\(customers=10\): give the number of rows by factory"),
    (lambda: Dataset({object(): 10}), r"^Dataset: an object is not a TableFactory"),  # type: ignore[dict-item]
    (lambda: Dataset(seed=object()), r"^the seed is an object; it must be an integer"),  # type: ignore[arg-type]
    (lambda: TableFactory.from_schema("a int", parents=object()), r"^parents=an object: give the factories"),  # type: ignore[arg-type]
    (lambda: TableFactory.from_schema("a int", parents=Dataset()), r"^parents=<Dataset .*\[CustomerFactory\]"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("make", "message"), DATASETS)
def test_datasets_that_are_not_given_by_factory(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(SynthDataError, match=message):
        make()


def test_rows_as_keys_are_told_to_be_classes() -> None:
    with pytest.raises(TypeError, match=r"without parentheses: Dataset\({CustomerFactory: 1_000}\)"):
        Dataset({CustomerFactory(): 10})


@pytest.mark.parametrize("false_alarms", [5, 0, 1, -0.1, "a", float("nan"), True])
def test_false_alarms_are_a_probability(false_alarms: Any) -> None:
    dataset = Dataset({CustomerFactory: 10})
    for check in (
        lambda: dataset.validate(false_alarms=false_alarms),
        lambda: assert_matches(dataset.customers.to_arrow(), CustomerFactory, false_alarms=false_alarms),
    ):
        with pytest.raises(SynthDataError, match=r"false_alarms=.*: a probability between 0 and 1, such as 0\.001"):
            check()


class NumberFactory(TableFactory):
    day: "date" = "2024-01-01"  # type: ignore[assignment,name-defined]  # noqa: F821, UP037
    number = Poisson(3)


def test_types_are_called_as_the_data_calls_them(tmp_path: Any) -> None:
    table = pa.table({"day": ["2024-01-01"], "number": [1.0]})
    frame = pd.DataFrame({"day": ["2024-01-01"], "number": ["7"]})
    for data, names in (
        (table, ("expected date32[day]", "actual   string", "expected int64", "actual   double")),
        (frame, ("expected date", "actual   string", "expected int64")),
    ):
        with pytest.raises(AssertionError) as caught:
            assert_matches(data, NumberFactory)
        for name in names:
            assert f"  {name}" in str(caught.value).splitlines()
    import pyarrow.parquet as pq

    pq.write_table(table, tmp_path / "numbers.parquet")
    with pytest.raises(AssertionError, match=r"expected bigint\n  actual   double"):
        assert_matches(tmp_path / "numbers.parquet", NumberFactory)


@dataclasses.dataclass
class Ticket:
    number: int
    note: str = "none"
    tags: list[str] = dataclasses.field(default_factory=list)


class Pair(NamedTuple):
    number: int
    note: str = "none"


@pytest.mark.parametrize("model_", [Ticket, Pair])
def test_what_is_skipped_is_the_models_default(model_: Any) -> None:
    class TicketFactory(TableFactory):
        class Meta:
            model = model_

        number = factory.Sequence(int)
        note = factory.Maybe(factory.LazyAttribute(lambda row: row.number % 2), "odd", factory.declarations.SKIP)

    notes = ["none", "odd", "none"]
    assert Dataset({TicketFactory: 3})["tickets"].to_arrow()["note"].to_pylist() == notes
    assert [TicketFactory.build(__sequence=row).note for row in range(3)] == notes


class ParcelFactory(TableFactory):
    class Params:
        gift = factory.Trait(wrapping="red")
        is_heavy = False

    wrapping = "none"


class CourierParcelFactory(ParcelFactory):
    class Params:
        express = factory.Trait(wrapping="foil")


class ShipmentFactory(TableFactory):
    parcel = factory.SubFactory(ParcelFactory)


@pytest.mark.parametrize(
    ("factory_class", "given", "name"),
    [
        (ParcelFactory, "gfit", "gift"),
        (ParcelFactory, "is_heavvy", "is_heavy"),
        (ParcelFactory, "wraping", "wrapping"),
        (CourierParcelFactory, "gfit", "gift"),
        (CourierParcelFactory, "expres", "express"),
        (ShipmentFactory, "parcel__gfit", "gift"),
        (ShipmentFactory, "parcle__gift", "parcel"),
    ],
)
@pytest.mark.parametrize("build", ["build", "create", "build_batch", "create_batch"])
def test_a_misspelt_trait_or_parameter_is_refused(build: str, factory_class: Any, given: str, name: str) -> None:
    count = (2,) if build.endswith("batch") else ()
    with pytest.raises(DeclarationError, match=f"did you mean '{name}'"):
        getattr(factory_class, build)(*count, **{given: True})


def test_the_names_that_are_known_include_traits_and_a_trait_has_no_fields() -> None:
    with pytest.raises(DeclarationError, match="Known: gift, is_heavy, wrapping"):
        ParcelFactory.build(gfit=True)
    with pytest.raises(DeclarationError, match=r"parcels\.gift__x: gift is a trait: write gift=True"):
        ParcelFactory.build(gift__x=True)
    assert ParcelFactory.build(gift=True).wrapping == "red"
    assert ParcelFactory.build(sender="me").sender == "me"


def test_a_field_that_a_struct_has_not_is_said_where_it_is_read() -> None:
    made = type("ThingFactory", (TableFactory,), {"s": factory.Dict({"a": 1}), "b": col("s.aa")})
    with pytest.raises(DeclarationError, match=r"^things\.b: 's\.aa': 's' has no field 'aa': did you mean 'a'\?"):
        Dataset({made: 2})


def test_methods_of_sparks_columns_are_there_or_say_what_is() -> None:
    made = type(
        "ThingFactory", (TableFactory,), {"a": Poisson(1).nulls(0.5), "b": col("a").isNull(), "c": col("a").isNotNull()}
    )
    rows = Dataset({made: 9}).things.to_arrow().to_pylist()
    assert [(row["b"], row["c"]) for row in rows] == [(row["a"] is None, row["a"] is not None) for row in rows]
    for name, instead in {
        "alias": "the name of the attribute",
        "getItem": r"\{tags\[0\]\}",
        "eqNullSafe": r"F\.coalesce",
    }.items():
        with pytest.raises(AttributeError, match=rf"\.{name}\(…\) of Spark is not here: .*{instead}"):
            getattr(col("a"), name)
    assert not hasattr(col("a"), "no_such_method")
