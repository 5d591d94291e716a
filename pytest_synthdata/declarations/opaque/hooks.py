"""What a factory does to its rows beyond declaring their columns: its hooks, and the code of its model."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import lru_cache
from typing import Any

import factory
import numpy as np
from factory import builder
from factory import declarations as boy

from pytest_synthdata.columns.arrow.objects import Row
from pytest_synthdata.columns.generators.rowwise import borrowed_generators
from pytest_synthdata.columns.tables.bound_table import BoundTable
from pytest_synthdata.declarations.one_row.binding import enclosing_bound
from pytest_synthdata.declarations.related import RelatedDeclaration
from pytest_synthdata.errors import DeclarationError, nearest

BUILT = "(built row)"  # the hidden column of the objects that a factory with hooks builds

# What of a factory can change the rows that `build()` gives, unseen by its declarations.
_FACTORY_HOOKS = ("_build", "_adjust_kwargs", "_after_postgeneration")
_PLAIN_HOOKS = {
    hook: [getattr(one, hook).__func__ for one in (factory.Factory, factory.DictFactory, factory.ListFactory)]
    for hook in _FACTORY_HOOKS
}


@lru_cache(maxsize=1024)
def has_hooks(factory_class: Any) -> bool:
    """Whether a factory does more to the rows that it builds than to declare their columns."""
    meta = factory_class._meta
    after = meta.post_declarations.declarations.values()
    if meta.inline_args or not all(map(is_related, after)):
        return True
    hooks = ((name, getattr(getattr(factory_class, name), "__func__", None)) for name in _FACTORY_HOOKS)
    return any(hook not in _PLAIN_HOOKS[name] and not getattr(hook, "keeps_rows", False) for name, hook in hooks)


def is_related(declared: object) -> bool:
    """Whether a declaration only makes rows of a child table, be it by a trait."""
    if isinstance(declared, boy.Maybe):
        return all(side is boy.SKIP or is_related(side) for side in (declared.yes, declared.no))
    return isinstance(declared, RelatedDeclaration)


def keeps_values(model: object) -> bool:
    """Whether objects of a model hold just what they are given: no code of theirs looks at it."""
    if not isinstance(model, type):
        return False
    if issubclass(model, Row) or model in (dict, list):
        return True
    own = {name for base in model.__mro__[:-1] for name in vars(base)}
    if dataclasses.is_dataclass(model):
        if any(field.default_factory not in (dataclasses.MISSING, list, dict) for field in dataclasses.fields(model)):
            return False
        return own.isdisjoint({"__post_init__", "__new__", "__setattr__", "__getattribute__"}) and _has_made_init(model)
    return issubclass(model, tuple) and hasattr(model, "_fields") and "__new__" in vars(model)


def default_of(model: object, field: str) -> object:
    """What objects of a model that `keeps_values` have in a field that they are not given; None where there is none."""
    if dataclasses.is_dataclass(model):
        found = next((one for one in dataclasses.fields(model) if one.name == field), None)
        if found is None:
            return None
        if found.default_factory is not dataclasses.MISSING:
            return found.default_factory()
        return None if found.default is dataclasses.MISSING else found.default
    return getattr(model, "_field_defaults", {}).get(field)


def _has_made_init(model: type) -> bool:
    """Whether a dataclass's `__init__` is the one that `dataclasses` wrote."""
    code = getattr(getattr(model, "__init__", None), "__code__", None)
    return code is not None and code.co_filename == "<string>"


class RowBuilder(builder.StepBuilder):  # type: ignore[misc]
    """Builds a row as factory_boy does, with the random generators seeded for what hooks and models draw.

    A nested row takes its values from the streams of its place, ``bound``.
    """

    bound: BoundTable | None = None

    def build(self, parent_step: Any = None, force_sequence: int | None = None) -> Any:
        meta = self.factory_meta
        self._refuse_unknown()
        before, after = builder.parse_declarations(
            self.extras, base_pre=meta.pre_declarations, base_post=meta.post_declarations
        )
        sequence = self.force_init_sequence if force_sequence is None else force_sequence
        step = builder.BuildStep(
            builder=self, sequence=meta.next_sequence() if sequence is None else sequence, parent_step=parent_step
        )
        step.resolve(before)
        with self._seeded(step, after):
            args, kwargs = meta.prepare_arguments(step.attributes)
            instance = meta.instantiate(step=step, args=args, kwargs=kwargs)
            results = {
                name: after[name].declaration.evaluate_post(instance=instance, step=step, overrides=after[name].context)
                for name in after.sorted()
            }
            meta.use_postgeneration_results(instance=instance, step=step, results=results)
        return instance

    def _seeded(self, step: Any, after: Any) -> Any:
        meta = self.factory_meta
        if (
            keeps_values(meta.model)
            and not has_hooks(meta.factory)
            and all(map(is_related, after.declarations.values()))
        ):
            return nullcontext()
        return _seeded_for(enclosing_bound(step), step.sequence)

    def _refuse_unknown(self) -> None:
        """Raise `DeclarationError` for what is almost, but not quite, the name of a column."""
        meta = self.factory_meta
        if not hasattr(meta, "table") or not (isinstance(meta.model, type) and issubclass(meta.model, Row)):
            return
        for given in self.extras:
            name = given.partition("__")[0]
            if (
                name not in meta.pre_declarations
                and name not in meta.post_declarations
                and given not in meta.parameters
            ):
                if name in meta.parameters:
                    raise DeclarationError(f"{meta.table}.{given}: {name} is a trait: write {name}=True")
                hint = nearest(name, {*meta.pre_declarations, *meta.post_declarations, *meta.parameters})
                if hint.startswith("did you mean"):  # another name is a column more, of this row alone
                    raise DeclarationError(f"{meta.table}.{given}: {meta.factory.__name__} has no {name!r}: {hint}")


@contextmanager
def _seeded_for(bound: BoundTable, row: int) -> Iterator[None]:
    with borrowed_generators() as seed:
        seed(int(bound.stream(BUILT).bits(np.array([row], np.uint64))[0]))
        yield


__all__ = ["BUILT", "RowBuilder", "default_of", "has_hooks", "is_related", "keeps_values"]
