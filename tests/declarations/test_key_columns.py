"""The column of a reference's key holds that key, or the declaration is refused."""

from __future__ import annotations

from typing import Any

import factory
import pytest
from factory import fuzzy

from pytest_synthdata import (
    Dataset,
    DeclarationError,
    ForeignKey,
    Integers,
    Key,
    Rows,
    TableFactory,
    Template,
    col,
    when,
)


class CustomerFactory(TableFactory):
    class Meta:
        table = "customers"

    customer_id = Key("C{}")
    number = Integers(1, 1_000)


class OrderFactory(TableFactory):
    class Meta:
        table = "orders"

    order_id = Key("O{}")
    customer = ForeignKey(CustomerFactory)


def declared(**columns: Any) -> Any:
    return type(TableFactory)("ReturnFactory", (TableFactory,), {"__module__": __name__, **columns})


@pytest.mark.parametrize(
    "key",
    [
        Template("X{#}"),
        col("order.order_id"),
        "C0",
        None,
        factory.Sequence(str),
        factory.LazyFunction(str),
        factory.Faker("uuid4"),
        fuzzy.FuzzyText(),
    ],
)
def test_a_column_does_not_take_the_place_of_a_key(key: object) -> None:
    columns = {"order": ForeignKey(OrderFactory), "customer": ForeignKey(CustomerFactory)}
    with pytest.raises(DeclarationError, match=r"ReturnFactory\.customer_id: .*column='customer_key'"):
        declared(**columns, customer_id=key)
    with pytest.raises(DeclarationError, match=r"ReturnFactory\.customer_id"):
        declared(customer_id=key, **columns)


@pytest.mark.parametrize("key", [col("order.customer_id"), factory.SelfAttribute("order.customer_id")])
def test_the_key_of_a_grandparent_points_to_the_reference_through_the_parent(key: object) -> None:
    columns = {"order": ForeignKey(OrderFactory), "customer": ForeignKey(CustomerFactory)}
    with pytest.raises(DeclarationError, match=r"customer = ForeignKey\(CustomerFactory, through='order\.customer'\)"):
        declared(**columns, customer_id=key)
    right = declared(**{**columns, "customer": ForeignKey(CustomerFactory, through="order.customer")})
    rows = Dataset({CustomerFactory: 20, OrderFactory: 50, right: 100}, seed=1)
    customer_of = {row["order_id"]: row["customer_id"] for row in rows.orders.to_arrow().to_pylist()}
    for row in rows.returns.to_arrow().to_pylist():
        assert row["customer_id"] == customer_of[row["order_id"]]


def test_what_is_made_of_the_key_may_stand_in_its_column() -> None:
    forms = {
        "cast": col("customer.customer_id").cast("binary"),
        "function": factory.LazyAttribute(lambda row: row.customer.customer_id.lower()),
        "condition": when(col("customer.customer_id") == "C3", None).otherwise(col("customer.customer_id")),
        "copy of a copy": col("copy"),
        "attribute": factory.SelfAttribute("customer.customer_id"),
    }
    for form in forms.values():
        made = declared(customer=ForeignKey(CustomerFactory), customer_id=form, copy=col("customer.customer_id"))
        assert Dataset({CustomerFactory: 9, made: 5}).returns.schema.names == ["customer_id", "copy"]


def test_a_key_that_the_reference_is_picked_by_may_stand_in_its_column() -> None:
    same = col("customer.customer_id") == col("order.customer_id")
    made = declared(
        order=ForeignKey(OrderFactory),
        customer=ForeignKey(CustomerFactory, where=same),
        customer_id=col("order.customer_id"),
    )
    assert Dataset({CustomerFactory: 5, OrderFactory: 9, made: 5}).returns.to_arrow().num_rows == 5


def test_two_references_do_not_share_a_column_unless_one_goes_through_the_other() -> None:
    with pytest.raises(DeclarationError, match=r"ReturnFactory\.x: .*through="):
        declared(a=ForeignKey(CustomerFactory, column="x"), b=ForeignKey(CustomerFactory, column="x"))
    base = declared(a=ForeignKey(CustomerFactory, column="x"))
    with pytest.raises(DeclarationError, match="a and b both put a key here"):
        type(base)("MoreFactory", (base,), {"__module__": __name__, "b": ForeignKey(CustomerFactory, column="x")})
    other = {"__module__": __name__, "a": None, "b": ForeignKey(OrderFactory, column="x")}
    assert (
        Dataset({type(base)("OtherFactory", (base,), other): 1}).tables["returns"].to_arrow()["x"][0].as_py()[0] == "O"
    )


def test_neither_the_row_nor_a_parameter_hides_the_key() -> None:
    with pytest.raises(DeclarationError, match="column='customer' is the name of the parent's row"):
        declared(customer=ForeignKey(CustomerFactory, column="customer"))
    parameters = type("Params", (), {"customer_id": 3})
    with pytest.raises(DeclarationError, match="a parameter of this name would hide it"):
        declared(customer=ForeignKey(CustomerFactory), Params=parameters)


def test_a_subclass_may_replace_the_reference_its_key_or_a_column_by_a_reference() -> None:
    class StrangeFactory(OrderFactory):
        customer_id = "nobody"

    class AloneFactory(OrderFactory):
        customer = None
        customer_id = Template("X{#}")

    class ReferringFactory(declared(customer_id=Template("X{#}"))):  # type: ignore[misc]
        customer = ForeignKey(CustomerFactory)

    assert StrangeFactory.build().customer_id == "nobody"
    assert AloneFactory.build().customer_id == "X0"
    assert ReferringFactory.build().customer_id.startswith("C")
    assert OrderFactory.build(customer_id="mine").customer_id == "mine"


class CodeFactory(TableFactory):
    class Meta:
        table = "codes"
        rows = Rows([{"code": "I10", "title": "Hypertension"}, {"code": "N39", "title": "Cystitis"}])


class DiagnosisFactory(TableFactory):
    class Meta:
        table = "diagnoses"

    customer = ForeignKey(CustomerFactory)
    number = col("customer.number")
    icd = ForeignKey(CodeFactory, column="code")
    title = col("icd.title")


def test_a_key_that_is_given_to_build_brings_the_row_whose_key_it_is() -> None:
    for number in range(12):
        row = DiagnosisFactory.build(code="N39", customer_id="C3", __sequence=number)
        assert (row.title, row.icd.title) == ("Cystitis", "Cystitis")
        assert row.customer == CustomerFactory.build(__sequence=3)
        assert row.number == row.customer.number
    assert DiagnosisFactory.build(customer_id="mine").customer.customer_id == "mine"
    assert DiagnosisFactory.build(code="N39", icd__title="other").title == "other"
