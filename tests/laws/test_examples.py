"""The examples are repositories of their own: their tests pass, and the one with a bug ends as the README shows.

More of those that need Spark run in the support matrix.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "docs" / "finding-bugs.md"]
MEASURED = re.compile(r"in \d+ runs \(\d+\.\d s\)")  # differs from run to run


class Project:
    """A folder with one example after the other: a JVM is kept for the runs of a folder."""

    def __init__(self, folder: Path, options: tuple[str, ...]) -> None:
        self.folder = folder
        self._options = options

    def holds(self, example: str) -> None:
        """Replace what is in it."""
        for entry in self.folder.iterdir():
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        ignored = shutil.ignore_patterns("__pycache__", ".pytest_cache")
        shutil.copytree(ROOT / "examples" / example, self.folder, dirs_exist_ok=True, ignore=ignored)

    def run(self, *options: str) -> tuple[int, str]:
        """Run its tests; gives the exit code, and what they say."""
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:asyncio"]
        ended = subprocess.run(
            [*command, *self._options, *options], cwd=self.folder, capture_output=True, text=True, check=False
        )
        return ended.returncode, ended.stdout


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, keep_jvm: tuple[str, ...]) -> Project:
    return Project(tmp_path_factory.mktemp("project"), keep_jvm)


@pytest.mark.parametrize("name", ["cases", "outage", "revenue"])
def test_the_tests_of_an_example_pass(name: str, project: Project) -> None:
    project.holds(name)
    code, said = project.run()
    assert code == 0, said


def shown(page: Path) -> list[str]:
    """The report's end on a page."""
    (block,) = re.findall(r"```text\n((?:[^`]*\n)?shrunk from .*?)```", page.read_text("utf-8"), re.DOTALL)
    lines = MEASURED.sub("in … runs", block).splitlines()
    return lines[next(at for at, line in enumerate(lines) if line.startswith("shrunk")) :]


def test_the_report_ends_as_the_readme_shows(project: Project) -> None:
    project.holds("find-the-bug")
    code, said = project.run("--synth-shrink=500")
    assert code == 1, said
    lines = [MEASURED.sub("in … runs", line) for line in said.splitlines()]
    assert "1 failed" in lines[-1]
    start = next(at for at, line in enumerate(lines) if line.startswith("shrunk"))
    for page in PAGES:
        assert lines[start : start + 7] == shown(page)
    # Repaired as its own page says, it passes: the bug is where the rows point to.
    (repaired,) = re.findall(r"```python\n(.*?)```", (project.folder / "README.md").read_text("utf-8"), re.DOTALL)
    (project.folder / "shop" / "latest.py").write_text(repaired, "utf-8")
    code, said = project.run()
    assert code == 0, said


def test_the_readme_shows_the_example() -> None:
    (block,) = re.findall(r"<!-- from: \S+ -->\n\n```python\n(.*?)```", PAGES[0].read_text("utf-8"), re.DOTALL)
    source = "".join(file.read_text("utf-8") for file in sorted((ROOT / "examples" / "find-the-bug").rglob("*.py")))
    for function in block.split("\n\n\n"):
        assert function.strip() in source
