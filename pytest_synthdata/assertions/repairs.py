"""What a mended table differs in from the clean one: rows that are missing or too many, and cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.assertions.identity import nth_of_equal
from pytest_synthdata.assertions.listing import SHOWN, listed
from pytest_synthdata.columns.arrow.arrays import arrow_array, python_of
from pytest_synthdata.columns.arrow.fingerprint import row_hashes
from pytest_synthdata.columns.arrow.map_order import with_ordered_maps
from pytest_synthdata.columns.arrow.values import to_arrow
from pytest_synthdata.columns.random import Bits
from pytest_synthdata.defects.differences import differ
from pytest_synthdata.errors import SynthDataError, counted, nearest
from pytest_synthdata.sources import source_of
from pytest_synthdata.sources.source import in_type
from pytest_synthdata.validation.messages import aligned, short, shown_apart

_Places: TypeAlias = npt.NDArray[np.intp]


def repair_problem(frame: Any, clean: Any, key: str | Sequence[str] | None) -> str | None:
    """How data differs from clean data, as a message; None where it does not.

    Args:
        frame: data in any form.
        clean: a `Table`, or data in any form.
        key: the columns by which rows are found.

    Raises:
        SynthDataError: for data without the key, or without any column of the clean data.
    """
    name = getattr(clean, "name", None) if hasattr(clean, "factory") else None
    expected = _whole(clean)
    source = source_of(frame, "assert_repaired")
    columns = [column for column in expected.schema.names if column in source.schema.names]
    if not columns:
        raise SynthDataError(f"assert_repaired: the frame has no column of {', '.join(expected.schema.names)}")
    keys = _key(clean, expected, columns, key)
    batches = [
        pa.RecordBatch.from_arrays(
            [in_type(batch.column(column), expected.schema.field(column), name or "frame") for column in columns],
            schema=pa.schema([expected.schema.field(column) for column in columns]),
        )
        for batch in source.batches
    ]
    schema = pa.schema([expected.schema.field(column) for column in columns])
    actual = pa.Table.from_batches(batches, schema=schema)
    return _compared(actual, expected.select(columns), keys, name or "the frame")


def _whole(data: Any) -> pa.Table:
    source = source_of(data, "assert_repaired")
    return pa.Table.from_batches(list(source.batches), schema=source.schema)


def _key(clean: Any, expected: pa.Table, columns: Sequence[str], key: str | Sequence[str] | None) -> list[str]:
    if key is not None:
        keys = [key] if isinstance(key, str) else list(key)
    elif hasattr(clean, "factory"):
        keys = list(clean.factory._meta.key_columns())
    else:
        keys = []
    for one in keys:
        if one not in columns:
            raise SynthDataError(f"assert_repaired: the frame has no column {one!r}: {nearest(one, columns)}")
    if keys:
        return keys
    unique = (
        column
        for column in columns
        if not pa.types.is_nested(expected.schema.field(column).type)
        and len(expected[column].unique()) == expected.num_rows
    )
    first = next(unique, None)
    return list(columns) if first is None else [first]


@dataclass(frozen=True)
class _Pairs:
    """Rows of two tables that have the same key.

    Args:
        actual: the mended rows, each beside the one of its key in ``expected``.
        expected: the clean rows, in their order.
        keys: the columns of the key.
    """

    actual: pa.Table
    expected: pa.Table
    keys: Sequence[str]

    def wrong(self) -> dict[str, Any]:
        """The places at which each column differs."""
        found = {}
        for column in self.expected.schema.names:
            places = np.flatnonzero(differ(to_arrow(self.actual[column]), to_arrow(self.expected[column])))
            if len(places):
                found[column] = places
        return found

    def table(self, wrong: Mapping[str, Any]) -> list[str]:
        """The first cells that differ, by column."""
        lines = [["column", "wrong", *self.keys, "clean", "repaired"]]
        for column, places in wrong.items():
            for number, place in enumerate(places[:SHOWN].tolist()):
                row = python_of(self.expected.slice(place, 1))[0]
                first = [column, f"{len(places):,}"] if number == 0 else ["", ""]
                (found,) = python_of(self.actual[column].slice(place, 1))
                path, *both = shown_apart(row[column], found)
                first[0] = f"{column}{path}" if number == 0 or path else ""
                lines.append([*first, *(short(row[key]) for key in self.keys), *both])
            if len(places) > SHOWN:
                lines.append(["", "…", *("" for _ in lines[0][2:])])
        return aligned(lines)


def _compared(actual: pa.Table, expected: pa.Table, keys: Sequence[str], name: str) -> str | None:
    in_actual, in_expected = _paired(actual, expected, keys)
    missing = np.setdiff1d(np.arange(expected.num_rows), in_expected, assume_unique=True)
    extra = np.setdiff1d(np.arange(actual.num_rows), in_actual, assume_unique=True)
    order = np.argsort(in_expected)
    pairs = _Pairs(actual.take(arrow_array(in_actual[order])), expected.take(arrow_array(in_expected[order])), keys)
    wrong = pairs.wrong()
    if not (len(missing) or len(extra) or wrong):
        return None
    said = [f"{counted(len(missing), 'row')} missing"] if len(missing) else []
    said += [f"{counted(len(extra), 'row')} too many"] if len(extra) else []
    cells = sum(map(len, wrong.values()))
    said += [f"{counted(cells, 'cell')} wrong in {len(wrong)} of {len(expected.schema.names)} columns"] if cells else []
    by = f"{len(order):,} of {expected.num_rows:,} rows compared by {', '.join(keys)}"
    lines = [f"{name} is not repaired: {', '.join(said)}; {by}"]
    if wrong:
        lines += ["", *pairs.table(wrong)]
    for title, table, index in (("missing:", expected, missing), ("too many:", actual, extra)):
        if len(index):
            names = list(dict.fromkeys([*keys, *table.schema.names]))
            rows = python_of(table.take(arrow_array(np.sort(index)[:SHOWN])))
            lines += ["", title, *listed(names, rows, more=len(index) > SHOWN)]
    return "\n".join(lines)


def _paired(actual: pa.Table, expected: pa.Table, keys: Sequence[str]) -> tuple[_Places, _Places]:
    """Where the rows of two tables are that belong together: equal ones first, then the others of one key in order."""
    left = np.arange(actual.num_rows), np.arange(expected.num_rows)
    found: list[tuple[_Places, _Places]] = []
    for columns in (expected.schema.names, keys):
        numbered = [_numbered(table, columns, rows) for table, rows in zip((actual, expected), left, strict=True)]
        _, *pairs = np.intersect1d(numbered[0], numbered[1], assume_unique=True, return_indices=True)
        found.append((left[0][pairs[0]], left[1][pairs[1]]))
        left = np.delete(left[0], pairs[0]), np.delete(left[1], pairs[1])
    mine, theirs = (np.concatenate(places) for places in zip(*found, strict=True))
    return mine, theirs


def _numbered(table: pa.Table, columns: Sequence[str], rows: _Places) -> Bits:
    """A number for each of some rows, the same for the first, second, … equal row in both tables."""
    arrays = [with_ordered_maps(to_arrow(table[column])) for column in columns]
    batches = [pa.RecordBatch.from_arrays(arrays, names=list(columns))] if arrays else []
    hashes = np.concatenate([np.zeros(0, np.uint64), *(row_hashes(batch) for batch in batches)])[rows]
    return hashes + nth_of_equal(hashes).astype(np.uint64)


__all__ = ["repair_problem"]
