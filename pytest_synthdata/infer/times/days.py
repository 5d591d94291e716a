"""Columns of dates and times, also of those that are written as texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.arrow.kinds import is_temporal
from pytest_synthdata.columns.arrow.types import TIMESTAMP
from pytest_synthdata.columns.expressions.conditions import When
from pytest_synthdata.columns.expressions.operators import Call, col
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.generators.modifiers import unwrapped
from pytest_synthdata.infer.times.instants import DAY, micros_of
from pytest_synthdata.infer.times.written_times import read_times
from pytest_synthdata.sources.samples import Sample


@dataclass(frozen=True)
class Days:
    """A column of dates or times.

    Args:
        column: its name.
        name: its attribute.
        pattern: the form in which they are written, where they are texts.
    """

    column: str
    name: str
    pattern: str | None = None

    @property
    def has_time(self) -> bool:
        """Whether texts say a time of day."""
        return self.pattern is not None and any(letter in self.pattern for letter in "Hhms")

    def said(self, name: str, other: pa.DataType | None) -> Generator:
        """How expressions say it.

        Args:
            name: its name there.
            other: the type of what it is compared with.
        """
        if self.pattern is None:
            return col(name)
        read = Call("to_timestamp" if self.has_time else "to_date", (col(name),), (self.pattern,))
        return read.cast("timestamp_ntz") if self.has_time and other == pa.timestamp("us") else read

    def type(self, sample: Sample) -> pa.DataType:
        """Its type as dates or times, whatever they are written as."""
        if self.pattern is None:
            return sample.schema.field(self.column).type
        return TIMESTAMP if self.has_time else pa.date32()

    def step(self, sample: Sample) -> int:
        """What they are multiples of, in microseconds: whole days, or minutes where no seconds are written."""
        if pa.types.is_date(self.type(sample)):
            return DAY * 1_000_000
        return 60_000_000 if self.pattern is not None and "s" not in self.pattern else 1

    def micros(self, sample: Sample) -> npt.NDArray[np.int64] | None:
        """Its values in microseconds since 1970; None where some are missing."""
        values = sample.column(self.column)
        if values is None or values.null_count or not len(values):
            return None
        return micros_of(values if self.pattern is None else read_times(values, self.pattern))


def days_of(column: pa.Field, name: str, declaration: Any) -> Days | None:
    """A column as one of dates or times; None for others: times of day, durations, numbers.

    Args:
        column: its name and type.
        name: its attribute.
        declaration: what it is declared as.
    """
    if is_temporal(column.type):
        return Days(column.name, name)
    written = unwrapped(declaration.branches[0] if isinstance(declaration, When) else declaration)
    is_written = isinstance(written, Call) and written.function == "date_format" and len(written.options) == 1
    return Days(column.name, name, written.options[0]) if is_written and pa.types.is_string(column.type) else None


__all__ = ["Days", "days_of"]
