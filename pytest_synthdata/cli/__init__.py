"""The `synthdata` command: `generate`, and what other modules add. Nothing heavy is imported to show its help."""

from __future__ import annotations

import json
import signal
import sys
import time
from typing import TYPE_CHECKING, Any, NoReturn

import click

from pytest_synthdata.cli.arguments import choice, dataset_of, factories_option, rows_option, tables_argument
from pytest_synthdata.cli.commands import INTERRUPTED, Commands, when_interrupted
from pytest_synthdata.cli.over_time import as_they_are, at_option
from pytest_synthdata.cli.periods import write_period
from pytest_synthdata.cli.schema_changes import schema_changes
from pytest_synthdata.errors import counted
from pytest_synthdata.file_formats import FILE_FORMATS

if TYPE_CHECKING:
    from pytest_synthdata.dataset import Dataset

# Modules that hold a list COMMANDS of more subcommands.
_MORE = (
    "pytest_synthdata.cli.databricks",
    "pytest_synthdata.cli.report",
    "pytest_synthdata.cli.infer",
    "pytest_synthdata.cli.looking",
    "pytest_synthdata.cli.skill",
    "pytest_synthdata.cli.spark",
    "pytest_synthdata.cli.stream",
    "pytest_synthdata.cli.warm",
)
_TERMINATED = 143  # 128 and the signal's number, as shells have it


@click.group(cls=Commands, modules=_MORE, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pytest-synthdata")
def cli() -> None:
    """Realistic, coherent, reproducible test data of any size."""


@cli.command()
@tables_argument
@rows_option("The same as TABLE=ROWS.")
@click.option("--seed", type=int, default=42, show_default=True, help="Decides every value.")
@click.option("--format", "format_", type=choice([*FILE_FORMATS, "delta"]), default="parquet", show_default=True)
@click.option(
    "--out",
    metavar="FOLDER",
    required=True,
    help="A folder for each table; with --on-cluster in a Volume: /Volumes/….",
)
@factories_option
@click.option(
    "--defects",
    metavar="MODULE:NAME",
    help="Plant defects: a dict of kinds by table, such as shop.defects:NIGHTLY. Labels become TABLE_defects.",
)
@click.option("--overwrite", is_flag=True, help="Replace tables that are there.")
@click.option("--from", "start", metavar="TIME", help="Only rows that come from this date or time (UTC) on.")
@click.option("--to", "stop", metavar="TIME", help="Only rows that come before this date or time.")
@at_option
@click.option("--append", is_flag=True, help="With --from or --to: add the period to the tables that are there.")
@click.option("--rows-per-file", type=click.IntRange(min=1), help="How many rows a file has at most.")
@click.option(
    "--on-cluster", metavar="ID", help="Let this Databricks cluster make the tables and save them in a Volume."
)
@click.option("--create", is_flag=True, help="With --on-cluster: make a missing schema and Volume.")
@click.option("--start", "start_cluster", is_flag=True, help="With --on-cluster: start the cluster if it is stopped.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def generate(
    *,
    tables: tuple[str, ...],
    rows: tuple[str, ...],
    seed: int,
    format_: str,
    out: str,
    factories: tuple[str, ...],
    defects: str | None,
    overwrite: bool,
    start: str | None,
    stop: str | None,
    at: str | None,
    append: bool,
    rows_per_file: int | None,
    on_cluster: str | None,
    create: bool,
    start_cluster: bool,
    as_json: bool,
) -> None:
    """Write tables to files: synthdata generate orders=10M customers=1M --out data.

    TABLE=ROWS is a table and its number of rows; TABLE alone has as many as it has by itself. Tables that these refer
    to are written too. Without any, all tables of --factories, or the shipped customers, orders and tickets, of their
    usual sizes.

    With --from and --to, the rows that come in that period, as a nightly load has them. --append adds a period
    to the tables that are there, once: either to all that lack it or, should anything fail, to none.
    """
    if on_cluster is None and (create or start_cluster):
        raise click.UsageError("--create and --start go with --on-cluster")
    is_period = start is not None or stop is not None
    if append and (overwrite or not is_period):
        raise click.UsageError("--append adds a period: it goes with --from or --to, and without --overwrite")
    if on_cluster is not None and is_period:
        raise click.UsageError("--from and --to go without --on-cluster")
    if at is not None and (is_period or on_cluster is not None):
        raise click.UsageError("--at goes without --from, --to and --on-cluster")
    dataset = as_they_are(dataset_of([*tables, *rows], seed, factories, defects), at)
    if on_cluster is not None:
        if format_ != "parquet" or rows_per_file is not None:
            raise click.UsageError("--on-cluster writes Parquet, in as many files as Spark sees fit")
        from pytest_synthdata.cli.databricks import generate_there

        generate_there(
            dataset, out, on_cluster, create=create, start=start_cluster, overwrite=overwrite, as_json=as_json
        )
        return
    written = (
        write_period(
            dataset, out, format_, start, stop, append=append, overwrite=overwrite, rows_per_file=rows_per_file
        )
        if is_period
        else _write(dataset, out, format_, overwrite, rows_per_file)
    )
    if as_json:
        click.echo(json.dumps({"seed": seed, "format": format_, "tables": written}))
        return
    for table in written:
        size = f", {table['bytes']:,} bytes" if "bytes" in table else ""
        by = f" by {table['by']}" if "by" in table else ""
        click.echo(f"{table['path']}: {counted(table['rows'], 'row')}{by}{size} in {table['seconds']:.1f} s")


def _write(
    dataset: Dataset, out: str, format_: str, overwrite: bool, rows_per_file: int | None
) -> list[dict[str, Any]]:
    from pytest_synthdata.files.limits import require_fit
    from pytest_synthdata.files.progress import progress_bar
    from pytest_synthdata.files.targets import SCHEMA_CHANGES, local_path, require_free

    tables = [*dataset, *dataset.defects.values()]
    schemas = schema_changes(dataset)
    folder = local_path(out, "--out")
    targets = {table.name: folder / table.name for table in tables}
    for target in targets.values():
        require_free(target, overwrite=overwrite, single=False)
    require_fit([table.view for table in tables], format_)
    written: list[dict[str, Any]] = []
    when_interrupted(lambda: _what_is_left([table["path"] for table in written]))
    with progress_bar("rows") as bar:
        bar.expect(sum(table.num_rows for table in tables))
        for table in tables:
            bar.begin(table.name)
            begin = time.perf_counter()
            path = table.to_files(
                targets[table.name], format_, overwrite=overwrite, rows_per_file=rows_per_file, progress=bar.advance
            )
            if table.name in schemas:
                (path / SCHEMA_CHANGES).write_text(schemas[table.name], "utf-8")
            size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
            seconds = round(time.perf_counter() - begin, 3)
            written.append(
                {"table": table.name, "rows": table.num_rows, "path": str(path), "bytes": size, "seconds": seconds}
            )
    return written


def _what_is_left(paths: list[str]) -> str:
    """What an interrupted command has written, and how to go on."""
    if not paths:
        return "nothing is left of it; run it again"
    return (
        f"{', '.join(paths)} {'is' if len(paths) == 1 else 'are'} complete, and nothing is left of the others; run it "
        "again with --overwrite, or name the tables that are missing"
    )


def main() -> NoReturn:
    """The command's entry point. Exit codes: 0 done, 1 an error, 2 wrong usage, 130 interrupted, 143 terminated."""
    # As an exception it lets what is half-written be removed.
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: sys.exit(_TERMINATED))
    try:
        code = cli(standalone_mode=False)
    except click.Abort:
        code = INTERRUPTED
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()

__all__ = ["cli", "main"]
