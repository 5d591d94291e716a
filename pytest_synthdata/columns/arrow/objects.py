"""Values of columns as Python objects: structs as rows with attributes, maps as dicts."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from pytest_synthdata.columns.arrow.arrays import python_of
from pytest_synthdata.errors import nearest


class _Shadowed:
    """A method of dicts, where the row has no column and no related rows of its name."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.method: Any = getattr(dict, name)

    def __get__(self, row: Any, owner: Any = None) -> Any:
        if row is None:
            return self.method
        if dict.__contains__(row, self.name):
            return dict.__getitem__(row, self.name)
        related = row.__dict__.get("_related", {})
        return related[self.name] if self.name in related else self.method.__get__(row, owner)


class Row(dict[str, Any]):
    """One row: a dict of the table's columns, which are attributes too; and the rows that it refers to.

    A column called like a method of dicts, such as ``items``, is the attribute; ``dict(row)`` has the methods.

    >>> Row(tier="Pro").tier
    'Pro'
    """

    def __init__(self, /, **columns: Any) -> None:
        super().__init__(columns)
        object.__setattr__(self, "_related", {})

    def __hash__(self) -> int:  # type: ignore[override]
        class_ = type(self).__name__
        raise TypeError(
            f"a row ({class_}) cannot be a key of a dict or an item of a set; a Dataset takes factories, written "
            f"without parentheses: Dataset({{{class_}Factory: 1_000}})"
        )

    def __getattr__(self, name: str) -> Any:
        if name in self:
            return self[name]
        related = self.__dict__.get("_related", {})
        if name in related:
            return related[name]
        raise AttributeError(f"this row has no column {name!r}: {nearest(name, [*self, *related])}")

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __reduce__(self) -> Any:
        return _row, (dict(self), self.__dict__.get("_related", {}))


for _name in ("clear", "copy", "get", "items", "keys", "pop", "popitem", "setdefault", "update", "values"):
    setattr(Row, _name, _Shadowed(_name))


def _row(columns: dict[str, Any], related: dict[str, Any]) -> Row:
    """A row that was copied or came from another process: its class may be known to its factory alone."""
    row = Row(**columns)
    object.__setattr__(row, "_related", related)
    return row


def as_objects(array: pa.Array) -> list[Any]:
    """An Arrow array as Python objects: structs as `Row`, maps as dicts, also within lists.

    >>> as_objects(pa.array([{"city": "Rome"}]))[0].city
    'Rome'
    """
    values: list[Any] = python_of(array)
    return [_shaped(value, array.type) for value in values] if pa.types.is_nested(array.type) else values


def fresh(value: Any) -> Any:
    """A value of its own for whoever may change it."""
    if isinstance(value, Row):
        return Row(**{name: fresh(item) for name, item in dict.items(value)})
    if isinstance(value, dict):
        return {name: fresh(item) for name, item in value.items()}
    return [fresh(item) for item in value] if isinstance(value, list) else value


def _shaped(value: Any, type_: pa.DataType) -> Any:
    if value is None or not pa.types.is_nested(type_):
        return value
    if pa.types.is_struct(type_):
        return Row(**{field.name: _shaped(value[field.name], field.type) for field in type_})
    if pa.types.is_map(type_):
        return {key: _shaped(item, type_.item_type) for key, item in value}
    return [_shaped(item, type_.value_type) for item in value]


__all__ = ["Row", "as_objects", "fresh"]
