"""Short tables of codes and their names, whose rows are taken as they are."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import pyarrow as pa

from pytest_synthdata.columns.generators.listed import Rows
from pytest_synthdata.infer.naming import singular, words
from pytest_synthdata.infer.values.meanings import PEOPLE, ColumnName
from pytest_synthdata.infer.values.personal import holds_addresses, personal
from pytest_synthdata.sources.samples import Sample

_CODE = re.compile("[A-Z]{2,3}")
_MOST_ROWS, _MOST_COLUMNS = 60, 5
_MOST_OF_PARENT = 8  # columns of a table that others refer to


def lookup(
    sample: Sample, names: Sequence[str], table: str, siblings: Mapping[str, str], *, is_parent: bool = False
) -> Rows | None:
    """The rows of a short table whose first column is a key, and one of whose columns is a label; None for others.

    A table that others refer to may have more numbers, and needs no label.

    Args:
        sample: the table.
        names: its columns that refer to no other table.
        table: its name.
        siblings: its columns of texts, by the name that a factory gives them.
        is_parent: whether other tables refer to it.
    """
    count = sample.num_rows
    if sample.rows is None or not sample.is_whole or not 2 <= count <= _MOST_ROWS or not names:  # noqa: PLR2004
        return None
    if not 1 < len(sample.schema) <= (_MOST_OF_PARENT if is_parent else _MOST_COLUMNS):
        return None
    columns = {name: sample.rows[name].combine_chunks() for name in names}
    texts = {name: values for name, values in columns.items() if pa.types.is_string(values.type)}
    others = [values for name, values in columns.items() if name not in texts]
    is_coded = _are_codes(columns[names[0]])
    if (len(others) > 1 and not is_parent) or not all(_may_be_listed(values, is_coded=is_coded) for values in others):
        return None
    if is_parent and {singular(word) for word in words(table)} & PEOPLE:
        return None
    if any(_is_personal(ColumnName(name, table, siblings), values) for name, values in texts.items()):
        return None
    has_label = any(_differ(values) for values in texts.values())
    return Rows(columns) if (has_label or is_parent) and _differ(columns[names[0]]) else None


def _are_codes(values: pa.Array) -> bool:
    """Whether values are short codes of capital letters, as of countries, whatever their column is called."""
    return pa.types.is_string(values.type) and all(_CODE.fullmatch(one or "") for one in values.to_pylist())


def _may_be_listed(values: pa.Array, *, is_coded: bool) -> bool:
    """Whether numbers may stand in a short table: whole ones, and beside codes any, such as rates."""
    test, type_ = pa.types, values.type
    is_rate = test.is_floating(type_) or test.is_decimal(type_) or test.is_boolean(type_)
    return bool(test.is_integer(type_) or (is_coded and is_rate))


def _is_personal(column: ColumnName, values: pa.Array) -> bool:
    return personal(column, values.drop_null()) is not None or holds_addresses(values)


def _differ(values: pa.Array) -> bool:
    return not values.null_count and len(values.unique()) == len(values)


__all__ = ["lookup"]
