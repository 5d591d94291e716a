"""`synthdata show` and `synthdata explain`: generated data in the terminal, and where one of its values comes from."""

from __future__ import annotations

import json
from typing import Any

import click

from pytest_synthdata.cli.arguments import dataset_of, errors_as_json, factories_option
from pytest_synthdata.cli.over_time import as_they_are, at_option

_WIDE = 160  # letters of a line in a file or a pipe, where COLUMNS does not say


def _options(command: Any) -> Any:
    for option in (
        click.option("--defects", metavar="MODULE:NAME", help="Plant defects: a dict of kinds by table."),
        factories_option,
        click.option("--rows", multiple=True, metavar="TABLE=ROWS", help="Rows of a table, such as orders=10M."),
        click.option("--seed", type=int, default=42, show_default=True, help="Decides every value."),
    ):
        command = option(command)
    return command


@click.command()
@click.argument("tables", nargs=-1, metavar="[TABLE]...")
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

    Without TABLE, all tables are shown.
    """
    import shutil

    from rich.console import Console

    from pytest_synthdata.report.shape import shape

    dataset = as_they_are(dataset_of(rows, seed, factories, defects), at)
    width = shutil.get_terminal_size((_WIDE, 24)).columns
    console = Console(width=width, highlight=False, soft_wrap=False)
    for number, name in enumerate(tables or dataset.tables):
        if number:
            console.print()
        console.print(shape(dataset[name].view, first=first))


@click.command()
@click.argument("table")
@click.argument("row")
@click.argument("column")
@click.option("--json", "as_json", is_flag=True, help="Print the value and its explanation as JSON.")
@_options
def explain(
    *,
    table: str,
    row: str,
    column: str,
    as_json: bool,
    seed: int,
    rows: tuple[str, ...],
    factories: tuple[str, ...],
    defects: str | None,
) -> None:
    """Say where a value comes from: synthdata explain orders 17 amount.

    ROW is the row's number, from 0, or its key, such as ORD-000017. The seed and the numbers of rows are those of
    your test: --seed 7 --rows orders=5000.
    """
    with errors_as_json(as_json):
        found = dataset_of(rows, seed, factories, defects)[table]
        explanation = found.explain(int(row) if row.isdecimal() else row, column)
    if as_json:
        lines = list(explanation.lines())
        where = {"table": explanation.table, "row": explanation.row, "column": explanation.column}
        click.echo(json.dumps({**where, "value": explanation.value, "lines": lines}, default=str))
    else:
        click.echo(str(explanation))


COMMANDS = [show, explain]

__all__ = ["COMMANDS"]
