"""All that the columns of a row have to do with each other: formulas, dates, hierarchies, nulls together."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pyarrow as pa

from pytest_synthdata.infer.relations.formulas import formulas
from pytest_synthdata.infer.relations.needs import RowRelations
from pytest_synthdata.infer.relations.rows import following, hierarchies, missing_with, parts_of_dates

_MOST_FINE = 400  # values of a hierarchy


def related(
    columns: Mapping[str, tuple[pa.DataType, pa.Array]],
    attributes: Mapping[str, str],
    is_list: Callable[[str, pa.Array], bool],
) -> RowRelations:
    """What the columns of a row have to do with each other.

    Args:
        columns: their types and values, by name.
        attributes: what they are called in expressions.
        is_list: whether a column's values are a list to choose from.
    """
    found = parts_of_dates(columns, attributes)
    rest = {name: one for name, one in columns.items() if name not in found}
    found |= formulas(rest, attributes)
    for name, one in following(columns, attributes).items():
        found.setdefault(name, one)
    lists = {name: values for name, (_, values) in columns.items() if name not in found and is_list(name, values)}
    missing = missing_with({name: values for name, (_, values) in columns.items()}, list(columns))
    return RowRelations(found, hierarchies(lists, _MOST_FINE), missing)


__all__ = ["related"]
