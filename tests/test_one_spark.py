"""pyspark and Databricks Connect in one environment: said before a session is asked for, with the remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_synthdata import SynthDataError
from pytest_synthdata.spark.session import SessionSettings, open_session, require_one_spark


@pytest.fixture
def databricks_connect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What tells importlib.metadata that it is installed."""
    installed = tmp_path / "databricks_connect-17.3.0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: databricks-connect\nVersion: 17.3.0\n")
    monkeypatch.syspath_prepend(tmp_path)


def test_one_alone_is_well() -> None:
    require_one_spark()


@pytest.mark.usefixtures("databricks_connect")
def test_both_are_refused_with_the_remedy() -> None:
    for ask in (require_one_spark, lambda: open_session(SessionSettings())):
        with pytest.raises(SynthDataError, match="pip uninstall -y pyspark databricks-connect, then pip install"):
            ask()
