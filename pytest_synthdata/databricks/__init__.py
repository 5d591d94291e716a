"""Databricks: tables in Unity Catalog Volumes, and code on its computers. Names are imported when they are used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_synthdata.databricks.client import MissingCredentialsError, WorkspaceError
    from pytest_synthdata.databricks.clusters import ClusterNotRunningError
    from pytest_synthdata.databricks.compute import execute_databricks_command, run_python_file_on_databricks
    from pytest_synthdata.databricks.generation import generate_on_cluster
    from pytest_synthdata.databricks.leftovers import sweep
    from pytest_synthdata.databricks.results import ExecutionResult
    from pytest_synthdata.databricks.serverless import run_on_serverless
    from pytest_synthdata.databricks.upload import UploadResult

_MODULES = {
    "ClusterNotRunningError": "clusters",
    "ExecutionResult": "results",
    "MissingCredentialsError": "client",
    "Saved": "upload",  # what UploadResult was called in version 0.1
    "UploadResult": "upload",
    "WorkspaceError": "client",
    "execute_databricks_command": "compute",
    "generate_on_cluster": "generation",
    "run_on_serverless": "serverless",
    "run_python_file_on_databricks": "compute",
    "sweep": "leftovers",
}

__all__ = [
    "ClusterNotRunningError",
    "ExecutionResult",
    "MissingCredentialsError",
    "UploadResult",
    "WorkspaceError",
    "execute_databricks_command",
    "generate_on_cluster",
    "run_on_serverless",
    "run_python_file_on_databricks",
    "sweep",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
