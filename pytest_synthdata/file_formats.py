"""The formats of files that we write and read, and how their names end. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

FILE_FORMATS = ("parquet", "csv", "json")
SUFFIXES: Mapping[str, str] = {".parquet": "parquet", ".csv": "csv", ".json": "json", ".jsonl": "json"}
READ: Mapping[str, str] = {
    **SUFFIXES,
    **dict.fromkeys((".tsv", ".tab", ".psv", ".txt"), "csv"),
    **dict.fromkeys((".ndjson",), "json"),
    **dict.fromkeys((".feather", ".arrow", ".ipc"), "feather"),
    **dict.fromkeys((".xlsx", ".xlsb", ".xls", ".ods"), "excel"),
}
COMPRESSED = (".gz", ".bz2", ".zst", ".lz4")


def format_of(path: str | Path) -> str | None:
    """The format of a file that can be read, by its name; None for others.

    >>> format_of("orders.csv.gz"), format_of("orders.feather"), format_of("orders.png")
    ('csv', 'feather', None)
    """
    suffixes = Path(path).suffixes
    if suffixes and suffixes[-1].lower() in COMPRESSED:
        suffixes = suffixes[:-1]
        found = READ.get(suffixes[-1].lower()) if suffixes else None
        return found if found in ("csv", "json") else None
    return READ.get(suffixes[-1].lower()) if suffixes else None


def table_name(path: str | Path) -> str:
    """The name of the table in a file or folder.

    >>> table_name("data/orders.csv.gz"), table_name("data/orders")
    ('orders', 'orders')
    """
    name = Path(path).name
    if format_of(name) is None:
        return Path(path).stem
    if Path(name).suffix.lower() in COMPRESSED:
        name = Path(name).stem
    return Path(name).stem


__all__ = ["COMPRESSED", "FILE_FORMATS", "READ", "SUFFIXES", "format_of", "table_name"]
