"""Every public name is in the API reference and has an example; every page is in the site's navigation."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import pytest_synthdata
from pytest_synthdata.exports import MODULES

ROOT = Path(__file__).parents[2]
REFERENCE = (ROOT / "docs" / "reference.md").read_text("utf-8")


def test_the_reference_has_every_public_name() -> None:
    documented = re.findall(r"^::: pytest_synthdata\.(\w+)$", REFERENCE, re.MULTILINE)
    assert sorted(documented) == sorted([*pytest_synthdata.__all__, "functions"])  # a module of many


def test_no_entry_of_the_reference_has_its_options_twice() -> None:
    """Of two blocks of one name, YAML takes the last."""
    entries = re.split(r"^::: ", REFERENCE, flags=re.MULTILINE)[1:]
    assert [entry.split()[0] for entry in entries if entry.count("    options:") > 1] == []


@pytest.mark.parametrize("name", pytest_synthdata.__all__)
def test_every_public_name_has_an_example(name: str) -> None:
    assert ">>> " in (getattr(pytest_synthdata, name).__doc__ or ""), f"{name} has no doctest"


def test_every_page_is_in_the_navigation() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text("utf-8").partition("\nnav:")[2]
    pages = {str(page.relative_to(ROOT / "docs")) for page in (ROOT / "docs").rglob("*.md")}
    pages.remove("skill/SKILL.md")  # a text for agents, which mkdocs.yml leaves out of the site
    assert pages == set(re.findall(r": (\S+\.md)$", navigation, re.MULTILINE))


def test_public_names_are_listed_once_and_in_order() -> None:
    assert pytest_synthdata.__all__ == sorted(set(pytest_synthdata.__all__)) == list(MODULES)


def test_no_module_of_the_plugin_takes_the_name_of_a_fixture() -> None:
    """Importing it would put the module in the fixture's place, and the next run in this process would lack it."""
    folder = ROOT / "pytest_synthdata" / "plugin"
    fixtures = re.findall(r"@pytest\.fixture\S*\ndef (\w+)", (folder / "__init__.py").read_text("utf-8"))
    assert {"synth", "orders_df"} <= set(fixtures)
    assert not set(fixtures) & {path.stem for path in folder.iterdir()}
