"""What a factory's source rows do not meet of what was inferred from them: said in a comment of the printed source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_synthdata.errors import SynthDataError

if TYPE_CHECKING:
    from pytest_synthdata.declarations.factory_class import FactoryClass
    from pytest_synthdata.declarations.foreign_keys import ForeignKey
    from pytest_synthdata.infer.inferred import Inferred
    from pytest_synthdata.sources.samples import Sample
    from pytest_synthdata.validation.results import Check

_MOST_ROWS = 20_000  # of a table that are validated
_MOST_NAMES = 12
_REASONS: Mapping[str, str] = {
    "orphans": "some references have no parent",
    "rank correlation": "correlations hold about",
    "nulls": "nulls do not come at random",
    "volume": "the volume of days varies more",
    "share": "shares differ where columns depend on each other",
}
_ANEW = "keys are made anew"
_USUAL = "distributions are given by few numbers"


def with_own_rows(tables: Sequence[tuple[Inferred, FactoryClass]], samples: Mapping[str, Sample]) -> Iterator[Inferred]:
    """Inferred tables, each with a comment of what `validate()` finds in the rows that it was inferred from.

    Args:
        tables: with their classes, each after those that it refers to.
        samples: what they were inferred from.
    """
    try:
        failed, why = _failed(tables, samples), ""
    except SynthDataError as error:
        failed, why = {}, f"The source's own rows could not be validated: {error}"
    for inferred, factory in tables:
        said = _said(failed.get(inferred.table, []), _anew(factory, samples)) or why
        comments = dict(inferred.comments)
        if said:
            comments[""] = "\n".join([*([comments[""]] if "" in comments else []), said])
        yield replace(inferred, comments=comments)


def _failed(tables: Sequence[tuple[Inferred, FactoryClass]], samples: Mapping[str, Sample]) -> dict[str, list[Check]]:
    from pytest_synthdata.dataset import Dataset
    from pytest_synthdata.infer.relations.needs import evenly

    made: dict[Any, int | None] = {}
    data = {}
    counted = {name for one, factory in tables for name in _counted(one.table, factory)}
    for inferred, factory in tables:
        sample = samples[inferred.table]
        made[factory] = None if _counted(inferred.table, factory) else max(sample.num_rows, 1)
        if sample.rows is not None and sample.num_rows:
            data[inferred.table] = sample.rows if inferred.table in counted else evenly(sample.rows, _MOST_ROWS)
    known = {parent for factory in made for parent in factory._meta.parents}
    made |= dict.fromkeys(known - made.keys())
    if not data:
        return {}
    result = Dataset(made).validate(data)
    return {table.table: [check for check in table.checks if not check.passed] for table in result.tables}


def _counted(table: str, factory: FactoryClass) -> set[str]:
    """The tables whose rows must all be there, because some are counted from others."""
    references = factory._meta.references.values()
    parents = [_parent(one, factory)._meta.table for one in references if one.per_parent is not None]
    return {table, *parents} if parents else set()


def _parent(reference: ForeignKey, factory: FactoryClass) -> FactoryClass:
    """The factory that a reference is to, which may be its own."""
    return factory if reference.parent == "self" else reference.parent


def _anew(factory: FactoryClass, samples: Mapping[str, Sample]) -> set[str]:
    """Keys that are not written as the source's are, and references that all have a parent in the source."""
    import pyarrow.compute as pc

    from pytest_synthdata.columns.generators.keys import Key
    from pytest_synthdata.columns.generators.modifiers import unwrapped

    found = {name for name, one in factory._meta.plan().columns.items() if isinstance(unwrapped(one), Key)}
    own = samples[str(factory._meta.table)]
    for name, reference in factory._meta.references.items():
        referred = _parent(reference, factory)
        parent = samples.get(str(referred._meta.table))
        keys = referred._meta.key_columns()
        column = f"{name}_id" if reference.column is None else reference.column
        if parent is None or len(keys) != 1 or column not in own.schema.names or keys[0] not in parent.schema.names:
            continue
        mine, theirs = own.column(str(column)), parent.column(keys[0])
        if mine is not None and theirs is not None and parent.is_whole and mine.type == theirs.type:
            found |= {name} if pc.all(pc.is_in(mine.drop_null(), theirs)).as_py() else set()
    return found


def _said(checks: Sequence[Check], anew: set[str]) -> str:
    """One sentence for each reason, with the columns that it is about."""
    by_reason: dict[str, dict[str, None]] = {}
    for check in checks:
        names = check.subject.split(", ") if check.column.startswith("Meta.") else [check.column]
        is_anew = check.column in anew and check.kind not in ("nulls", "duplicates")
        by_reason.setdefault(_ANEW if is_anew else _REASONS.get(check.kind, _USUAL), {}).update(dict.fromkeys(names))
    sentences = []
    for reason, found in by_reason.items():
        more = [f"{len(found) - _MOST_NAMES} more"] if len(found) > _MOST_NAMES else []
        sentences.append(f"{reason} ({', '.join([*list(found)[:_MOST_NAMES], *more])})")
    return f"The source's own rows do not pass validate() in all: {'; '.join(sentences)}." if sentences else ""


__all__ = ["with_own_rows"]
