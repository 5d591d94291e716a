"""The example with a bug in it: what its failure ends with is what the README shows."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "find-the-bug"
PAGES = [ROOT / "README.md", ROOT / "docs" / "finding-bugs.md"]
MEASURED = re.compile(r"in \d+ runs \(\d+\.\d s\)")  # differs from run to run


def shown(page: Path) -> list[str]:
    """The report's end on a page."""
    (block,) = re.findall(r"```text\n((?:[^`]*\n)?shrunk from .*?)```", page.read_text("utf-8"), re.DOTALL)
    lines = MEASURED.sub("in … runs", block).splitlines()
    return lines[next(at for at, line in enumerate(lines) if line.startswith("shrunk")) :]


@pytest.fixture
def example(pytester: pytest.Pytester) -> Path:
    shutil.copytree(EXAMPLE, pytester.path, dirs_exist_ok=True)
    return pytester.path


def test_the_report_ends_as_the_readme_shows(
    example: Path, keep_jvm: tuple[str, ...], pytester: pytest.Pytester
) -> None:
    result = pytester.runpytest_subprocess("--synth-shrink=500", *keep_jvm)
    result.assert_outcomes(failed=1)
    lines = [MEASURED.sub("in … runs", line) for line in result.outlines]
    start = next(at for at, line in enumerate(lines) if line.startswith("shrunk"))
    for page in PAGES:
        assert lines[start : start + 7] == shown(page)
    # Repaired as its own page says, it passes: the bug is where the rows point to.
    (repaired,) = re.findall(r"```python\n(.*?)```", (example / "README.md").read_text("utf-8"), re.DOTALL)
    (example / "shop" / "latest.py").write_text(repaired, "utf-8")
    pytester.runpytest_subprocess(*keep_jvm).assert_outcomes(passed=1)


def test_the_readme_shows_the_example() -> None:
    (block,) = re.findall(r"<!-- from: \S+ -->\n\n```python\n(.*?)```", PAGES[0].read_text("utf-8"), re.DOTALL)
    source = "".join(file.read_text("utf-8") for file in sorted(EXAMPLE.rglob("*.py")))
    for function in block.split("\n\n\n"):
        assert function.strip() in source
