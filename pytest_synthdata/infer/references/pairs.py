"""References of two columns: pairs of columns that are the key of a table, and those that hold such keys."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.values import to_numpy
from pytest_synthdata.columns.distinct import distinct
from pytest_synthdata.infer.naming import words
from pytest_synthdata.infer.references.links import Link, may_be_key, reaches
from pytest_synthdata.infer.values.meanings import ColumnName
from pytest_synthdata.infer.values.personal import holds_addresses, identifies_people, personal
from pytest_synthdata.sources.samples import Sample

_CONTAINED = 0.98  # of the pairs, at least, are keys
_FEWEST = 20  # rows of either table
_MOST = 8  # columns of a table that its key is looked for in
_MOST_LISTED = 1_000  # rows of a table whose pairs are listed in its factory

Positions = npt.NDArray[np.int64]
NULL = -2  # in place of a row, where a column is null


@dataclass(frozen=True)
class PairLink:
    """Two columns that refer to another table together.

    Args:
        columns: their names.
        parent: the other table.
        keys: the columns of its key, in the same order.
        contained: the share of the pairs that are keys there.
    """

    columns: tuple[str, str]
    parent: str
    keys: tuple[str, str]
    contained: float


def find_pairs(samples: Mapping[str, Sample], links: Mapping[str, Sequence[Link]]) -> dict[str, list[PairLink]]:
    """The pairs of columns of each table that refer to another one.

    A pair is looked for where one of its columns refers to the same table as a part of the other one's key does, and
    where both are called as the parts of the key of a short table are.

    Args:
        samples: what is known of each table, by name.
        links: the references of single columns.
    """
    keys = {
        table: [*_keys(sample, links[table]), *_listed_keys(table, sample, links[table])]
        for table, sample in samples.items()
    }
    referred = {link.parent for some in links.values() for link in some}
    graph = {table: [link.parent for link in some] for table, some in links.items()}
    found: dict[str, list[PairLink]] = {table: [] for table in samples}
    for table, other in itertools.permutations(samples, 2):
        if other in referred or samples[table].num_rows < _FEWEST or reaches(graph, other, table):
            continue
        likely = (_link(samples, links, table, other, key) for key in keys[other])
        best = max((one for one in likely if one is not None), key=lambda one: one.contained, default=None)
        taken = {name for one in found[table] for name in one.columns}
        if best is not None and not taken & {*best.columns}:
            found[table].append(best)
            graph[table].append(other)
    return found


def listed_key(
    table: str, pairs: Mapping[str, Sequence[PairLink]], links: Mapping[str, Sequence[Link]]
) -> tuple[str, str] | None:
    """The two columns of a table that others refer to together and that refer to nothing themselves; None of others.

    Args:
        table: its name.
        pairs: the references of two columns.
        links: the references of single columns.
    """
    own = {link.column for link in links[table]}
    keys = (one.keys for some in pairs.values() for one in some if one.parent == table)
    return next((key for key in keys if not own & {*key}), None)


def _keys(sample: Sample, links: Sequence[Link]) -> Iterator[tuple[str, str]]:
    """Pairs of columns without nulls that are different in each row, one of them a reference to another table."""
    if not links or not sample.is_whole or sample.rows is None or sample.num_rows < _FEWEST:
        return
    referring = [link.column for link in links]
    whole = [name for name in sample.schema.names if pa.types.is_integer(sample.schema.field(name).type)]
    yield from (pair for pair in _unique_pairs(sample, [*referring, *whole]) if pair[0] in referring)


def _listed_keys(table: str, sample: Sample, links: Sequence[Link]) -> Iterator[tuple[str, str]]:
    """Pairs of columns of a short table that refer to nothing, where no column is different in each row by itself."""
    if not sample.is_whole or sample.rows is None or not _FEWEST <= sample.num_rows <= _MOST_LISTED:
        return
    referring = {link.column for link in links}
    columns = [one for one in sample.schema.names if may_be_key(sample.schema.field(one).type) and one not in referring]
    if any(len(values.unique()) == len(values) for name in columns if (values := sample.column(name)) is not None):
        return
    columns = [name for name in columns if not _is_personal(ColumnName(name, table, {}), sample.column(name))]
    yield from _unique_pairs(sample, columns)


def _is_personal(column: ColumnName, values: pa.Array | None) -> bool:
    if values is None or not pa.types.is_string(values.type):
        return identifies_people(column)
    return personal(column, values.drop_null()) is not None or holds_addresses(values)


def _unique_pairs(sample: Sample, columns: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The pairs of some columns that no two rows have alike, where neither column is different in each row."""
    first = list(dict.fromkeys(columns))[:_MOST]
    known = {name: values for name in first if (values := sample.column(name)) is not None and not values.null_count}
    codes = {name: _codes(values) for name, values in known.items()}
    sizes = {name: int(one.max()) + 1 for name, one in codes.items()}
    for one, other in itertools.combinations(codes, 2):
        if max(sizes[one], sizes[other]) == sample.num_rows:
            continue
        if len(distinct(codes[one] * sizes[other] + codes[other])) == sample.num_rows:
            yield one, other


def _codes(values: pa.Array) -> Positions:
    return to_numpy(values.dictionary_encode().indices).astype(np.int64)


def _link(
    samples: Mapping[str, Sample],
    links: Mapping[str, Sequence[Link]],
    table: str,
    other: str,
    key: tuple[str, str],
) -> PairLink | None:
    """The columns of a table that hold another one's key of two columns."""
    sample, parent = samples[table], samples[other]
    of_other = {link.column: link.parent for link in links[other]}
    mine = {link.column: link.parent for link in links[table]}

    def fitting(part: str) -> list[str]:
        if part in of_other:
            return [name for name, to in mine.items() if to == of_other[part]]
        type_ = parent.schema.field(part).type
        like = [name for name in sample.schema.names if words(name)[-1:] == words(part)[-1:] and name not in mine]
        return [name for name in like if sample.schema.field(name).type == type_]

    best: PairLink | None = None
    for pair in itertools.product(fitting(key[0]), fitting(key[1])):
        if pair[0] == pair[1]:
            continue
        rows = rows_of_pairs(sample, pair, parent, key)
        known = rows[rows != NULL]
        # Two tables that say something of the same pairs each are no more each other's than the other way round.
        is_same = sample.num_rows >= parent.num_rows and len(distinct(known)) == len(known)
        contained = float((known >= 0).mean()) if len(known) and not is_same else 0.0
        if contained >= _CONTAINED and (best is None or contained > best.contained):
            best = PairLink(pair, other, key, contained)
    return best


def rows_of_pairs(sample: Sample, columns: Sequence[str], parent: Sample, keys: Sequence[str]) -> Positions:
    """The parent's row that each row's columns are the key of; -1 where there is none, -2 where one of them is null."""
    held, wanted = np.zeros(sample.num_rows, np.int64), np.zeros(parent.num_rows, np.int64)
    missing, absent = np.zeros(len(held), np.bool_), np.zeros(len(held), np.bool_)
    for name, key in zip(columns, keys, strict=True):
        values, of_parent = sample.column(name), parent.column(key)
        assert values is not None and of_parent is not None  # noqa: S101, PT018 - both have rows
        coded = of_parent.dictionary_encode()
        places = to_numpy(pc.index_in(values.cast(of_parent.type, safe=False), coded.dictionary).fill_null(-1))
        size = len(coded.dictionary)
        missing |= to_numpy(values.is_null()).astype(np.bool_)
        absent |= places < 0
        held = held * size + np.maximum(places, 0)
        wanted = wanted * size + to_numpy(coded.indices).astype(np.int64)
    order = np.argsort(wanted, kind="stable")
    place = np.minimum(np.searchsorted(wanted[order], held), len(order) - 1)
    rows = order[place].astype(np.int64)
    rows[(wanted[rows] != held) | absent] = -1
    rows[missing] = NULL
    return rows


__all__ = ["NULL", "PairLink", "Positions", "find_pairs", "listed_key", "rows_of_pairs"]
