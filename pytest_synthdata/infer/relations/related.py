"""All that the columns of a row have to do with each other: formulas, dates, hierarchies, nulls together."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pyarrow as pa

from pytest_synthdata.infer.relations.formulas import formulas
from pytest_synthdata.infer.relations.needs import RowRelations
from pytest_synthdata.infer.relations.rows import following, hierarchies, missing_with, parts_of_dates, same_texts
from pytest_synthdata.infer.relations.times import later_by, times_again

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
    found |= {name: one for name, one in times_again(columns, attributes).items() if name not in found}
    found |= same_texts({name: one for name, one in columns.items() if name not in found}, attributes)
    rest = {name: one for name, one in columns.items() if name not in found}
    again = {name: one.reads for name, one in found.items()}
    found |= formulas(rest, attributes)
    others = {name: one for name, one in columns.items() if name in rest or not pa.types.is_integer(one[0])}
    found |= {name: one for name, one in later_by(others, attributes).items() if name not in found}
    # A date may follow one that is made from another, but none that is made from itself.
    for name, one in (*following(rest, attributes).items(), *following(columns, attributes).items()):
        if not any(name in again.get(other, ()) for other in one.reads):
            found.setdefault(name, one)
    lists = {name: values for name, (_, values) in columns.items() if name not in found and is_list(name, values)}
    missing = missing_with({name: values for name, (_, values) in columns.items()}, list(columns))
    return RowRelations(found, hierarchies(lists, _MOST_FINE), missing)


__all__ = ["related"]
