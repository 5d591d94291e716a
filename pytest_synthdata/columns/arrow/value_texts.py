"""Values as people read them: nested ones without the names of Python's types, and where two of them differ."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from pytest_synthdata.errors import counted


def plain_text(value: Any) -> str:
    """A value as text; times, maps and nulls inside of nested ones as they are written alone.

    >>> plain_text([{"at": dt.date(2024, 5, 1), "by": None}])
    "[{'at': 2024-05-01, 'by': null}]"
    >>> plain_text([("device", "A1")])
    "{'device': 'A1'}"
    """
    return _inside(value) if isinstance(value, (list, dict, tuple)) else _alone(value)


def _alone(value: Any) -> str:
    return "null" if value is None else str(value)


def _inside(value: Any) -> str:
    fields = _fields(value)
    if fields is not None:
        return "{" + ", ".join(f"{_inside(name)}: {_inside(one)}" for name, one in fields.items()) + "}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_inside, value))}]"
    return (
        _alone(value) if value is None or isinstance(value, (dt.date, dt.time, dt.timedelta, Decimal)) else repr(value)
    )


def _fields(value: Any) -> dict[Any, Any] | None:
    """The fields of a struct, or the values of a map by key; None for others."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, tuple) and hasattr(value, "__fields__"):  # a Row of Spark's
        return dict(zip(value.__fields__, value, strict=True))
    is_map = isinstance(value, list) and value and all(isinstance(one, tuple) and len(one) == 2 for one in value)  # noqa: PLR2004
    if not is_map or any(hasattr(one, "__fields__") for one in value):
        return None
    return dict(value)


def part_of(value: Any, path: Sequence[str]) -> Any:
    """What is inside of a value at a path of fields and keys, as far as it goes.

    >>> part_of({"price": {"net": 7, "tags": ["a"]}}, ["price", "net"])
    7
    >>> part_of({"price": {"net": 7, "tags": ["a"]}}, ["price", "tags", "item"])
    ['a']
    """
    for step in path:
        fields = _fields(value)
        if fields is None:
            break
        value = fields.get(step)
    return value


def first_difference(one: Any, other: Any) -> tuple[str, Any, Any]:
    """Where two values differ first, as a path into them, and what each has there.

    >>> first_difference({"low": 1, "high": 7}, {"low": 1, "high": 99})
    ('.high', 7, 99)
    >>> first_difference([1, 2], [1])
    ('', '2 items', '1 item')
    """
    mine, theirs = _fields(one), _fields(other)
    if mine is not None and theirs is not None:
        for name in dict.fromkeys([*mine, *theirs]):
            if name not in mine or name not in theirs:
                return (f".{name}", "there", "missing") if name in mine else (f".{name}", "missing", "there")
            if _differ(mine[name], theirs[name]):
                return _under(f".{name}", mine[name], theirs[name])
    elif isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        if len(one) != len(other):
            return "", counted(len(one), "item"), counted(len(other), "item")
        for number, (left, right) in enumerate(zip(one, other, strict=True)):
            if _differ(left, right):
                return _under(f"[{number}]", left, right)
    return "", one, other


def _differ(one: Any, other: Any) -> bool:
    mine, theirs = _fields(one), _fields(other)
    return bool(one != other if mine is None or theirs is None else mine != theirs)


def _under(step: str, one: Any, other: Any) -> tuple[str, Any, Any]:
    path, *both = first_difference(one, other)
    return f"{step}{path}", both[0], both[1]


__all__ = ["first_difference", "part_of", "plain_text"]
