"""A strict workspace for each test, a client of the real SDK for it, and a clock that does not wait."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from strict_server import serving
from strict_workspace import TOKEN, Workspace

from pytest_synthdata import Dataset
from pytest_synthdata.factories import CustomerFactory, OrderFactory

VARIABLES = (
    "DATABRICKS_HOST",
    "DATABRICKS_TOKEN",
    "DATABRICKS_CONFIG_PROFILE",
    "DATABRICKS_CLUSTER_ID",
    "DATABRICKS_WAREHOUSE_ID",
)


class InstantClock:
    """Time that passes by being slept through."""

    def __init__(self) -> None:
        self.now = 1e9

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture(autouse=True)
def _no_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATABRICKS_CONFIG_FILE", str(tmp_path / "no-such-databrickscfg"))
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with serving(Workspace()) as served:
        yield served
    assert served.violations == []


@pytest.fixture
def client_of() -> Callable[..., Any]:
    from databricks.sdk import WorkspaceClient
    from databricks.sdk.core import Config

    def make(url: str, token: str = TOKEN, multipart_from: int | None = None, **settings: Any) -> Any:
        config = Config(host=url, token=token, clock=InstantClock(), **settings)
        if multipart_from is not None:
            config.files_ext_multipart_upload_min_stream_size = multipart_from
        return WorkspaceClient(config=config)

    return make


@pytest.fixture
def client(workspace: Workspace, client_of: Callable[..., Any]) -> Any:
    return client_of(workspace.url)


@pytest.fixture
def logged_in(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """The environment of someone who has set host and token."""
    monkeypatch.setenv("DATABRICKS_HOST", workspace.url)
    monkeypatch.setenv("DATABRICKS_TOKEN", TOKEN)
    return workspace


@pytest.fixture
def small() -> Dataset:
    return Dataset({CustomerFactory: 20, OrderFactory: 100}, seed=7)
