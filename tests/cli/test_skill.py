"""The guide for coding assistants can be printed and saved."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from pytest_synthdata.cli import cli
from pytest_synthdata.cli.skill import guide

ROOT = Path(__file__).parents[2]


def test_the_guide_is_printed_and_saved(tmp_path: Path) -> None:
    printed = CliRunner().invoke(cli, ["skill"])
    assert printed.exit_code == 0
    assert printed.output == guide() == (ROOT / "docs" / "skill" / "SKILL.md").read_text("utf-8")
    target = tmp_path / "skills" / "SKILL.md"
    assert CliRunner().invoke(cli, ["skill", "--out", str(target)]).exit_code == 0
    assert target.read_text("utf-8") == guide()
    target.write_text("mine")
    refused = CliRunner().invoke(cli, ["skill", "--out", str(target)])
    assert f"{target} differs from the guide of now; write elsewhere, or overwrite it: --overwrite" in refused.stderr
    assert target.read_text("utf-8") == "mine"
    assert CliRunner().invoke(cli, ["skill", "--out", str(target), "--overwrite"]).exit_code == 0


def test_the_guide_names_itself_for_an_assistant() -> None:
    assert guide().startswith("---\nname: synthetic-data-generation\ndescription: ")
