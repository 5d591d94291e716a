"""Draws the pictures of the documentation, from a real run and in a real browser: summary.svg, report-*.png.

pip install -e '.[dev]'    # and Chromium with its driver
python docs/images/draw.py
"""

from __future__ import annotations

import base64
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from rich.console import Console
from rich.text import Text
from selenium import webdriver

HERE = Path(__file__).parent
TESTS = """
import pyarrow.compute as pc

def test_every_order_has_an_amount(synth):
    assert synth.dataset.orders.to_arrow()["amount"].null_count == 0

def test_the_incident_is_full_of_authentication(synth):
    tickets = synth.dataset.tickets.to_arrow()
    assert pc.sum(pc.equal(tickets["category"], "Authentication")).as_py() > 2_000
"""
WIDTH, HEIGHT = 1180, 900
COLOURS = 160  # of a picture; more make it larger, not better


def summary(folder: Path) -> None:
    """The end of a test run, as a terminal shows it."""
    (folder / "test_shop.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "--synth-summary", "--color=yes", "-p", "no:randomly"]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=True, env={**os.environ, "COLUMNS": "78"}
    )
    console = Console(record=True, width=78, file=io.StringIO())
    console.print(Text("$ pytest --synth-summary", "bold"))
    unlike_yours = ("rootdir", "plugins", "platform")  # lines that tell of the machine
    for line in done.stdout.splitlines():
        if not line.startswith(unlike_yours):
            console.print(Text.from_ansi(line))
    drawn = console.export_svg(title="pytest --synth-summary")
    alone = re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL)  # whose fonts would come from elsewhere
    (HERE / "summary.svg").write_text(alone, "utf-8")


def report(folder: Path) -> None:
    """Two places of the report of the default dataset, in both colour schemes."""
    page = folder / "report.html"
    subprocess.run([sys.executable, "-m", "pytest_synthdata.cli", "report", str(page)], check=True)
    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars"):
        options.add_argument(argument)
    chrome = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    screen = {"width": WIDTH, "height": HEIGHT, "deviceScaleFactor": 1.25, "mobile": False}
    chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    for scheme, place in (("light", "table-tickets-over-time"), ("dark", "table-orders-amount")):
        wish = {"name": "prefers-color-scheme", "value": scheme}
        chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [wish]})
        chrome.get("about:blank")
        chrome.get(f"{page.as_uri()}#{place}")
        shot = chrome.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})
        image = Image.open(io.BytesIO(base64.b64decode(shot["data"])))
        image.convert("RGB").quantize(COLOURS).save(HERE / f"report-{scheme}.png", optimize=True)
    chrome.quit()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        summary(Path(folder))
        report(Path(folder))


if __name__ == "__main__":
    main()
