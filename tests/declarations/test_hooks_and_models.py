"""Hooks, models and odd values: any row that `build()` gives is the table's, whatever was built or drawn before."""

from __future__ import annotations

import dataclasses
import random
import typing
from typing import Any

import factory
import numpy as np
import pytest

from pytest_synthdata import (
    Categorical,
    Constant,
    Dataset,
    DeclarationError,
    Fake,
    ForeignKey,
    GenerationError,
    Given,
    Key,
    Normal,
    Pareto,
    Poisson,
    TableFactory,
    column,
)


class DrawingModel:
    def __init__(self, count: int, drawn: float) -> None:
        self.count = count * 2
        self.drawn = random.random()


class _ModelFactory(TableFactory):
    class Meta:
        model = DrawingModel

    count = Poisson(3)
    drawn = 0.0


class _AdjustFactory(TableFactory):
    count = Poisson(3)
    drawn = 0.0

    @classmethod
    def _adjust_kwargs(cls, **columns: Any) -> Any:
        return {**columns, "drawn": random.random()}


class _BuildFactory(TableFactory):
    count = Poisson(3)
    drawn = 0.0

    @classmethod
    def _build(cls, model_class: Any, *values: Any, **columns: Any) -> Any:
        return super()._build(model_class, *values, **{**columns, "drawn": float(np.random.random())})


class _LaterFactory(TableFactory):
    count = Poisson(3)
    drawn = 0.0

    @factory.post_generation
    def later(self, create: bool, extracted: Any, **given: Any) -> None:
        self.drawn = random.random()


class _AfterFactory(TableFactory):
    count = Poisson(3)
    drawn = 0.0

    @classmethod
    def _after_postgeneration(cls, instance: Any, create: bool, results: Any = None) -> None:
        super()._after_postgeneration(instance, create, results)
        instance.drawn = random.random()


@pytest.mark.parametrize("made", [_ModelFactory, _AdjustFactory, _BuildFactory, _LaterFactory, _AfterFactory])
def test_what_hooks_and_models_draw_is_the_rows_own(made: Any) -> None:
    table = Dataset({made: 20}, seed=9)[made._meta.table]
    before, state = table.to_arrow().to_pylist(), random.getstate()
    assert len({row["drawn"] for row in before}) == 20
    random.random()
    assert table.to_arrow().to_pylist() == before
    assert table.to_arrow(5, 8).to_pylist() == before[5:8]
    with Dataset({made: 20}, seed=9).factories():
        built = [made.build(__sequence=row) for row in (7, 0, 19)]
    assert [{name: getattr(row, name) for name in before[0]} for row in built] == [before[7], before[0], before[19]]
    random.setstate(state)


ORDER: list[str] = []


class BasketFactory(TableFactory):
    basket_id = Key("B{}")
    total = 0

    @factory.post_generation
    def first(self, create: bool, extracted: Any, **given: Any) -> None:
        ORDER.append("first")
        self.total = 5

    items = factory.RelatedFactoryList(f"{__name__}.ItemFactory", "basket", size=2)

    @factory.post_generation
    def last(self, create: bool, extracted: Any, **given: Any) -> None:
        ORDER.append("last")


class ItemFactory(TableFactory):
    basket = ForeignKey(BasketFactory)
    count = Poisson(2)

    @factory.post_generation
    def mark(self, create: bool, extracted: Any, **given: Any) -> None:
        ORDER.append("item")


def test_children_and_hooks_take_turns_as_they_are_declared_and_make_no_circle() -> None:
    dataset = Dataset({BasketFactory: 3})
    assert dataset.items.to_arrow().num_rows == 6
    assert dataset.baskets.to_arrow()["total"].to_pylist() == [5, 5, 5]
    BasketFactory.build()  # finds out the types, which evaluates hooks
    ORDER.clear()
    assert [item.basket_id for item in BasketFactory.build(__sequence=1)._related["items"]] == ["B1", "B1"]
    assert ORDER == ["first", "item", "item", "last"]


class Address:
    def __init__(self, city: str, zip: str = "0") -> None:  # noqa: A002
        self.city, self.zip = city, zip


@dataclasses.dataclass
class DataAddress:
    city: str
    zip: str = "0"


class TypedAddress(typing.TypedDict):
    city: str


def make_address(**fields: Any) -> dict[str, Any]:
    return {"made": True, **fields}


@pytest.mark.parametrize("model_", [Address, DataAddress, TypedAddress, make_address, dict])
def test_rows_of_any_model_are_columns_and_structs(model_: Any) -> None:
    class AddressFactory(factory.Factory):
        class Meta:
            model = model_

        city = factory.Faker("city")

    class PlaceFactory(TableFactory):
        class Meta:
            model = model_

        city = Fake("city")

    class HouseFactory(TableFactory):
        address = factory.SubFactory(AddressFactory)
        city = factory.LazyAttribute(lambda row: getattr(row.address, "city", None) or row.address["city"])

    for row in Dataset({HouseFactory: 5}).houses.to_arrow().to_pylist():
        assert row["address"]["city"] == row["city"]
        assert row["address"].get("zip", "0") == "0"
    built = PlaceFactory.build(__sequence=3)
    city = built["city"] if isinstance(built, dict) else built.city
    assert Dataset({PlaceFactory: 5}).places.to_arrow()["city"].to_pylist()[3] == city


def test_attrs_and_pydantic_models_are_structs() -> None:
    attrs = pytest.importorskip("attrs")
    pydantic = pytest.importorskip("pydantic")
    for model_ in (
        attrs.make_class("AttrsPoint", {"x": attrs.field(), "y": attrs.field(default=7)}),
        pydantic.create_model("Point", x=(int, ...), y=(int, 7)),
    ):

        class PointFactory(factory.Factory):
            class Meta:
                model = model_

            x = factory.Sequence(int)

        class ShapeFactory(TableFactory):
            point = factory.SubFactory(PointFactory)

        assert Dataset({ShapeFactory: 2}).shapes.to_arrow()["point"].to_pylist() == [{"x": 0, "y": 7}, {"x": 1, "y": 7}]


class Helper:
    def name(self) -> str:
        return "helped"


def test_parameters_and_excluded_values_may_be_any_object() -> None:
    class ThingFactory(TableFactory):
        class Params:
            helper = Helper()

        class Meta:
            exclude = ("other", "made")

        other = Helper()
        made = factory.LazyFunction(Helper)
        name = factory.LazyAttribute(lambda row: row.helper.name() + row.other.name() + row.made.name())

    assert ThingFactory.build().name == "helped" * 3
    assert Dataset({ThingFactory: 2}).things.to_arrow().to_pylist() == [{"name": "helped" * 3}] * 2


class ParentFactory(TableFactory):
    parent_id = Key("P{}")
    number = Normal().nulls(0.5)


class ChildFactory(TableFactory):
    parent = ForeignKey(ParentFactory)
    kind = Given("parent.number", bins=[0], then=["low", "high"])

    @column
    def double(parent__number):  # noqa: ANN201
        return parent__number * 2


def test_build_reads_nulls_as_the_table_does_in_any_order() -> None:
    expected = Dataset({ChildFactory: 60}, seed=42)["childs"].to_arrow().to_pylist()
    with Dataset({ChildFactory: 60}, seed=42).factories():
        for row in range(0, 60 * 7, 7):
            assert dict(ChildFactory.build(__sequence=row % 60)) == expected[row % 60]
    assert ChildFactory.build(parent__number=None).kind is None


def test_rows_beyond_the_end_of_a_weighted_self_reference_are_built() -> None:
    class EmployeeFactory(TableFactory):
        employee_id = Key("E{}")
        boss = ForeignKey("self", weights=Given("grade", {"a": 3, "b": 1}))
        grade = Categorical({"a": 0.5, "b": 0.5})

    few, many = Dataset({EmployeeFactory: 3}), Dataset({EmployeeFactory: 40})
    with few.factories():
        built = [EmployeeFactory.build(__sequence=row).boss_id for row in range(40)]
    assert built == many.employees.to_arrow()["boss_id"].to_pylist()


def test_more_parents_than_a_popularity_can_tell_apart_are_refused_in_one_line() -> None:
    class LikeFactory(TableFactory):
        parent = ForeignKey(ParentFactory, weights=Pareto(1.1))

    Dataset({ParentFactory: 2**53, LikeFactory: 3}).likes.to_arrow()
    with pytest.raises(DeclarationError, match=r"^likes\.parent: .*2\^53 parents"):
        Dataset({ParentFactory: 2**56, LikeFactory: 3}).likes.to_arrow()


def test_misspelt_overrides_are_refused_at_every_level() -> None:
    with pytest.raises(DeclarationError, match=r"^childs\.kidn: ChildFactory has no 'kidn': did you mean 'kind'"):
        ChildFactory.build(kidn="low")
    with pytest.raises(DeclarationError, match=r"^parents\.numbr: .*did you mean 'number'"):
        ChildFactory.build(parent__numbr=1.0)
    assert ChildFactory.build(remark="more").remark == "more"


def test_what_is_no_factory_or_abstract_raises_factory_boys_errors_too() -> None:
    class BadFactory(TableFactory):
        part = factory.SubFactory(Helper)

    class AbstractFactory(TableFactory):
        class Meta:
            abstract = True

    with pytest.raises(factory.errors.AssociatedClassError, match="'Helper' is not a factory"):
        BadFactory.build()
    with pytest.raises(factory.errors.FactoryError, match="AbstractFactory is abstract"):
        AbstractFactory.build()
    with pytest.raises(DeclarationError):
        AbstractFactory.build()


def test_a_column_function_cannot_change_what_it_reads() -> None:
    class ThingFactory(TableFactory):
        a = Normal()

        @column
        def b(a):  # noqa: ANN202
            a *= 2
            return a

    with pytest.raises(GenerationError, match=r"^things\.b: the @column function b: .*write a = a \* 2"):
        Dataset({ThingFactory: 3}).things.to_arrow()


def test_a_condition_on_whole_columns_names_the_column_and_the_remedy() -> None:
    class ThingFactory(TableFactory):
        a = Normal()

        @column
        def b(a):  # noqa: ANN202
            return 1 if a > 0 else 2

    with pytest.raises(GenerationError, match=r"^things\.b: the @column function b: .*np\.where"):
        Dataset({ThingFactory: 3}).things.to_arrow()


def test_debug_shows_what_is_evaluated(caplog: pytest.LogCaptureFixture) -> None:
    import io

    stream = io.StringIO()
    with factory.debug(stream=stream):
        ParentFactory.build()
    assert "parents.number" in stream.getvalue()


def test_hooks_that_fail_say_where() -> None:
    class ThingFactory(TableFactory):
        a = Constant(1)

        @factory.post_generation
        def later(self, create: bool, extracted: Any, **given: Any) -> None:
            raise ValueError("no luck")

    with pytest.raises(GenerationError, match=r"^things: row 0: ThingFactory\.build\(\): ValueError: no luck"):
        Dataset({ThingFactory: 3}).things.to_arrow()
