"""The page on screens of any width, in the fonts of a plain Linux: nothing is cut off, nothing covers anything."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_synthdata import Categorical, Dataset, Event, ForeignKey, Key, TableFactory, Timeline, col, when
from pytest_synthdata.report.content import content_of
from pytest_synthdata.report.page import write

pytest.importorskip("matplotlib", reason="the report's plots need it")
if TYPE_CHECKING:
    from selenium.webdriver import Chrome

LONG = "subscription_entitlement_snapshot_history_daily"


class SnapshotFactory(TableFactory):
    class Meta:
        table = LONG

    subscription_entitlement_snapshot_history_daily_identifier = Key("SNAPSHOT-{:06d}")
    measured_at = Timeline("2024-01-01", "2024-12-31", events=[Event("2024-10-15", "2024-10-25", 3.0)])
    category_of_the_subscription_entitlement = when(
        col("measured_at").between("2024-10-15", "2024-10-26"),
        Categorical({"an authentication failure of the single sign-on": 0.6, "other": 0.4}),
    ).otherwise("other")


def small(number: int, parent: type[TableFactory]) -> type[TableFactory]:
    class Meta:
        table = f"quarterly_forecast_{number}_of_all_regions"

    namespace: dict[str, Any] = {"Meta": Meta, "item_id": Key("I{}")}
    return type(
        f"Small{number}Factory", (TableFactory,), {**namespace, "the_parent_of_the_forecast": ForeignKey(parent)}
    )


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    factories = {SnapshotFactory: 2_000, **{small(number, SnapshotFactory): 30 for number in range(7)}}
    dataset = Dataset(factories, seed=3)
    return write(content_of(dataset, dataset.validate()), tmp_path_factory.mktemp("layout") / "report.html")


TABLE = f"table-{LONG}"
SCREENS = [
    (width, place) for width in (375, 1280) for place in ("", TABLE, "table-quarterly_forecast_3_of_all_regions")
]


def name_of(screen: tuple[int, str]) -> str:
    return f"{screen[1] or 'overview'}, {screen[0]} pixels"


@pytest.fixture(scope="module", params=SCREENS, ids=name_of)
def screen(request: pytest.FixtureRequest) -> tuple[int, str]:
    """How wide it is, and which place of the page it shows."""
    width, place = request.param
    return width, place


@pytest.fixture
def width(screen: tuple[int, str]) -> int:
    return screen[0]


@pytest.fixture(scope="module")
def chrome(browser: Chrome, page: Path, screen: tuple[int, str]) -> Chrome:
    """The browser with such a screen. Tests only look at it."""
    width, place = screen
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browser.get("about:blank")
    browser.get(f"{page.as_uri()}#{place}")
    # DejaVu Sans is what a Linux without other fonts has; its letters are wide.
    browser.execute_script("document.documentElement.style.setProperty('--font', '\"DejaVu Sans\", sans-serif')")
    return browser


def at(place: str) -> pytest.MarkDecorator:
    """Looks at a place on screens of each width."""
    screens = [screen for screen in SCREENS if screen[1] == place]
    return pytest.mark.parametrize("screen", screens, indirect=True, ids=name_of)


def test_only_previews_of_rows_and_diagrams_scroll(chrome: Chrome, width: int) -> None:
    cut_off = chrome.execute_script(
        "return [...document.querySelectorAll('body *')]"
        ".filter(e => !(e instanceof SVGElement) && e.clientWidth && e.scrollWidth > e.clientWidth + 1)"
        ".map(e => e.getAttribute('aria-label') || e.outerHTML.slice(0, 80))"
    )
    assert chrome.execute_script("return document.documentElement.scrollWidth") <= width
    assert [text for text in cut_off if not text.startswith(("First rows of", "Diagram"))] == []


@at("")
def test_the_incident_is_on_the_screen(chrome: Chrome, width: int) -> None:
    cells = (
        "return [...document.querySelectorAll('.incident td, .incident th')].map(e => e.getBoundingClientRect().right)"
    )
    assert 0 < max(chrome.execute_script(cells)) <= width


@at(TABLE)
def test_the_incident_is_a_shade_in_the_plot_of_rows_a_day(chrome: Chrome, width: int) -> None:
    shades = chrome.execute_script(
        "return [...document.querySelectorAll('.page:not([hidden]) .mark')]"
        ".filter(e => e.querySelector('title').textContent.includes('declared 3 times') && e.getClientRects().length)"
        ".map(e => e.getBoundingClientRect()).map(b => [b.left, b.right])"
    )
    assert len(shades) == 1
    assert all(0 < left < right <= width for left, right in shades)


@at("")
def test_names_stay_inside_of_their_boxes(chrome: Chrome) -> None:
    rights = chrome.execute_script(
        "return [...document.querySelectorAll('.diagram a')].flatMap(a => [...a.querySelectorAll('text')].map(t =>"
        " [t.getBoundingClientRect().right, a.querySelector('rect').getBoundingClientRect().right]))"
    )
    assert len(rights) > 8
    assert all(text < box for text, box in rights)
    whole = "return [...document.querySelectorAll('.diagram text title')].map(t => t.textContent)"
    assert LONG in chrome.execute_script(whole)


@at("")
def test_the_navigation_and_the_button_are_apart(chrome: Chrome, width: int) -> None:
    button, *links = chrome.execute_script(
        "return [...document.querySelectorAll('#theme, .top nav a')].sort(e => e.id ? -1 : 1)"
        ".map(e => e.getBoundingClientRect()).map(b => [b.left, b.top, b.right, b.bottom])"
    )
    assert len(links) == 9
    assert all(
        link[2] <= button[0] or button[2] <= link[0] or link[3] <= button[1] or button[3] <= link[1] for link in links
    )
    assert all(link[2] <= width for link in links)


@at(TABLE)
def test_texts_of_plots_stay_inside_of_them(chrome: Chrome) -> None:
    outside = chrome.execute_script(
        "return [...document.querySelectorAll('figure svg')].filter(s => s.getClientRects().length).flatMap(s => {"
        " const box = s.getBoundingClientRect(); return [...s.querySelectorAll('text')]"
        ".filter(t => t.getBoundingClientRect().left < box.left - 2 || t.getBoundingClientRect().right > box.right + 2)"
        ".map(t => t.textContent); })"
    )
    assert outside == []
