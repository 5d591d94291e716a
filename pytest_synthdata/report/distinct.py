"""The tables of several validations, each once: what the summary counts, and what the page shows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from pytest_synthdata.validation.results import TableResult, Validation


@dataclass(frozen=True)
class DistinctTable:
    """A table that one dataset or several have.

    Args:
        key: the same for tables with the same name, rows, seed and measurements.
        result: its checks.
        seed: of its dataset.
    """

    key: str
    result: TableResult
    seed: int | None


def table_key(table: TableResult, seed: int | None) -> str:
    """What a table is told from others by, in every process."""
    measured = [str(check.measured) for check in table.checks]
    about = repr((table.table, table.rows, table.some_of, seed, measured))
    return hashlib.blake2b(about.encode("utf-8", "backslashreplace"), digest_size=16).hexdigest()


def largest_first(results: Iterable[Validation]) -> list[Validation]:
    """Validations in the order in which they are shown."""
    return sorted(results, key=lambda result: -sum(table.rows for table in result.tables))


def distinct_tables(results: Iterable[Validation]) -> list[DistinctTable]:
    """Each table once; where its checks were judged differently beside other tables, as it failed most."""
    found: dict[str, DistinctTable] = {}
    for result in largest_first(results):
        for table in result.tables:
            key = table_key(table, result.seed)
            if key not in found or _failures(found[key].result) < _failures(table):
                found[key] = DistinctTable(key, table, result.seed)
    return list(found.values())


def _failures(table: TableResult) -> int:
    return sum(not check.passed for check in table.checks)


__all__ = ["DistinctTable", "distinct_tables", "largest_first", "table_key"]
