"""References of several columns that a table's definition states, where there are no rows to see them in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from pytest_synthdata.declarations.foreign_keys import ForeignKey
from pytest_synthdata.infer.columns import Declared
from pytest_synthdata.infer.naming import attribute_name, one_of
from pytest_synthdata.infer.references.fan_out import FanOut
from pytest_synthdata.infer.references.links import Link, Referring, reaches
from pytest_synthdata.infer.references.paired import Paired, key_of, paired, ways_of
from pytest_synthdata.infer.references.pairs import PairLink
from pytest_synthdata.infer.references.parents import Parent
from pytest_synthdata.sources.samples import Sample


def parents_of_pairs(samples: Mapping[str, Sample], links: Mapping[str, Sequence[Link]]) -> dict[str, set[str]]:
    """The tables that others refer to by several columns, without those that would close a circle.

    Args:
        samples: the tables.
        links: their references of one column.
    """
    found: dict[str, set[str]] = {name: {link.parent for link in links[name]} for name in samples}
    stated: dict[str, set[str]] = {name: set() for name in samples}
    by_name = {name.lower(): name for name in samples}
    for name, sample in samples.items():
        for _, table, _ in sample.definition.pairs if sample.definition is not None and sample.rows is None else ():
            parent = by_name.get(table.lower())
            if parent is not None and not reaches(found, parent, name):
                found[name].add(parent)
                stated[name].add(parent)
    return stated


def pairs_of(
    links: Sequence[PairLink],
    sample: Sample,
    parents: Mapping[str, Parent],
    referring: Mapping[str, Referring],
    taken: set[str],
    *,
    counted: FanOut | None,
) -> list[Paired]:
    """The references of several columns, found in rows or stated, whose parents have such a key.

    Args:
        links: the pairs that were found.
        sample: the table.
        parents: the tables that it may refer to, by name.
        referring: its references of one column, by column.
        taken: names that no attribute may have.
        counted: how the table's rows are counted, where they are: those columns are settled.
    """
    if sample.definition is None or sample.rows is not None:
        return paired(links, sample, parents, referring, taken, counted=counted)
    settled = set[str | None]() if counted is None else {counted.column, counted.other, counted.number}
    by_name = {name.lower(): parent for name, parent in parents.items()}
    found: list[Paired] = []
    for columns, table, keys in sample.definition.pairs:
        parent = by_name.get(table.lower())
        if parent is not None and not {*columns} & settled:
            others = {*taken, *sample.schema.names, *(one.name for one in found)}
            made = _paired(columns, keys, parent, referring, others)
            found += [made] if made is not None else []
            settled |= {*columns} if made is not None else set()
    return found


def _paired(
    columns: Sequence[str], keys: Sequence[str], parent: Parent, referring: Mapping[str, Referring], taken: set[str]
) -> Paired | None:
    own = key_of(parent)
    said = [key.lower() for key in keys] or [key.lower() for key in own]
    if sorted(said) != sorted(key.lower() for key in own) or len(columns) != len(own):
        return None
    held = dict(zip(said, columns, strict=True))
    name = attribute_name(one_of(parent.table), taken)
    ordered = tuple(held[key.lower()] for key in own)
    ways = ways_of(name, ordered, parent, referring)
    if ways is None:
        return None
    made = Declared(ForeignKey(parent.factory, column=ordered))
    return Paired(name, ordered, made, ways, parent, np.empty(0, np.int64))


__all__ = ["Paired", "pairs_of", "parents_of_pairs"]
