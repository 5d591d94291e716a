"""What factories name is looked up when it is used: nested factories, Faker's default locale, providers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import factory
import pytest
from faker.providers import BaseProvider

from pytest_synthdata import Dataset, DeclarationError, Fake, Key, Poisson, TableFactory

HERE = "test_late_names"


class TreeFactory(TableFactory):
    class Meta:
        table = "trees"

    name = factory.Sequence("tree{}".format)
    size = Poisson(5)
    parent = factory.SubFactory(f"{HERE}.TreeFactory")


class LogFactory(TableFactory):
    class Meta:
        table = "logs"

    user = factory.SubFactory("nowhere.at_all.UserFactory")
    size = Poisson(5)


def test_nesting_without_end_ends_where_build_says() -> None:
    for depth in (1, 2, 5):
        row = TreeFactory.build(__sequence=3, **{"__".join(["parent"] * depth): None})
        for _ in range(depth - 1):
            row = row["parent"]
            assert row["name"] == "tree3"
            assert isinstance(row["size"], int)
        assert row["parent"] is None
    once, twice = TreeFactory.build(__sequence=3, parent=None), TreeFactory.build(__sequence=3, parent__parent=None)
    assert once["size"] == twice["size"]
    for attempt in (TreeFactory.build, lambda: TreeFactory.build(parent__size=1), lambda: Dataset({TreeFactory: 2})):
        with pytest.raises(
            DeclarationError, match=r"^trees\.parent.*nest each other without end; end with parent=None"
        ):
            attempt()


def test_two_factories_that_nest_each_other_twice_are_refused_at_once() -> None:
    class PairFactory(TableFactory):
        left = factory.SubFactory(f"{HERE}.PairFactory")
        right = factory.SubFactory(f"{HERE}.PairFactory")

    globals()["PairFactory"] = PairFactory
    with pytest.raises(DeclarationError, match="without end"):
        PairFactory._meta.plan()
    assert PairFactory.build(left=None, right__left=None, right__right=None).right == {"left": None, "right": None}


def test_a_factory_that_is_not_there_is_missed_only_where_nothing_takes_its_place() -> None:
    assert LogFactory.build(user="me").user == "me"
    for attempt in (LogFactory.build, lambda: Dataset({LogFactory: 2})):
        with pytest.raises(DeclarationError, match=r"LogFactory\.user: the factory is not there: No module named"):
            attempt()
    with pytest.raises(ImportError):  # as in factory_boy
        LogFactory.build()
    sub = type(LogFactory)("SubFactory", (LogFactory,), {"Meta": type("Meta", (), {"table": "subs"}), "user": None})
    assert Dataset({sub: 2})["subs"].num_rows == 2


@pytest.fixture
def registry() -> Iterator[None]:
    before, factory.Faker._FAKER_REGISTRY = factory.Faker._FAKER_REGISTRY, {}
    yield
    factory.Faker._FAKER_REGISTRY = before


def rows(factory_class: Any, count: int = 20) -> list[dict[str, Any]]:
    """The rows of the table, which are those that are built."""
    found = Dataset({factory_class: count}).tables[factory_class._meta.table].to_arrow().to_pylist()
    assert [dict(factory_class.build(__sequence=number)) for number in range(count)] == found
    return found


@pytest.mark.usefixtures("registry")
def test_the_default_locale_is_that_of_the_moment() -> None:
    class UserFactory(TableFactory):
        class Meta:
            table = "users"

        name = factory.Faker("last_name")
        typed: str = factory.Faker("city")
        french = factory.Faker("last_name", locale="fr_FR")

    class GermanFactory(UserFactory):
        name = Fake("last_name", locale="de_DE")
        typed = Fake("city", locale="de_DE")

    english = rows(UserFactory)
    with factory.Faker.override_default_locale("de_DE"):
        german = rows(UserFactory)
        table = Dataset({UserFactory: 20})["users"]
    assert german == rows(GermanFactory)
    assert table.to_arrow().to_pylist() == german
    assert rows(UserFactory) == english
    assert [row["french"] for row in german] == [row["french"] for row in english]


@pytest.mark.usefixtures("registry")
def test_providers_may_be_added_after_the_class() -> None:
    class FaceFactory(TableFactory):
        class Meta:
            table = "faces"

        face_id = Key("F{}")
        smiley: str = factory.Faker("smiley")
        french = factory.Faker("smiley", locale="fr_FR")

    with pytest.raises(DeclarationError, match=r"faces\.smiley: Faker has no provider 'smiley' in en_US"):
        FaceFactory.build()
    smileys = {
        None: type("Smiley", (BaseProvider,), {"smiley": lambda _: ":)"}),
        "fr_FR": type("Smiley", (BaseProvider,), {"smiley": lambda _: "(:"}),
    }
    for locale, provider in smileys.items():
        factory.Faker.add_provider(provider, locale)
    assert rows(FaceFactory, 2)[1] == {"face_id": "F1", "smiley": ":)", "french": "(:"}
    factory.Faker.add_provider(type("Other", (BaseProvider,), {"smiley": lambda _: ":-D"}))
    assert rows(FaceFactory, 2)[0]["smiley"] == ":-D"


def test_a_subclass_that_declares_nothing_goes_on_counting() -> None:
    class UserFactory(TableFactory):
        user_id = Key("U{}")

    alias: Any = type("Factory", (UserFactory,), {})
    other: Any = type("OtherFactory", (UserFactory,), {"size": Poisson(3)})
    assert [one.build().user_id for one in (UserFactory, alias, UserFactory, other)] == ["U0", "U1", "U2", "U0"]
