"""The marker that gives a test the rows that are left, as it can be pasted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

import pytest

from pytest_synthdata.defects.kind import Kind
from pytest_synthdata.defects.schemas.change import SchemaChange
from pytest_synthdata.errors import SynthDataError
from pytest_synthdata.plugin.failures.replay import written_scale
from pytest_synthdata.plugin.shrinking.names import NamesIn
from pytest_synthdata.written_defects import is_written, own_names, readable, written

_LAST = ("seed", "scale", "factories")  # of a marker's arguments, in front of the rows that are taken


class UnwritableError(SynthDataError):
    """A value that Python's source has no text for."""


def as_test(
    arguments: Mapping[str, Any],
    seed: int,
    scale: float,
    take: Mapping[str, Sequence[int]],
    module: ModuleType | None,
    *,
    is_parameter: bool,
    is_session: bool = False,
) -> str:
    """What to write to make a regression test of a failure: a marker, or what to add to the test's own.

    Args:
        arguments: what the test's markers say of its data, but for which rows of it.
        seed: of its data.
        scale: of tables whose numbers of rows are not stated.
        take: by table, the rows to ask for.
        module: the test's, whose names are used.
        is_parameter: whether a parameter of the test says what its data is.
        is_session: whether it is the session's, of which no marker says anything.
    """
    whole = None if is_parameter else marker(arguments, seed, scale, take, module)
    if whole is not None:
        return f"take synth in place of synth_session, with {whole}" if is_session else whole
    added = _arguments({}, seed, arguments.get("scale", scale), take, NamesIn(None))
    if is_parameter:
        items = ", ".join(f'"{name}": {value}' for name, value in added.items())
        return f"in the parameter of synth that failed, say {{{items}}} beside the rest"
    unwritable = [name for name, value in arguments.items() if not _can_be_written(value)]
    items = ", ".join(f"{name}={value}" for name, value in added.items())
    return (
        f"in the test's marker, say {items} beside the rest (what {', '.join(unwritable)}= holds cannot be "
        "written out; a function can that has a name)"
    )


def marker(
    arguments: Mapping[str, Any],
    seed: int,
    scale: float,
    take: Mapping[str, Sequence[int]],
    module: ModuleType | None = None,
) -> str | None:
    """A marker with these arguments, in the names of a module, and behind it what that does not import yet.

    None where one of the arguments cannot be written as Python's source.
    """
    names = NamesIn(module)
    try:
        parts = _arguments(arguments, seed, arguments.get("scale", scale), take, names)
    except UnwritableError:
        return None
    text = f"@{names.of(pytest)}.mark.synth({', '.join(f'{name}={value}' for name, value in parts.items())})"
    return f"{text}  # needs: {'; '.join(names.imports)}" if names.imports else text


def _arguments(
    arguments: Mapping[str, Any], seed: int, scale: float, take: Mapping[str, Sequence[int]], names: NamesIn
) -> dict[str, str]:
    parts = {name: source(value, names) for name, value in arguments.items() if name not in _LAST}
    if scale != 1:
        parts["scale"] = written_scale(scale)
    parts["seed"] = str(seed)
    if factories := arguments.get("factories"):
        parts["factories"] = source(factories, names)
    return {**parts, "take": source({table: list(rows) for table, rows in take.items()}, names)}


def source(value: Any, names: NamesIn) -> str:
    """A value as it stands in Python's source: classes by their names, dicts with double quotes.

    Raises:
        UnwritableError: for one that cannot be written so.
    """
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, type):
        if "<" not in value.__qualname__:
            return names.of(value)
    elif isinstance(value, (list, tuple)):
        return f"[{', '.join(source(one, names) for one in value)}]"
    elif isinstance(value, dict):
        return "{" + ", ".join(f"{source(key, names)}: {source(one, names)}" for key, one in value.items()) + "}"
    elif isinstance(value, dt.date):
        return source(value.isoformat(), names)
    elif isinstance(value, (Kind, SchemaChange)):
        if is_written(value):
            return names.in_text(written(value), own_names(value))
    elif value is None or repr(readable(repr(value))) == repr(value):
        return repr(value)
    raise UnwritableError(repr(value))


def _can_be_written(value: Any) -> bool:
    try:
        return bool(source(value, NamesIn(None)))
    except UnwritableError:
        return False


__all__ = ["as_test", "marker", "source"]
