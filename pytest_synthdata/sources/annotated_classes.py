"""Tables as dataclasses and TypedDicts describe their rows, by the annotations of their fields."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import types
import typing
import uuid
from typing import Any

import pyarrow as pa

from pytest_synthdata.columns.arrow.types import annotated_type, arrow_type
from pytest_synthdata.errors import DeclarationError, SynthDataError
from pytest_synthdata.sources.ddl import Definition
from pytest_synthdata.sources.field_rules import FieldRule, table_of


def is_annotated_class(source: Any) -> bool:
    """Whether something is a dataclass or a TypedDict; their instances are not."""
    return isinstance(source, type) and (dataclasses.is_dataclass(source) or typing.is_typeddict(source))


def annotated_definition(source: type) -> Definition:
    """The table of a class's instances.

    Args:
        source: the class. Fields that may be None are columns that may be null; of enumerations and literals the values
            are listed.

    Raises:
        SynthDataError: for a field with a type that no column can have, or one that is not known.
    """
    try:
        hints = typing.get_type_hints(source, include_extras=True)
    except (NameError, TypeError, AttributeError) as error:
        raise SynthDataError(
            f"{source.__name__}: an annotation cannot be read: {error}; import what it names outside of TYPE_CHECKING"
        ) from None
    fields: list[pa.Field] = []
    not_null: set[str] = set()
    rules: dict[str, FieldRule] = {}
    for name in _names(source, hints):
        type_, rule = _column(source, name, hints[name])
        fields.append(pa.field(name, type_))
        rules |= {name: rule} if rule.listed or rule.form else {}
        is_there = name in getattr(source, "__required_keys__", (name,))
        not_null |= {name} if rule.is_required and is_there else set()
    if not fields:
        raise SynthDataError(f"{source.__name__} has no fields that are annotated: a table needs a column")
    return Definition(table_of(source.__name__), pa.schema(fields), frozenset(not_null), rules=rules)


def _names(source: Any, hints: dict[str, Any]) -> list[str]:
    """The fields that instances have: no class variables, and nothing that is only an argument of ``__init__``."""
    return [one.name for one in dataclasses.fields(source)] if dataclasses.is_dataclass(source) else list(hints)


def _column(source: type, name: str, hint: Any) -> tuple[pa.DataType, FieldRule]:
    bare, may_be_none = _bare(hint)
    listed = _listed(bare)
    form = None
    if listed:
        kinds = {type(value) for value in listed}
        bare = kinds.pop() if len(kinds) == 1 else None
    elif isinstance(bare, type) and issubclass(bare, uuid.UUID):
        bare, form = str, "uuid"
    try:
        is_time = isinstance(bare, type) and issubclass(bare, dt.time)
        type_ = pa.time64("us") if is_time else None if bare is None else annotated_type(bare)
    except DeclarationError as error:
        raise SynthDataError(f"{source.__name__}.{name}: {error}") from None
    if type_ is None:
        shown = getattr(hint, "__name__", None) if isinstance(hint, type) else str(hint)
        raise SynthDataError(
            f"{source.__name__}.{name}: no column can have the type {shown}; annotate it by another, such as str, or "
            "leave it out and declare it in a subclass"
        )
    return type_, FieldRule(is_required=not may_be_none, listed=listed, form=form)


def _bare(hint: Any) -> tuple[Any, bool]:
    """An annotation without what says that there may be nothing, and whether it says so."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if (said := str(origin).rpartition(".")[2]) in ("Required", "NotRequired"):  # which typing has since Python 3.11
        inner, may_be_none = _bare(arguments[0])
        return inner, may_be_none or said == "NotRequired"
    if origin is typing.Annotated and not any(map(_is_type, arguments[1:])):
        return _bare(arguments[0])
    if origin in (typing.Union, types.UnionType) and type(None) in arguments:
        others = [one for one in arguments if one is not type(None)]
        return (_bare(others[0])[0] if len(others) == 1 else hint), True
    return hint, False


def _is_type(said: Any) -> bool:
    """Whether something in ``Annotated`` states a column's type; other texts are meant for readers."""
    try:
        return isinstance(said, (pa.DataType, str)) and arrow_type(said) is not None
    except DeclarationError:
        return False


def _listed(hint: Any) -> tuple[Any, ...]:
    """The only values of an enumeration or a literal."""
    if typing.get_origin(hint) is typing.Literal:
        return tuple(one.value if isinstance(one, enum.Enum) else one for one in typing.get_args(hint))
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return tuple(one.value for one in hint)
    return ()


__all__ = ["annotated_definition", "is_annotated_class"]
