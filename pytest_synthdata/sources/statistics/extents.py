"""How many rows a table has, how many of a column are null, and between what its numbers and times lie."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from pytest_synthdata.columns.arrow.kinds import is_number, is_temporal


@dataclass(frozen=True)
class ColumnStatistics:
    """What is known of a column's values.

    Args:
        nulls: how many are null; None where that is not known.
        low: the least; None where that is not known, and for texts always.
        high: the greatest.
        quantiles: values between which lie as many rows each; none where that is not known.
    """

    nulls: int | None = None
    low: Any = None
    high: Any = None
    quantiles: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Statistics:
    """What is known of a table's values, or of those of a part of it.

    Args:
        rows: how many there are; None where that is not known.
        columns: by name.
    """

    rows: int | None
    columns: Mapping[str, ColumnStatistics] = field(default_factory=dict)


def has_range(type_: pa.DataType) -> bool:
    """Whether values of a type have an order that means something: numbers, truths, dates and times; texts do not."""
    test = pa.types
    return bool(is_number(type_) or test.is_boolean(type_) or is_temporal(type_))


def column_statistics(nulls: int | None, low: Any, high: Any) -> ColumnStatistics:
    """A column's statistics; without ends where one of them is missing, or not finite."""
    if low is None or high is None or not all(math.isfinite(one) for one in (low, high) if isinstance(one, float)):
        return ColumnStatistics(nulls)
    return ColumnStatistics(nulls, low, high)


def joined(names: Iterable[str], parts: Sequence[Statistics]) -> Statistics:
    """The statistics of a table by those of its parts.

    Args:
        names: its columns.
        parts: of its files, or of groups of rows; a column that one does not mention is not known there.
    """
    counts = [part.rows for part in parts]
    return Statistics(_total(counts), {name: _joined(name, parts) for name in names})


def _joined(name: str, parts: Sequence[Statistics]) -> ColumnStatistics:
    found = [(part.rows, part.columns.get(name, ColumnStatistics())) for part in parts]
    nulls = _total([one.nulls for _, one in found])
    valued = [one for rows, one in found if rows is None or rows != one.nulls]
    if not valued or any(one.low is None for one in valued):
        return ColumnStatistics(nulls)
    return ColumnStatistics(nulls, min(one.low for one in valued), max(one.high for one in valued))


def _total(counts: Sequence[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None


__all__ = ["ColumnStatistics", "Statistics", "column_statistics", "has_range", "joined"]
