"""The formats of files that we write and read, and how their names end. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Mapping

FILE_FORMATS = ("parquet", "csv", "json")
SUFFIXES: Mapping[str, str] = {".parquet": "parquet", ".csv": "csv", ".json": "json", ".jsonl": "json"}

__all__ = ["FILE_FORMATS", "SUFFIXES"]
