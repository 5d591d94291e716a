"""Which of a module's factories are its tables: neither variants of another one, nor rows of others alone."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from factory import declarations as boy

from pytest_synthdata.declarations.compiling import NestedDeclaration
from pytest_synthdata.declarations.items import ItemsDeclaration
from pytest_synthdata.errors import DeclarationError
from pytest_synthdata.factories.base import TableFactory

Factory = type[TableFactory]


def tables_of(module: str, factories: Iterable[Factory]) -> list[Factory]:
    """The factories of a module that are tables, in their order.

    Of several that make one table, it is the one that all others derive from. A factory that others nest is no table,
    unless it has a key, a ``Meta.table`` or ``Meta.rows``, or is a parent.

    Raises:
        DeclarationError: for several factories of one table without a base among them.
    """
    groups: dict[str, list[Factory]] = defaultdict(list)
    for factory in dict.fromkeys(factories):
        groups[factory._meta.table].append(factory)
    chosen = {table: _base_of(module, table, group) for table, group in groups.items()}
    tables = [base for table, base in chosen.items() if not _is_only_nested(table, groups)]
    return tables or list(chosen.values())


def by_table(where: str, factories: Iterable[Factory]) -> dict[str, Factory]:
    """Factories by the tables that they make.

    Raises:
        DeclarationError: for two of one table.
    """
    found: dict[str, Factory] = {}
    for factory in factories:
        table = factory._meta.table
        if found.setdefault(table, factory) is not factory:
            raise two_of_one(where, table, (found[table], factory))
    return found


def two_of_one(
    where: str, table: str, factories: Sequence[Factory], advice: str = "give one of them another Meta.table"
) -> DeclarationError:
    """The error for two factories of one table."""
    first, second, *_ = (factory.__name__ for factory in factories)
    return DeclarationError(f"{where}: {first} and {second} both make the table {table!r}; {advice}")


def _base_of(module: str, table: str, factories: Sequence[Factory]) -> Factory:
    """The one of several factories that all others derive from."""
    for base in factories:
        if all(issubclass(factory, base) for factory in factories):
            return base
    advice = f"give one of them another Meta.table, or say which is the table: {module}:{factories[0].__name__}"
    raise two_of_one(f"factories: {module}", table, factories, advice)


def _is_only_nested(table: str, groups: Mapping[str, Sequence[Factory]]) -> bool:
    """Whether a table's factories make only rows within those of other tables."""
    group = groups[table]
    others = [factory for name, factories in groups.items() if name != table for factory in factories]
    if any(_is_stated(factory) for factory in group):
        return False
    if any(parent in group for factory in others for parent in factory._meta.parents):
        return False
    return any(nested in group for factory in others for nested in _nested_in(factory))


def _is_stated(factory: Factory) -> bool:
    meta = factory._meta
    return meta.is_table_stated or meta.rows is not None or bool(meta.key_columns())


def _nested_in(factory: Factory) -> Iterator[object]:
    """The factories whose rows stand within those of a factory."""
    declared = factory._meta.pre_declarations
    for name in declared:
        yield from _nested(declared[name].declaration)


def _nested(declaration: Any) -> Iterator[object]:
    if isinstance(declaration, ItemsDeclaration):
        yield from _nested(declaration.item)
    elif isinstance(declaration, NestedDeclaration):
        wrapper: Any = declaration.factory_wrapper
        # One that is named as text is not imported for this.
        yield wrapper.factory or getattr(sys.modules.get(wrapper.module), wrapper.name, None)
        for field in declaration.given().values():
            yield from _nested(field)
    elif isinstance(declaration, boy.Maybe):
        yield from _nested(declaration.yes)
        yield from _nested(declaration.no)


__all__ = ["by_table", "tables_of", "two_of_one"]
