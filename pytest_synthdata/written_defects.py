"""Defects as they are written in Python, in markers and commands that are to be pasted, and read from there again."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from importlib import import_module
from types import FunctionType
from typing import TYPE_CHECKING, Any

from pytest_synthdata.defects.kind import Kind
from pytest_synthdata.defects.schemas.change import SchemaChange
from pytest_synthdata.errors import SynthDataError, nearest
from pytest_synthdata.exports import MODULES

if TYPE_CHECKING:
    from pytest_synthdata.defects.views import Planted


def written(kind: Planted) -> str:
    """A kind of defect as Python source, without what is usual.

    >>> from pytest_synthdata import AddedColumn, Missing, col
    >>> written(Missing("amount", 0.01, where=col("status") == "completed"))
    "Missing('amount', 0.01, where=(col('status') == 'completed'))"
    >>> written(AddedColumn("coupon", since="2024-07-01"))
    "AddedColumn('coupon', since='2024-07-01')"
    """
    parts, by_name = [], False
    for field in sorted(dataclasses.fields(kind), key=lambda field: bool(field.kw_only)):
        value = getattr(kind, field.name)
        if field.default is not dataclasses.MISSING and value is field.default:
            by_name = True
            continue
        by_name = by_name or bool(field.kw_only)
        text = value.__name__ if callable(value) and hasattr(value, "__name__") else repr(value)
        parts.append(f"{field.name}={text}" if by_name else text)
    return f"{type(kind).__name__}({', '.join(parts)})"


def is_written(kind: Planted) -> bool:
    """Whether what `written` gives is Python that makes the kind again, where its functions and its class have names.

    >>> from pytest_synthdata import Defect, Missing
    >>> is_written(Missing("amount", 0.01)), is_written(Defect("negative", lambda amount: -amount, "amount", 0.01))
    (True, False)
    """
    own = own_names(kind)
    if any(one.__qualname__ != name for name, one in own.items()):
        return False  # a lambda, or what a function holds
    found = readable(written(kind), **own)
    return found is not None and written(found) == written(kind)


def own_names(kind: Planted) -> dict[str, Any]:
    """The class and the functions of a kind, by the names that `written` has for them."""
    named = [type(kind), *(getattr(kind, field.name) for field in dataclasses.fields(kind))]
    return {one.__name__: one for one in named if isinstance(one, (type, FunctionType))}


def readable(text: str, **names: Any) -> Any:
    """What a text is in Python, with the public names and some others; None where it is nothing."""
    try:
        # The text is one that this package has just written.
        return eval(text, {"__builtins__": {}}, _Names(datetime=dt, **names))  # noqa: S307
    except Exception:  # noqa: BLE001 - as of an object whose text is not Python
        return None


def written_by_table(kinds: Mapping[str, Sequence[Planted]]) -> str | None:
    """Defects as ``--defects`` takes them: ``orders=[Missing('amount', 0.01)]``; None for what cannot be written so."""
    text = _text(kinds)
    try:
        return text if _text(read_by_table(text)) == text else None
    except SynthDataError:
        return None


def _text(kinds: Mapping[str, Sequence[Planted]]) -> str:
    return ", ".join(f"{table}=[{', '.join(map(written, some))}]" for table, some in kinds.items() if some)


class _Names(dict[str, Any]):
    """The public names, imported when they are asked for."""

    def __missing__(self, name: str) -> Any:
        if name == "F":
            return import_module("pytest_synthdata.functions")
        return getattr(import_module(f"pytest_synthdata.{MODULES[name]}"), name)


def read_by_table(text: str) -> dict[str, list[Planted]]:
    """Defects as `written_by_table` gives them.

    Raises:
        SynthDataError: for what cannot be read.
    """
    try:
        # Whoever gives a command its arguments may run any Python anyhow: MODULE:NAME is imported.
        found: Any = eval(f"dict({text})", {"__builtins__": {}}, _Names(dict=dict, datetime=dt))  # noqa: S307
    except NameError as error:
        kinds = [name for name, module in MODULES.items() if module.startswith("defects.")]
        hint = nearest(str(error.name), [*kinds, "col"])
        raise SynthDataError(f"{text!r}: there is no {error.name!r}: {hint}") from None
    except Exception as error:  # noqa: BLE001 - whatever is written there
        raise SynthDataError(f"{text!r}: {type(error).__name__}: {error}") from None
    for table, kinds in found.items():
        if not isinstance(kinds, list) or not all(isinstance(kind, (Kind, SchemaChange)) for kind in kinds):
            raise SynthDataError(f"{text!r}: give {table} a list of kinds: {table}=[Missing('amount', 0.01)]")
    return dict(found)


__all__ = ["is_written", "own_names", "read_by_table", "readable", "written", "written_by_table"]
