"""What a run's page and summary say of several datasets, and in which words."""

from __future__ import annotations

import io
import re
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from rich.console import Console

from pytest_synthdata import (
    Array,
    Categorical,
    Dataset,
    Dates,
    ForeignKey,
    Given,
    Integers,
    Key,
    LogNormal,
    Missing,
    Normal,
    Pareto,
    Rows,
    TableFactory,
    Uniform,
    col,
    column,
    when,
)
from pytest_synthdata.declarations.wording import as_written, type_name
from pytest_synthdata.factories import CustomerFactory
from pytest_synthdata.plugin.reporting import Reporting
from pytest_synthdata.plugin.stash import SETTINGS
from pytest_synthdata.report.content import content_of, page_content, part_of
from pytest_synthdata.report.diagram import diagram
from pytest_synthdata.report.page import render
from pytest_synthdata.report.planted import with_planted
from pytest_synthdata.report.plots import _edges
from pytest_synthdata.report.shape import shape
from pytest_synthdata.report.table_content import table_content
from pytest_synthdata.report.terminal import to_text
from pytest_synthdata.table import Table
from pytest_synthdata.validation.declared.describe import describe

pytest.importorskip("matplotlib", reason="the report's plots need it")
for part in ("dates", "backends.backend_svg"):
    pytest.importorskip(f"matplotlib.{part}")  # before pytester, which forgets what is imported while it runs

RUN = """
    import pytest
    from pytest_synthdata import Categorical, ForeignKey, Key, TableFactory

    class SiteFactory(TableFactory):
        site_id = Key("S{:03d}")
        kind = Categorical({"a": 0.5, "b": 0.5})

    class VisitFactory(TableFactory):
        site = ForeignKey(SiteFactory)
        rating = Categorical([1, 2, 3])

    @pytest.mark.synth(factories=[VisitFactory], sites=20, visits=300)
    def test_one(synth):
        assert synth.dataset.visits.num_rows == 300

    @pytest.mark.synth(factories=[VisitFactory], sites=20, visits=100)
    def test_other_rows(synth):
        assert synth.dataset.visits.num_rows == 100

    @pytest.mark.synth(factories=[VisitFactory], sites=20, visits=300, seed=7)
    def test_other_seed(synth):
        assert synth.dataset.visits.num_rows == 300
"""


def test_the_page_and_the_console_count_the_same_checks(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(RUN)
    result: Any = pytester.runpytest_inprocess("--synth-report=r.html", "--synth-summary", "-p", "no:randomly")
    result.assert_outcomes(passed=3)
    console = re.search(r"([\d,]+) checks passed", result.stdout.str())
    lines = re.findall(r"^(?:sites|visits) .*?(\d+) +0 +(?:42|7)$", result.stdout.str(), re.MULTILINE)
    text = (pytester.path / "r.html").read_text("utf-8")
    assert console
    assert int(console[1]) == sum(map(int, lines))
    assert len(lines) == 5  # the 20 sites of seed 42 are one table of two datasets
    assert f"<dt>Checks</dt><dd>{console[1]}</dd>" in text
    assert text.count('<section class="page" id="table-') == 5
    listed = {"sites, seed 42", "sites, seed 7", "visits, 300 rows, seed 42", "visits, 100 rows, seed 42"}
    assert listed <= set(re.findall(r'<li><a href="#[^"]+">([^<]+)</a>', text))
    assert "Dataset 3 of 3" in text
    links = set(re.findall(r'href="#([^"]+)"', text.replace("%7E", "~")))
    assert links - {"main"} <= set(re.findall(r' id="([^"]+)"', text))


def test_tables_without_a_page_are_counted_and_listed() -> None:
    class ManyFactory(TableFactory):
        kind = Categorical({"a": 0.5, "b": 0.5})

    datasets = [Dataset({ManyFactory: 50}, seed=seed) for seed in range(3)]
    results = [dataset.validate() for dataset in datasets]
    parts = [
        part_of(dataset, result, most=int(dataset.seed < 1)) for dataset, result in zip(datasets, results, strict=True)
    ]
    content = page_content(parts, results)
    assert content["checks"] == sum(len(result.checks) for result in results)
    assert [bool(table["anchor"]) for table in content["tables"]] == [True, False, False]
    assert "1 of 3 tables have a page" in render(content)
    assert f"{content['checks']} checks passed" in to_text(results)


class AreaFactory(TableFactory):
    class Meta:
        table = "areas"
        rows = Rows([{"code": "N", "people": 40}, {"code": "S", "people": 60}], weights="people")


class HomeFactory(TableFactory):
    class Meta:
        table = "homes"

    home_id = Key("H{}")
    area = ForeignKey(AreaFactory, weights=col("people") * 2)
    kind = Categorical({"a": 0.5, "b": 0.5})
    size = Normal(0, 1)
    endless = when(col("size") > 0, float("inf")).otherwise(col("size"))
    unknown = col("size") * float("nan")
    same = Integers(3, 3)
    often_none = Pareto(0.9).round(2)  # a number that has no place on a logarithmic axis
    empty: float = None  # type: ignore[assignment]


class CallFactory(TableFactory):
    class Meta:
        table = "calls"

    home = ForeignKey(HomeFactory, per_parent=when(col("size") > 0, 2).otherwise(1))
    caller = ForeignKey(HomeFactory, weights=col("size").clip(0, 9), where=col("caller.kind") == "a")


@pytest.mark.filterwarnings("error")
def test_weights_may_be_expressions_and_columns_null_infinite_zero_or_one_number_everywhere() -> None:
    dataset = Dataset({CallFactory: None, HomeFactory: 50})
    content = content_of(dataset, dataset.validate())
    assert [table["name"] for table in content["pages"]] == ["areas", "homes", "calls"]
    console = Console(width=160, file=io.StringIO())
    console.print(shape(dataset.homes.view))
    assert re.search(r"endless .*, \d+\.\d% are not finite", console.file.getvalue())  # type: ignore[attr-defined]


def test_a_table_that_cannot_be_drawn_is_listed_beside_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def draw(table: Table, *about: Any) -> dict[str, Any]:
        if table.name == "homes":
            raise OSError("it is closed")
        return table_content(table, *about)

    monkeypatch.setattr("pytest_synthdata.report.table_content.table_content", draw)
    config: Any = SimpleNamespace(stash={SETTINGS: SimpleNamespace(report="r.html")})
    reporting = Reporting(config)
    dataset = Dataset({HomeFactory: 50})
    part = reporting._drawn(dataset, result := dataset.validate())
    assert reporting.notes == ["homes has no page in the report: OSError: it is closed"]
    content = page_content([part], [result])
    assert {table["name"]: bool(table["anchor"]) for table in content["tables"]} == {"homes": False, "areas": True}


@pytest.mark.parametrize("drawn_first", [False, True])
def test_a_table_of_several_processes_has_the_page_that_one_of_them_drew(*, drawn_first: bool) -> None:
    class SharedFactory(TableFactory):
        kind = Categorical({"a": 0.5, "b": 0.5})

    dataset = Dataset({SharedFactory: 50}, seed=1)
    result = dataset.validate()
    parts = [part_of(dataset, result, most=int(drawn)) for drawn in (drawn_first, not drawn_first)]
    assert [bool(table["anchor"]) for table in page_content(parts, [result])["tables"]] == [True]


@pytest.mark.parametrize("quiet", [False, True])
def test_a_missing_package_is_said_once_and_at_the_start(pytester: pytest.Pytester, *, quiet: bool) -> None:
    pytester.makeconftest("import sys\nsys.modules['jinja2'] = None")
    pytester.makepyfile(RUN)
    result: Any = pytester.runpytest_inprocess("--synth-report", "-p", "no:randomly", *(["-q"] if quiet else []))
    result.assert_outcomes(passed=3)
    lines = result.stdout.lines
    said = [number for number, line in enumerate(lines) if "jinja2" in line]
    assert len(said) == 1
    assert said[0] < next(number for number, line in enumerate(lines) if "..." in line)
    assert "pip install 'pytest-synthdata[report]'" in lines[said[0]]


WRITTEN = [
    (LogNormal(7, 0.8).round(2).clip(0, 9).nulls(0.1).cast("decimal(12,2)"),
     "LogNormal(mean=7, sigma=0.8).round(2).clip(0, 9).nulls(0.1).cast('decimal(12,2)')"),
    (Given("tier", {"Pro": Normal(5, 1)}, default=0).round(1),
     "Given('tier', {'Pro': Normal(loc=5, scale=1)}, default=0).round(1)"),
    (Given("hours", bins=[8], then=["a", Categorical(["b"])]),
     "Given('hours', bins=[8], then=['a', Categorical({'b': 1})])"),
    (when(col("a") > 1, "x").otherwise(None), "when(col('a') > 1, 'x').otherwise(null)"),
    ((Normal(0, 1) + 5).round(1), "(Normal(loc=0, scale=1) + 5).round(1)"),
    (~(col("a").isin("x", "y") & col("b").is_null()), "~(col('a').isin(['x', 'y']) & col('b').is_null())"),
    (Array(Uniform(0, 1).round(2), length=3), "Array(Uniform(low=0, high=1).round(2), length=3)"),
    (Key("K{:03d}"), "Key('K{:03d}')"),
    (Dates("2024-01-01", "2024-12-31").cast("string"), "Dates('2024-01-01', '2024-12-31').cast('string')"),
]  # fmt: skip


@pytest.mark.parametrize(("declared", "text"), WRITTEN, ids=[text for _, text in WRITTEN])
def test_declarations_are_shown_as_they_are_written(declared: Any, text: str) -> None:
    assert as_written(declared) == text


def test_no_word_of_ours_reaches_the_reader() -> None:
    class OddFactory(TableFactory):
        amount = Given("kind", {"a": LogNormal(3, 0.5)}, default=Pareto(2)).round(2).nulls(0.1)
        kind = Categorical({"a": 0.5, "b": 0.5})
        day = Dates("2024-01-01", "2024-12-31")
        words = Array(Normal(0, 1).round(1), length=2)
        text = Dates("2024-01-01", "2024-12-31").cast("string")

        @column
        def double(amount: Any) -> Any:
            return amount * 2

    dataset = Dataset({OddFactory: 200})
    text = render(content_of(dataset, dataset.validate()))
    shown = re.sub(r"<(script|style)>.*?</\1>", "", text, flags=re.DOTALL)
    inner = (
        r"Rounded\(|Nullable\(|Cast\(|Constant\(|Computed\(|date32|int64|list<item|generator=|0x[0-9a-f]{6}| object at "
    )
    assert re.findall(inner, shown) == []
    assert ">date<" in shown
    assert ">array&lt;double&gt;<" in shown


@pytest.mark.parametrize("name", ["visits", "visits_" * 20, "訪問" * 20])
def test_a_name_that_does_not_fit_its_box_is_whole_in_its_title(name: str) -> None:
    svg = diagram([{"name": name, "rows": 3, "lines": [], "edges": [], "parents": []}], {name: None})
    assert re.findall("<title>(.*?)</title>", svg) == ([] if name == "visits" else [name])


def test_types_are_sparks() -> None:
    types = [pa.date32(), pa.timestamp("us", "UTC"), pa.list_(pa.int32()), pa.decimal128(9, 2), pa.duration("us")]
    assert [type_name(type_) for type_ in types] == ["date", "timestamp", "array<int>", "decimal(9,2)", "duration"]


@pytest.mark.parametrize("days", [28, 30, 73, 100, 365, 366, 731, 1000])
def test_the_last_bar_of_dates_holds_as_many_days_as_it_is_wide(days: int) -> None:
    """Its height is what a bar of full width would have: it falls no more than the others."""
    from pytest_synthdata.validation.declared.curves import Curve

    last = (np.datetime64("2024-01-01") + days - 1).item().isoformat()
    leaf = describe(Dates("2024-01-01", last))
    curve: Any = leaf.law  # type: ignore[union-attr]
    assert isinstance(curve, Curve)
    first = np.datetime64("2024-01-01").astype(int)
    every = np.arange(first, first + days).astype(float)
    edges = _edges(np.repeat(every, 5), curve)
    counts, _ = np.histogram(np.repeat(every, 5), edges)
    assert counts.sum() == 5 * days
    heights = counts / np.diff(edges)
    assert heights.tolist() == pytest.approx([5.0] * len(heights))


def test_what_was_planted_is_told_by_seed() -> None:
    kinds = {CustomerFactory: [Missing("email", exactly=2)]}
    datasets = [Dataset({CustomerFactory: 20}, seed=seed, defects=kinds) for seed in (3, 4)]
    results = [with_planted(one.validate(), one) for one in datasets]
    lines = [line.split() for line in to_text(results).splitlines()]
    start = lines.index(["planted", "in", "seed", "defects"])
    assert lines[start + 1 : start + 3] == [["customers", str(seed), "missing", "email", "2"] for seed in (3, 4)]
    parts = [part_of(*one, most=0) for one in zip(datasets, results, strict=True)]
    page = page_content(parts, results)
    assert [one["table"] for one in page["planted"]] == ["customers, seed 3", "customers, seed 4"]
