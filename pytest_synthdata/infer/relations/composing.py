"""Declarations that are put together: expressions in a type, nullable references, values by those of another column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from pytest_synthdata.columns.arrow.types import sql_name
from pytest_synthdata.columns.arrow.values import to_numpy
from pytest_synthdata.columns.expressions.operators import Call, Operation
from pytest_synthdata.columns.generators.base import Constant, Generator
from pytest_synthdata.columns.generators.categories import Categorical
from pytest_synthdata.columns.generators.given import Given
from pytest_synthdata.declarations.foreign_keys import ForeignKey
from pytest_synthdata.infer.columns import Declared
from pytest_synthdata.infer.relations.absence import absence
from pytest_synthdata.infer.relations.deciders import Predictor
from pytest_synthdata.infer.relations.formulas import Computed
from pytest_synthdata.infer.values.fitting import rounded_shares
from pytest_synthdata.infer.values.numbers import lattice_for
from pytest_synthdata.infer.values.texts import listed
from pytest_synthdata.sources.samples import Sample


def as_computed(
    column: pa.Field, computed: Computed, values: pa.Array | None, sample: Sample, deciders: Sequence[Predictor]
) -> Declared:
    """A column that follows from others, in its type, with the nulls that it has beside theirs.

    Args:
        column: its name and type.
        computed: what it is computed by.
        values: its values, if they are known.
        sample: its table.
        deciders: columns that may decide where it is null.
    """
    generator = computed.generator
    finite = None if values is None else to_numpy(values.is_valid())
    if values is not None and (pa.types.is_floating(column.type) or pa.types.is_decimal(column.type)):
        numbers = to_numpy(values.drop_null().cast(pa.float64(), safe=False)).astype(np.float64)
        digits = lattice_for(column.type, numbers[np.isfinite(numbers)]).digits
        generator = generator if digits is None else generator.round(digits)
    elif pa.types.is_integer(column.type) and not is_whole(generator):
        generator = generator.round()
    generator = in_type_of_expression(generator, column.type)
    if finite is not None and not finite.all():
        read = [sample.column(name) for name in computed.reads]
        there = np.logical_and.reduce([to_numpy(one.is_valid()) for one in read if one is not None])
        rows = np.flatnonzero(there)
        generator = absence(~finite[rows], [one.of(rows) for one in deciders]).of(generator)
    return Declared(generator)


def within(values: pa.Array, others: pa.Array, name: str, order: Sequence[str] = ()) -> Generator:
    """Values by the value of another column that each belongs to.

    Args:
        values: the column's.
        others: those of the other column.
        name: the attribute of the other column.
        order: its texts, in the order in which they are correlated with other columns.
    """
    pairs = pa.table({"fine": values, "coarse": others}).group_by(["coarse", "fine"]).aggregate([([], "count_all")])
    cases: dict[Any, dict[Any, int]] = {}
    for row in pairs.sort_by([("count_all", "descending"), ("fine", "ascending")]).to_pylist():
        cases.setdefault(row["coarse"], {})[row["fine"]] = row["count_all"]
    if order:
        cases = {case: {one: found[one] for one in order if one in found} for case, found in cases.items()}
    branches = {
        case: next(iter(found)) if len(found) == 1 else _listed(found, is_ordered=bool(order))
        for case, found in cases.items()
    }
    made = Given(name, branches)
    return made if pa.types.is_string(values.type) else in_type_of_expression(made, values.type)


def _listed(counts: Mapping[Any, int], *, is_ordered: bool) -> Categorical:
    """Values by their shares: texts by how usual they are, numbers in their order."""
    names = sorted(counts) if isinstance(next(iter(counts)), int) else list(counts)
    total = sum(counts.values())
    if isinstance(names[0], int) or is_ordered:
        return Categorical(dict(zip(names, rounded_shares([counts[name] for name in names], total), strict=True)))
    return listed(names, list(counts.values()), total)


def is_whole(generator: Generator) -> bool:
    """Whether an expression of whole numbers is one itself."""
    if isinstance(generator, Operation):
        return generator.function != "divide" and all(map(is_whole, generator.operands))
    return not isinstance(generator, Constant) or isinstance(generator.value, int)


def in_type_of_expression(generator: Generator, type_: pa.DataType) -> Generator:
    """An expression whose values have a type, which is always stated: what it reads is not known yet."""
    is_text = pa.types.is_string(type_) and isinstance(generator, Call) and generator.function == "date_format"
    if is_text or pa.types.is_date(type_) or type_ == pa.timestamp("us", "UTC"):
        return generator
    return generator.cast(sql_name(type_) or type_)


def nullable(key: ForeignKey, values: pa.Array | None) -> ForeignKey:
    if values is None or not values.null_count:
        return key
    return key.nulls(rounded_shares([values.null_count, len(values) - values.null_count], len(values))[0])


__all__ = ["as_computed", "in_type_of_expression", "is_whole", "nullable", "within"]
