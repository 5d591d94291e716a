"""Which Spark is installed: pyspark, or Databricks Connect, which brings a pyspark of its own. Nothing is imported."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata


def is_installed(distribution: str) -> bool:
    """Whether a distribution is installed."""
    try:
        metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return False
    return True


def conflicting_installs() -> str | None:
    """What is wrong, and its remedy, where both are installed and overwrote each other."""
    if not (is_installed("databricks-connect") and is_installed("pyspark")):
        return None
    return (
        "pyspark and databricks-connect are both installed and share the folder of pyspark, so neither works for "
        "sure. Keep one: pip uninstall -y pyspark databricks-connect, then pip install databricks-connect for a "
        "workspace or pip install pyspark for local sessions"
    )


@contextmanager
def ignore_pyspark_warnings() -> Iterator[None]:
    """Without what pyspark warns of whatever one does: pandas 3, where none is used, and its own imports.

    Nor of the settings with which a Connect server was started, and cannot be set again. No test shall fail for it.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
        warnings.filterwarnings("ignore", "The distutils package is deprecated", DeprecationWarning)
        warnings.filterwarnings("ignore", r"Failed to set .*CANNOT_MODIFY")
        yield


__all__ = ["conflicting_installs", "ignore_pyspark_warnings", "is_installed"]
