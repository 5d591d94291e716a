"""Which Spark is installed: pyspark, or Databricks Connect, which brings a pyspark of its own. Nothing is imported."""

from __future__ import annotations

import runpy
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from pytest_synthdata.errors import SynthDataError


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


def require_pyspark() -> None:
    """Raise `SynthDataError` where pyspark is not installed, with what installs it."""
    if find_spec("pyspark") is None:
        raise SynthDataError(
            "Spark is not installed: pip install 'pytest-synthdata[local]' brings it and a Java runtime, "
            "'pytest-synthdata[spark]' Spark alone"
        )


def spark_home() -> Path:
    """The folder of the Spark that pyspark starts: ``SPARK_HOME``, or pyspark's own.

    Raises:
        SynthDataError: where there is none.
    """
    require_pyspark()
    spec = find_spec("pyspark")
    assert spec is not None  # noqa: S101 - it is there
    for folder in spec.submodule_search_locations or ():
        script = Path(folder) / "find_spark_home.py"  # which runs on its own; as a module, all of pyspark comes with it
        if script.exists():
            try:
                return Path(runpy.run_path(str(script))["_find_spark_home"]())
            except SystemExit:  # it has said where it looked
                break
    raise SynthDataError("pyspark is installed without Spark's jars, and SPARK_HOME is not set: pip install pyspark")


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


__all__ = ["conflicting_installs", "ignore_pyspark_warnings", "is_installed", "require_pyspark", "spark_home"]
