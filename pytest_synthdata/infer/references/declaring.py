"""References of one column as a factory declares them: picked, counted, no pair twice, or through another one."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from pytest_synthdata.declarations.foreign_keys import ForeignKey
from pytest_synthdata.infer.columns import Declared
from pytest_synthdata.infer.references.fan_out import FanOut
from pytest_synthdata.infer.references.links import Referring
from pytest_synthdata.infer.relations.composing import nullable


def declared_reference(
    one: Referring,
    values: pa.Array | None,
    counted: FanOut | None,
    attributes: Mapping[str, str],
    through: str | None,
) -> Declared:
    """A reference of one column.

    Args:
        one: what it refers to.
        values: the keys that it holds, if these are known.
        counted: how the table's rows are counted, where they are.
        attributes: what the columns are called.
        through: the way to the row by another reference, where it is that one's.
    """
    column = None if one.column == f"{one.name}_id" else one.column
    parent = one.parent.factory
    if through is not None:
        return Declared(ForeignKey(parent, column=column, through=through))
    if counted is not None and one.column == counted.column:
        return Declared(ForeignKey(parent, per_parent=counted.per_parent, column=column))
    within = attributes[counted.column] if counted is not None and one.column == counted.other else None
    weights = one.weights if within is None or (counted is not None and counted.is_weighted) else None
    declared = ForeignKey(parent, weights=weights, column=column, distinct_within=within)
    said = None
    if one.contained < 1:
        said = f"{1 - one.contained:.1%} of the source's values are no key of {one.parent.table}."
    return Declared(nullable(declared, values), comment=said)


__all__ = ["declared_reference"]
