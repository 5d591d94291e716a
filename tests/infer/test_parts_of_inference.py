"""What inference decides from few values: patterns of keys, people by a column's name, limits of types, rows read."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats

from pytest_synthdata import Categorical, Fake, Integers, Key, Normal, TableFactory, Uniform
from pytest_synthdata.columns.time.calendar import OFFICE_HOURS
from pytest_synthdata.infer.measured import _key
from pytest_synthdata.infer.printing.layout import on_one_line
from pytest_synthdata.infer.printing.plain_values import code
from pytest_synthdata.infer.references.parents import Parent
from pytest_synthdata.infer.relations.correlations import _possible, _rows_made
from pytest_synthdata.infer.relations.deciders import deciders_of, in_parts
from pytest_synthdata.infer.times.timelines import _week, timeline
from pytest_synthdata.infer.values.fitting import Resolution, fit
from pytest_synthdata.infer.values.meanings import ColumnName
from pytest_synthdata.infer.values.numbers import _is_unique_by_design, _limits, _multiple
from pytest_synthdata.infer.values.patterned import _at, patterned
from pytest_synthdata.infer.values.personal import _by_shape
from pytest_synthdata.infer.values.regular import regular
from pytest_synthdata.infer.values.series import regular_series
from pytest_synthdata.infer.values.texts import _of_shape, key_of
from pytest_synthdata.infer.values.unique import key_of_numbers
from pytest_synthdata.sources import samples
from pytest_synthdata.sources.source import in_type

NAMES = ["Ada Lovelace", "Alan Turing", "Grace Hopper", "Emmy Noether", "Carl Gauss"]
USERS = ["ada_l", "alan.t", "grace1", "emmy", "carl_g"]


@pytest.mark.parametrize(
    ("numbers", "pattern"),
    [
        (range(10, 200), "A{}"),
        (range(100, 200), "A{:03d}"),
        (range(1, 9), "A{}"),
    ],
)
def test_numbers_of_different_lengths_are_not_padded(numbers: range, pattern: str) -> None:
    key: Any = key_of(pa.array([f"A{number}" for number in numbers]))
    assert key is None or (key.pattern, key.start) == (pattern, numbers.start)
    assert key is not None or len(numbers) < 20


def test_zeros_in_front_are_padding() -> None:
    key: Any = key_of(pa.array([f"A{number:03d}" for number in range(5, 1_100)]))
    assert (key.pattern, key.start) == ("A{:03d}", 5)


@pytest.mark.parametrize(
    ("name", "values", "found"),
    [
        ("approved_by", NAMES, Fake("name")),
        ("reviewer", NAMES, Fake("name")),
        ("by", NAMES, None),
        ("flag", NAMES, None),
        ("reviewer", USERS, Fake("user_name")),
        ("flag", USERS, None),
        ("reviewer", [name.split()[0] for name in NAMES], Fake("first_name")),
        ("reviewer", ["A1", "B2", "C3", "D4"], None),
    ],
)
def test_people_are_known_by_what_a_column_is_called(name: str, values: list[str], found: Any) -> None:
    assert _by_shape(ColumnName(name, "orders", {}), values) == found


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        (["ID-4821", "ID-0077"], Fake("bothify", text="ID-####")),
        (["XA-1", "XB-2"], Fake("bothify", text="X?-#", letters="AB")),
        (["A#1", "A#2"], None),  # `#` would become a digit
        (["A-1", "A-12"], None),
    ],
)
def test_the_same_letters_of_all_texts_stay_as_they_are(texts: list[str], found: Any) -> None:
    assert _of_shape(texts) == found


@pytest.mark.parametrize("pattern", [r"([ab])-\1", r"(?=a)[ab]", r"(?!a)[ab]", r"\bab", r"(a)?(?(1)b|c)"])
def test_a_regular_expression_that_no_template_can_say_has_no_generator(pattern: str) -> None:
    assert regular(pattern) is None


@pytest.mark.parametrize("value", [(), (1,), (1, 2), ((), ("a",)), [], {}, {"a": ()}])
def test_what_is_written_reads_as_the_value(value: Any) -> None:
    assert eval(on_one_line(code(value))) == value


def test_numbers_in_texts_of_one_form_are_drawn_each_by_itself() -> None:
    random = np.random.default_rng(1)
    some = [f"v{one}.{other}-rc" for one, other in zip(*random.integers(1, (4, 30), (100, 2)).T, strict=True)]
    found: Any = patterned(pa.array(some), len(set(some)))
    assert (found.text, len(found.parts)) == ("v{number_b}.{number_d}-rc", 2)


def test_the_key_of_one_row_starts_there() -> None:
    assert key_of_numbers(np.array([7])) == Key("{}", start=7)
    assert key_of_numbers(np.arange(7, 40)) == Key("{}", start=7)


@pytest.mark.parametrize(("is_midnight", "hours"), [(True, (1.0, *[0.0] * 23)), (False, OFFICE_HOURS)])
def test_days_have_no_hours(is_midnight: bool, hours: tuple[float, ...]) -> None:
    day = np.sort(np.random.default_rng(1).integers(0, 60, 900)) * 86_400 + 19_723 * 86_400
    found = timeline(day, dt.date(2024, 1, 1), dt.date(2024, 2, 29), is_midnight=is_midnight)
    assert found is not None
    assert found.hours == pytest.approx(hours)


def test_letters_that_are_mostly_different_are_not_copied() -> None:
    assert _at(["AB", "CD"] * 2, 0) == Categorical({"AB": 0.5, "CD": 0.5})
    assert _at(["AB", "CD", "EF", "AB"], 0) == Fake("bothify", text="??", letters="ABCDEF")


def test_limits_are_those_of_the_type() -> None:
    assert _limits(pa.int8()) == (-128, 127)
    least, most = _limits(pa.int64())
    assert least == -(2**63)
    assert 2**63 - 2**11 < most < 2**63
    assert _limits(pa.decimal128(5, 2)) == (-999.99, 999.99)
    assert _limits(pa.date32()) == (-np.inf, np.inf)


def test_codes_with_gaps_are_listed_and_a_range_without_gaps_is_not() -> None:
    random = np.random.default_rng(1)
    codes = [200, 201, 202, 204, 301, 302, 304, 307, 400, 401, 403, 404, 409, 422, 429, 500, 502, 503]
    listed: Any = fit(random.choice(codes, 5_000).astype(np.float64), Resolution(0))
    assert isinstance(listed, Categorical)
    assert set(listed.domain(None)) == set(codes)
    assert fit(random.integers(200, 218, 5_000).astype(np.float64), Resolution(0)) == Uniform(200, 217)


@pytest.mark.parametrize("count", [50, 500])
def test_few_numbers_of_a_distribution_are_near_enough(count: int) -> None:
    found = fit(stats.norm(10, 2).ppf((np.arange(count) + 0.5) / count), Resolution(None))
    assert isinstance(found, Normal)


def test_different_numbers_are_unique_by_design_where_all_of_a_range_are_as_likely() -> None:
    random = np.random.default_rng(1)
    assert _is_unique_by_design(random.permutation(100_000)[:1_000].astype(np.float64))
    low = np.unique((random.random(1_000) ** 3 * 100_000).round())  # most of them near to zero
    assert not _is_unique_by_design(low)


@pytest.mark.parametrize(("numbers", "unit"), [(np.arange(0, 500, 5), 5), (np.arange(0, 500, 5) + 1, None)])
def test_whole_numbers_are_multiples_of_what_divides_all(numbers: Any, unit: int | None) -> None:
    assert _multiple(numbers.astype(np.float64), Resolution(0)) == unit
    assert _multiple(numbers * 1e12, Resolution(0)) is None
    assert _multiple(numbers / 10, Resolution(1)) is None


def test_of_columns_that_tell_all_rows_apart_the_last_is_what_others_depend_on() -> None:
    rows = {"plan_id": [1, 2, 3, 4], "name": ["a", "b", "c", "d"], "kind": ["x", "x", "y", "y"], "tags": [["t"]] * 4}
    assert [one.name for one in deciders_of(pa.table(rows))] == ["name", "kind"]


@pytest.mark.parametrize(("rows", "parts"), [(29, None), (30, 2), (179, 11), (10_000, 12)])
def test_a_series_has_as_many_parts_as_have_rows_enough(rows: int, parts: int | None) -> None:
    made = in_parts("at", pa.array(range(rows)))
    assert (made and len(made.categories)) == parts
    if made is not None:
        counts = np.bincount(made.codes)
        assert counts.min() >= 15
        assert np.ptp(counts) <= 1
        assert (np.diff(made.codes) >= 0).all()


@pytest.mark.parametrize(("rows", "looked_at"), [(10, 1_000), (2_000, 2_000), (10**9, 5_000)])
def test_as_many_rows_are_looked_at_as_there_are_within_limits(rows: int, looked_at: int) -> None:
    meta = type("Meta", (), {"table": "shops", "rows": rows})
    assert _rows_made(type("ShopFactory", (TableFactory,), {"Meta": meta, "shop_id": Key("{}")})) == looked_at


def test_correlations_that_are_worth_a_line_are_kept_with_two_digits() -> None:
    scores = {("a", "b"): 0.081, ("b", "c"): 0.01, ("a", "c"): -0.456}
    assert _possible(scores, ["a", "b", "c"], frozenset(scores)) == {("a", "b"): 0.08, ("a", "c"): -0.46}


def test_keys_are_known_where_all_rows_of_their_table_are() -> None:
    class ShopFactory(TableFactory):
        shop_id = Key("{}")

    rows = pa.table({"shop_id": ["1", "2", "3"]})
    samples_of = {whole: samples.Sample(rows.schema, rows, is_whole=whole) for whole in (True, False)}
    keys = Parent(ShopFactory, samples_of[True]).keys
    assert keys is not None
    assert keys.to_pylist() == ["1", "2", "3"]
    assert Parent(ShopFactory, samples_of[False]).keys is None
    assert Parent(ShopFactory).keys is None


@pytest.mark.parametrize(
    ("work", "rest", "weekend"),
    [(10_000, 10_000, 1.0), (10_000, 9_000, 0.9), (20, 20, 1.0), (20, 5, 0.25), (1, 0.2, 0.2)],
)
def test_weekends_differ_where_that_is_sure(work: float, rest: float, weekend: float) -> None:
    is_weekend = np.arange(350) % 7 >= 5
    counts = np.random.default_rng(1).poisson(np.where(is_weekend, rest, work)).astype(np.float64)
    # A mean of 100 days differs by 3 / sqrt(100 * rest) of itself at most.
    assert _week(counts, is_weekend)[1] == (weekend if weekend == 1 else pytest.approx(weekend, rel=0.3 / rest**0.5))


@pytest.mark.parametrize("every", [1, 2, 3])
def test_midnights_that_follow_each_other_are_days(every: int) -> None:
    months = np.arange(0, 14 * every, every).astype("M8[M]") + np.timedelta64(650, "M")
    days = regular_series(pa.array(months.astype("M8[D]")))
    assert repr(days).startswith("F.add_months(F.lit(datetime.date(2024, 3, 1)), ")
    assert repr(regular_series(pa.array(months.astype("M8[us]")))) == repr(days)


def test_keys_with_gaps_are_drawn_from_as_many_numbers_as_can_be() -> None:
    assert _key(1, 10**15, 100, is_key=True) == Integers(1, 10**15).unique()
    assert _key(1, 10**15 + 1, 100, is_key=True) == Key("{}", start=1)
    assert _key(1, 999, 100, is_key=True) == Key("{}", start=1)
    assert _key(1, 50, 100, is_key=False) == Integers(1, 50)


def test_no_more_than_the_first_rows_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "MOST_ROWS", 10)
    schema = pa.schema([("x", pa.int64())])
    batches = [pa.record_batch([pa.array(range(start, start + 4))], schema) for start in range(0, 20, 4)]
    rows, is_whole = samples._first(iter(batches), schema)
    assert (rows["x"].to_pylist(), is_whole) == ([*range(10)], False)
    rows, is_whole = samples._first(iter(batches[:2]), schema)
    assert (rows["x"].to_pylist(), is_whole) == ([*range(8)], True)


def test_layouts_of_bytes_and_texts_are_one_type_each() -> None:
    assert {samples._plain_type(one) for one in (pa.binary(4), pa.large_binary(), pa.binary())} == {pa.binary()}
    assert {samples._plain_type(one) for one in (pa.string(), pa.large_string())} == {pa.string()}


def test_dates_become_times_and_texts_and_numbers_do_as_they_did() -> None:
    day, utc = pa.array([19_723], pa.int32()).cast(pa.date32()), pa.timestamp("us", "UTC")
    assert in_type(day, pa.field("x", utc), "t").cast(pa.int64()).to_pylist() == [1_704_067_200_000_000]
    assert in_type(day, pa.field("x", pa.string()), "t").to_pylist() == ["2024-01-01"]
    assert in_type(pa.array([3], pa.int8()), pa.field("x", pa.int64()), "t").to_pylist() == [3]
