"""What the subcommands of `synthdata` have in common: options, the tables asked for, errors as JSON. Nothing heavy."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import click

from pytest_synthdata.cli.named_objects import named_object
from pytest_synthdata.errors import SynthDataError, nearest

if TYPE_CHECKING:
    from pytest_synthdata.dataset import Dataset

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


def dataset_of(asked: Sequence[str], seed: int, modules: Sequence[str], defects: str | None = None) -> Dataset:
    """The tables that a command was asked for.

    Args:
        asked: ``TABLE=ROWS``, or ``TABLE`` for as many rows as it has by itself. Where nothing is asked for, all tables
            of the modules, or the shipped ones, of their usual sizes.
        seed: decides every value.
        modules: those of a project's own tables: ``shop.factories[:Factory]``.
        defects: where a project has a dict of kinds of defects by table: ``shop.defects:NIGHTLY``; or what is in such
            a dict: ``orders=[Missing('amount', 0.01)]``.

    Raises:
        SynthDataError: for an unknown table or module, and a number of rows that is none.
    """
    from pytest_synthdata.dataset import Dataset
    from pytest_synthdata.factories import SHIPPED
    from pytest_synthdata.factories.discovery import load_factories, with_shipped

    sys.path.insert(0, "")  # a project's own modules, as `python -m` finds them
    own = list(load_factories(modules))
    known = with_shipped(own)
    pairs = [_table_rows(item) for item in asked]
    counts = dict(pairs)
    if len(counts) < len(pairs):
        raise SynthDataError(f"--rows: a table is asked for twice: {' '.join(asked)}")
    for table in counts:
        if table not in known:
            raise SynthDataError(f"--rows: there is no table {table!r}: {nearest(table, known)}")
    usual = [factory._meta.table for factory in own or SHIPPED]
    tables = {}
    for table in counts or usual:
        count = counts.get(table)
        tables[known[table]] = known[table]._meta.usual_rows if count is None else count
    return Dataset(tables, seed=seed, defects=None if defects is None else _defects(defects))


def asked_for(asked: Sequence[str], modules: Sequence[str]) -> list[str]:
    """The tables that a command was asked for by name or by module, without those that they refer to."""
    from pytest_synthdata.factories.discovery import load_factories

    if asked:
        return [_table_rows(item)[0] for item in asked]
    return [factory._meta.table for factory in load_factories(modules)]


def _defects(name: str) -> Any:
    if "=" in name:
        from pytest_synthdata.written_defects import read_by_table

        try:
            return read_by_table(name)
        except SynthDataError as error:
            raise SynthDataError(f"--defects: {error}") from None
    kinds = "shop.defects:NIGHTLY, nor kinds by table, such as orders=[Missing('amount', 0.01)]"
    return named_object(name, "--defects", kinds)


def _table_rows(item: str) -> tuple[str, int | None]:
    table, equals, count = item.partition("=")
    if not equals:
        return table, None  # its usual number, or as many as its parents have children
    match = _COUNT.fullmatch(count)
    if not (table and match):
        raise SynthDataError(f"--rows: {item!r} is not TABLE=ROWS, such as orders=25_000, orders=10M or orders=1.5k")
    number = Fraction(match[1].replace("_", "")) * _UNITS[match[2].lower()]
    if number.denominator != 1:
        raise SynthDataError(f"--rows: {item!r} is not a whole number of rows")
    return table, int(number)


def batch_size(by: str) -> str | int:
    """What ``--by`` asks for: a period such as ``day``, or a number of rows."""
    return int(by) if by.isdecimal() else by


def period_of(start: str | None, stop: str | None) -> tuple[int | None, int | None]:
    """The instants that ``--from`` and ``--to`` mean, in microseconds since 1970; None for no limit.

    Raises:
        SynthDataError: for what is not a date or a time, and for a period that ends before it begins.
    """
    first, last = _instant("--from", start), _instant("--to", stop)
    if first is not None and last is not None and first >= last:
        raise SynthDataError(f"--from {start} is not before --to {stop}")
    return first, last


def _instant(flag: str, text: str | None) -> int | None:
    from pytest_synthdata.columns.order.instants import instant

    try:
        return None if text is None else instant(text, flag)
    except SynthDataError:
        raise SynthDataError(
            f"{flag} {text} is not a date or a time; write {flag} 2024-06-01 or {flag} 2024-06-01T08:00"
        ) from None


@contextmanager
def errors_as_json(wanted: bool) -> Iterator[None]:
    """Within it, where that is wanted, an error is printed as ``{"error": …}``; the exit code is 1 as ever.

    What the file system refuses is an error like others.
    """
    try:
        yield
    except (SynthDataError, OSError) as error:
        if not wanted:
            raise
        click.echo(json.dumps({"error": str(error)}))
        raise click.exceptions.Exit(1) from None


__all__ = ["asked_for", "batch_size", "dataset_of", "errors_as_json", "factories_option", "period_of"]
