"""Everything in the README and the pages of `docs/` works: each page's files make a project, whose tests pass."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PAGES = [README, ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "docs/skill/SKILL.md"]
BLOCK = re.compile(r"(?:<!-- file: (?P<file>\S+) -->\n\n)?```(?P<language>\w+)\n(?P<text>.*?)```", re.DOTALL)
# pyspark 3.5 leaves the sockets of collect() to the garbage collector.
UNCLOSED = "ignore:unclosed <socket:ResourceWarning"
SHOWN = re.compile(r"<!-- from: \S+ -->\n\n```python\n.*?```", re.DOTALL)  # an example's, which test_examples.py runs
FILES = ("python", "ini")  # the languages of blocks that are files


def blocks(page: Path) -> list[tuple[str, str]]:
    """The files of a page: names and texts. A block without a name is a test of its own."""
    found = [match for match in BLOCK.finditer(SHOWN.sub("", page.read_text("utf-8"))) if match["language"] in FILES]
    return [(match["file"] or f"test_snippet_{number}.py", match["text"]) for number, match in enumerate(found)]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for the projects of all pages, one after another: a kept JVM belongs to a folder."""
    return tmp_path_factory.mktemp("pages")


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page)], ids=lambda page: page.name)
def test_every_snippet_is_run(
    page: Path,
    place: Path,
    keep_jvm: tuple[str, ...],
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for left in place.iterdir():
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    monkeypatch.chdir(place)
    monkeypatch.setenv("HOME", str(place))
    for name, text in blocks(page):
        (place / name).write_text(text, "utf-8")
    texts = [text for _, text in blocks(page)]
    tests = sum(text.count("def test_") for text in texts)
    tests += sum(int(seeds) - 1 for text in texts for seeds in re.findall(r"synth\(seeds=(\d+)", text))
    tests += sum(values.count(",") for text in texts for values in re.findall(r"parametrize\(\"\w+\", \[(.+)\]", text))
    assert tests
    run = pytester.runpytest_subprocess("-p", "no:asyncio", "-W", "error", "-W", UNCLOSED, *keep_jvm)
    run.assert_outcomes(passed=tests)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_pictures_are_there(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text("utf-8"))
    assert not [target for target in targets if not (page.parent / target).exists()]


def test_there_are_two_commands() -> None:
    text = README.read_text("utf-8")
    for mark in ("main job", "tests"):
        assert len(re.findall(rf"<!-- {mark} -->\n\n```console\n\$ .+\n```", text)) == 1
