"""Which columns refer to other tables: unique keys, values that are among them, and names as hints."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.values import to_numpy
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.generators.keys import Key
from pytest_synthdata.columns.generators.modifiers import unwrapped
from pytest_synthdata.infer.naming import attribute_name, one_of, singular, words
from pytest_synthdata.infer.references.activity import activity
from pytest_synthdata.infer.references.chance import p_of_inclusion
from pytest_synthdata.infer.references.key_names import ALIKE, REFERRING, SAME, names
from pytest_synthdata.infer.references.key_names import likeness as likeness_of
from pytest_synthdata.infer.references.parents import Parent
from pytest_synthdata.infer.references.whole_floats import as_keys
from pytest_synthdata.infer.relations.deciders import Predictor
from pytest_synthdata.infer.times.days import Days
from pytest_synthdata.infer.values.distinct import all_differ
from pytest_synthdata.infer.values.meanings import is_identifier
from pytest_synthdata.sources.samples import Sample

_OWN_ALONE = (["reports", "to"], ["manager"], ["supervisor"], ["parent"], ["mgr"])  # where all it holds are keys
_OWN = frozenset({"parent", "manager", "supervisor", "boss", "referrer", "previous", "predecessor", "original"})
_CONTAINED = 0.98  # of a reference's values, at least, are the parent's keys
_CONTAINED_TEXTS = 0.95  # of texts that are called otherwise
_CONTAINED_BY_NAME = 0.75  # of one that is called as the key is
_ROLES = 3  # different values, at least, of a reference by what it holds alone
_KEYS = 10  # keys, at least, of what it refers to
_BY_CHANCE = 1e-9  # the probability of numbers that are keys of a table by chance: there are many pairs of columns


@dataclass(frozen=True)
class Link:
    """A column that refers to another table.

    Args:
        column: its name.
        parent: the other table.
        key: the other table's key.
        contained: the share of its values that are keys there; 1 where there are no rows.
    """

    column: str
    parent: str
    key: str
    contained: float = 1.0


def find_links(samples: Mapping[str, Sample], known: Sequence[Parent] = ()) -> dict[str, list[Link]]:
    """The columns of each table that refer to another one, or to a table whose factory was there before.

    Args:
        samples: what is known of each table, by name.
        known: tables whose factories were there before.
    """
    if len(samples) == 1 and not known:  # which has nobody to refer to
        return {table: [] for table in samples}
    keys = {table: _candidate_keys(table, sample) for table, sample in samples.items()}
    found: dict[str, list[Link]] = {table: [] for table in samples}
    for table, sample in samples.items():
        for field in sample.schema:
            if (stated := _stated(field.name, table, samples)) is not None:
                found[table].append(stated)
                continue
            links = sorted(_links(table, field, samples, keys, known), key=lambda pair: (-pair[0], -pair[1].contained))
            graph = {one: [link.parent for link in some] for one, some in found.items()}
            usable = [(likeness, link) for likeness, link in links if not reaches(graph, link.parent, table)]
            found[table] += [link for likeness, link in usable if likeness == usable[0][0]]
    return _by_one_key(found, keys)


def _by_one_key(found: Mapping[str, list[Link]], keys: Mapping[str, list[str]]) -> dict[str, list[Link]]:
    """One reference of each column, and of each table one key that all refer to: the one that most columns hold."""
    wanted: dict[str, str] = {}
    for table, candidates in keys.items():
        held = [link.key for links in found.values() for link in links if link.parent == table]
        if held:
            places = {key: place for place, key in enumerate(candidates)}
            wanted[table] = min(dict.fromkeys(held), key=lambda key: (-held.count(key), places.get(key, -1)))
    fitting = {
        table: [link for link in links if wanted.get(link.parent, link.key) == link.key]
        for table, links in found.items()
    }
    return {
        table: list({link.column: link for link in reversed(links)}.values())[::-1] for table, links in fitting.items()
    }


def _stated(column: str, table: str, samples: Mapping[str, Sample]) -> Link | None:
    """What a table's definition says that a column refers to."""
    definition = samples[table].definition
    if definition is None or column not in definition.references:
        return None
    name, key = definition.references[column]
    parent = next((one for one in samples if one.lower() == name.lower() and one != table), None)
    if parent is None:
        return None
    said = samples[parent].definition
    usual = said.key[0] if said is not None and len(said.key) == 1 else samples[parent].schema.names[0]
    return Link(column, parent, key or usual)


def reaches(graph: Mapping[str, Collection[str]], start: str, end: str) -> bool:
    """Whether a table refers to another, through others too.

    Args:
        graph: the tables that each refers to.
        start: the table.
        end: the other.
    """
    return start == end or any(reaches(graph, parent, end) for parent in graph.get(start, ()))


def may_be_key(type_: pa.DataType) -> bool:
    """Whether columns of a type may be keys: texts and whole numbers."""
    return bool(pa.types.is_string(type_) or pa.types.is_integer(type_))


def _candidate_keys(table: str, sample: Sample) -> list[str]:
    """The columns that others may refer to: unique ones; by name where there are no rows."""
    found = []
    for number, field in enumerate(sample.schema):
        if not may_be_key(field.type):
            continue
        values = sample.column(field.name)
        if values is None or not len(values):
            if number == 0 or is_identifier(field.name, table):
                found.append(field.name)
        elif not values.null_count and all_differ(values) and len(values) > 1:
            found.append(field.name)
    named = [name for name in found if is_identifier(name, table)]
    return [*named, *(name for name in found if name not in named)]


def _links(
    table: str,
    field: pa.Field,
    samples: Mapping[str, Sample],
    keys: Mapping[str, list[str]],
    known: Sequence[Parent],
) -> Iterator[tuple[int, Link]]:
    """The tables that a column may refer to, each with how much its name says so."""
    values = samples[table].column(field.name)
    field, valid = as_keys(field, None if values is None else values.drop_null())
    first = samples[table].schema.names[0]
    is_own = field.name in keys[table][:1] and (is_identifier(field.name, table) or field.name == first)
    for parent in known:
        if not is_own and parent.key is not None and _is_of_known(field, valid, parent, parent.key):
            yield SAME, Link(field.name, parent.table, parent.key)
    for other, sample in samples.items():
        for place, key in enumerate(keys[other] if other != table else []):
            type_ = sample.schema.field(key).type
            if type_ != field.type and not (pa.types.is_integer(type_) and pa.types.is_integer(field.type)):
                continue
            likeness = likeness_of(field.name, other, key)
            # A table's own key refers to another table only if it is called as that one's: each row adds to one there.
            adds = likeness == SAME and not is_identifier(field.name, table)
            if is_own and not (adds and samples[table].num_rows <= sample.num_rows):
                continue
            contained = _contained(valid, sample.column(key))
            if contained is None:
                if likeness == SAME and place == 0 and not is_own:
                    yield likeness, Link(field.name, other, key)
            elif _is_reference(likeness, contained, valid, parent=sample, key=key, place=place):
                yield likeness, Link(field.name, other, key, contained)


def _contained(values: pa.Array | None, keys: pa.Array | None) -> float | None:
    """The share of values that are keys; None where either is not known."""
    if values is None or keys is None or not len(values):
        return None
    return float(pc.mean(pc.is_in(values.cast(keys.type, safe=False), keys).cast(pa.float64())).as_py())


def _is_reference(
    likeness: int, contained: float, values: pa.Array | None, *, parent: Sample, key: str, place: int
) -> bool:
    if likeness == SAME:
        return contained >= (_CONTAINED_BY_NAME if parent.is_whole else 0.5)
    if not parent.is_whole or contained < (_CONTAINED if likeness == ALIKE else _CONTAINED_TEXTS):
        return False
    if likeness == ALIKE:
        return place == 0
    # Any small number is among the numbers of rows, but not among keys with gaps; texts are seldom keys by chance.
    if values is None or parent.num_rows < _KEYS or len(values.unique()) == len(values):
        return False
    if pa.types.is_integer(values.type):
        keys = parent.column(key)
        return place == 0 and keys is not None and p_of_inclusion(values, keys) < _BY_CHANCE
    if not pa.types.is_string(values.type):
        return False
    distinct = values.unique()
    longest = pc.max(pc.utf8_length(distinct)).as_py()
    return len(distinct) >= _ROLES and longest > 1 and key != "name"


def _is_of_known(field: pa.Field, values: pa.Array | None, parent: Parent, key: str) -> bool:
    """Whether a column may hold the keys of a factory that was there before."""
    if not names(field.name, parent.table, key) or parent.factory._meta.bound().type_of(key) != field.type:
        return False
    if values is None or not len(values):
        return True
    declared = unwrapped(parent.factory._meta.plan().columns[key])
    if isinstance(declared, Key):
        prefix, _, suffix = declared.parts()
        texts = values if pa.types.is_string(values.type) else values.cast(pa.string())
        return bool(pc.all(pc.and_(pc.starts_with(texts, prefix), pc.ends_with(texts, suffix))).as_py())
    return True


@dataclass(frozen=True)
class Referring:
    """A column that refers to another table.

    Args:
        name: the attribute of the reference.
        column: the column.
        parent: the table.
        weights: how often its rows are referred to; None for all alike.
        picks: the parent's row of each row, if all are known.
        contained: the share of the values that are the parent's keys.
        rows: the parent's row of each row, -1 where there is none; None where they are not known.
    """

    name: str
    column: str
    parent: Parent
    weights: Generator | None
    picks: npt.NDArray[np.int64] | None
    contained: float
    rows: npt.NDArray[np.int64] | None = None

    def deciders(self) -> Iterator[Predictor]:
        """The parent's columns that the table's may depend on; the numbers of a few parents, too."""
        if self.picks is not None and self.parent.few_numbers is not None:
            numbers = self.parent.few_numbers
            yield Predictor(f"{self.name}.{self.parent.key}", tuple(numbers), self.parent.places(numbers)[self.picks])
        if self.picks is not None:
            yield from self.parent.deciders_of(self.name, self.picks)


def referring(link: Link, values: pa.Array | None, parent: Parent, taken: set[str]) -> Referring:
    """How a column refers to another table.

    Args:
        link: the column and the table.
        values: what it holds, if that is known.
        parent: the table.
        taken: names that no attribute may have.
    """
    parts = words(link.column)
    if len(parts) > 1 and parts[-1] in REFERRING:
        short = "_".join(parts[:-1])
    elif len(parts) == 1 and parts != words(link.key):
        short = f"{parts[0]}_{singular(words(parent.table)[-1])}" if words(parent.table) else parts[0]
    else:
        short = one_of(parent.table)
    name = attribute_name(short, {*taken, link.column})
    found = None if values is None or parent.keys is None else _found(values, parent.keys)
    picks = None if found is None or values is None or (found < 0).any() or not len(found) else found
    weights = None if found is None else activity(found[found >= 0], parent)
    return Referring(name, link.column, parent, weights, picks, link.contained, found)


def _found(values: pa.Array, keys: pa.Array) -> npt.NDArray[np.int64]:
    """The row of each value's key; -1 where there is none."""
    places = pc.index_in(values.cast(keys.type, safe=False), keys)
    return to_numpy(places.fill_null(-1)).astype(np.int64)


def own_reference(
    column: pa.Field, values: pa.Array | None, key: pa.Field, sample: Sample, taken: set[str]
) -> str | None:
    """The attribute of a column that refers to another row of its own table, such as an employee's manager.

    Args:
        column: its name and type.
        values: what it holds, if that is known.
        key: the table's key.
        sample: the table.
        taken: names that no attribute may have.
    """
    parts, keys = words(column.name), sample.column(key.name)
    is_named = len(parts) > 1 and parts[0] in _OWN and parts[-1] in REFERRING
    is_alone = parts in _OWN_ALONE and values is not None and keys is not None and sample.is_whole
    column, values = as_keys(column, values)
    if not (is_named or is_alone) or column.type != key.type or not may_be_key(key.type):
        return None
    if values is not None and keys is not None and sample.is_whole:
        own = pc.all(pc.is_in(values.drop_null(), keys)).as_py()
        if own is False:
            return None
    return attribute_name("_".join(parts if is_alone else parts[:-1]), {*taken, column.name})


def in_order(
    one: Referring, table: Sample, days: Sequence[Days], picks: npt.NDArray[np.int64]
) -> Iterator[tuple[Days, Days]]:
    """Dates or times of the parent that none of some of the table's own precedes, though it could."""
    parent = one.parent.sample
    assert parent is not None  # noqa: S101 - there are picks
    for before in one.parent.days:
        earlier = before.micros(parent)
        for after in days:
            later, step = after.micros(table), after.step(table)
            if earlier is None or later is None:
                continue
            if earlier.max() > later.min() and (earlier[picks] // step * step <= later).all():
                yield before, after


__all__ = ["Link", "Parent", "Referring", "find_links", "in_order", "own_reference", "reaches", "referring"]
