"""Expressions: what they refuse, and that they are the same in `build()` and in any part of a table."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import factory
import pyarrow as pa
import pytest

from pytest_synthdata import (
    Boolean,
    Categorical,
    Constant,
    Dataset,
    Dates,
    DeclarationError,
    Event,
    Exponential,
    Fake,
    GenerationError,
    Integers,
    Poisson,
    SynthDataError,
    TableFactory,
    Template,
    Times,
    Uniform,
    col,
    days,
    hours,
    minutes,
    when,
)
from pytest_synthdata import functions as F
from pytest_synthdata.columns.arrow.casts.json_text import json_text


def column(value: Any, rows: int = 50, **others: Any) -> pa.ChunkedArray:
    factory_class = type("OneFactory", (TableFactory,), {"__module__": __name__, **others, "x": value})
    table = Dataset({factory_class: rows}, seed=3).ones
    whole = table.to_arrow()
    assert table.to_arrow(7, 11)["x"].to_pylist() == whole["x"].to_pylist()[7:11]
    with Dataset({factory_class: rows}, seed=3).factories():
        assert factory_class.build(__sequence=9).x == whole["x"][9].as_py()
    return whole["x"]


DAY, NUMBER, TEXT = Dates("2024-01-01", "2024-12-31"), Poisson(5), Fake("city")


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        (col("t") + "x", r"join texts by concat\(…\)"),
        (col("t") * 2, "cannot multiply string and int32; cast the text"),
        (col("d") + 1.5, r"days\(…\)"),
        (F.upper(col("missing")), "no column 'missing'"),
        (F.date_trunc("fortnight", "d"), "'fortnight' is not a unit; write one of year"),
        (F.date_format("d", "yyyy-JJ"), "the letter 'J'"),
        (F.regexp_extract("t", "(a)", 2), "has 1 groups, and group 2"),
        (F.date_add("d", Uniform(0, 3)), r"whole number of days.*cast\('int'\)"),
        (F.coalesce("t", "n"), "no type holds both string and int64"),
        (F.abs("t"), "abs takes numbers, and these are string"),
        (days("t"), r"days\(…\) takes a number, and this is string"),
    ],
)
def test_what_can_never_work_is_said_by_place(declared: Any, message: str) -> None:
    with pytest.raises(DeclarationError, match=rf"(?s)^ones\.x: .*{message}"):
        column(declared, d=DAY, n=NUMBER, t=TEXT)


@pytest.mark.parametrize(
    "declared",
    [
        Constant(2**62) + col("big"),
        (col("n") + 2**31 - 1).cast("int") + col("n").cast("int"),
        F.to_date(F.lit("31.02.2024"), "dd.MM.yyyy"),
    ],
)
def test_what_does_not_fit_is_an_error_and_not_another_value(declared: Any) -> None:
    with pytest.raises(GenerationError, match=r"^ones\.x"):
        column(declared, big=Constant(2**62), n=NUMBER)


def test_dates_plus_whole_days_stay_dates_and_times_keep_their_zone() -> None:
    day = {"d": DAY, "at": Times("2024-01-01", "2024-12-31"), "n": NUMBER}
    naive = Constant(dt.datetime(2024, 1, 1, 5))  # noqa: DTZ001
    assert column(col("d") + days(Poisson(3)), **day).type == pa.date32()
    assert column(col("d") + days(Exponential(3).round()), **day).type == pa.date32()
    assert column(col("d") + days(Exponential(3)), **day).type == pa.timestamp("us", tz="UTC")
    assert column(col("d") + hours(2), **day).type == pa.timestamp("us", tz="UTC")
    assert column(col("at") + days("n") - minutes(0.5), **day).type == pa.timestamp("us", tz="UTC")
    assert column(naive + hours(1.5), **day).to_pylist()[0] == dt.datetime(2024, 1, 1, 6, 30)  # noqa: DTZ001
    assert column((col("d") + 5 - col("d")).cast("bigint"), **day).to_pylist() == [5] * 50
    assert column((col("d") + 5 - col("d")) / dt.timedelta(days=1), **day).to_pylist() == [5.0] * 50


def test_random_operands_are_independent_of_each_other() -> None:
    first, second = Uniform(0, 1), Uniform(0, 1)
    values = column(F.greatest(first, second), rows=4_000).to_pylist()
    # The greatest of two has mean 2/3 and variance 1/18: 4 standard errors of 4,000 are 0.0149.
    assert abs(sum(values) / 4_000 - 2 / 3) < 0.0149


def test_the_first_operand_has_the_random_numbers_of_the_column_itself() -> None:
    assert column(Uniform(0, 1) * 1.0).to_pylist() == column(Uniform(0, 1)).to_pylist()


def test_what_is_compared_with_two_ends_is_drawn_once() -> None:
    drawn = column(Integers(1, 10), 1_000).to_pylist()
    assert column(Integers(1, 10).between(4, 6), 1_000).to_pylist() == [4 <= number <= 6 for number in drawn]
    moved, august = DAY + F.days(Integers(0, 9)), Event("2024-08-01", "2024-08-31")
    in_august = [day.month == 8 for day in column(moved, 1_000).to_pylist()]
    assert column(moved.during(august), 1_000).to_pylist() == in_august


def test_intervals_longer_than_floats_tell_apart_in_microseconds_can_be_halved() -> None:
    ends = {"a": Constant(dt.date(1, 1, 1)), "b": Constant(dt.date(9999, 12, 31))}
    assert column((col("b") - col("a")) * 0.5, **ends).to_pylist()[0] == dt.timedelta(days=3_652_058 / 2)


def test_expressions_are_shown_as_they_are_written() -> None:
    assert [repr(one) for one in (-col("n"), F.abs(col("n")), F.lower(col("c")))] == [
        "(-col('n'))",
        "F.abs(col('n'))",
        "F.lower(col('c'))",
    ]


def test_days_of_the_week_begin_with_sunday() -> None:
    sunday = {"d": Constant(dt.date(2024, 6, 2))}
    assert column(F.dayofweek(col("d")), **sunday).to_pylist()[0] == 1
    assert column(F.dayofweek(col("d") + 6), **sunday).to_pylist()[0] == 7


def test_quotients_of_nothing_are_null() -> None:
    zero = {"n": Constant(5), "z": Constant(0), "p": Constant(Decimal("1.5"))}
    for declared in (col("n") / col("z"), col("n") // col("z"), col("n") % col("z"), col("p") / col("z")):
        assert column(declared, **zero).null_count == 50


def test_conditions_of_any_generator() -> None:
    drawn = column(when(Uniform(0, 1) < 0.25, "low").otherwise("high"), rows=2_000).to_pylist()
    # 2,000 draws of a quarter: 4 standard errors are 0.039.
    assert abs(drawn.count("low") / 2_000 - 0.25) < 0.039
    both = (Categorical([True, False]) & True) | col("n").is_null()
    assert set(column(both, n=NUMBER).to_pylist()) == {True, False}


def test_validation_calculates_what_follows_from_other_columns() -> None:
    class ShipmentFactory(TableFactory):
        class Meta:
            table = "shipments"

        ordered_on = DAY
        shipped_on = col("ordered_on") + days(Poisson(3))
        took = F.datediff("shipped_on", "ordered_on")
        label = F.concat(F.date_format("ordered_on", "EEE"), F.lit("/"), F.lpad("took", 2, "0"))

    dataset = Dataset({ShipmentFactory: 3_000}, seed=1)
    assert not dataset.validate().failed
    wrong = dataset.shipments.to_arrow()
    wrong = wrong.set_column(2, "took", pa.array([1] * 3_000, pa.int32()))
    failed = {check.column for check in dataset.validate({"shipments": wrong}).failed}
    assert {"took", "label"} <= failed


def test_json_that_spark_has_no_words_for() -> None:
    """Lists, maps, nothing, control characters; fields that are null are left out, items are not."""
    rows = pa.array(
        [
            {"text": 'a "b"\\\n\x1f', "items": [1.5, None], "empty": {}, "not": float("nan")},
            {"text": None, "items": None, "empty": {}, "not": None},
            None,
        ],
        pa.struct(
            [
                ("text", pa.string()),
                ("items", pa.list_(pa.float64())),
                ("empty", pa.struct([])),
                ("not", pa.float32()),
            ]
        ),
    )
    written = json_text(rows).to_pylist()
    assert written == [
        '{"text":"a \\"b\\"\\\\\\n\\u001F","items":[1.5,null],"empty":{},"not":"NaN"}',
        '{"empty":{}}',
        None,
    ]
    maps = pa.array([[("a", 1), ("b", None)], None], pa.map_(pa.string(), pa.int64()))
    assert json_text(maps).to_pylist() == ['{"a":1,"b":null}', None]


def test_templates_write_json() -> None:
    class NoteFactory(TableFactory):
        class Meta:
            table = "notes"

        note = Categorical(['say "hi"', None])
        text = Template('{{"note": {note|json}}}')

    table = Dataset({NoteFactory: 50})["notes"].to_arrow()
    assert [json.loads(text)["note"] for text in table["text"].to_pylist()] == table["note"].to_pylist()
    with pytest.raises(DeclarationError, match=r"F\.struct: each field has a name of its own"):
        F.struct("a", "b.a")


def test_what_is_no_struct_is_not_written_as_json() -> None:
    class BadFactory(TableFactory):
        n = Poisson(3)
        text = F.to_json("n")

    with pytest.raises(DeclarationError, match=r"bads\.text: .*to_json takes structs.*write F\.struct"):
        Dataset({BadFactory: 5})


def test_all_values_of_a_condition_are_those_of_its_branches() -> None:
    def domain(declared: Any) -> Any:
        listed = type("ListedFactory", (TableFactory,), {"__module__": __name__, "n": NUMBER, "x": declared})
        return declared.domain(Dataset({listed: 3})["listeds"].bound.scope("x"))

    either = Categorical({"a": 0.5, "b": 0.5})
    assert domain(when(col("n") > 3, either).otherwise("c")) == ["a", "b", "c"]
    assert domain(when(col("n") > 3, either).when(col("n") > 1, "b")) == ["a", "b", None]
    assert domain(when(col("n") > 3, either).otherwise(Fake("name"))) is None


def test_letters_change_as_python_and_java_have_it_in_any_alphabet() -> None:
    class WordFactory(TableFactory):
        text = Categorical(["straße of oslo", "plain tEXT", "ÉCOLE", None])
        upper = F.upper(col("text"))
        lower = F.lower(col("text"))
        initial = F.initcap(col("text"))

    rows = {row["text"]: row for row in Dataset({WordFactory: 60}).words.to_arrow().to_pylist()}
    assert len(rows) == 4
    assert [rows["straße of oslo"][name] for name in ("upper", "initial")] == ["STRASSE OF OSLO", "Straße Of Oslo"]
    assert [rows["plain tEXT"][name] for name in ("upper", "lower", "initial")] == [
        "PLAIN TEXT", "plain text", "Plain Text",
    ]  # fmt: skip
    assert [rows["ÉCOLE"][name] for name in ("lower", "initial")] == ["école", "École"]
    assert rows[None] == dict.fromkeys(("text", "upper", "lower", "initial"))


def test_initials_of_letters_of_ascii_alone() -> None:
    class NameFactory(TableFactory):
        name = Constant("ada of oslo")
        initial = F.initcap(col("name"))

    assert Dataset({NameFactory: 2}).names.to_arrow()["initial"].to_pylist() == ["Ada Of Oslo"] * 2


def test_maps_keep_the_keys_of_nulls_which_a_dict_leaves_out() -> None:
    class UserFactory(TableFactory):
        agreed = Boolean(0.5).nulls(0.5)
        number = Integers(1, 2)
        flags = F.create_map(F.lit("gdpr"), "agreed", F.lit("first"), col("number") == 1)
        kept: dict[str, bool] = factory.Dict({"gdpr": Boolean(0.5).nulls(0.5)})

    dataset = Dataset({UserFactory: 50})
    rows = dataset.users.to_arrow().to_pylist()
    assert {row["agreed"] for row in rows} == {True, False, None}
    assert [row["flags"] for row in rows] == [[("gdpr", row["agreed"]), ("first", row["number"] == 1)] for row in rows]
    assert {tuple(row["kept"]) for row in rows} == {(), (("gdpr", True),), (("gdpr", False),)}
    assert UserFactory.build(__sequence=7).flags == dict(rows[7]["flags"])
    assert not dataset.validate().failed


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        (lambda: F.create_map(col("n"), "t", F.lit(3), "t"), "ones.x: F.create_map.*two keys that are the same"),
        (lambda: F.create_map(F.nullif("n", F.lit(3)), "t"), "ones.x: F.create_map.*a key of a map is null; F.coal"),
        (lambda: F.create_map("n", "t", "n"), "F.create_map: 3 arguments; write each key and its value"),
        (F.create_map, "F.create_map: 0 arguments"),
        (lambda: F.create_map("n", "t", F.lit("x"), "t"), "ones.x: F.create_map.*no type holds both"),
    ],
)
def test_keys_of_maps_are_there_and_differ(declared: Any, message: str) -> None:
    with pytest.raises(SynthDataError, match=message):
        column(declared(), n=NUMBER, t=TEXT)
