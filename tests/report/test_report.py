"""The report: what its page says, and what it does in a real browser."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest

from pytest_synthdata import (
    Categorical,
    Constant,
    Dataset,
    ForeignKey,
    Given,
    Key,
    Normal,
    SynthDataError,
    TableFactory,
    col,
)
from pytest_synthdata.factories import CustomerFactory, OrderFactory, TicketFactory
from pytest_synthdata.report.content import content_of
from pytest_synthdata.report.page import render, write
from pytest_synthdata.report.sample import SampleRows, associations
from pytest_synthdata.validation import Validation

pytest.importorskip("matplotlib", reason="the report's plots need it")
if TYPE_CHECKING:
    from selenium.webdriver import Chrome

PAGES = ["overview", "table-customers", "table-orders", "table-tickets", "table-notes"]
HOSTILE = "<script>fail()</script>"


class NoteFactory(TableFactory):
    """Texts that a page, or a plot, could take for its own."""

    note_id = Key("N&{:04d}<b>")
    order = ForeignKey(OrderFactory)
    sign = Categorical({HOSTILE: 0.4, "$x_1$ & $": 0.3, '"quoted"': 0.2, "日本 😀": 0.1})
    length = Normal(0.002, 0.0001).nulls(0.25)
    nothing = Constant(None)


FAILED = [("orders.status", "share", "pending"), ("orders.customer", "orphans", "in customers")]


def with_failures(result: Validation) -> Validation:
    """The result with two checks that failed."""

    def spoilt(check: Any) -> Any:
        return replace(check, passed=False) if (check.place, check.kind, check.subject) in FAILED else check

    tables = (replace(table, checks=tuple(map(spoilt, table.checks))) for table in result.tables)
    return replace(result, tables=tuple(tables))


DATASET = Dataset({CustomerFactory: 200, OrderFactory: 2_000, TicketFactory: 1_500, NoteFactory: 300}, seed=3)


@pytest.fixture(scope="module")
def content() -> dict[str, Any]:
    return content_of(DATASET, with_failures(DATASET.validate()))


@pytest.fixture(scope="module")
def page(content: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(content, tmp_path_factory.mktemp("report") / "in" / "report.html")


@pytest.fixture(scope="module")
def text(page: Path) -> str:
    return page.read_text("utf-8")


def plot(text: str, label: str) -> str:
    found = re.search(rf'<svg [^>]*aria-label="{re.escape(label)}"[^>]*>.*?</svg>', text, re.DOTALL)
    assert found, label
    return found[0]


def test_the_file_is_whole_and_alone(page: Path) -> None:
    assert [item.name for item in page.parent.iterdir()] == ["report.html"]
    assert page.stat().st_size < 3_000_000


def test_nothing_is_loaded_from_elsewhere(text: str) -> None:
    links = re.findall(r"""(?:src|href|url|@import)\s*[=(:]\s*["']?([^"'\s)>]+)""", text)
    assert links
    assert {link for link in links if not link.startswith("#")} == {"data:,"}
    assert "default-src 'none'" in text


def test_every_link_leads_somewhere(text: str) -> None:
    links = {unquote(unescape(link)) for link in re.findall(r'href="#([^"]+)"', text)}
    assert {"table-orders-status", "table-orders-customer_id", "table-tickets-over-time"} <= links
    assert links <= {unescape(name) for name in re.findall(r' id="([^"]+)"', text)}


def test_it_says_what_makes_it_again(text: str, content: dict[str, Any]) -> None:
    (dataset,) = content["datasets"]
    assert "synthdata report --seed 3 --rows customers=200 --rows orders=2000" in dataset["command"]
    assert dataset["command"].endswith(f"--against {__name__}:NoteFactory")
    assert dataset["command"].replace("&", "&amp;") in text
    for table in DATASET:
        assert table.fingerprint() in text
    assert re.search(r"numpy&nbsp;\d", text)


def test_a_factory_without_a_name_to_import_has_no_command() -> None:
    class HereFactory(TableFactory):
        here_id = Key("H{}")

    dataset = Dataset({HereFactory: 3})
    content = content_of(dataset, dataset.validate())
    assert [shown["command"] for shown in content["datasets"]] == [""]
    assert "The same seed, rows and versions" not in render(content)


def test_each_plot_says_measured_and_declared(text: str) -> None:
    counts = DATASET.orders.to_arrow()["status"].value_counts().to_pylist()
    bars = plot(text, "orders.status")
    for count in counts:
        share = count["counts"] / DATASET.orders.num_rows
        declared = {"completed": "85.00%", "pending": "10.00%", "cancelled": "5.00%"}[count["values"]]
        assert f"<title>{count['values']}: {share:.2%} measured, {declared} declared</title>" in bars


def test_the_bars_of_a_histogram_hold_the_rows(text: str) -> None:
    """All but the 0.4 % in the tails that are not shown."""
    bars = "".join(plot(text, f"orders.amount customer.tier = {tier}") for tier in ("Enterprise", "Pro"))
    total = sum(int(count.replace(",", "")) for count in re.findall(r": ([\d,]+) rows</title>", bars))
    tier = dict(zip(*(DATASET.customers.to_arrow()[name].to_pylist() for name in ("customer_id", "tier")), strict=True))
    declared = sum(tier[key] != "Free" for key in DATASET.orders.to_arrow()["customer_id"].to_pylist())
    assert 0.99 * declared <= total <= declared


def test_small_numbers_keep_their_digits(text: str) -> None:
    titles = re.findall(r"<title>(\S+) … \S+: [\d,]+ rows</title>", plot(text, "notes.length"))
    assert len({float(low) for low in titles}) == len(titles) > 20


def test_texts_are_texts(text: str) -> None:
    assert HOSTILE not in text
    shown = plot(text, "notes.sign")
    assert "&lt;script&gt;fail()&lt;/script&gt;: " in shown
    assert "&amp;lt;" not in text
    assert ">$x_1$ &amp; $<" in shown
    assert "日本 😀" in shown


def test_fan_out_counts_all_rows(text: str) -> None:
    fans = plot(text, "orders.customer: children a parent")
    means = dict(re.findall(r"<title>tier = (\w+): ([\d.]+) children", fans))
    tiers = DATASET.customers.to_arrow()["tier"].value_counts().to_pylist()
    total = sum(count["counts"] * float(means[count["values"]]) for count in tiers)
    assert total == pytest.approx(DATASET.orders.num_rows, rel=0.005)  # means are printed with two digits


def test_associations_are_those_of_the_declarations(text: str) -> None:
    grid = plot(text, "tickets: how columns go together")
    strength = {
        (one, other): float(value)
        for one, other, value in re.findall(r"<title>(\S+) and (\S+): [^<]* (-?[\d.]+)</title>", grid)
    }
    assert strength["priority", "customer.tier"] > 0.3
    assert strength["resolution_hours", "csat_score"] < -0.4
    assert abs(strength["category", "resolution_hours"]) < 0.15
    assert all(strength[pair] == strength[pair[::-1]] for pair in strength)


def test_measures_of_association_are_those_of_their_definitions() -> None:
    class MixedFactory(TableFactory):
        group = Categorical({"a": 0.5, "b": 0.3, "c": 0.2})
        same = Given("group", {"a": "x", "b": "y"}, default="z")
        number = Given("group", {"a": Normal(0, 1)}, default=Normal(1, 1)).round(1).nulls(0.1)
        other = col("number") * -2

    bound = Dataset({MixedFactory: 2_000})["mixeds"].bound
    found = associations(SampleRows(bound))
    assert found is not None
    names, strengths, measures = found
    at = {name: place for place, name in enumerate(names)}
    table = Dataset({MixedFactory: 2_000})["mixeds"].to_arrow().to_pandas()
    ranks = table["number"].rank()
    means = ranks.groupby(table["group"]).transform("mean")
    ratio = (means[ranks.notna()].var() / ranks.var()) ** 0.5
    assert strengths[at["group"], at["same"]] == pytest.approx(1)
    assert strengths[at["number"], at["other"]] == pytest.approx(-1)
    assert strengths[at["group"], at["number"]] == pytest.approx(ratio, rel=1e-9)
    assert measures[at["group"]][at["number"]] == "correlation ratio"


def test_empty_tables_have_a_page() -> None:
    dataset = Dataset({CustomerFactory: 0})
    assert "customers" in render(content_of(dataset, dataset.validate()))


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "jinja2", None)
    with pytest.raises(SynthDataError, match=r"needs jinja2.*pip install 'pytest-synthdata\[report\]'"):
        content_of(DATASET, DATASET.validate())


def test_data_that_cannot_be_looked_at_ends_no_run(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest
        from pytest_synthdata import TableFactory, column

        class BrokenFactory(TableFactory):
            @column(type="bigint")
            def number(cells):
                raise ZeroDivisionError("a mistake of your own")

        @pytest.mark.synth(factories=[BrokenFactory], customers=5, orders=5, tickets=5)
        def test_it(synth):
            assert synth.dataset.brokens.num_rows
    """)
    result: Any = pytester.runpytest_inprocess("--synth-report", "--synth-summary")
    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["synthdata: <Dataset *brokens: 1,000>: *a mistake of your own*"])


# --- in a real browser -------------------------------------------------------------------------------------------


Show = Callable[..., "Chrome"]


@pytest.fixture
def show(browser: Chrome, page: Path) -> Iterator[Show]:
    """Opens the page anew, as a reader with a screen and a taste in colours would."""

    def load(place: str = "", *, width: int = 1200, dark: bool = False, scripts: bool = True) -> Chrome:
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not scripts})
        browser.get("about:blank")
        browser.get(f"{page.as_uri()}{'#' if place else ''}{place}")
        return browser

    yield load
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    browser.execute_script("localStorage.clear()")


def visible_pages(chrome: Chrome) -> list[str]:
    """The pages that can be seen."""
    script = "return [...document.querySelectorAll('.page')].filter(p => p.offsetHeight).map(p => p.id)"
    return list(chrome.execute_script(script))


def keys(chrome: Chrome, *pressed: str) -> None:
    from selenium.webdriver import ActionChains

    ActionChains(chrome).send_keys(*pressed).perform()


def wait_for(chrome: Chrome, page: str) -> None:
    from selenium.webdriver.support.wait import WebDriverWait

    WebDriverWait(chrome, 20, 0.05).until(lambda chrome: visible_pages(chrome) == [page])


def test_it_opens_without_an_error_or_a_request_and_every_plot_has_a_size(show: Show) -> None:
    for place in PAGES:
        chrome = show(place if place != PAGES[0] else "")
        assert visible_pages(chrome) == [place]
        sizes = chrome.execute_script(
            "return [...document.querySelectorAll('.page:not([hidden]) svg')].filter(s => s.getClientRects().length)"
            ".map(s => s.getBoundingClientRect()).map(b => [b.width, b.height])"
        )
        assert sizes
        assert all(width > 100 and height > 40 for width, height in sizes)
    assert chrome.get_log("browser") == []
    assert chrome.execute_script("return performance.getEntriesByType('resource').length") == 0
    assert chrome.title == "notes · synthdata report"


def test_links_turn_the_pages_and_back_goes_back(show: Show) -> None:
    from selenium.webdriver.common.by import By

    chrome = show()
    chrome.find_element(By.LINK_TEXT, "orders").click()
    wait_for(chrome, "table-orders")
    current = chrome.find_elements(By.CSS_SELECTOR, "nav [aria-current=page]")
    assert [link.text for link in current] == ["orders 2"]
    chrome.find_element(By.CSS_SELECTOR, "#table-orders a[href='#table-customers']").click()
    wait_for(chrome, "table-customers")
    chrome.back()
    wait_for(chrome, "table-orders")


def test_the_diagram_links_tables(show: Show) -> None:
    from selenium.webdriver.common.by import By

    chrome = show()
    chrome.find_element(By.CSS_SELECTOR, ".diagram a[href='#table-tickets']").click()
    wait_for(chrome, "table-tickets")


def test_a_failed_check_leads_to_its_column(show: Show) -> None:
    from selenium.webdriver.common.by import By

    chrome = show()
    assert "2 of" in chrome.find_element(By.CSS_SELECTOR, "#overview header").text
    chrome.find_element(By.CSS_SELECTOR, "#overview tr.failed a[href$=status]").click()
    wait_for(chrome, "table-orders")
    card = chrome.find_element(By.ID, "table-orders-status")
    assert chrome.execute_script("return arguments[0].getBoundingClientRect().top", card) < 900
    assert card.find_element(By.CSS_SELECTOR, "details[open] tr.failed").is_displayed()


def test_the_keyboard_is_enough(show: Show) -> None:
    from selenium.webdriver.common.keys import Keys

    chrome = show()
    keys(chrome, Keys.TAB)
    assert chrome.switch_to.active_element.text == "Skip to the data"
    keys(chrome, Keys.TAB, Keys.TAB, Keys.ENTER)
    wait_for(chrome, "table-customers")
    assert chrome.switch_to.active_element.tag_name == "h1"
    keys(chrome, Keys.ARROW_RIGHT)
    wait_for(chrome, "table-orders")
    keys(chrome, Keys.ARROW_LEFT, Keys.ARROW_LEFT)
    wait_for(chrome, "overview")
    keys(chrome, Keys.ARROW_LEFT)
    assert visible_pages(chrome) == ["overview"]


MARKS = {
    "table-customers": {"customers: how columns go together": 4 * 4},
    "table-orders": {"orders.status": 3, "orders.customer: children a parent": 3},
    "table-tickets": {
        "tickets.created_at: rows by weekday and hour": 7 * 24,
        "tickets.created_at: rows a day": 2,  # the area and one event
        "tickets.priority customer.tier = Enterprise": 3,
    },
    "table-notes": {"notes.sign": 4},
}


@pytest.mark.parametrize("place", MARKS)
def test_plots_are_drawn(show: Show, place: str) -> None:
    from matplotlib.image import imread
    from selenium.webdriver.common.by import By

    chrome = show(place)
    for label, marks in MARKS[place].items():
        drawing = chrome.find_element(By.CSS_SELECTOR, f'svg[aria-label="{label}"]')
        boxes = chrome.execute_script(
            "return [...arguments[0].querySelectorAll('.mark')].map(m => m.getBBox()).map(b => [b.width, b.height])",
            drawing,
        )
        assert len(boxes) == marks, label
        assert all(width > 0 and height > 0 for width, height in boxes), label
        pixels = imread(io.BytesIO(drawing.screenshot_as_png))[:, :, :3] * 255
        bluish = pixels[:, :, 2] - pixels[:, :, 0] > 40
        assert bluish.mean() > 0.02, label


def test_a_mark_says_what_it_stands_for(show: Show) -> None:
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.wait import WebDriverWait

    chrome = show("table-orders")
    mark = chrome.find_element(By.CSS_SELECTOR, 'svg[aria-label="orders.status"] .mark')

    def told(chrome: Chrome) -> str:
        ActionChains(chrome).move_to_element(mark).move_by_offset(1, 0).perform()
        return chrome.find_element(By.CLASS_NAME, "tip").text

    said = WebDriverWait(chrome, 20, 0.05).until(told)  # scrolling to it hides it first
    assert re.fullmatch(r"completed: 8\d\.\d\d% measured, 85\.00% declared", said)


def luminance(colour: str) -> float:
    """Of WCAG 2.2: relative luminance of an sRGB colour."""
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_colours_can_be_told_apart(show: Show, *, dark: bool) -> None:
    """WCAG 2.2, AA: 4.5 for texts (1.4.3), 3 for graphics (1.4.11)."""
    chrome = show(dark=dark)
    names = ["paper", "wash", "ink", "muted", "link", "good", "bad", "measured", "declared", "rule"]
    colours = chrome.execute_script(
        "const s = getComputedStyle(document.documentElement);"
        "return Object.fromEntries(arguments[0].map(n => [n, s.getPropertyValue('--' + n).trim()]))",
        names,
    )
    for text in ("ink", "muted", "link", "good", "bad"):
        assert contrast(colours[text], colours["paper"]) >= 4.5, text
        assert contrast(colours[text], colours["wash"]) >= 4.5, text
    for graphic in ("measured", "declared", "rule"):
        assert contrast(colours[graphic], colours["paper"]) >= 3, graphic
    assert (luminance(colours["paper"]) < 0.1) == dark


def test_colours_follow_the_system_until_the_reader_chooses(show: Show) -> None:
    from selenium.webdriver.common.by import By

    def theme(chrome: Chrome) -> str:
        return str(chrome.execute_script("return document.documentElement.dataset.theme"))

    assert theme(show(dark=True)) == "dark"
    chrome = show()
    assert theme(chrome) == "light"
    chrome.find_element(By.ID, "theme").click()
    assert theme(chrome) == "dark"
    assert theme(show("table-orders")) == "dark"


@pytest.mark.parametrize("place", PAGES)
def test_a_phone_shows_it_without_scrolling_sideways(show: Show, place: str) -> None:
    chrome = show(place, width=360)
    assert chrome.execute_script("return document.documentElement.scrollWidth") <= 360


def test_without_scripts_all_is_there(show: Show) -> None:
    from selenium.webdriver.common.by import By

    chrome = show(scripts=False)
    assert all(chrome.find_element(By.ID, place).is_displayed() for place in PAGES)
