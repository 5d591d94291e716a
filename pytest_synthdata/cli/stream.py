"""`synthdata stream`: the batches of a table as files that come into a folder, for a stream to read."""

from __future__ import annotations

import click

from pytest_synthdata.cli.arguments import (
    batch_size,
    choice,
    dataset_of,
    factories_option,
    names_of,
    period_of,
    require_effect,
    rows_option,
)
from pytest_synthdata.cli.commands import when_interrupted
from pytest_synthdata.cli.over_time import CHANGES, changing_tables
from pytest_synthdata.cli.results import print_each
from pytest_synthdata.file_formats import FILE_FORMATS


@click.command()
@click.argument("table", metavar="TABLE[=ROWS]")
@click.argument("more_rows", nargs=-1, metavar="[TABLE=ROWS]...")
@rows_option("Rows of tables that it refers to.")
@click.option("--by", default="day", show_default=True, help="hour, day, week or month, or a number of rows.")
@click.option("--every", type=click.FloatRange(min=0), default=0.0, help="Seconds between two files.")
@click.option("--out", metavar="FOLDER", required=True, help="Where the files appear.")
@click.option("--from", "start", metavar="TIME", help="Only rows that come from this date or time (UTC) on.")
@click.option("--to", "stop", metavar="TIME", help="Only rows that come before this date or time.")
@click.option("--column", help="The column of dates or times that counts.")
@click.option("--changes", type=CHANGES, help="What happens to the rows of a table with a History, in this format.")
@click.option("--seed", type=int, default=42, show_default=True, help="Decides every value.")
@click.option("--format", "format_", type=choice(FILE_FORMATS), default="parquet", show_default=True)
@factories_option
@click.option("--json", "as_json", is_flag=True, help="Print each file as a line of JSON.")
def stream(
    *,
    table: str,
    more_rows: tuple[str, ...],
    rows: tuple[str, ...],
    by: str,
    every: float,
    out: str,
    start: str | None,
    stop: str | None,
    column: str | None,
    changes: str | None,
    seed: int,
    format_: str,
    factories: tuple[str, ...],
    as_json: bool,
) -> None:
    """Let the batches of a table come into a folder: synthdata stream tickets --by day --every 2 --out landing.

    Each file appears complete, in the order of time or of arrival. Files that are there are passed over: the command
    goes on where it was ended. A folder with batches of other data, such as another seed, is refused.
    """
    period_of(start, stop)  # says what is wrong with it
    if more := [item for item in more_rows if "=" not in item]:
        raise click.UsageError(
            f"one table comes into a folder: run the command again for {' and '.join(more)}, each with its own --out"
        )
    (name,), others = names_of([table]), [*more_rows, *rows]
    dataset = dataset_of([table], seed, factories, rows=others)
    require_effect(dataset, [name], others)
    one = dataset[name]
    if changes is not None:
        changing_tables(dataset, f"--changes {changes}")
        one = one.changes(format=changes)
    files = one.file_batches(out, batch_size(by), format_, every=every, start=start, stop=stop, column=column)
    when_interrupted(lambda: "files that are there stay; run it again to go on")
    nothing = f"{out}: nothing is new: all batches of {name!r} that were asked for are there"
    print_each("file", files, nothing, as_json=as_json)


COMMANDS = [stream]

__all__ = ["COMMANDS"]
