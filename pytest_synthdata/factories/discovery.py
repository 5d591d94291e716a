"""Finding a project's factories by the names that it writes in its settings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from sysconfig import get_path
from traceback import extract_tb
from types import ModuleType

import factory

from pytest_synthdata.declarations.related import with_children
from pytest_synthdata.errors import DeclarationError, MisdeclaredArgumentError, nearest
from pytest_synthdata.factories import SHIPPED, TableFactory
from pytest_synthdata.factories.module_tables import by_table, tables_of

# Whose lines say nothing about a mistake: this package's, factory_boy's and Python's.
_NOT_THEIRS = (Path(__file__).parents[1], Path(factory.__file__).parent, Path(get_path("stdlib")))


def load_factories(names: Iterable[str]) -> Iterator[type[TableFactory]]:
    """The tables of modules (``shop.factories``), and single factories (``shop.factories:PaymentFactory``).

    A single one takes the place of a module's factory of its table.

    Raises:
        DeclarationError: for a module that cannot be imported or has no factory of that name, and for two factories of
            one table.
    """
    found: list[type[TableFactory]] = []
    single: dict[str, type[TableFactory]] = {}
    for name in names:
        module_name, _, class_name = name.strip().partition(":")
        module = imported(module_name, "factories")
        own = {
            key: value
            for key, value in vars(module).items()
            if isinstance(value, type) and issubclass(value, TableFactory) and not value._meta.abstract
        }
        if class_name:
            if class_name not in own:
                raise MisdeclaredArgumentError(
                    f"factories: {module_name} has no {class_name!r}: {nearest(class_name, own)}"
                )
            single = by_table("factories", [*single.values(), own[class_name]])
            found.append(own[class_name])
            continue
        defined = [value for value in own.values() if value.__module__ == module.__name__]
        if not defined:
            raise MisdeclaredArgumentError(f"factories: {module_name} defines no TableFactory")
        found += tables_of(module_name, defined)
    for one in found:
        if single.get(one._meta.table, one) is one:
            yield one


def imported(name: str, what: str) -> ModuleType:
    """A project's own module.

    Args:
        name: such as ``shop.factories``.
        what: who asks for it, for messages.

    Raises:
        DeclarationError: where that fails, with the line of the project that it fails in.
    """
    try:
        return import_module(name)
    except (Exception, SystemExit) as error:
        hint, kind = "", DeclarationError
        if name.endswith(".py"):
            hint, kind = "; write shop.factories, no path", MisdeclaredArgumentError
        elif isinstance(error, ModuleNotFoundError) and error.name in {name, name.partition(".")[0]}:
            kind = MisdeclaredArgumentError
            hint = "; run this in the folder that has it, or put that folder on pytest's pythonpath or on PYTHONPATH"
        raise kind(
            f"{what}: cannot import {name!r}: {type(error).__name__}: {_said(error)}{_where(error)}{hint}"
        ) from error


def _said(error: BaseException) -> str:
    return error.msg if isinstance(error, SyntaxError) else str(error)


def _where(error: BaseException) -> str:
    """The innermost line of the user's own that raised an error."""
    if isinstance(error, SyntaxError):
        return f" ({error.filename}:{error.lineno})"
    frames = [
        frame
        for frame in extract_tb(error.__traceback__)
        if Path(frame.filename).is_file() and not any(Path(frame.filename).is_relative_to(one) for one in _NOT_THEIRS)
    ]
    return f" ({frames[-1].filename}:{frames[-1].lineno})" if frames else ""


def with_shipped(own: Iterable[type[TableFactory]]) -> dict[str, type[TableFactory]]:
    """A project's factories, the shipped ones and those of child tables, by their tables.

    A project's own table takes the place of a shipped one of its name.

    Raises:
        DeclarationError: for a table whose rows two others count.
    """
    return with_children((*SHIPPED, *own))
