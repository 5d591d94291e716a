"""Which of a module's factories are its tables: variants and rows of other tables are not."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import factory
import pytest

from pytest_synthdata import Array, Categorical, Dataset, DeclarationError, ForeignKey, Key, TableFactory
from pytest_synthdata.cli.arguments import dataset_of
from pytest_synthdata.factories.discovery import load_factories
from pytest_synthdata.plugin.missing_tables import how_to_add

Made = Callable[..., Any]


@pytest.fixture
def module() -> Iterator[ModuleType]:
    made = ModuleType("tables_of_a_project")
    sys.modules[made.__name__] = made
    yield made
    del sys.modules[made.__name__]


@pytest.fixture
def made(module: ModuleType) -> Made:
    """Makes a factory in the module."""

    def make(name: str, base: Any = TableFactory, /, meta: dict[str, Any] | None = None, **columns: Any) -> Any:
        body = {"__module__": module.__name__, **columns, **({"Meta": type("Meta", (), meta)} if meta else {})}
        setattr(module, name, type(TableFactory)(name, (base,), body))
        return getattr(module, name)

    return make


def tables(*names: str) -> dict[str, str]:
    return {one._meta.table: one.__name__ for one in load_factories(names)}


def test_of_variants_the_base_is_the_table(made: Made, module: ModuleType) -> None:
    user = made("UserFactory", user_id=Key("U{}"), plan="free", meta={"table": "users", "rows": 10})
    vip = made("VipFactory", user, plan="vip")
    made("ChurnedFactory", user, plan="churned")
    made("LostVipFactory", vip, plan="lost")
    module.Alias = user  # type: ignore[attr-defined]
    assert tables(module.__name__) == {"users": "UserFactory"}
    assert set(dataset_of([], 1, [module.__name__], None).users.to_arrow()["plan"].to_pylist()) == {"free"}


def test_the_order_of_the_module_does_not_matter(made: Made, module: ModuleType) -> None:
    user = made("UserFactory", user_id=Key("U{}"))
    made("VipFactory", user, plan="vip")
    del module.UserFactory
    module.UserFactory = user
    assert tables(module.__name__) == {"users": "UserFactory"}


def test_a_variant_that_is_named_takes_the_place_of_its_base(made: Made, module: ModuleType) -> None:
    user = made("UserFactory", user_id=Key("U{}"))
    made("VipFactory", user, plan="vip")
    name = module.__name__
    assert tables(name, f"{name}:VipFactory") == tables(f"{name}:VipFactory", name) == {"users": "VipFactory"}
    with pytest.raises(DeclarationError, match="factories: VipFactory and UserFactory both make the table 'users'"):
        tables(f"{name}:VipFactory", f"{name}:UserFactory")


def test_variants_without_their_base_and_strangers_are_refused(made: Made, module: ModuleType) -> None:
    made("MemberFactory", meta={"table": "users"})
    made("GuestFactory", meta={"table": "users"})
    message = (
        "factories: tables_of_a_project: MemberFactory and GuestFactory both make the table 'users'; give one of them "
        "another Meta.table, or say which is the table: tables_of_a_project:MemberFactory"
    )
    with pytest.raises(DeclarationError, match=f"^{message}$"):
        tables(module.__name__)
    assert tables(f"{module.__name__}:GuestFactory") == {"users": "GuestFactory"}


def test_a_subclass_of_an_abstract_base_has_its_own_table(made: Made, module: ModuleType) -> None:
    base = made("ProjectFactory", meta={"abstract": True}, note="x")
    made("UserFactory", base)
    made("OrderFactory", made("DatedFactory", base, meta={"abstract": True}))
    assert tables(module.__name__) == {"users": "UserFactory", "orders": "OrderFactory"}
    stated = made("RecordFactory", meta={"abstract": True, "table": "records"})
    assert made("NoteFactory", stated)._meta.table == "records"


def test_rows_of_other_tables_are_no_table(made: Made, module: ModuleType) -> None:
    address = made("AddressFactory", city="Rome")
    made("OfficeFactory", address, city="Milan")
    phone = made("PhoneFactory", number=Categorical(["1", "2"]))
    badge = made("BadgeFactory", colour="red")
    tag = made("TagFactory", text="new")
    made(
        "UserFactory",
        user_id=Key("U{}"),
        home=factory.SubFactory(address),
        phones=Array(factory.SubFactory(phone), length=2),
        badge=factory.Maybe("is_vip", factory.SubFactory(badge), None),
        is_vip=True,
        more=factory.Dict({"tag": factory.SubFactory(f"{module.__name__}.TagFactory")}),
    )
    assert tables(module.__name__) == {"users": "UserFactory"}
    assert tables(module.__name__, f"{module.__name__}:AddressFactory") == {
        "users": "UserFactory",
        "address": "AddressFactory",
    }
    assert Dataset({tag: 3}).tables["tags"].num_rows == 3


@pytest.mark.parametrize("why", ["key", "table", "rows", "parent", "itself"])
def test_what_is_nested_may_be_a_table_as_well(made: Made, module: ModuleType, why: str) -> None:
    columns: dict[str, Any] = {"city": "Rome", **({"address_id": Key("A{}")} if why == "key" else {})}
    if why == "itself":
        columns["near"] = factory.SubFactory(f"{module.__name__}.AddressFactory", near=None)
    if why == "parent":
        columns["address_id"] = factory.Sequence(str)
    meta = {"table": {"table": "places"}, "rows": {"rows": 5}, "parent": {"key": "address_id"}}.get(why)
    address = made("AddressFactory", meta=meta, **columns)
    nesting = {} if why == "itself" else {"home": factory.SubFactory(address)}
    made("UserFactory", user_id=Key("U{}"), **nesting)
    if why == "parent":
        made("LetterFactory", address=ForeignKey(address))
    assert tables(module.__name__)[address._meta.table] == "AddressFactory"


def test_factories_made_by_methods_are_tables_of_the_module_that_makes_them(module: ModuleType) -> None:
    code = 'Loss = TableFactory.from_schema("id string, los int", table="loss")\nclass More(Loss): ward = "A"'
    exec(code, vars(module) | {"TableFactory": TableFactory, "__name__": module.__name__}, vars(module))
    assert list(load_factories([module.__name__])) == [module.Loss]
    assert f"{module.__name__}.Loss makes it: @pytest.mark.synth(factories=[Loss])" in how_to_add("loss", [])
