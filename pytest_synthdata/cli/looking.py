"""`synthdata show` and `synthdata explain`: generated data in the terminal, and where one of its values comes from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from pytest_synthdata.cli.arguments import (
    dataset_of,
    factories_option,
    names_of,
    require_effect,
    rows_option,
    tables_argument,
)
from pytest_synthdata.cli.over_time import as_they_are, at_option

if TYPE_CHECKING:
    from pytest_synthdata.table import Table

_WIDE = 160  # letters of a line in a file or a pipe, where COLUMNS does not say


def _options(command: Any) -> Any:
    for option in (
        click.option("--defects", metavar="MODULE:NAME", help="Plant defects: a dict of kinds by table."),
        factories_option,
        rows_option("How many rows a table has, such as orders=10M, whether it is shown or not."),
        click.option("--seed", type=int, default=42, show_default=True, help="Decides every value."),
    ):
        command = option(command)
    return command


@click.command()
@tables_argument
@click.option("--first", type=click.IntRange(min=0), default=5, show_default=True, help="How many rows are shown.")
@at_option
@_options
def show(
    *,
    tables: tuple[str, ...],
    first: int,
    at: str | None,
    seed: int,
    rows: tuple[str, ...],
    factories: tuple[str, ...],
    defects: str | None,
) -> None:
    """Show tables in the terminal: the first rows and the shape of each column.

    Without TABLE, all tables are shown. TABLE=ROWS has so many rows, and TABLE alone as many as it has by itself.
    """
    import shutil

    from rich.console import Console

    from pytest_synthdata.report.shape import shape

    dataset, names = dataset_of((), seed, factories, defects, rows=[*tables, *rows]), names_of(tables)
    if names:
        require_effect(dataset, names, rows)
    dataset = as_they_are(dataset, at)
    width = shutil.get_terminal_size((_WIDE, 24)).columns
    console = Console(width=width, highlight=False, soft_wrap=False)
    for number, name in enumerate(names or dataset.tables):
        if number:
            console.print()
        console.print(shape(dataset[name].view, first=first))


@click.command()
@click.argument("table")
@click.argument("row")
@click.argument("column")
@click.option("--key", "is_key", is_flag=True, help="ROW is a key, although it is a number.")
@click.option("--json", "as_json", is_flag=True, help="Print the value and its explanation as JSON.")
@_options
def explain(
    *,
    table: str,
    row: str,
    column: str,
    is_key: bool,
    as_json: bool,
    seed: int,
    rows: tuple[str, ...],
    factories: tuple[str, ...],
    defects: str | None,
) -> None:
    """Say where a value comes from: synthdata explain orders 17 amount.

    ROW is the row's number, from 0, or its key, such as ORD-000017. A number that no row has is a key; with --key, any
    is. The seed and the numbers of rows are those of
    your test: --seed 7 --rows orders=5000.
    """
    dataset, (name,) = dataset_of((), seed, factories, defects, rows=[table, *rows]), names_of([table])
    require_effect(dataset, [name], rows)
    found = dataset[name]
    explanation = found.explain(row if is_key else _number_or_key(found, row), column)
    if as_json:
        lines = list(explanation.lines())
        where = {"table": explanation.table, "row": explanation.row, "column": explanation.column}
        click.echo(json.dumps({**where, "value": explanation.value, "lines": lines}, default=str))
    else:
        click.echo(str(explanation))


def _number_or_key(table: Table, row: str) -> int | str:
    """What a row is named by; where it may be either, that is said."""
    from pytest_synthdata.explaining.named_rows import row_of_key

    if not row.isdecimal():
        return row
    number, of_key = int(row), row_of_key(table.view, row)
    if of_key is None or of_key == number or of_key >= table.num_rows:
        return number
    if number >= table.num_rows:
        return row
    click.echo(f"This is row {number}; the row with the key {row!r} is row {of_key}: --key explains it", err=True)
    return number


COMMANDS = [show, explain]

__all__ = ["COMMANDS"]
