"""Rows that can be read in batches, in the types that are declared for their columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.tables.table_view import BATCH
from pytest_synthdata.declarations.wording import type_name
from pytest_synthdata.errors import SynthDataError


@dataclass(frozen=True)
class Source:
    """Rows that can be read in batches.

    Args:
        schema: as the data has it.
        batches: the rows; read once.
    """

    schema: pa.Schema
    batches: Iterable[pa.RecordBatch]

    def in_types(self, declared: pa.Schema, table: str) -> Iterator[dict[str, pa.Array]]:
        """The declared columns that the data has, batch by batch, in their declared types.

        Raises:
            SynthDataError: for values that their column's type cannot hold.
        """
        for whole in self.batches:
            for start in range(0, whole.num_rows, BATCH):
                batch = whole.slice(start, BATCH)
                yield {
                    field.name: in_type(batch.column(field.name), field, table)
                    for field in declared
                    if field.name in batch.schema.names
                }


def in_type(array: pa.Array, field: pa.Field, table: str) -> pa.Array:
    """A column in its declared type."""
    array = array.dictionary_decode() if pa.types.is_dictionary(array.type) else array
    if array.type == field.type:
        return array
    target = field.type
    try:
        if pa.types.is_timestamp(array.type) and pa.types.is_timestamp(target):
            # Without a time zone it is UTC, as everything here.
            return array.cast(pa.timestamp(target.unit, array.type.tz)).cast(target)
        if pa.types.is_string(array.type) and pa.types.is_timestamp(target):
            return pc.replace_substring_regex(array, r"(Z|\+00:00)$", "").cast(pa.timestamp(target.unit)).cast(target)
        if pa.types.is_timestamp(array.type) and pa.types.is_date(target):
            return array.cast(pa.timestamp(array.type.unit)).cast(target, safe=False)
        if pa.types.is_date(array.type) and pa.types.is_timestamp(target):
            return array.cast(pa.timestamp(target.unit)).cast(target)
        return array.cast(target)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise SynthDataError(
            f"{table}.{field.name}: the data is {type_name(array.type)}, which cannot be read as the declared "
            f"{type_name(target)}: {error}"
        ) from None


__all__ = ["Source", "in_type"]
