"""Which Spark is installed: pyspark, or Databricks Connect, which brings a pyspark of its own. Nothing is imported."""

from __future__ import annotations

from importlib import metadata


def is_installed(distribution: str) -> bool:
    """Whether a distribution is installed."""
    try:
        metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return False
    return True


def clash() -> str | None:
    """What is wrong, and its remedy, where both are installed and overwrote each other."""
    if not (is_installed("databricks-connect") and is_installed("pyspark")):
        return None
    return (
        "pyspark and databricks-connect are both installed and share the folder of pyspark, so neither works for "
        "sure. Keep one: pip uninstall -y pyspark databricks-connect, then pip install databricks-connect for a "
        "workspace or pip install pyspark for local sessions"
    )


__all__ = ["clash", "is_installed"]
