"""What the files of a folder are made of, so that rows of another table are not put beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_synthdata.columns.arrow.fingerprint import fingerprint
from pytest_synthdata.errors import SynthDataError

SAMPLE = 1_000  # rows that are compared

if TYPE_CHECKING:
    from pytest_synthdata.columns.tables.bound_table import BoundTable
    from pytest_synthdata.columns.tables.table_view import TableView


@dataclass(frozen=True)
class Contents:
    """Rows of a table, which a seed, numbers of rows and a schema decide.

    Args:
        table: its name.
        seed: the dataset's.
        rows: how many the whole table has.
        format: of the files.
        columns: their names and types.
        parents: how many rows the tables have that it refers to, near and far; None where that is not known.
        sample: the fingerprint of its first rows; None where that is not known.
    """

    table: str
    seed: int
    rows: int
    format: str
    columns: str
    parents: Mapping[str, int] | None
    sample: str | None

    @classmethod
    def facts(cls, view: TableView, rows: int, format_: str, first: TableView) -> dict[str, Any]:
        """The values of these fields for a view of a table of so many rows, of which some come first."""
        columns = ", ".join(f"{field.name} {field.type}" for field in view.schema)
        parents = {name: parent.num_rows for name, parent in sorted(view.bound.all_parents().items())}
        sample = fingerprint(first.batches(0, min(first.num_rows, SAMPLE)))
        values = (view.name, view.seed, rows, format_, columns, parents, sample)
        return dict(zip((field.name for field in fields(Contents)), values, strict=True))

    def require_same(self, other: Contents, folder: Path) -> None:
        """Raise `SynthDataError` where rows of another table would be added to a folder that has these."""
        difference = self.difference(other)
        if difference is not None:
            raise SynthDataError(f"{folder} {difference}: nothing is added; write to another folder")

    def difference(self, other: Contents) -> str | None:
        """How the rows that are to be added differ from these, in words; None where they do not."""
        if self.table != other.table:
            return f"holds {self.table!r}; this run writes {other.table!r}"
        if self.format != other.format:
            return f"was written as {self.format}; this run asks for {other.format}"
        if self.seed != other.seed:
            return f"was written with seed {self.seed}; this run asks for seed {other.seed}"
        if self.rows != other.rows:
            return f"was written with {self.rows:,} rows; this run asks for {other.rows:,}"
        if self.columns != other.columns:
            return f"was written with the columns {self.columns}; this run has {other.columns}"
        for name, rows in (self.parents or {}).items():
            asked = None if other.parents is None else other.parents.get(name)
            if asked is not None and asked != rows:
                return f"was written with {rows:,} rows of {name}; this run asks for {asked:,}"
        return None

    def difference_of_rows(self, other: Contents) -> str | None:
        """The same of their values, where nothing else differs."""
        if None in (self.sample, other.sample) or self.sample == other.sample:
            return None
        return f"holds other rows of {self.table!r}: its declarations, defects or choice of rows have changed"


def parents_in_words(bound: BoundTable) -> str:
    """How many rows the tables have that one refers to, near and far: ``, 2,500 customers``."""
    return "".join(f", {parent.num_rows:,} {name}" for name, parent in sorted(bound.all_parents().items()))


__all__ = ["SAMPLE", "Contents", "parents_in_words"]
