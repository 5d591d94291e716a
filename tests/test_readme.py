"""Everything in the README works: its files make a project, whose tests pass."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

README = Path(__file__).parents[1] / "README.md"
BLOCK = re.compile(r"(?:<!-- file: (?P<file>\S+) -->\n\n)?```(?P<language>\w+)\n(?P<text>.*?)```", re.DOTALL)


def blocks(language: str) -> list[tuple[str | None, str]]:
    return [
        (match["file"], match["text"]) for match in BLOCK.finditer(README.read_text()) if match["language"] == language
    ]


def test_every_snippet_is_run(pytester: pytest.Pytester) -> None:
    tests = 0
    for number, (name, text) in enumerate([*blocks("python"), *blocks("ini")]):
        path = pytester.path / (name or f"test_snippet_{number}.py")
        path.write_text(text)
        tests += text.count("def test_")
    assert tests
    pytester.runpytest_subprocess("-W", "error").assert_outcomes(passed=tests)


def test_there_are_two_commands() -> None:
    text = README.read_text()
    for mark in ("main job", "tests"):
        assert len(re.findall(rf"<!-- {mark} -->\n\n```console\n\$ .+\n```", text)) == 1
