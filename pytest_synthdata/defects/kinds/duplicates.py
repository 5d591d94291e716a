"""Rows that come twice: exact copies, and copies that differ in some columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import arrow_array, without_nulls
from pytest_synthdata.columns.arrow.values import to_numpy
from pytest_synthdata.columns.cells import Cells
from pytest_synthdata.defects.kind import Kind, wrong_type
from pytest_synthdata.defects.kinds.texts import misspelt
from pytest_synthdata.errors import DeclarationError

if TYPE_CHECKING:
    from pytest_synthdata.columns.tables.bound_table import BoundTable


@dataclass(frozen=True)
class Duplicates(Kind):
    """A row that is delivered twice. Copies stand after the table's last row, in the order of their originals.

    A copy has the defects that its original has. It is labelled as a row, without a column; ``dirty`` names the
    original.

    Args:
        rate: the share of the rows that is copied, from 0 to 1.
        changing: columns in which a copy differs a little: texts by a typing error, numbers by about a hundredth
            (whole ones by 1 and decimals by their last digit at least), dates by a day, times by a second.
        exactly: a number of rows in place of the rate.
        where: a condition on the clean row.

    >>> from pytest_synthdata import Dataset
    >>> from pytest_synthdata.factories import OrderFactory
    >>> dirty = Dataset({OrderFactory: 1_000}, defects={OrderFactory: [Duplicates(exactly=7)]})
    >>> dirty.orders.num_rows, dirty.clean.orders.num_rows
    (1007, 1000)
    """

    rate: float | None = None
    changing: Sequence[str] | str = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        changing = (self.changing,) if isinstance(self.changing, str) else self.changing
        if not isinstance(changing, (tuple, list)) or not all(isinstance(name, str) for name in changing):
            raise DeclarationError(f"Duplicates: changing={self.changing!r}; give columns' names: ['amount']")
        object.__setattr__(self, "changing", tuple(changing))

    def named(self) -> tuple[str, ...]:
        return tuple(self.changing)

    def check_type(self, bound: BoundTable, column: str, type_: pa.DataType) -> None:
        test = pa.types
        known = (test.is_string, test.is_integer, test.is_floating, test.is_decimal, test.is_boolean)
        if not any(one(type_) for one in (*known, test.is_date32, test.is_timestamp)):
            raise wrong_type(bound, column, type_, self, "texts, numbers, dates, times or booleans in changing=")

    def changed(self, clean: pa.Array, cells: Cells) -> pa.Array:
        """What a copy holds in a column in which it differs."""
        return near(clean, cells)


def near(array: pa.Array, cells: Cells) -> pa.Array:
    """Values that differ a little from some; null stays null."""
    type_, test = array.type, pa.types
    if test.is_string(type_):
        pairs = zip(array.to_pylist(), cells.bits().tolist(), strict=True)
        return arrow_array([None if text is None else misspelt(text, bits) for text, bits in pairs], pa.string())
    if test.is_boolean(type_):
        return pc.invert(array)
    sign = np.where(cells.uniform() < 0.5, 1, -1)  # noqa: PLR2004 - a coin
    null = to_numpy(array.is_null())
    if test.is_floating(type_):
        numbers = to_numpy(without_nulls(array, 0)).astype(np.float64)
        away = np.maximum(np.rint(np.abs(numbers)) / 100, 0.01)
        return arrow_array(np.rint((numbers + sign * away) * 100) / 100, mask=null).cast(type_)
    if test.is_decimal(type_):
        unit = Decimal(1).scaleb(-type_.scale)
        with localcontext(Context(prec=2 * type_.precision)):
            return arrow_array([_nearer_to_zero(value, unit) for value in array.to_pylist()], type_)
    if test.is_integer(type_):
        numbers, limits = to_numpy(without_nulls(array, 0)), np.iinfo(str(type_))
        away = np.maximum(np.abs(numbers // 100), 1).astype(numbers.dtype)
        is_less = np.where(sign < 0, numbers >= limits.min + away, numbers > limits.max - away)
        return arrow_array(np.where(is_less, numbers - away, numbers + away), mask=null).cast(type_)
    if test.is_date(type_):
        days = to_numpy(without_nulls(array.cast(pa.int32()), 0)) + sign
        return arrow_array(days.astype(np.int32), mask=null).cast(type_)
    ticks = to_numpy(without_nulls(array.cast(pa.int64()), 0)) + sign * 1_000_000
    return arrow_array(ticks, mask=null).cast(type_)


def _nearer_to_zero(value: Decimal | None, unit: Decimal) -> Decimal | None:
    if value is None:
        return None
    away = max((abs(value) / 100).quantize(unit), unit)
    return value - away if value > 0 else value + away


__all__ = ["Duplicates", "near"]
