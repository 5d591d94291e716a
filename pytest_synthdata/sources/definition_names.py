"""The names in a table's definition as its columns are written: SQL takes `ID` for `id`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from pytest_synthdata.sources.ddl import Definition


def in_own_case(said: Definition) -> Definition:
    """A definition whose keys, references, checks and expressions call columns as they are called.

    Args:
        said: the definition.
    """
    names = said.schema.names
    own = {name.lower(): name for name in reversed(names)} | {name: name for name in names}

    def called(name: str) -> str:
        return own.get(name) or own.get(name.lower()) or name

    return replace(
        said,
        not_null=frozenset(map(called, said.not_null)),
        unique=frozenset(map(called, said.unique)),
        key=tuple(map(called, said.key)),
        references={called(name): target for name, target in said.references.items()},
        pairs=tuple((tuple(map(called, columns)), table, keys) for columns, table, keys in said.pairs),
        comments={called(name): text for name, text in said.comments.items()},
        computed={name: _renamed(one, own) for name, one in said.computed.items()},
        checks=tuple(_renamed(one, own) for one in said.checks),
    )


def _renamed(expression: Any, own: Mapping[str, str]) -> Any:
    """One of sqlglot's expressions with its columns called as they are."""
    from sqlglot import exp

    found: Iterable[Any] = expression.find_all(exp.Column)
    for column in found:
        name = own.get(column.name) or own.get(column.name.lower())
        if name is not None:
            column.this.set("this", name)
    return expression


__all__ = ["in_own_case"]
