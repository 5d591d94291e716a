"""What the subcommands of `synthdata` have in common: options, and the tables asked for. Nothing heavy."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pytest_synthdata.cli.named_objects import named_object
from pytest_synthdata.errors import ArgumentError, SynthDataError, nearest

if TYPE_CHECKING:
    from pytest_synthdata.dataset import Dataset

Made = TypeVar("Made", bound="Callable[..., Any] | click.Command")
_UNITS = {"": 1, "k": 10**3, "m": 10**6, "b": 10**9, "g": 10**9}
_COUNT = re.compile(r"(\d+(?:_\d+)*(?:\.\d+)?)([kmbg]?)", re.IGNORECASE)

# Under both names in all commands: --against is what `validate` and `report` call it.
factories_option = click.option(
    "--factories",
    "--against",
    "factories",
    multiple=True,
    metavar="MODULE",
    help="Tables of your own: shop.factories[:Factory].",
)


tables_argument = click.argument("tables", nargs=-1, metavar="[TABLE[=ROWS]]...")


def rows_option(help: str) -> Callable[[Made], Made]:  # noqa: A002 - click's word
    """``--rows``, which any command that makes tables has."""
    return click.option("--rows", multiple=True, metavar="TABLE=ROWS", help=help)


def choice(words: Iterable[str]) -> click.Choice[str]:
    """The type of an option that is one of some words, in capitals or not."""
    return click.Choice(tuple(words), case_sensitive=False)


def dataset_of(
    asked: Sequence[str],
    seed: int,
    modules: Sequence[str],
    defects: str | None = None,
    *,
    rows: Sequence[str] = (),
) -> Dataset:
    """The tables that a command was asked for.

    Args:
        asked: ``TABLE=ROWS``, or ``TABLE`` for as many rows as it has by itself. Where nothing is asked for, all tables
            of the modules, or the shipped ones, of their usual sizes.
        seed: decides every value.
        modules: those of a project's own tables: ``shop.factories[:Factory]``.
        defects: where a project has a dict of kinds of defects by table: ``shop.defects:NIGHTLY``; or what is in such
            a dict: ``orders=[Missing('amount', 0.01)]``.
        rows: the same as ``asked`` of tables that are not chosen by it: they are added, or have so many rows.

    Raises:
        ArgumentError: for an unknown table or module, and a number of rows that is none.
    """
    from pytest_synthdata.dataset import Dataset
    from pytest_synthdata.factories import SHIPPED
    from pytest_synthdata.factories.discovery import load_factories, with_shipped

    sys.path.insert(0, "")  # a project's own modules, as `python -m` finds them
    own = list(load_factories(modules))
    known = with_shipped(own)
    counts: dict[str, int | None] = {}
    for table, count in map(table_rows, [*asked, *rows]):
        if table not in known:
            raise ArgumentError(f"there is no table {table!r}: {nearest(table, known)}")
        if None not in (count, counts.get(table)):
            raise ArgumentError(f"two numbers of rows are asked for: {table}={counts[table]} {table}={count}")
        counts[table] = counts.get(table) if count is None else count
    chosen = names_of(asked) or [str(factory._meta.table) for factory in own or SHIPPED]
    tables = {}
    for table in (*chosen, *counts):
        count = counts.get(table)
        tables[known[table]] = known[table]._meta.usual_rows if count is None else count
    return Dataset(tables, seed=seed, defects=None if defects is None else _defects(defects))


def require_effect(dataset: Dataset, names: Sequence[str], rows: Sequence[str]) -> None:
    """Raise `ArgumentError` where rows are asked for of a table on which nothing of what a command shows depends.

    Args:
        dataset: the tables.
        names: those that the command shows.
        rows: ``TABLE=ROWS`` of others.
    """
    from pytest_synthdata.dataset import Dataset

    related = Dataset({dataset[name].factory: None for name in names}).tables
    for item, table in zip(rows, names_of(rows), strict=True):
        if table not in related:
            raise ArgumentError(
                f"{item} changes nothing in {' and '.join(map(repr, names))}, which do not depend on {table!r}; leave "
                "it out"
            )


def names_of(asked: Sequence[str]) -> list[str]:
    """The names of the tables that a command was asked for."""
    return [table_rows(item)[0] for item in asked]


def asked_for(asked: Sequence[str], modules: Sequence[str]) -> list[str]:
    """The tables that a command was asked for by name or by module, without those that they refer to."""
    from pytest_synthdata.factories.discovery import load_factories

    return names_of(asked) or [factory._meta.table for factory in load_factories(modules)]


def _defects(name: str) -> Any:
    if "=" in name:
        from pytest_synthdata.written_defects import read_by_table

        try:
            return read_by_table(name)
        except SynthDataError as error:
            raise ArgumentError(f"--defects: {error}") from None
    kinds = "shop.defects:NIGHTLY, nor kinds by table, such as orders=[Missing('amount', 0.01)]"
    return named_object(name, "--defects", kinds, fits=lambda found: isinstance(found, Mapping))


def table_rows(item: str) -> tuple[str, int | None]:
    """The table of ``TABLE[=ROWS]`` and its number of rows; None where that is not said."""
    table, equals, count = item.partition("=")
    if not equals:
        return table, None  # its usual number, or as many as its parents have children
    match = _COUNT.fullmatch(count)
    if not (table and match):
        raise ArgumentError(f"{item!r} is not TABLE=ROWS, such as orders=25_000, orders=10M or orders=1.5k")
    number = Fraction(match[1].replace("_", "")) * _UNITS[match[2].lower()]
    if number.denominator != 1:
        raise ArgumentError(f"{item!r} is not a whole number of rows")
    return table, int(number)


def batch_size(by: str) -> str | int:
    """What ``--by`` asks for: a period such as ``day``, or a number of rows."""
    return int(by) if by.isdecimal() else by.lower()


def period_of(start: str | None, stop: str | None) -> tuple[int | None, int | None]:
    """The instants that ``--from`` and ``--to`` mean, in microseconds since 1970; None for no limit.

    Raises:
        ArgumentError: for what is not a date or a time, and for a period that ends before it begins.
    """
    first, last = _instant("--from", start), _instant("--to", stop)
    if first is not None and last is not None and first >= last:
        raise ArgumentError(f"--from {start} is not before --to {stop}")
    return first, last


def _instant(flag: str, text: str | None) -> int | None:
    from pytest_synthdata.columns.order.instants import instant

    try:
        return None if text is None else instant(text, flag)
    except SynthDataError:
        raise ArgumentError(
            f"{flag} {text} is not a date or a time; write {flag} 2024-06-01 or {flag} 2024-06-01T08:00"
        ) from None


__all__ = [
    "asked_for",
    "batch_size",
    "choice",
    "dataset_of",
    "factories_option",
    "names_of",
    "period_of",
    "require_effect",
    "rows_option",
    "table_rows",
    "tables_argument",
]
