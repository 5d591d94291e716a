"""The page of fixtures, marker, options and settings has all that the plugin has, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pytest_synthdata import plugin

PAGE = (Path(__file__).parents[2] / "docs" / "plugin.md").read_text("utf-8")


def section(title: str) -> set[str]:
    """The code in the first cells of a section's table."""
    text = PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]
    cells = [row.split("|")[1] for row in text.splitlines() if row.startswith("| `")]
    return {code for cell in cells for code in re.findall(r"`([^`]+)`", cell)}


def test_every_option_is_documented(pytestconfig: pytest.Config) -> None:
    group = pytestconfig._parser.getgroup("synthdata")
    known = {name for option in group.options for name in option.names()}
    assert {re.split(r"[=\[]", code)[0] for code in section("Command-line options")} == known


def test_every_setting_is_documented(pytestconfig: pytest.Config) -> None:
    known = {name for name in pytestconfig._parser._inidict if name.startswith("synth_")}
    assert section("Settings") == known


def test_every_fixture_is_documented() -> None:
    known = {name for name, value in vars(plugin).items() if type(value).__name__ == "FixtureFunctionDefinition"}
    assert section("Fixtures") - {"<table>_df"} == {name for name in known if not name.startswith("_")}


def test_every_argument_of_the_marker_is_documented() -> None:
    signature = plugin._MARKER.partition("synth(*, ")[2].partition(", **rows)")[0]
    known = {argument.partition("=")[0] for argument in signature.split(", ")}
    assert {code.partition("=")[0] for code in section("Marker")} == {*known, "orders"}
