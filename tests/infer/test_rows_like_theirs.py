"""What rows of inferred factories have in common with those that they come from."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from test_infer import executed, inferred

from pytest_synthdata import Dataset, TableFactory
from pytest_synthdata.columns.providers.given_names import given_names

ROWS = 3_000
# Two samples of so many rows differ by more than this in their distribution functions once in a million
# (Kolmogorov and Smirnov: 2 exp(-2 d² n/2)), and quantiles may be 0.01 off.
FAR = (np.log(2e6) / ROWS) ** 0.5 + 0.01


def rng() -> np.random.Generator:
    return np.random.default_rng(1)


def again(columns: Any, rows: int = ROWS) -> Any:
    """Rows of the factory of some columns, by its source."""
    _, made, _ = inferred({"rows": pa.table(columns)})
    return Dataset({made["rows"]: rows}, seed=3)["rows"].to_arrow()


def distance(one: Any, other: Any) -> float:
    a, b = np.sort(np.asarray(one, np.float64)), np.sort(np.asarray(other, np.float64))
    places = np.concatenate([a, b])
    below = [np.searchsorted(some, places, side="right") / len(some) for some in (a, b)]
    return float(np.abs(below[0] - below[1]).max())


def ranks_correlate(one: Any, other: Any) -> float:
    ranks = [np.argsort(np.argsort(np.asarray(some, np.float64))) for some in (one, other)]
    return float(np.corrcoef(*ranks)[0, 1])


SHAPES = {
    "flags": rng().choice([0, 1], ROWS, p=[0.98, 0.02]),
    "packs": rng().choice([1, 6, 12], ROWS, p=[0.8, 0.15, 0.05]),
    "mostly zero": np.where(rng().random(ROWS) < 0.6, 0.0, rng().lognormal(3, 1, ROWS)).round(2),
    "two modes": np.concatenate(
        [1_000_100 + rng().normal(0, 2, ROWS // 2), 1_000_200 + rng().normal(0, 2, ROWS // 2)]
    ).round(1),
    "far from zero": (48.856613 + rng().normal(0, 0.002, ROWS)).round(6),
    "years": rng().choice([2007, 2008, 2009], ROWS),
    "counts with a spike": np.where(rng().random(ROWS) < 0.3, 40, rng().poisson(12, ROWS)),
    "fives": rng().integers(0, 40, ROWS) ** 2 // 8 * 5,
    "unrounded": rng().beta(0.5, 0.5, ROWS) * 7 - 3,
}


@pytest.mark.parametrize("values", SHAPES.values(), ids=SHAPES)
def test_distributions_of_any_shape(values: Any) -> None:
    made = again({"x": values})["x"].to_numpy()
    assert distance(values, made) < FAR
    slack = 1e-4 * np.std(values)
    assert values.min() - slack <= made.min() <= made.max() <= values.max() + slack
    if len(np.unique(values)) <= 12:
        assert set(made.tolist()) <= set(values.tolist())
    if (values % 5 == 0).all():
        assert (made % 5 == 0).all()


def test_rank_correlations() -> None:
    score = rng().multivariate_normal([0, 0, 0], [[1, 0.8, -0.5], [0.8, 1, -0.2], [-0.5, -0.2, 1]], ROWS)
    columns = {
        "income": np.exp(score[:, 0]).round(2), "age": (40 + 12 * score[:, 1]).clip(18, 90).round(),
        "rating": np.digitize(score[:, 2], [-1, 0, 1]) + 1,
        "joined": (np.datetime64("2020-01-01") + (score[:, 0] * 100).astype(int)).astype("datetime64[D]"),
    }  # fmt: skip
    made = again(columns)
    numbers = {
        name: np.asarray(values).astype(np.int64 if name == "joined" else float) for name, values in columns.items()
    }
    others = {name: made[name].cast(pa.int32() if name == "joined" else pa.float64()).to_numpy() for name in columns}
    for one in columns:
        for other in columns:
            # 0.02 is where the search for the scores ends; 5 standard errors of two correlations is the rest.
            expected = ranks_correlate(numbers[one], numbers[other])
            assert abs(expected - ranks_correlate(others[one], others[other])) < 0.03 + 5 * (2 / ROWS) ** 0.5, (
                one,
                other,
            )


class TestRelations:
    @pytest.fixture(scope="class")
    @staticmethod
    def source() -> Any:
        random = rng()
        begin = np.datetime64("2024-01-01T00:00:00", "us") + random.integers(0, 300 * 86_400, ROWS) * 1_000_000
        fare = random.lognormal(2.5, 0.6, ROWS).round(2)
        tip = (fare * random.uniform(0, 0.3, ROWS)).round(2)
        zone = random.integers(0, 60, ROWS)
        seen = random.random(ROWS) < 0.9
        return pa.table(
            {
                "dropped_off": begin + random.integers(60, 7_200, ROWS) * 1_000_000, "picked_up": begin,
                "fare": fare, "tip": tip, "total": (fare + tip).round(2),
                "zone": [f"Zone {number}" for number in zone], "borough": [f"B{number % 5}" for number in zone],
                "code": [f"b{number % 5}" for number in zone],
                "started": pa.array(random.integers(600, 2_200, ROWS), mask=~seen),
                "delay": pa.array(random.normal(5, 3, ROWS).round(), mask=~seen),
                "hour": begin.astype("datetime64[h]").astype(int) % 24,
            }
        )  # fmt: skip

    @pytest.fixture(scope="class")
    @staticmethod
    def rows(source: Any) -> Any:
        return again({name: source[name] for name in source.schema.names})

    def test_dates_follow_dates(self, source: Any, rows: Any) -> None:
        apart = pc.subtract(rows["dropped_off"].cast(pa.int64()), rows["picked_up"].cast(pa.int64())).to_numpy()
        assert apart.min() >= 0
        expected = pc.subtract(source["dropped_off"].cast(pa.int64()), source["picked_up"].cast(pa.int64())).to_numpy()
        assert distance(apart, expected) < FAR

    def test_sums_hold(self, rows: Any) -> None:
        fare, tip, total = (rows[name].to_numpy() for name in ("fare", "tip", "total"))
        assert np.allclose(total, fare + tip, atol=1e-6)

    def test_hierarchies_and_codes(self, rows: Any) -> None:
        pairs = set(zip(rows["zone"].to_pylist(), rows["borough"].to_pylist(), strict=True))
        assert pairs <= {(f"Zone {number}", f"B{number % 5}") for number in range(60)}
        codes = set(zip(rows["borough"].to_pylist(), rows["code"].to_pylist(), strict=True))
        assert codes == {(f"B{number}", f"b{number}") for number in range(5)}

    def test_missing_together(self, rows: Any) -> None:
        assert rows["started"].is_null().equals(rows["delay"].is_null())
        assert 0.05 < rows["delay"].null_count / ROWS < 0.15

    def test_parts_of_times(self, rows: Any) -> None:
        assert rows["hour"].to_pylist() == [one.hour for one in rows["picked_up"].to_pylist()]


DAYS = np.arange("2023-01-01", "2025-01-01", dtype="datetime64[D]").astype(dt.date)


@pytest.mark.parametrize(
    "form", ["%Y-%m-%d", "%m/%d/%Y", "%-m/%-d/%Y", "%b %-d %Y", "%d.%m.%Y", "%Y-%m-%dT%H:%M:%S", "%d-%b-%y"]
)
def test_dates_are_written_as_they_were(form: str) -> None:
    written = [day.strftime(form) for day in rng().choice(DAYS, 600)]
    made = again({"day": written}, 200)["day"].to_pylist()
    assert all(dt.datetime.strptime(one, form.replace("%-", "%")).strftime(form) == one for one in made)  # noqa: DTZ007


def test_days_as_numbers() -> None:
    written = [int(day.strftime("%Y%m%d")) for day in rng().choice(DAYS, 600)]
    made = again({"day": written}, 200)["day"].to_pylist()
    assert {dt.datetime.strptime(str(one), "%Y%m%d").year for one in made} == {2023, 2024}  # noqa: DTZ007


class TestDates:
    def test_month_ends(self) -> None:
        ends = [dt.date(2023 + month // 12, month % 12 + 1, 1) - dt.timedelta(days=1) for month in range(1, 13)]
        assert set(again({"day": ends * 100})["day"].to_pylist()) == set(ends)

    def test_a_day_that_stands_for_never(self) -> None:
        never = dt.date(9999, 12, 31)
        shares = rng().random(ROWS)
        days = [never if one < 0.7 else dt.date(2024, 1, 1) + dt.timedelta(days=int(one * 300)) for one in shares]
        made = again({"until": days})["until"].to_pylist()
        # 5 standard deviations of two samples.
        assert abs(made.count(never) / ROWS - 0.7) < 5 * (2 * 0.7 * 0.3 / ROWS) ** 0.5
        assert not any(2024 < one.year < 9999 for one in made)

    def test_quarters_of_hours(self) -> None:
        at = np.repeat(np.datetime64("2024-01-01T00:00", "us") + np.arange(500) * np.timedelta64(15, "m"), 5)
        made = again({"sensor": np.tile(np.arange(5), 500), "at": at})["at"].to_pylist()
        assert all(one.minute % 15 == 0 and one.second == 0 for one in made)

    def test_series_go_on(self) -> None:
        months = [dt.date(1949 + month // 12, month % 12 + 1, 1) for month in range(144)]
        made = again({"month": months, "sold": rng().poisson(9, 144)}, 150)["month"].to_pylist()
        assert made[:144] == months
        assert made[149] == dt.date(1961, 6, 1)


class TestTexts:
    def test_natural_keys_keep_their_pattern_and_are_unique(self) -> None:
        random = rng()
        tails = list(
            dict.fromkeys(f"N{random.integers(1, 99_999)}{random.choice(['', 'A', 'UW'])}" for _ in range(ROWS))
        )
        made = again({"tail": tails})["tail"]
        assert pc.all(pc.match_substring_regex(made, r"^N\d+(A|UW)?$")).as_py()
        assert len(made.unique()) == ROWS

    def test_serial_numbers_stay_unique(self) -> None:
        made = again({"name": ["x"] * ROWS, "serial": rng().choice(10**6, ROWS, replace=False)})["serial"]
        assert len(made.unique()) == ROWS

    def test_measures(self) -> None:
        numbers = rng().integers(0, 101, ROWS)
        made = again({"share": [f"{one}%" for one in numbers], "size": [f"{one}.5 GB" for one in numbers]})
        shares = [int(one.rstrip("%")) for one in made["share"].to_pylist()]
        assert distance(shares, numbers) < FAR
        assert pc.all(pc.match_substring_regex(made["size"], r"^\d+\.5 GB$")).as_py()

    def test_odd_texts_among_numbers(self) -> None:
        """Of 3,000 rows 0.05 are words: 5 standard errors of both are 0.028."""
        numbers = rng().normal(30, 8, 3_000).round(2)
        odd = ["hemolytic" if number % 20 == 0 else f"{one:.2f}" for number, one in enumerate(numbers)]
        made = again({"value": odd, "share": [f"{one:.1f} %" for one in numbers]}, 3_000)
        values = [one for one in made["value"].to_pylist() if one != "hemolytic"]
        assert abs(1 - len(values) / 3_000 - 0.05) < 0.028
        assert distance([float(one) for one in values], numbers) < FAR
        assert distance([float(one.removesuffix(" %")) for one in made["share"].to_pylist()], numbers) < FAR

    def test_codes_of_digits_stay_those_that_are_there(self) -> None:
        codes = [f"{100 + 37 * number % 800}.{number % 10}" for number in range(60)]
        assert set(again({"icd": codes * 50})["icd"].to_pylist()) <= set(codes)

    def test_tables_of_codes_are_taken_as_they_are(self) -> None:
        codes = {"code": ["NEW", "PAID", "SENT", "BACK", "LOST"], "label": ["New", "Paid", "Sent", "Back", "Lost"]}
        assert again(codes, 5).to_pydict() == codes

    def test_lookup_tables_of_people_are_not(self) -> None:
        staff = {"code": ["A1", "B2", "C7", "D9", "E3"], "owner": ["Ann Lee", "Bob Ray", "Cy Fox", "Di Low", "Ed Orr"]}
        assert "Ann Lee" not in inferred({"staff": pa.table(staff)})[2]

    @pytest.mark.parametrize("column", ["name", "owner"])
    @pytest.mark.parametrize("repeats", [1, 20])
    def test_given_names_alone_are_names(self, column: str, repeats: int) -> None:
        names = ["José", "Jürgen", "Anna", "Łukasz", "Mehmet", "Zoë", "INES", "Bruce Lee"] * repeats
        source = inferred({"table": pa.table({column: names, "age": range(20, 20 + len(names))})})[2]
        assert f'{column} = Fake("first_name")' in source
        assert "Anna" not in source

    def test_many_given_names_are_no_list_whatever_their_column_is_called(self) -> None:
        names = sorted(name for name in given_names() if name.isascii() and len(name) > 6)[:60]
        assert names[0] not in inferred({"table": pa.table({"shown": names * 5})})[2]

    def test_addresses_and_numbers_of_telephones_may_be_mixed(self) -> None:
        mixed = [text for n in range(30) for text in (f"anna.{n}@web.de", f"+49 170 555{n:04d}")] * 5
        source = inferred({"table": pa.table({"value": mixed})})[2]
        assert 'value = when(Boolean(0.5), Email()).otherwise(Fake("phone_number"))' in source

    def test_other_names_are_repeated_values(self) -> None:
        names = ["Amber", "Widget", "Gadget", "Gizmo", "Rose"] * 60
        assert "Widget" in inferred({"table": pa.table({"name": names})})[2]


def test_categories_durations_times_of_day_and_maps() -> None:
    columns = pa.table(
        {
            "size": pa.array(["lo", "hi"] * 150).dictionary_encode(),
            "took": pa.array([dt.timedelta(seconds=5), dt.timedelta(seconds=9)] * 150),
            "opens": [dt.time(8, 30), dt.time(9)] * 150,
            "by_day": pa.array([[(1, "a"), (2, "b")]] * 300, pa.map_(pa.int32(), pa.string())),
        }
    )
    made = again({name: columns[name] for name in columns.schema.names}, 100)
    assert set(made["size"].to_pylist()) == {"lo", "hi"}
    assert set(made["took"].to_pylist()) == set(columns["took"].to_pylist())
    assert set(made["opens"].to_pylist()) == set(columns["opens"].to_pylist())
    assert made["by_day"][0].as_py() == [(1, "a"), (2, "b")]


def test_what_is_given_has_all_cases() -> None:
    counts = {(2, 4): 906, (2, 6): 279, (4, 6): 895, (4, 8): 305, (6, 2): 306, (6, 8): 826, (8, 2): 872, (8, 4): 265}
    pairs = [pair for pair, count in counts.items() for _ in range(count)]
    rng().shuffle(pairs)
    made = again({"a": [a for a, _ in pairs], "b": [b for _, b in pairs], "c": [b for _, b in pairs]})
    assert made["b"].equals(made["c"])


def test_any_header_is_a_column() -> None:
    names = [
        "Discount ($)",
        "Discount (%)",
        "a__b",
        "a b",
        "a.b",
        "class",
        'x"); import os  #',
        "x'''",
        "total_",
        "Meta",
    ]
    _, made, source = inferred({"odd_": pa.table({name: np.arange(40) % 7 for name in names})})
    assert Dataset({made["odd_"]: 3})["odd_"].to_arrow().schema.names == names
    assert list(executed(source)) == ["odd_"]


def test_independent_columns_are_not_correlated() -> None:
    random = rng()
    rows = pa.table(
        {"a": random.normal(0, 1, 2_000), "b": random.lognormal(0, 1, 2_000), "c": random.poisson(3, 2_000)}
    )
    correlations = TableFactory.from_schema(rows, table="apart")._meta.plan().correlations
    # Three standard errors of so many rows.
    assert all(abs(value) < 3 / 2_000**0.5 + 0.01 for value in (correlations or {}).values())


def test_what_changes_along_a_series() -> None:
    years = np.arange(1871, 1971)
    flow = (1_100 - 4 * (years - 1871) + rng().normal(0, 60, 100)).round()
    made = again({"year": years, "flow": flow}, 100)
    assert len(made["year"].unique()) == 100
    # What is known of each part of the series keeps the correlation within 0.15, which is five standard errors.
    expected = ranks_correlate(years, flow)
    assert abs(ranks_correlate(made["year"].to_numpy(), made["flow"].to_numpy()) - expected) < 0.15


def test_many_values_that_each_come_a_few_times() -> None:
    names = [f"quarter {number}" for number in range(40) for _ in range(2)] + ["centre"] * 3
    made = again({"quarter": names, "size": rng().normal(0, 1, 83)}, 2_000)["quarter"].to_pylist()
    assert set(made) == set(names)
    # 5 standard deviations of a share of 3 of 83 in 2,000 rows.
    assert abs(made.count("centre") / 2_000 - 3 / 83) < 5 * (3 / 83 / 2_000) ** 0.5


class TestDependence:
    """What one column says of another is kept, in any order of the columns."""

    @staticmethod
    def made(columns: dict[str, Any], rows: int = 4_000) -> tuple[Any, dict[str, Any]]:
        factory = TableFactory.from_schema(columns, table="t")
        return factory, Dataset({factory: rows}, seed=3)["t"].to_arrow().to_pydict()

    def test_numbers_before_the_text_that_decides_them(self) -> None:
        rng = np.random.default_rng(1)
        kinds = np.array(["a", "b", "c"])[rng.integers(0, 3, 3_000)]
        size = np.where(kinds == "a", 5.0, np.where(kinds == "b", -5.0, 0.0)) + rng.normal(0, 1, 3_000)
        _, made = self.made({"size": size.round(2).tolist(), "kind": kinds.tolist()})
        for kind, middle in (("a", 5.0), ("b", -5.0), ("c", 0.0)):
            sizes = [one for one, other in zip(made["size"], made["kind"], strict=True) if other == kind]
            # 1,333 rows of a standard deviation of 1: five standard errors are 0.14, and as much for quantiles.
            assert abs(np.mean(sizes) - middle) < 0.3
            assert np.std(sizes) < 1.5

    def test_texts_are_put_in_an_order_in_which_they_correlate(self) -> None:
        rng = np.random.default_rng(2)
        names = [f"{letter}-town" for letter in "qwertyuiopasdfghjklz"]
        place = rng.integers(0, 20, 4_000)
        size = place * 10 + rng.normal(0, 15, 4_000)
        _, made = self.made({"town": [names[one] for one in place], "size": size.round(1).tolist()})
        found = np.array([names.index(one) for one in made["town"]])
        # The correlation of the source is 0.97; a copula of 20 steps keeps all but what its steps lose.
        assert abs(np.corrcoef(found, made["size"])[0, 1] - np.corrcoef(place, size)[0, 1]) < 0.05

    def test_two_columns_that_decide_together(self) -> None:
        rng = np.random.default_rng(3)
        left, right = rng.integers(0, 2, 4_000), rng.integers(0, 2, 4_000)
        same = (left == right) ^ (rng.random(4_000) < 0.05)
        sides = np.array(["x", "y"])
        columns = {
            "left": sides[left].tolist(),
            "right": sides[right].tolist(),
            "verdict": np.array(["no", "yes"])[same.astype(int)].tolist(),
        }
        _, made = self.made(columns)
        agree = [
            (one == other) == (verdict == "yes")
            for one, other, verdict in zip(made["left"], made["right"], made["verdict"], strict=True)
        ]
        assert np.mean(agree) == pytest.approx(0.95, abs=0.02)  # five standard errors of 4,000 rows: 0.017

    def test_one_value_far_away_does_not_widen_the_rest(self) -> None:
        rng = np.random.default_rng(4)
        speed = np.concatenate([rng.gamma(2.0, 5.0, 9_999), [5_000.0]]).round(1)
        _, made = self.made({"speed": speed.tolist()}, 10_000)
        assert max(made["speed"]) <= 5_000
        assert np.std(made["speed"]) < 3 * np.std(speed)
