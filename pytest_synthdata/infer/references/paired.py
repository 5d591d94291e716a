"""References of two columns as a factory declares them: the pair, and what its parts refer to by themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from pytest_synthdata.declarations.foreign_keys import ForeignKey
from pytest_synthdata.declarations.keys import key_names
from pytest_synthdata.infer.columns import Declared
from pytest_synthdata.infer.naming import attribute_name, one_of
from pytest_synthdata.infer.references.activity import activity
from pytest_synthdata.infer.references.fan_out import FanOut
from pytest_synthdata.infer.references.links import Referring
from pytest_synthdata.infer.references.pairs import NULL, PairLink, Positions, rows_of_pairs
from pytest_synthdata.infer.references.parents import Parent
from pytest_synthdata.infer.relations.deciders import Predictor
from pytest_synthdata.infer.values.fitting import rounded_shares
from pytest_synthdata.sources.samples import Sample


@dataclass(frozen=True)
class Paired:
    """Two columns that refer to another table together.

    Args:
        name: the attribute of the reference.
        columns: their names.
        declared: the reference.
        ways: by column: the way to the row that it refers to, too, or to the parent's column.
        parent: the table.
        rows: the parent's row of each row, negative where there is none.
    """

    name: str
    columns: tuple[str, ...]
    declared: Declared
    ways: Mapping[str, str]
    parent: Parent
    rows: Positions = field(repr=False)

    def deciders(self) -> Iterator[Predictor]:
        """The parent's columns that the table's may depend on."""
        if (self.rows >= 0).all():
            yield from self.parent.deciders_of(self.name, self.rows)


def paired(
    links: Sequence[PairLink],
    sample: Sample,
    parents: Mapping[str, Parent],
    referring: Mapping[str, Referring],
    taken: set[str],
    *,
    counted: FanOut | None,
) -> list[Paired]:
    """The references of two columns whose parents have such a key.

    Args:
        links: the pairs that were found.
        sample: the table.
        parents: the tables that it may refer to, by name.
        referring: its references of one column, by column.
        taken: names that no attribute may have.
        counted: how the table's rows are counted, where they are: those columns are settled.
    """
    settled = set[str | None]() if counted is None else {counted.column, counted.other}
    free = [link for link in links if not {*link.columns} & settled]
    found = [_paired(link, sample, parents[link.parent], referring, taken) for link in free]
    return [one for one in found if one is not None]


def _paired(
    link: PairLink, sample: Sample, parent: Parent, referring: Mapping[str, Referring], taken: set[str]
) -> Paired | None:
    held = dict(zip(link.keys, link.columns, strict=True))
    keys = key_of(parent)
    if {*keys} != held.keys() or parent.sample is None:
        return None
    columns = tuple(held[key] for key in keys)
    name = attribute_name(one_of(parent.table), {*taken, *sample.schema.names})
    ways = ways_of(name, columns, parent, referring)
    if ways is None:
        return None
    rows = rows_of_pairs(sample, columns, parent.sample, keys)
    missing = rows == NULL
    if any((one := sample.column(column)) is None or one.null_count != missing.sum() for column in columns):
        return None
    made = ForeignKey(parent.factory, weights=activity(rows[rows >= 0], parent), column=columns)
    if missing.any():
        made = made.nulls(rounded_shares([int(missing.sum()), int((~missing).sum())], len(rows))[0])
    orphans = float((rows[~missing] < 0).mean())
    said = f"{orphans:.1%} of the source's pairs are no key of {parent.table}." if orphans else None
    return Paired(name, columns, Declared(made, comment=said), ways, parent, rows.astype(np.int64))


def key_of(parent: Parent) -> list[str]:
    """The columns of a table's key."""
    meta = parent.factory._meta
    return [meta.rename.get(key, key) for key in meta.key_columns()]


def ways_of(
    name: str, columns: Sequence[str], parent: Parent, referring: Mapping[str, Referring]
) -> dict[str, str] | None:
    """By column of a pair: the way to the row that it refers to by itself, too, or else to the parent's column.

    None where a column refers by itself to another table than that part of the parent's key does.

    Args:
        name: the attribute of the reference.
        columns: those that hold the parent's key, in its order.
        parent: the table.
        referring: the references of one column, by column.
    """
    meta = parent.factory._meta
    of_parent = {
        tuple(key_names(one, attribute, one.parent._meta.key_columns())): (attribute, one.parent)
        for attribute, one in meta.references.items()
        if one.parent != "self"
    }
    ways = {}
    for key, attribute, column in zip(key_of(parent), meta.key_columns(), columns, strict=True):
        ways[column] = f"{name}.{attribute}"
        if column in referring:
            reference, to = of_parent.get((key,), ("", None))
            if to is not referring[column].parent.factory:
                return None
            ways[column] = f"{name}.{reference}"
    return ways


__all__ = ["Paired", "key_of", "paired", "ways_of"]
