"""Columns that are lists to choose from: codes, categories; not what may be personal."""

from __future__ import annotations

import pyarrow as pa

from pytest_synthdata.infer.values.distinct import may_be_few
from pytest_synthdata.infer.values.fitting import MOST_CATEGORIES, is_few
from pytest_synthdata.infer.values.meanings import ColumnName
from pytest_synthdata.infer.values.personal import holds_addresses, personal
from pytest_synthdata.infer.values.texts import MOST_TEXTS, is_listed

_ROWS_A_CODE = 3  # three times as many as of other lists: numbers are related by chance, too


def is_list(column: ColumnName, values: pa.Array) -> bool:
    """Whether a column of whole numbers or texts is a list to choose from.

    Args:
        column: its name.
        values: its values.
    """
    if pa.types.is_integer(values.type) and values.type != pa.uint64():
        may_be = may_be_few(values, MOST_CATEGORIES // _ROWS_A_CODE)
        return may_be and is_few(len(values.unique()) * _ROWS_A_CODE, len(values))
    if not pa.types.is_string(values.type) or not may_be_few(values, MOST_TEXTS + 1):  # a null may be among them
        return False
    distinct = values.unique().drop_null()
    if personal(column, values.drop_null(), distinct) is not None or holds_addresses(distinct):
        return False
    return is_listed(distinct, len(values))


__all__ = ["is_list"]
