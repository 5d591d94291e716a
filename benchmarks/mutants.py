"""Do the tests notice a fault? One operator of the package is changed at a time: `nox -s mutants`.

cosmic-ray knows the changes. Each place in the sources has one of them, chosen by a hash of its line, as is the sample,
so that editing one file leaves the others' changes as they were. Types, docstrings and texts of errors are not changed.
The tests that need no JVM run once, to learn which lines each one executes; then each change meets the tests of its
line, those that mirror its file first, until one fails; what survives meets other tests of its room, which may execute
it in processes of their own. `equivalent_mutants.toml` lists changes that no test can notice.

    python benchmarks/mutants.py TREE [--sample 300] [--seed 0] [--again]
    python benchmarks/mutants.py TREE --file validation/rows.py --tests tests/validation tests/laws

TREE is a copy that may be changed, installed here as editable; `--file` keeps to some files, `--tests` to some tests,
`--again` tries only what survived last time. The results are in TREE/mutants.json.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import difflib
import hashlib
import itertools
import json
import os
import re
import resource
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest
import tomllib
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator
from parso.python.tree import Name

PACKAGE = "pytest_synthdata"
EQUIVALENT = Path(__file__).with_name("equivalent_mutants.toml")
LIMIT = 15  # seconds of processor: a slower test notices nothing here
NOTICED = ("killed", "timed out")
LIBRARIES = (  # which a child process inherits; not those that are plugins of pytest
    "databricks.sdk",
    "pandas",
    "pyarrow.dataset",
    "pyarrow.parquet",
    "pyspark.sql",
    "scipy.stats",
)
QUICK, THOROUGH, MIRRORED = 6, 45, 120  # seconds of tests that a change meets, and those that survive them
PYTEST = [
    "-q",
    "-x",
    "--rootdir=.",
    "-p",
    "no:randomly",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:xdist",
    "--tb=line",
    "--durations=0",
]
# What a comparison or calculation may become: something that has the same type.
EXCHANGED = {
    "ReplaceBinaryOperator": "Add_Sub Sub_Add Mul_Div Div_Mul FloorDiv_Div Mod_FloorDiv Pow_Mul RShift_LShift "
    "LShift_RShift BitOr_BitAnd BitAnd_BitOr BitXor_BitOr",
    "ReplaceComparisonOperator": " ".join(
        f"{a}_{b}" for a, b in itertools.permutations(("Eq", "NotEq", "Lt", "LtE", "Gt", "GtE"), 2)
    )
    + " Is_IsNot IsNot_Is",
    "ReplaceUnaryOperator": "Delete_USub Delete_Invert Delete_Not",
}
ALONE = (
    "AddNot ReplaceTrueWithFalse ReplaceFalseWithTrue ReplaceAndWithOr ReplaceOrWithAnd ReplaceBreakWithContinue "
    "ReplaceContinueWithBreak ZeroIterationForLoop"
)
GUARDS = {"strict", "frozen"}  # arguments of zip() and dataclass() that correct code never feels


class ExchangeExtremes:
    """`min` for `max` and the reverse, which cosmic-ray lacks."""

    _other = {"min": "max", "max": "min"}  # noqa: RUF012

    def mutation_positions(self, node: object) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
        if isinstance(node, Name) and node.value in self._other and not node.is_definition():
            yield node.start_pos, node.end_pos

    def mutate(self, node: Name, index: int) -> Name:
        del index
        node.value = self._other[node.value]
        return node


@dataclass(frozen=True)
class Place:
    """Where one operator can be changed, and how."""

    file: str
    line: int
    operator: Any
    occurrence: int
    rank: str


@dataclass(frozen=True)
class Change:
    """One operator of one line, changed."""

    file: str
    line: int
    was: str
    becomes: str
    code: str
    executed: tuple[int, int]  # the lines of its statement; none where it is done at import

    @property
    def key(self) -> tuple[str, str, str]:
        return self.file, self.was, self.becomes


def places_of(path: Path, file: str, seed: int) -> Iterator[Place]:
    """One change for each place of a file, and its rank in the sample."""
    names = [f"{kind}_{pair}" for kind, pairs in EXCHANGED.items() for pair in pairs.split()] + ALONE.split()
    operators = [get_operator(f"core/{name}")() for name in names] + [ExchangeExtremes()]
    source = path.read_text()
    skipped = _skipped(ast.parse(source))
    nodes = list(ast_nodes(get_ast(source)))
    places = defaultdict(list)
    for operator in operators:
        found = [(node, start) for node in nodes for start, _ in operator.mutation_positions(node)]
        for number, (node, start) in enumerate(found):
            is_signature = getattr(node.parent, "type", "") == "parameters"  # its star is not a multiplication
            if not is_signature and not any(first <= start < last for first, last in skipped):
                places[start].append((operator, number))
    for (line, column), choices in places.items():
        text = source.splitlines()[line - 1]
        best = min(choices, key=lambda choice: _hash(seed, text, column, type(choice[0]).__name__))
        yield Place(file, line, *best, _hash(seed, file, text, column))


def changed(place: Place, path: Path) -> Change | None:
    """The change of a place; None where it is none."""
    source = path.read_text()
    code = mutate_code(source, place.operator, place.occurrence)
    if code is None or not _differs(code, source):
        return None
    diff = [row for row in difflib.ndiff(source.splitlines(), code.splitlines()) if row[0] in "+-"]
    was, becomes = (" ".join(row[2:].strip() for row in diff if row[0] == sign) for sign in "-+")
    statements = _statements(ast.parse(source))
    executed = max((span for span in statements if span[0] <= place.line < span[1]), default=(0, 0))
    return Change(place.file, place.line, was, becomes, code, executed)


def _differs(code: str, source: str) -> bool:
    try:
        return ast.dump(ast.parse(code)) != ast.dump(ast.parse(source))
    except SyntaxError:
        return False


def _hash(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _skipped(tree: ast.Module) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """What has no behaviour of its own: types, texts of errors, guards."""
    parts: list[ast.AST | None] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign):
            parts.append(node.annotation)
            if "TypeAlias" in ast.dump(node.annotation):
                parts.append(node.value)
        elif isinstance(node, ast.arg):
            parts.append(node.annotation)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            parts.append(node.returns)
        elif isinstance(node, ast.Raise):
            parts += [part for part in ast.walk(node) if isinstance(part, (ast.JoinedStr, ast.Constant))]
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            parts.append(node)
        elif isinstance(node, ast.keyword) and node.arg in GUARDS:
            parts.append(node.value)
        elif isinstance(node, ast.Assign) and node in tree.body and isinstance(node.value, ast.BinOp):
            parts.append(node.value if isinstance(node.value.op, ast.BitOr) else None)
    return [
        ((part.lineno, part.col_offset), (part.end_lineno, part.end_col_offset)) for part in parts if part is not None
    ]


def _statements(tree: ast.Module) -> list[tuple[int, int]]:
    """The lines of each statement within a function, without those that it holds."""
    functions = [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    statements = {node for function in functions for part in function.body for node in ast.walk(part)}
    return [
        (node.lineno, node.body[0].lineno if getattr(node, "body", None) else (node.end_lineno or 0) + 1)
        for node in statements
        if isinstance(node, ast.stmt)
    ]


class Recorder:
    """A plugin of pytest: keeps which of our lines each test executes, and how long it takes."""

    def __init__(self, package: Path) -> None:
        self.package = str(package)
        self.seconds: dict[str, float] = {}
        self.lines: dict[str, set[tuple[str, int]]] = {}
        self.test: set[tuple[str, int]] = set()
        if not hasattr(sys, "monitoring"):  # before Python 3.12; slower
            threading.settrace(self._trace)
            sys.settrace(self._trace)
            return
        monitoring, events = sys.monitoring, sys.monitoring.events
        monitoring.use_tool_id(monitoring.COVERAGE_ID, "mutants")
        monitoring.register_callback(monitoring.COVERAGE_ID, events.PY_START, self._start)
        monitoring.register_callback(monitoring.COVERAGE_ID, events.LINE, self._line)
        monitoring.set_events(monitoring.COVERAGE_ID, events.PY_START)

    def _trace(self, frame: FrameType, event: str, _: object) -> Any:
        if not frame.f_code.co_filename.startswith(self.package):
            return None
        if event == "line":
            self.test.add((frame.f_code.co_filename, frame.f_lineno))
        return self._trace

    def _start(self, code: CodeType, offset: int) -> object:
        del offset
        if code.co_filename.startswith(self.package):
            sys.monitoring.set_local_events(sys.monitoring.COVERAGE_ID, code, sys.monitoring.events.LINE)
        return sys.monitoring.DISABLE

    def _line(self, code: CodeType, line: int) -> object:
        self.test.add((code.co_filename, line))
        return sys.monitoring.DISABLE

    def pytest_unconfigure(self) -> None:
        if hasattr(sys, "monitoring"):
            sys.monitoring.free_tool_id(sys.monitoring.COVERAGE_ID)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.test = self.lines[nodeid] = set()
        self.seconds[nodeid] = -_processor_seconds()
        if hasattr(sys, "monitoring"):
            sys.monitoring.restart_events()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "teardown":
            self.seconds[report.nodeid] += _processor_seconds()
        if not report.passed:
            self.seconds[report.nodeid] = float("inf")


def _processor_seconds() -> float:
    """Of this process and what it has started, which are the same on a busy machine."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def record(tree: Path, tests: list[str]) -> None:
    """Run the tests once, without a JVM; keep how long those that pass take, and which of our lines they execute."""
    recorder = Recorder(tree / PACKAGE)
    options = [*PYTEST, "--maxfail=100000", f"--timeout={10 * LIMIT}", "--continue-on-collection-errors", "--tb=no"]
    pytest.main([*options, *tests], plugins=[recorder])
    kept: dict[str, tuple[float, dict[str, list[int]]]] = {}
    for test, seconds in recorder.seconds.items():
        if seconds < LIMIT:
            executed: dict[str, list[int]] = defaultdict(list)
            for file, line in recorder.lines[test]:
                executed[file[len(str(tree)) + 1 :]].append(line)
            kept[test] = (seconds, executed)
    (tree / "executed.json").write_text(json.dumps(kept))


class Selection:
    """Which tests execute a line, those that mirror its file first."""

    def __init__(self, tree: Path) -> None:
        self.seconds: dict[str, float] = {}
        self.lines: dict[str, dict[str, set[int]]] = defaultdict(dict)
        for test, (seconds, executed) in json.loads((tree / "executed.json").read_text()).items():
            self.seconds[test] = seconds
            for file, lines in executed.items():
                self.lines[file][test] = set(lines)

    def tests(self, change: Change, budget: int) -> list[str]:
        """The tests of a line within some seconds, then those of its file: what one caches, others do not execute."""
        covering = self.lines[change.file]
        wanted = set(range(*change.executed))
        of_line = {test for test, lines in covering.items() if wanted & lines}
        likely = self._likely(change.file)
        ordered = sorted(covering, key=lambda test: (test not in of_line, -likely[test], self.seconds[test]))
        return self._within(budget, ordered)

    def mirrored(self, change: Change, budget: int) -> list[str]:
        """The other tests of a file's room, which may execute it in processes of their own."""
        likely = self._likely(change.file)
        near = [test for test, points in likely.items() if points and test not in self.lines[change.file]]
        return self._within(budget, sorted(near, key=lambda test: (-likely[test], self.seconds[test])))

    def _likely(self, file: str) -> dict[str, int]:
        """For each test, 0 if it is far from a file; more for each word that the name of one of its room shares."""
        _, *rooms, module = Path(file).with_suffix("").parts
        room = f"tests/{rooms[0] if rooms else 'laws'}/"
        words = set(module.split("_")) | set(rooms[1:])
        near = (room, file)  # a file's own tests are its doctests
        return {
            test: 1 + len(words & set(re.split(r"[/_.:]", test.partition("[")[0]))) if test.startswith(near) else 0
            for test in self.seconds
        }

    def _within(self, budget: int, tests: list[str]) -> list[str]:
        total = itertools.accumulate((self.seconds[test] for test in tests), initial=0.0)
        return [test for test, before in zip(tests, total, strict=False) if before < budget]


def run(tree: Path, tests: list[str], limit: int) -> str:
    """Whether the tests fail: in a child process that has inherited the libraries, but none of ours.

    The limit is of processor time, which is the same on a busy machine; ten times as much may pass.
    """
    output = tree / "mutant.log"
    child = os.fork()
    if child == 0:
        os.setsid()
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
        file = os.open(output, os.O_CREAT | os.O_TRUNC | os.O_WRONLY)
        os.dup2(file, 1)
        os.dup2(file, 2)
        code = 3
        try:
            code = int(pytest.main([*PYTEST, *tests]))
        except BaseException:  # noqa: BLE001 - a child process must not run on as its parent would
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    deadline = time.monotonic() + 10 * limit
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child, signal.SIGKILL)  # what it has started
            code = os.waitstatus_to_exitcode(status)
            return "survived" if code == 0 else "timed out" if code in (-signal.SIGXCPU, -signal.SIGKILL) else "killed"
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "timed out"


def _without_java(tree: Path) -> None:
    """Let every Java that is found be none, so that what needs one fails at once and is left out."""
    false = tree / "no-java" / "java"
    false.parent.mkdir(exist_ok=True)
    false.write_text("#!/bin/sh\nexit 1\n")
    false.chmod(0o755)
    os.environ.pop("JAVA_HOME", None)
    os.environ["PATH"] = f"{false.parent}{os.pathsep}{os.environ['PATH']}"


def attempt(tree: Path, change: Change, selection: Selection) -> dict[str, str]:
    """What became of a change."""
    path = tree / change.file
    original, times = path.read_text(), path.stat()
    outcome, noticed = "not executed", ""
    try:
        path.write_text(change.code)
        stages = [(selection.tests, QUICK), (selection.tests, THOROUGH), (selection.mirrored, MIRRORED)]
        for choose, budget in stages:
            if not (tests := choose(change, budget)):
                continue
            outcome = run(tree, tests, 10 + 3 * budget)
            if outcome != "survived":
                failed = re.search(
                    r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$",
                    (tree / "mutant.log").read_text(errors="replace"),
                    re.MULTILINE,
                )
                noticed = failed[1] if failed else ""
                break
    finally:
        path.write_text(original)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))  # its compiled form is valid again
    file, was, becomes = change.key
    return {"file": file, "was": was, "becomes": becomes, "outcome": outcome, "noticed_by": noticed}


Key = tuple[str, str, str]


def read_results(path: Path) -> dict[Key, dict[str, str]]:
    """The last result of each change."""
    rows = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    return {(row["file"], row["was"], row["becomes"]): row for row in rows}


def read_equivalent() -> dict[Key, str]:
    """Changes that change nothing which a test could see, and why."""
    rows = tomllib.loads(EQUIVALENT.read_text())["mutant"]
    return {(row["file"], row["was"], row["becomes"]): row["reason"] for row in rows}


def try_all(tree: Path, sample: list[Change], *, again: bool) -> list[tuple[Change, str]]:
    """What became of each change; the results are kept, so that a run that was interrupted goes on."""
    results = tree / "mutants.json"
    known, equivalent, selection = read_results(results), read_equivalent(), Selection(tree)
    for name in LIBRARIES:
        import_module(name)
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    sys.dont_write_bytecode = True
    unchanged = run(tree, sorted(selection.seconds, key=selection.seconds.__getitem__)[:50], 60)
    assert unchanged == "survived", f"without any change: {unchanged}; see {tree / 'mutant.log'}"
    outcomes = []
    for number, change in enumerate(sample, 1):
        old = known.get(change.key, {}).get("outcome", "")
        if change.key in equivalent:
            outcome = "equivalent"
        elif old and (old in NOTICED or not again):
            outcome = old
        else:
            began = time.monotonic()
            row = attempt(tree, change, selection)
            outcome = row["outcome"]
            with results.open("a") as file:
                file.write(json.dumps(row) + "\n")
            print(f"{number:4} {time.monotonic() - began:5.1f} s {outcome:12} {change.file}:{change.line}", flush=True)
        outcomes.append((change, outcome))
    return outcomes


def tell(outcomes: list[tuple[Change, str]], total: int) -> None:
    """Print what nobody noticed, and the figures."""
    for change, outcome in outcomes:
        if outcome not in (*NOTICED, "equivalent"):
            print(f"\n{outcome}: {change.file}:{change.line}\n- {change.was}\n+ {change.becomes}")
    counts = Counter(outcome for _, outcome in outcomes)
    noticed = sum(counts[outcome] for outcome in NOTICED)
    told = ", ".join(f"{count} {outcome}" for outcome, count in counts.most_common())
    share = noticed / max(len(outcomes) - counts["equivalent"], 1)
    print(f"\n{len(outcomes)} of {total} changes: {told}; {share:.1%} of those that are not equivalent were noticed")


def main() -> None:
    """Record, sample, try, and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tree", type=Path)
    parser.add_argument("--sample", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--file", action="append", default=[])
    parser.add_argument("--tests", action="extend", nargs="+", default=[])
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--record", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    tree = asked.tree.resolve()
    os.chdir(tree)
    if asked.record:
        record(tree, asked.tests)
        return
    os.environ |= {"PYTHONDONTWRITEBYTECODE": "", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    _without_java(tree)
    if not (tree / "executed.json").exists():
        subprocess.run([sys.executable, __file__, str(tree), "--record", *sys.argv[2:]], check=True)
    files = sorted(str(path.relative_to(tree)) for path in (tree / PACKAGE).rglob("*.py"))
    wanted = [file for file in files if not asked.file or file.endswith(tuple(asked.file))]
    everything = [place for file in wanted for place in places_of(tree / file, file, asked.seed)]
    ordered = sorted(everything, key=lambda place: place.rank)
    found = (change for place in ordered if (change := changed(place, tree / place.file)) is not None)
    tell(try_all(tree, list(itertools.islice(found, asked.sample)), again=asked.again), len(everything))


if __name__ == "__main__":
    main()
