"""pyspark and Databricks Connect in one environment: said before a session is asked for, with the remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_synthdata import SynthDataError
from pytest_synthdata.spark.session import SessionSettings, open_session
from pytest_synthdata.spark.spark_install import conflicting_installs

REMEDY = "pip uninstall -y pyspark databricks-connect, then pip install"


@pytest.fixture
def databricks_connect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What tells importlib.metadata that it is installed."""
    installed = tmp_path / "databricks_connect-17.3.0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: databricks-connect\nVersion: 17.3.0\n")
    monkeypatch.syspath_prepend(tmp_path)


def test_one_alone_is_well(pytester: pytest.Pytester) -> None:
    assert conflicting_installs() is None
    assert "databricks-connect" not in pytester.runpytest_inprocess().stdout.str()


@pytest.mark.usefixtures("databricks_connect")
def test_both_are_refused_with_the_remedy() -> None:
    with pytest.raises(SynthDataError, match=REMEDY):
        open_session(SessionSettings())


@pytest.mark.usefixtures("databricks_connect")
def test_the_header_of_a_run_says_so_before_a_session_is_asked_for(pytester: pytest.Pytester) -> None:
    pytester.runpytest_inprocess().stdout.fnmatch_lines([f"synthdata: pyspark and databricks-connect *{REMEDY}*"])
