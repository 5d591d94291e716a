"""Tables as factories: their columns' declarations, and which of them refers to which."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pytest_synthdata.declarations.factory_class import FactoryClass, has_table
from pytest_synthdata.errors import DeclarationError, describe
from pytest_synthdata.exports import MODULES
from pytest_synthdata.file_formats import table_name
from pytest_synthdata.infer.declared_rules import with_checks
from pytest_synthdata.infer.inferred import Inferred
from pytest_synthdata.infer.measured import as_measured
from pytest_synthdata.infer.naming import class_name
from pytest_synthdata.infer.reading import Reading
from pytest_synthdata.infer.references.links import find_links
from pytest_synthdata.infer.references.pairs import find_pairs, listed_key
from pytest_synthdata.infer.references.parents import Parent
from pytest_synthdata.infer.references.whole_floats import in_own_type
from pytest_synthdata.infer.relations.correlations import correlated
from pytest_synthdata.infer.remarks import with_remarks
from pytest_synthdata.infer.stated_pairs import parents_of_pairs
from pytest_synthdata.infer.stated_references import settled_links, with_missed, with_nullable_references
from pytest_synthdata.sources.samples import Sample, is_path, sample_of, samples_of_schema, samples_of_sql

# The names that an inferred factory's source uses: an attribute would hide them.
_WRITTEN = frozenset(name for name in MODULES if name[0].isupper()) | {
    *("factory", "pa", "dt", "F", "col", "when", "days", "hours", "minutes", "seconds", "dict", "list", "Annotated")
}


def from_schema(base: Any, schema: Any, *, table: str | None = None, parents: Sequence[FactoryClass] = ()) -> Any:
    """A factory that inherits from another and is inferred from what is known of a table.

    Args:
        base: the class to inherit from.
        schema: whatever `sample_of` takes.
        table: the table's name; derived from the path by default.
        parents: factories of other tables that this one may refer to.
    """
    named_by_path = isinstance(schema, Path) or (isinstance(schema, str) and is_path(schema))
    usual = "inferred" if base._meta.abstract else base._meta.table
    name = table or (table_name(schema) if named_by_path else usual)
    what = f"{base.__name__}.from_schema"
    found = samples_of_schema(schema)
    if found is None and isinstance(schema, str) and not named_by_path:
        found = samples_of_sql(schema)
    if found is not None and table in found:  # one of several, by its name
        found = {table: found[table]}
    if found is not None and len(found) == 1:
        ((said, sample),) = found.items()
        return next(infer_tables({table or said or usual: sample}, base=base, parents=parents, module=base.__module__))[
            1
        ]
    samples = {name: sample_of(schema, what)}
    return next(infer_tables(samples, base=base, parents=parents, module=base.__module__))[1]


def infer_tables(
    samples: Mapping[str, Sample],
    *,
    base: FactoryClass,
    parents: Sequence[FactoryClass] = (),
    module: str = "inferred",
) -> Iterator[tuple[Inferred, FactoryClass]]:
    """The factories of some tables, each after those that it refers to.

    Args:
        samples: what is known of each table, by its name.
        base: the class that they inherit from.
        parents: factories of other tables that these may refer to.
        module: where the classes say that they stand.
    """
    if not isinstance(parents, Sequence) or not all(map(has_table, parents)):
        raise DeclarationError(
            f"parents={describe(parents)}: give the factories that the table may refer to, such as [CustomerFactory]"
        )
    known = {parent.table: parent for parent in map(Parent, parents)}
    links = settled_links(find_links(samples, list(known.values())), samples)
    pairs = find_pairs(samples, links)
    order = sorted(samples, key=lambda name: samples[name].num_rows)
    classes = _class_names(order, {base.__name__, *(factory.__name__ for factory in parents)})
    taken = _WRITTEN | {base.__name__, *classes.values(), *(factory.__name__ for factory in parents)}
    needs = parents_of_pairs(samples, links)
    for name in order:
        needs[name] |= {link.parent for link in links[name]} | {pair.parent for pair in pairs[name]}
    waiting = {name: needs[name] for name in order}
    while waiting:
        name = next(one for one, others in waiting.items() if not others & waiting.keys())
        del waiting[name]
        key = next((link.key for some in links.values() for link in some if link.parent == name), None)
        reading = Reading(
            name,
            samples[name],
            base,
            parents=known,
            taken=taken,
            links=links[name],
            pairs=pairs[name],
            key=key,
            listed_key=listed_key(name, pairs, links),
        )
        said = samples[name].definition
        inferred = reading.inferred(classes[name])
        if samples[name].rows is not None:
            inferred = in_own_type(inferred, samples[name], next(iter(reading.attributes.values()), None))
        inferred = inferred if said is None else with_nullable_references(inferred, said)
        inferred = as_measured(inferred, samples[name], reading.attributes, key)
        made = inferred.factory(module)
        if said is not None:
            inferred = with_remarks(inferred, said, reading.attributes)
            inferred = with_missed(inferred, said, reading.attributes)
            inferred = with_checks(inferred, said, reading.attributes, module)
            made = inferred.factory(module)
        inferred = correlated(inferred, made, reading.comparable(), reading.readers, module)
        made = inferred.factory(module) if inferred.correlations else made
        known[name] = Parent(made, samples[name], tuple(reading.deciders), tuple(reading.days))
        yield inferred, made


def _class_names(tables: Sequence[str], taken: set[str]) -> dict[str, str]:
    """What the factories of some tables are called, each differently."""
    names: dict[str, str] = {}
    for table in tables:
        names[table] = class_name(table, {*taken, *names.values()})
    return names


__all__ = ["Inferred", "from_schema", "infer_tables"]
