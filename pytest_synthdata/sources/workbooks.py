"""The first sheet of workbooks: Excel's, and those of OpenDocument. python-calamine reads them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow as pa

from pytest_synthdata.errors import SynthDataError

_INSTANTS = {dt.date, dt.datetime}


def first_sheet(path: Path, what: str) -> pa.Table:
    """The rows of a workbook's first sheet, below the names in its first row.

    Args:
        path: of the workbook.
        what: whose data it is, for messages.

    Raises:
        SynthDataError: where python-calamine is not installed, and for a sheet without names of columns.
    """
    try:
        from python_calamine import CalamineError, CalamineWorkbook
    except ImportError:
        raise SynthDataError(
            f"{what}: {path} is a workbook; to read it: pip install 'pytest-synthdata[excel]'"
        ) from None
    try:
        rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    except CalamineError as error:
        raise SynthDataError(f"{path} cannot be read as a workbook: {error}; is it one, and whole?") from None
    if not rows or any(not isinstance(name, str) or not name.strip() for name in rows[0]):
        raise SynthDataError(f"{path}: the first row of the first sheet must have a name for each column")
    columns = [_column([row[place] for row in rows[1:]]) for place in range(len(rows[0]))]
    return pa.Table.from_arrays(columns, names=[name.strip() for name in rows[0]])


def _column(cells: list[Any]) -> pa.Array:
    """Cells in one type; in a workbook whole numbers are floats, and nothing is an empty text."""
    values = [None if cell == "" else cell for cell in cells]
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {int, float} and all(value is None or float(value).is_integer() for value in values):
        return pa.array(
            [None if value is None else int(value) for value in values], pa.int64() if kinds else pa.string()
        )
    if kinds == _INSTANTS:
        values = [_instant(value) for value in values]
    elif len(kinds) > 1 and not kinds <= {int, float}:
        values = [None if value is None else _text(value) for value in values]
    return pa.array(values)


def _instant(value: Any) -> Any:
    is_day = isinstance(value, dt.date) and not isinstance(value, dt.datetime)
    return dt.datetime.combine(value, dt.time()) if is_day else value


def _text(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


__all__ = ["first_sheet"]
