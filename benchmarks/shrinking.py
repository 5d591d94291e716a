"""Twelve planted bugs on the default 35,500 rows: rows left, runs and seconds, beside plain ddmin on the same tests.

python benchmarks/shrinking.py                  # ours, and whether the printed markers fail alike in a new process
python benchmarks/shrinking.py --ddmin 120      # plain ddmin as well, for at most 120 seconds a bug
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
FILE = HERE / "planted_bugs.py"
# What is imported by a run that searches by plain ddmin: rows without what they refer to, table after table.
DDMIN = """
import copy, sys
import numpy as np
import pytest_synthdata.shrinking.search as search
from pytest_synthdata.columns.tables.subset import Subset
from pytest_synthdata.dataset import Table
from pytest_synthdata.plugin.shrinking import candidates
from pytest_synthdata.shrinking.runs import Stopped
sys.path.insert(0, {here!r})
from ddmin import ddmin

def close(self, rows):
    return rows

def taken(self, rows):
    chosen, found = self.order.rows_at(rows), copy.copy(self.dataset)
    found.tables = {{
        table.name: Table(Subset.of(table.view, chosen[table.name].astype(np.uint64)), table.factory)
        for table in self.dataset
    }}
    return found

def shrink(runs, rows, **_):
    subject = runs.subject
    subject.order = candidates.family_order(subject.order.row_numbers, {{}})
    order = np.argsort(subject.order.tables[rows], kind="stable")
    verdict = search.Verdict.MINIMAL
    try:
        found = ddmin(runs, rows[order])
    except Stopped:
        found, verdict = runs.best, search.Verdict.TIME
    found = None if found is None else np.sort(found)
    return search.Shrunk(verdict, found, found if found is not None else rows[:0], runs.count, runs.count)

candidates.Candidates.close, candidates.Candidates.taken = close, taken
search.shrink = shrink
"""
# Which failure each test has, as the plugin compares them.
RECORD = """
import json, pathlib, pytest

@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    yield
    if call.when == "call":
        from pytest_synthdata.plugin.shrinking.failures import Failure
        failure = Failure.of(call.excinfo.value) if call.excinfo else None
        line = pathlib.Path(failure.file).read_text("utf-8").splitlines()[failure.line - 1] if failure else ""
        with open("failures.jsonl", "a") as file:
            print(json.dumps([item.name, str(failure and failure.type), line]), file=file)
"""


def pytest(folder: Path, *arguments: str) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:cacheprovider", *arguments]
    env = {**os.environ, "PYTHONPATH": str(folder)}
    subprocess.run(command, cwd=folder, check=False, env=env, stdout=subprocess.DEVNULL)


def searched(folder: Path, *arguments: str) -> dict[str, dict[str, object]]:
    pytest(folder, "planted_bugs.py", "--synth-shrink-json=found.json", *arguments)
    found = json.loads((folder / "found.json").read_text("utf-8"))
    return {one["test"].rpartition("::")[2]: one for one in found}


def failures(folder: Path) -> dict[str, tuple[str, ...]]:
    lines = (folder / "failures.jsonl").read_text("utf-8").splitlines()
    (folder / "failures.jsonl").unlink()
    return {name: tuple(what) for name, *what in map(json.loads, lines)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60, help="the budget of a bug")
    parser.add_argument("--ddmin", type=float, help="search by plain ddmin, too, for at most so many seconds a bug")
    parser.add_argument("-k", default="", help="only tests of this name")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        text = FILE.read_text("utf-8")
        (folder / "planted_bugs.py").write_text(text, "utf-8")
        (folder / "conftest.py").write_text(RECORD, "utf-8")
        (folder / "pytest.ini").write_text("[pytest]\n", "utf-8")
        chosen = ("-k", options.k) if options.k else ()
        ours = searched(folder, f"--synth-shrink={options.seconds}", *chosen)
        before = failures(folder)
        pasted = text
        for test, found in ours.items():
            pasted = pasted.replace(f"def {test}(", f"{found['marker']}\ndef {test}(")
        (folder / "planted_bugs.py").write_text(
            pasted.replace("from pyspark", "import pytest\nfrom pyspark", 1), "utf-8"
        )
        pytest(folder, "planted_bugs.py", *chosen)
        after = failures(folder)
        theirs = {}
        if options.ddmin:
            (folder / "planted_bugs.py").write_text(text, "utf-8")
            (folder / "plain.py").write_text(DDMIN.format(here=str(HERE)), "utf-8")
            theirs = searched(folder, "-p", "plain", f"--synth-shrink={options.ddmin}", *chosen)
    show(ours, theirs, {test: before[test] == after.get(test) for test in ours})


def show(ours: dict[str, dict[str, object]], theirs: dict[str, dict[str, object]], alike: dict[str, bool]) -> None:
    head = f"{'bug':34}{'verdict':>9}{'rows':>6}{'runs':>6}{'all':>6}{'s':>7}{'s/run':>7}"
    print(f"{head}  marker  ddmin:  rows  runs      s")
    for test, found in ours.items():
        line = f"{test.removeprefix('test_'):34}{found['verdict']:>9}{found['rows_after'] or '-':>6}"
        line += f"{found['runs_for_rows']:>6}{found['runs']:>6}{found['seconds']:>7.1f}"
        line += f"{found['seconds'] / max(found['runs'], 1):>7.2f}  {'alike' if alike[test] else 'OTHER':6}"
        if other := theirs.get(test):
            more = ">" if other["verdict"] == "time" else " "
            line += f"{other['rows_after'] or '-':>13}{more}{other['runs']:>6}{other['seconds']:>7.1f}"
        print(line)
    seconds = [found["seconds"] for found in ours.values()]
    print(f"median {statistics.median(seconds):.1f} s, most {max(seconds):.1f} s; load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
