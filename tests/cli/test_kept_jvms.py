"""`synthdata spark`: which JVMs are kept, and what ends them."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from pytest_synthdata.cli import cli
from pytest_synthdata.spark.local import kept_jvm
from pytest_synthdata.spark.local.kept_jvm import Waiting


def run(*arguments: str) -> str:
    return CliRunner().invoke(cli, ["spark", *arguments], catch_exceptions=False).output


def test_each_is_listed_with_its_age(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = time.time() - 7.2 * 60
    kept = [Waiting(Path("one"), 41, False, begun), Waiting(Path("two"), 42, True, begun - 3_600 * 20)]
    monkeypatch.setattr(kept_jvm, "all_waiting", lambda: iter(kept))
    assert run("status").splitlines() == [
        f"JVM 41: waiting, started 7 min ago, log in {Path('one', 'jvm.log')}",
        f"JVM 42: in use, started 1,207 min ago, log in {Path('two', 'jvm.log')}",
    ]


def test_where_none_is_kept_it_says_how_to_keep_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_jvm, "all_waiting", lambda: iter(()))
    assert "synth_spark_keep_alive = 600" in run("status")


@pytest.mark.parametrize(("count", "said"), [(0, "0 JVMs"), (1, "1 JVM"), (2, "2 JVMs")])
def test_stopping_says_how_many_there_were(monkeypatch: pytest.MonkeyPatch, count: int, said: str) -> None:
    monkeypatch.setattr(kept_jvm, "stop_all", lambda: count)
    assert run("stop") == f"Stopped {said}.\n"


def test_their_folders_are_the_users_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    tmp_path.joinpath("pytest-synthdata").mkdir(mode=0o777)
    folder = kept_jvm.root()
    assert folder.name == "spark"
    if os.name == "posix":
        assert folder == tmp_path / "pytest-synthdata" / "spark"
        assert [level.stat().st_mode & 0o777 for level in (folder.parent, folder)] == [0o700, 0o700]
