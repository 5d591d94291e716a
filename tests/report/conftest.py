"""The browser that opens reports."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

REQUIRED = "SYNTHDATA_REQUIRE_BROWSER"  # a missing browser is then a failure


@pytest.fixture(scope="session")
def browser() -> Iterator[Chrome]:
    """A Chromium without a window. It is skipped where there is none, but not in the gate."""
    programs = [shutil.which("chromium") or shutil.which("google-chrome"), shutil.which("chromedriver")]
    try:
        from selenium import webdriver
    except ImportError:
        programs.append(None)
    if not all(programs):
        missing = "chromium, chromedriver and selenium are needed: apt-get install chromium chromium-driver"
        if os.environ.get(REQUIRED):
            pytest.fail(f"{REQUIRED} is set, and {missing}")
        pytest.skip(missing)
    options = webdriver.ChromeOptions()
    options.binary_location = str(programs[0])
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    chrome = webdriver.Chrome(options=options, service=webdriver.ChromeService(str(programs[1])))
    chrome.set_page_load_timeout(60)
    yield chrome
    chrome.quit()
