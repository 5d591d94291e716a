"""What to write for a table that a test's data has not."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from pytest_synthdata.errors import nearest
from pytest_synthdata.factories import TableFactory


def how_to_add(table: str, known: Iterable[str], arguments: Iterable[str] = ()) -> str:
    """What to write for a table that a test's data has not.

    Args:
        table: its name.
        known: the names of the tables that there are.
        arguments: what else may have been meant.
    """
    hint = _nearest_of(table, known, arguments)
    makers = [factory for factory in _all_factories() if factory._meta.table == table]
    # The newest, and of a base and its variants the base.
    bases = [factory for factory in makers if not set(factory.__mro__[1:]).intersection(makers)]
    if bases:
        name = _name_of(bases[-1])
        return f"{bases[-1].__module__}.{name} makes it: @pytest.mark.synth(factories=[{name}]), or synth_factories"
    return f"{hint}; a table of your own joins by its factory: @pytest.mark.synth(factories=[…]), or synth_factories"


def _name_of(factory: type[TableFactory]) -> str:
    """What its module calls a factory, which may have been made there by a method."""
    names = vars(sys.modules.get(factory.__module__, factory)).items()
    return next((name for name, value in names if value is factory), factory.__name__)


def _nearest_of(table: str, known: Iterable[str], arguments: Iterable[str]) -> str:
    """A hint for a misspelt name: the nearest of tables and arguments, and each of both."""
    tables, others = sorted(known), sorted(arguments)
    meant, _, _ = nearest(table, [*tables, *others]).partition("Known: ")
    hint = f"{meant}Known: {nearest('', tables).removeprefix('Known: ')}"
    return f"{hint}; and the arguments {', '.join(others)}" if others else hint


def _all_factories() -> Iterator[type[TableFactory]]:
    pending = [TableFactory]
    while pending:
        factory = pending.pop(0)
        pending += factory.__subclasses__()
        if not factory._meta.abstract:
            yield factory


__all__ = ["how_to_add"]
