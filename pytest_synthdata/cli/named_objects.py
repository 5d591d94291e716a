"""What a project's own module holds under a name: `shop.models:Order`, as uvicorn and others have it."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any

from pytest_synthdata.errors import ArgumentError, DeclarationError, SynthDataError, nearest

if TYPE_CHECKING:
    from pytest_synthdata.sources.samples import Sample

_WORD = r"[^\W\d]\w*"
_OBJECT = re.compile(rf"({_WORD}(?:\.{_WORD})*):({_WORD}(?:\.{_WORD})*)")


def is_object_name(text: str) -> bool:
    """Whether a text names something in a module, rather than a column and its type, such as ``id:bigint``."""
    from pytest_synthdata.columns.arrow.types import arrow_type

    match = _OBJECT.fullmatch(text)
    if match is None or "." in match[1]:
        return match is not None
    try:
        arrow_type(match[2])
    except DeclarationError:
        return True
    return False


def named_object(name: str, what: str, example: str, fits: Callable[[Any], bool] = lambda _: True) -> Any:
    """What a name such as ``shop.models:Order`` means.

    Args:
        name: a module, which the current folder may have, a colon, and an attribute of it, or one of that one.
        what: who asks, for messages.
        example: what could have been written instead.
        fits: whether something in a module may have been meant, where it has not what is named.

    Raises:
        SynthDataError: for a module that cannot be imported, and for an attribute that it has not.
    """
    from pytest_synthdata.factories.discovery import imported

    match = _OBJECT.fullmatch(name)
    if match is None:
        raise ArgumentError(f"{what}: {name!r} is not MODULE:NAME, such as {example}")
    found: Any = imported(match[1], what)
    said = match[1]
    for part in match[2].split("."):
        if not hasattr(found, part):
            raise ArgumentError(f"{what}: {said} has no {part!r}: {nearest(part, _meant(found, fits))}")
        found, said = getattr(found, part), f"{said}.{part}"
    return found


def samples_of_object(name: str) -> dict[str, Sample]:
    """The tables that something in a project's own module describes, by name.

    Args:
        name: such as ``shop.models:Order``.

    Raises:
        SynthDataError: for what describes no table.
    """
    from pytest_synthdata.declarations.factory_class import has_table
    from pytest_synthdata.sources.field_rules import table_of
    from pytest_synthdata.sources.samples import is_path, sample_of, samples_of_schema, samples_of_sql

    what = f"synthdata infer: {name}"
    found = named_object(name, "synthdata infer", "shop.models:Order")
    if (tables := samples_of_schema(found)) is None and isinstance(found, str) and not is_path(found):
        tables = samples_of_sql(found)
    if tables is None and (isinstance(found, (type, ModuleType)) or callable(found)):
        kind = "a factory already" if has_table(found) else "no description of a table"
        raise SynthDataError(
            f"{what}: this is {kind}: give a dataclass, a TypedDict, a pydantic model, a StructType, a schema or data"
        )
    if tables is None:
        tables = {"": sample_of(found, what)}
    usual = re.sub(r"_?(schema|ddl|struct|model|table)$", "", table_of(name.rpartition(":")[2]))
    return {table or usual or "inferred": sample for table, sample in tables.items()}


def _meant(holder: Any, fits: Callable[[Any], bool]) -> list[str]:
    """The names that someone may have meant: none of those that Python gives everything."""
    return [name for name in dir(holder) if not name.startswith("_") and fits(getattr(holder, name, None))]


__all__ = ["is_object_name", "named_object", "samples_of_object"]
