"""Columns of Python's values, of pandas and of rows: lists of pairs are maps, as Arrow itself writes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from pytest_synthdata.columns.arrow.arrays import arrow_array
from pytest_synthdata.errors import SynthDataError

_PAIR = 2


NO_TYPE = (pa.ArrowException, ValueError, TypeError, OverflowError)  # of values that have no type together


def several_types(what: str, name: str | None) -> SynthDataError:
    """The error about a column whose values have no type together."""
    where = "a column" if name is None else f"the column {name!r}"
    return SynthDataError(f"{what}: {where} has values of several types: make them one, such as by astype(str)")


def of_rows(rows: Sequence[Mapping[str, Any]], what: str) -> pa.Table:
    """Rows as a table, whose columns are those of the first."""
    columns: dict[str, pa.Array] = {}
    for name in rows[0] if rows else ():
        values = [row.get(name) for row in rows]
        try:
            maps = with_maps(values)
            columns[name] = arrow_array(values) if maps is None else maps
        except NO_TYPE:
            raise several_types(what, name) from None
    return pa.table(columns)


def with_maps(values: Sequence[Any]) -> pa.Array | None:
    """Values in which there are lists of pairs, as maps; None where there are none, or no type holds them."""
    if not _has_pairs(values):
        return None
    try:
        return pa.array(values, _type_of(values), from_pandas=True)
    except NO_TYPE:
        return None


def _has_pairs(values: Iterable[Any]) -> bool:
    for value in values:
        if isinstance(value, tuple) and len(value) == _PAIR:
            return True
        if isinstance(value, (list, np.ndarray)) and _has_pairs(value):
            return True
        if isinstance(value, dict) and _has_pairs(value.values()):
            return True
    return False


def _type_of(values: Sequence[Any]) -> pa.DataType:
    """The type that holds some values, none of them or all of them in maps, structs or lists."""
    there = [value for value in values if value is not None and not (isinstance(value, float) and np.isnan(value))]
    if there and all(isinstance(value, dict) for value in there):
        names = dict.fromkeys(name for value in there for name in value)
        return pa.struct([(name, _type_of([value.get(name) for value in there])) for name in names])
    if there and all(isinstance(value, (list, np.ndarray)) for value in there):
        items = [item for value in there for item in value]
        if items and all(isinstance(item, tuple) and len(item) == _PAIR for item in items):
            return pa.map_(_type_of([key for key, _ in items]), _type_of([item for _, item in items]))
        return pa.list_(_type_of(items))
    return pa.infer_type(values, from_pandas=True)


__all__ = ["NO_TYPE", "of_rows", "several_types", "with_maps"]
