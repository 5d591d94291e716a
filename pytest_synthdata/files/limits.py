"""What the formats of files cannot hold, by the types of a table's columns: known before anything is written."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING

import pyarrow as pa

from pytest_synthdata.errors import SynthDataError

if TYPE_CHECKING:
    from pytest_synthdata.columns.tables.table_view import TableView

_NAMES = {"parquet": "Parquet", "csv": "CSV", "json": "JSON", "delta": "Delta"}


def _is_interval(type_: pa.DataType) -> bool:
    return bool(pa.types.is_interval(type_)) or type_ == pa.month_day_nano_interval()


def _is_binary(type_: pa.DataType) -> bool:
    return bool(pa.types.is_binary(type_) or pa.types.is_large_binary(type_) or pa.types.is_fixed_size_binary(type_))


def _is_empty(type_: pa.DataType) -> bool:
    return bool(pa.types.is_struct(type_)) and type_.num_fields == 0


_LIMITS: Mapping[str, tuple[Callable[[pa.DataType], bool], ...]] = {
    "parquet": (_is_interval, _is_empty),
    "csv": (_is_interval, _is_binary, pa.types.is_nested),
    "json": (),
    "delta": (_is_interval, _is_empty, pa.types.is_duration, pa.types.is_time, pa.types.is_float16),
}


def require_fit(views: Iterable[TableView], format_: str, others: Collection[str] = tuple(_LIMITS)) -> None:
    """Raise `SynthDataError` for a column of any of some tables that a format cannot hold.

    Args:
        views: the tables.
        format_: the format.
        others: those that could be asked for instead.
    """
    for view in views:
        for column in view.schema:
            if _holds(format_, column.type):
                continue
            able = [name for name in others if _holds(name, column.type)]
            raise SynthDataError(
                f"{view.name}.{column.name}: {_NAMES[format_]} cannot hold {column.type}; write "
                f"{' or '.join(_NAMES[name] for name in able)}, or leave the column out of the table: "
                f"exclude = ({column.name!r},) in class Meta"
            )


def _holds(format_: str, type_: pa.DataType) -> bool:
    if any(cannot(type_) for cannot in _LIMITS.get(format_, ())):
        return False
    inner = [type_.field(number).type for number in range(type_.num_fields)] if pa.types.is_nested(type_) else []
    return all(_holds(format_, one) for one in inner)


__all__ = ["require_fit"]
