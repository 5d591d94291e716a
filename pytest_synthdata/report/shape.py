"""A table in the terminal: its first rows, and each column as a small histogram or its most frequent values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from pytest_synthdata.columns.arrow.arrays import arrow_array, python_of
from pytest_synthdata.columns.arrow.kinds import is_number, is_temporal
from pytest_synthdata.columns.arrow.values import to_numpy
from pytest_synthdata.columns.tables.table_view import TableView
from pytest_synthdata.declarations.wording import type_name
from pytest_synthdata.errors import counted, cut
from pytest_synthdata.report.first_rows import LETTERS, FirstRows, cell_text
from pytest_synthdata.report.sample import MOST, SampleRows

_BARS = "▁▂▃▄▅▆▇█"
_BINS = 24
_TAIL = 0.005  # on each side, whose values count with the outermost bars: one extreme would hide all others
_FEW = 12  # different values up to which they are listed
_LISTED = 5
_MANY = 0.5  # share of different values from which none is frequent


def shape(view: TableView, *, first: int = 5) -> RenderableType:
    """A table's first rows and what its columns are like.

    Args:
        view: the table.
        first: how many rows are shown.
    """
    rows = SampleRows(view)
    about = f"{view.name}: {counted(view.num_rows, 'row')}, seed {view.seed}"
    if rows.count < view.num_rows:
        about += f"; columns as in {MOST:,} rows, spread evenly"
    return Group(Text(about, "bold"), Text(), FirstRows(view, first), Text(), _columns(view, rows))


def _columns(view: TableView, rows: SampleRows) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", pad_edge=False)
    for name in ("column", "type", "nulls", "shape"):
        table.add_column(name, justify="right" if name == "nulls" else "left", no_wrap=name != "shape")
    for field in view.schema:
        for name, array in _with_fields(field.name, rows.array(field.name)):
            nulls = f"{array.null_count / len(array):.1%}" if len(array) and array.null_count else ""
            type_ = "struct" if pa.types.is_struct(array.type) else cut(type_name(array.type), LETTERS)
            table.add_row(name, type_, nulls, _shape_of(array.drop_null()))
    return table


def _with_fields(name: str, array: pa.Array) -> Iterator[tuple[str, pa.Array]]:
    """A column, and the fields of the structs in it as columns of their own."""
    yield name, array
    if pa.types.is_struct(array.type):
        for field in array.type:
            yield from _with_fields(f"{name}.{field.name}", pc.struct_field(array, field.name))


def _shape_of(array: pa.Array) -> str:
    if not len(array):
        return "no values"
    if pa.types.is_list(array.type) or pa.types.is_map(array.type):
        return f"items: {_most_frequent(arrow_array(np.diff(to_numpy(array.offsets))))}"
    if pa.types.is_nested(array.type) or pa.types.is_binary(array.type):
        return ""
    distinct = pc.count_distinct(array).as_py()
    if distinct <= _FEW:
        return _most_frequent(array)
    if is_number(array.type) or is_temporal(array.type) or pa.types.is_duration(array.type):
        are_finite = np.isfinite(_numbers(array))
        if are_finite.all():
            return _histogram(array)
        rest = f"{1 - are_finite.mean():.1%} are not finite"
        return f"{_shape_of(array.filter(arrow_array(are_finite)))}, {rest}"
    if distinct > _MANY * len(array):
        low, high = (cell_text(value.as_py()) for value in pc.min_max(array).values())
        return f"{'all' if distinct == len(array) else f'{distinct:,}'} different: {low} … {high}"
    return f"{distinct:,} different: {_most_frequent(array)}"


def _most_frequent(array: pa.Array) -> str:
    counts = python_of(pc.value_counts(array))
    ordered = sorted(counts, key=lambda one: -one["counts"])
    shown = [f"{cell_text(one['values'])} {one['counts'] / len(array):.1%}" for one in ordered[:_LISTED]]
    return ", ".join([*shown, *(["…"] if len(ordered) > _LISTED else [])])


def _histogram(array: pa.Array) -> str:
    numbers = _numbers(array)
    low, high = np.quantile(numbers, [_TAIL, 1 - _TAIL])
    if not low < high:
        return _most_frequent(array)
    counts, _ = np.histogram(np.clip(numbers, low, high), _BINS, (low, high))
    bars = "".join(_BARS[int(np.ceil(count / counts.max() * (len(_BARS) - 1)))] if count else " " for count in counts)
    order = np.argsort(numbers)
    least, median, most = (cell_text(array[int(order[place])].as_py()) for place in (0, len(order) // 2, -1))
    return f"{least} {bars} {most}, median {median}"


def _numbers(array: pa.Array) -> Any:
    if is_temporal(array.type):
        array = array.cast(pa.timestamp("us")).cast(pa.int64())
    elif pa.types.is_duration(array.type):
        array = array.cast(pa.int64())
    elif pa.types.is_decimal(array.type):
        array = array.cast(pa.float64())
    return np.asarray(to_numpy(array), np.float64)


__all__ = ["shape"]
