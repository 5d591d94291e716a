"""References and keys that a table's definition states, where there are no rows to see them in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pyarrow as pa

from pytest_synthdata.columns.generators.categories import Categorical
from pytest_synthdata.columns.generators.numbers.distributions import Poisson
from pytest_synthdata.declarations.foreign_keys import ForeignKey
from pytest_synthdata.infer.inferred import Inferred
from pytest_synthdata.infer.naming import attribute_name, singular
from pytest_synthdata.infer.references.fan_out import FanOut
from pytest_synthdata.infer.references.links import Link, Referring, reaches
from pytest_synthdata.sources.ddl import Definition
from pytest_synthdata.sources.samples import Sample

_USUAL = {1: 0.4, 2: 0.3, 3: 0.2, 4: 0.1}  # rows for each parent: nobody says how many
_USUAL_NULLS = 0.05  # of references that may be null


def stated_own(column: str, table: str, said: Definition | None, taken: set[str]) -> str | None:
    """The attribute of a column that refers to another row of its own table.

    Args:
        column: its name.
        table: the table's name.
        said: the table's definition, if there is one.
        taken: names that no attribute may have.
    """
    parent, _ = said.references.get(column, ("", None)) if said is not None else ("", None)
    if parent.lower() != table.lower():
        return None
    short = column.removesuffix("_id") if column.endswith("_id") else f"{column}_{singular(table)}"
    return attribute_name(short, {*taken, column})


def stated_fan_out(sample: Sample, references: Mapping[str, Referring]) -> FanOut | None:
    """How the rows of a table are counted by its key of two columns: a reference and a number, or two references.

    Args:
        sample: the table.
        references: to other tables, by column.
    """
    key = () if sample.definition is None or sample.rows is not None else sample.definition.key
    if len(key) != 2:  # noqa: PLR2004
        return None
    pointing = [name for name in key if name in references]
    others = [name for name in key if name not in references]
    if not pointing or any(not pa.types.is_integer(sample.schema.field(name).type) for name in others):
        return None
    parent = references[pointing[0]].parent.sample
    parents = 0 if parent is None else parent.num_rows
    # By statistics the rows of both tables may be known.
    mean = sample.num_rows / parents if parents else 0.0
    counts = Poisson(float(f"{mean:.4g}")) if mean else Categorical(_USUAL).cast("int")
    number = others[0] if others else None
    return FanOut(pointing[0], counts, number=number, other=None if others else pointing[1])


def settled_links(links: Mapping[str, Sequence[Link]], samples: Mapping[str, Sample]) -> dict[str, list[Link]]:
    """References without those that close a circle of tables, or that are only a part of a stated one.

    Args:
        links: by table.
        samples: the tables.
    """
    found: dict[str, list[Link]] = {table: [] for table in links}
    needs: dict[str, set[str]] = {table: set() for table in links}
    for table, some in links.items():
        said = samples[table].definition
        pairs = said.pairs if said is not None else ()
        parts = {(name, parent.lower()) for names, parent, _ in pairs for name in names}
        for link in some:
            if (link.column, link.parent.lower()) not in parts and not reaches(needs, link.parent, table):
                found[table].append(_in_own_case(link, samples))
                needs[table].add(link.parent)
    return found


def _in_own_case(link: Link, samples: Mapping[str, Sample]) -> Link:
    """A reference to a column as its table calls it: SQL takes `ID` for `id`."""
    names = samples[link.parent].schema.names if link.parent in samples else [link.key]
    same = [name for name in names if name.lower() == link.key.lower()]
    return link if link.key in names or not same else replace(link, key=same[0])


def with_nullable_references(inferred: Inferred, said: Definition) -> Inferred:
    """A factory whose references are null in some rows where their columns may be null by the table's definition.

    Args:
        inferred: the factory.
        said: the definition.
    """
    declarations = dict(inferred.declarations)
    for name, declared in inferred.declarations.items():
        if type(declared) is not ForeignKey or declared.null_share or declared.per_parent is not None:
            continue
        if declared.parent == "self" or declared.through is not None:  # they miss a row as it is
            continue
        columns = (declared.column or f"{name}_id",) if isinstance(declared.column, str | None) else declared.column
        if not {*columns} & said.not_null:
            declarations[name] = declared.nulls(_USUAL_NULLS)
    return replace(inferred, declarations=declarations)


def with_missed(inferred: Inferred, said: Definition, attributes: Mapping[str, str]) -> Inferred:
    """A factory with comments on the references that it does not keep.

    Args:
        inferred: the factory.
        said: its table's definition.
        attributes: what its columns are called that are no references to other tables.
    """
    comments = dict(inferred.comments)
    for column, (parent, key) in said.references.items():
        name = attributes.get(column)
        if name is not None and not isinstance(inferred.declarations.get(name), ForeignKey):
            comments.setdefault(name, f"REFERENCES {parent}{f'({key})' if key else ''}")
    kept = [one.column for one in inferred.declarations.values() if type(one) is ForeignKey]
    columns = {frozenset(one) for one in kept if one is not None and not isinstance(one, str)}
    missed = [_written(*pair) for pair in said.pairs if frozenset(pair[0]) not in columns]
    if missed:
        before = f"{comments['']}; " if "" in comments else "Not kept: "
        comments[""] = f"{before}{'; '.join(missed)}"
    return replace(inferred, comments=comments)


def _written(names: Sequence[str], parent: str, keys: Sequence[str]) -> str:
    there = f"({', '.join(keys)})" if keys else ""
    return f"FOREIGN KEY ({', '.join(names)}) REFERENCES {parent}{there}"


__all__ = ["settled_links", "stated_fan_out", "stated_own", "with_missed", "with_nullable_references"]
