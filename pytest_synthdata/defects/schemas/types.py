"""Defects of a schema: columns of another type, and dates in another format."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import arrow_array
from pytest_synthdata.columns.arrow.casts.json_text import cast_or_json
from pytest_synthdata.columns.arrow.kinds import is_temporal
from pytest_synthdata.columns.arrow.types import arrow_type
from pytest_synthdata.defects.schemas.change import SchemaChange, ShownColumn, text_given
from pytest_synthdata.errors import DeclarationError, GenerationError

if TYPE_CHECKING:
    from pytest_synthdata.columns.cells import Reader
    from pytest_synthdata.columns.tables.bound_table import BoundTable

_EXAMPLES = [542_711_347, 1_732_646_452]  # 1987-03-14 09:15:47 and 2024-11-26 18:40:52, which have no part in common
_PART = r"%[EO]?[aAbBcCdDeFgGhHIjmMnprRStTuUVwWxXyYzZ%]"


@dataclass(frozen=True)
class RetypedColumn(SchemaChange):
    """A column of another type: numbers as text, or wider ones. Values are converted as Spark casts them.

    Structs, arrays and maps become JSON texts.

    Args:
        column: a declared column.
        type: a Spark SQL name such as ``"string"`` or ``"bigint"``, or an Arrow type.
        since: the first row, date or time of that type; the beginning by default. A frame then has a type that holds
            both, text where there is no other.
        until: the first row, date or time of the declared type again; by default there is none.
        on: the dates or times that are compared; by default the table's only ones.

    Raises:
        DeclarationError: for a type that the column cannot be cast to.

    >>> from pytest_synthdata import Dataset
    >>> from pytest_synthdata.factories import OrderFactory
    >>> dirty = Dataset({OrderFactory: 10}, defects={OrderFactory: [RetypedColumn("amount", "string")]})
    >>> dirty.orders.to_arrow(stop=1)["amount"].to_pylist()
    ['48.99']
    """

    column: str
    type: pa.DataType | str

    def check(self, bound: BoundTable) -> None:
        super().check(bound)
        source, place = bound.type_of(self.column), f"{bound.name}.{self.column}: {self.title}"
        try:
            target = arrow_type(self.type)
            cast_or_json(arrow_array([], source), target)
        except DeclarationError as error:
            raise DeclarationError(f"{place}: {error}") from None
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, TypeError):
            raise DeclarationError(f"{place}: cannot cast {source} to {arrow_type(self.type)}") from None
        if source == target:
            raise DeclarationError(f"{place}: the column is {source} already")

    def shown(self, columns: Sequence[ShownColumn], bound: BoundTable) -> list[ShownColumn]:
        del bound
        return [
            replace(column, type=arrow_type(self.type), changed_by=self) if column.origin == self.column else column
            for column in columns
        ]

    def filled(self, clean: pa.Array | None, bound: BoundTable, rows: Reader) -> pa.Array:
        del rows
        try:
            return cast_or_json(clean, arrow_type(self.type))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise GenerationError(f"{bound.name}.{self.column}: {self.title}: {error}") from None

    def truth(self, bound: BoundTable) -> tuple[str | None, str | None, str | None]:
        return self.column, str(bound.type_of(self.column)), str(arrow_type(self.type))


@dataclass(frozen=True)
class ReformattedDates(SchemaChange):
    """Dates or times as texts of another format, such as one that changes in mid-file.

    Args:
        column: a declared column of dates or times.
        format: as `time.strftime` takes it: ``%Y %m %d %H %M %S %y %j %b %B %a %A`` and so on, in English. Seconds
            are whole ones, times are in UTC.
        since: the first row, date or time of that format; the beginning by default. In a frame the others are texts
            in ISO 8601 then.
        until: the first row, date or time without it; by default there is none.
        on: the dates or times that are compared; by default the column itself.

    Raises:
        DeclarationError: for a column of another type, for a letter that `time.strftime` does not know, and for a
            format that makes all dates, or all times, one text.

    >>> from pytest_synthdata import Dataset
    >>> from pytest_synthdata.factories import OrderFactory
    >>> kind = ReformattedDates("order_date", "%d/%m/%Y", since="2024-08-01")
    >>> Dataset({OrderFactory: 10}, defects={OrderFactory: [kind]}).orders.to_arrow(stop=2)["order_date"].to_pylist()
    ['2024-07-29', '24/11/2024']
    """

    column: str
    format: str

    def usual_times(self) -> str:
        return self.column

    def check(self, bound: BoundTable) -> None:
        super().check(bound)
        type_ = bound.type_of(self.column)
        if not is_temporal(type_):
            raise DeclarationError(
                f"{bound.name}.{self.column}: {self.title} needs dates or times, and the column is {type_}"
            )
        text_given(self.format, "the format", f"{bound.name}: {self.title}")
        place, written = f"{bound.name}.{self.column}: {self.title}", "'%d/%m/%Y' or '%Y-%m-%d %H:%M'"
        if unknown := re.search("%.?", re.sub(_PART, "", self.format), re.DOTALL):
            raise DeclarationError(f"{place}: {unknown[0]!r} is not a part of a date; write such as {written}")
        try:
            examples = arrow_array(_EXAMPLES, pa.timestamp("s")).cast(type_)
            first, second = _formatted(examples, self.format).to_pylist()
        except pa.ArrowInvalid as error:
            raise DeclarationError(f"{place}: {self.format!r}: {error}") from None
        if first == second:
            noun = "date" if pa.types.is_date(type_) else "time"
            raise DeclarationError(f"{place}: {self.format!r} makes every {noun} {first!r}; write such as {written}")

    def shown(self, columns: Sequence[ShownColumn], bound: BoundTable) -> list[ShownColumn]:
        del bound
        return [
            replace(column, type=pa.string(), changed_by=self) if column.origin == self.column else column
            for column in columns
        ]

    def filled(self, clean: pa.Array | None, bound: BoundTable, rows: Reader) -> pa.Array:
        del bound, rows
        return _formatted(clean, self.format)

    def truth(self, bound: BoundTable) -> tuple[str | None, str | None, str | None]:
        iso = "%Y-%m-%d" if pa.types.is_date(bound.type_of(self.column)) else "%Y-%m-%d %H:%M:%S"
        return self.column, iso, self.format


def _formatted(times: Any, format_: str) -> pa.Array:
    # Naive and in seconds: Arrow would look for the time zone's data, and write fractions.
    if pa.types.is_timestamp(times.type):
        times = times.cast(pa.timestamp(times.type.unit))
    seconds = pc.floor_temporal(times.cast(pa.timestamp("us")), unit="second").cast(pa.timestamp("s"))
    return pc.strftime(seconds, format=format_, locale="C")


__all__ = ["ReformattedDates", "RetypedColumn"]
