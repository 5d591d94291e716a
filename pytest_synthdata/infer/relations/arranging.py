"""In which order columns are read, and which of them have an order that correlations can be measured in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.expressions.conditions import When
from pytest_synthdata.columns.expressions.operators import Call
from pytest_synthdata.columns.generators.base import Constant
from pytest_synthdata.columns.generators.categories import Categorical
from pytest_synthdata.columns.generators.given import Given
from pytest_synthdata.columns.generators.listed import Listed
from pytest_synthdata.columns.generators.modifiers import unwrapped
from pytest_synthdata.columns.generators.numbers.whole import Boolean
from pytest_synthdata.infer.relations.deciders import by_association, decider, orders_of
from pytest_synthdata.infer.relations.needs import says_next
from pytest_synthdata.infer.times.written_times import read_times
from pytest_synthdata.sources.samples import Sample
from pytest_synthdata.sources.statistics.extents import has_range

Reader: TypeAlias = Callable[[pa.Array], pa.Array]


def arranged(
    columns: Mapping[str, tuple[pa.DataType, pa.Array]], lists: Collection[str]
) -> tuple[list[str], dict[str, list[str]]]:
    """Which columns are read first, because others may depend on them; and the texts that have an order.

    Args:
        columns: their types and values, by name.
        lists: those that are lists to choose from.
    """
    ordered = {name: values for name, (type_, values) in columns.items() if has_range(type_)}
    texts = {name: columns[name][1] for name in columns if name in lists and pa.types.is_string(columns[name][0])}
    few = {
        name: values
        for name, (type_, values) in columns.items()
        if (name in lists or not pa.types.is_string(type_)) and decider(name, values) is not None
    }
    series = [
        name
        for name, (type_, values) in columns.items()
        if says_next(values) or (pa.types.is_temporal(type_) and name not in few and not values.null_count)
    ]
    few = {name: values for name, values in few.items() if name not in series}
    return [*series, *by_association(few)], orders_of(texts, ordered)


def readers_of(orders: Mapping[str, Sequence[str]], declarations: Mapping[str, Any]) -> dict[str, Reader]:
    """How texts are read that have an order, by attribute: as their places in it, or as the times that they are.

    Args:
        orders: texts in their orders.
        declarations: of all columns.
    """
    found: dict[str, Reader] = {
        name: partial(pc.index_in, value_set=pa.array(order, pa.string())) for name, order in orders.items()
    }
    for name, declaration in declarations.items():
        written = unwrapped(declaration.branches[0] if isinstance(declaration, When) else declaration)
        if isinstance(written, Call) and written.function == "date_format" and len(written.options) == 1:
            found[name] = partial(read_times, pattern=written.options[0])
    return found


def comparable(sample: Sample, names: Mapping[str, str], readers: Mapping[str, Reader]) -> dict[str, pa.Array]:
    """The values of columns whose order means something, by attribute; texts as numbers or times.

    Args:
        sample: the table.
        names: the attributes of its columns that refer to no other table.
        readers: how texts are read that have an order, by attribute.
    """
    found = {}
    for column, name in names.items():
        values = sample.column(column)
        if values is None or not len(values):
            continue
        if name in readers:
            found[name] = readers[name](values.cast(pa.string()))
        elif has_range(values.type):
            found[name] = values
    return found


def is_of_few(declaration: Any) -> bool:
    """Whether a column has no other values than those that it is seen to have."""
    if isinstance(declaration, (Given, When)):
        return all(isinstance(one, Constant) or is_of_few(unwrapped(one)) for one in declaration.branches)
    return isinstance(declaration, (Categorical, Boolean, Listed))


__all__ = ["Reader", "arranged", "comparable", "is_of_few", "readers_of"]
