"""Which columns have no value twice, by their declaration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from pytest_synthdata.columns.arrow.types import arrow_type
from pytest_synthdata.columns.generators.keys import Key
from pytest_synthdata.columns.generators.modifiers import Cast, NotNull, Nullable, Unique, keeps_apart, unwrapped
from pytest_synthdata.columns.text.template import Email, Field, Template

if TYPE_CHECKING:
    from pytest_synthdata.columns.cells import Scope


def key_of(declared: Any) -> Key | None:
    """The key that a column is, in any type."""
    inner = unwrapped(declared)
    return inner if isinstance(inner, Key) else None


def is_unique(declared: Any, scope: Scope) -> bool:
    """Whether no value comes twice; nulls may."""
    if isinstance(declared, (Key, Unique, Email)):
        return True
    if isinstance(declared, (Nullable, NotNull)):
        return is_unique(declared.generator, scope)
    if isinstance(declared, Cast):
        return is_unique(declared.generator, scope) and _keeps_apart(declared, scope)
    return isinstance(declared, Template) and _has_one_place_of_its_own(declared, scope)


def _keeps_apart(declared: Cast, scope: Scope) -> bool:
    """Whether a cast makes no two values one."""
    inner, target = unwrapped(declared.generator), arrow_type(declared.target)
    if pa.types.is_integer(target):
        source = inner.type(scope)
        return isinstance(inner, Key) or (source is not None and pa.types.is_integer(source))
    return keeps_apart(inner.generator if isinstance(inner, Unique) else inner, target, scope)


def _has_one_place_of_its_own(template: Template, scope: Scope) -> bool:
    """Whether a template's only place is filled with what comes once."""
    own = dict(template.parts)
    places = [piece for piece in template.pieces if isinstance(piece, Field)]
    if len(places) != 1 or places[0].path or set(places[0].filters) - {"base36"}:
        return False
    name = places[0].name
    if name == "#":
        return True
    if "." in name or (name not in own and name not in scope.plan.columns):
        return False
    return is_unique(own[name] if name in own else scope.plan.columns[name], scope)


__all__ = ["is_unique", "key_of"]
