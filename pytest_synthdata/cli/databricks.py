"""`synthdata upload`, `run` and `sweep`: tables to a Volume, code on Databricks, and left-overs away."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_synthdata.cli.arguments import choice, dataset_of, factories_option, period_of, rows_option, tables_argument
from pytest_synthdata.cli.commands import when_interrupted
from pytest_synthdata.cli.feeds import Feeds, upload_feeds
from pytest_synthdata.cli.over_time import CHANGES, as_they_are, at_option
from pytest_synthdata.cli.schema_changes import schema_changes
from pytest_synthdata.errors import ArgumentError, SynthDataError, counted
from pytest_synthdata.file_formats import FILE_FORMATS

if TYPE_CHECKING:
    from pytest_synthdata.columns.tables.table_view import TableView
    from pytest_synthdata.databricks.results import ExecutionResult
    from pytest_synthdata.databricks.upload import UploadResult
    from pytest_synthdata.dataset import Dataset

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_LANGUAGES = {".py": "python", ".sql": "sql", ".scala": "scala", ".r": "r"}


@click.command()
@click.argument("volume")
@tables_argument
@rows_option("The same as TABLE=ROWS.")
@click.option("--seed", type=int, default=42, show_default=True, help="Decides every value.")
@factories_option
@click.option("--create", is_flag=True, help="Make the schema and the Volume where they are missing.")
@click.option("--overwrite", is_flag=True, help="Replace tables of other data.")
@click.option("--format", "format_", type=choice(FILE_FORMATS), default="parquet", show_default=True)
@at_option
@click.option("--by", help="Save batches, a folder each: hour, day, week or month, or a number of rows.")
@click.option("--from", "start", metavar="TIME", help="With --by: only rows that come from this time (UTC) on.")
@click.option("--to", "stop", metavar="TIME", help="With --by: only rows that come before this time.")
@click.option(
    "--changes",
    type=CHANGES,
    help="With --by: what happens in tables with a History, in this format, and the rows of others.",
)
@click.option("--snapshots", is_flag=True, help="With --changes: also each table as it is at the end of each batch.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def upload(
    *,
    volume: str,
    tables: tuple[str, ...],
    rows: tuple[str, ...],
    seed: int,
    factories: tuple[str, ...],
    create: bool,
    overwrite: bool,
    format_: str,
    at: str | None,
    by: str | None,
    start: str | None,
    stop: str | None,
    changes: str | None,
    snapshots: bool,
    as_json: bool,
) -> None:
    """Save tables in a Volume: synthdata upload main.sales.raw/test orders=10M.

    VOLUME is catalog.schema.volume[/folder] or /Volumes/…; each table gets a folder of its name in it. TABLE=ROWS is as
    in synthdata generate. Tables that are there already are not sent again.

    With --by, each table comes batch by batch, as Auto Loader reads them: orders/2024-06-30/part-00000… and so on. What
    is there is passed over, so that a command that was ended, or is called again with a later --to, goes on.
    """
    if by is None and (start or stop or changes or snapshots):
        raise click.UsageError("--from, --to, --changes and --snapshots go with --by")
    if by is not None and at is not None:
        raise click.UsageError("--at saves whole tables: it goes without --by")
    if snapshots and not changes:
        raise click.UsageError("--snapshots goes with --changes")
    period_of(start, stop)  # says what is wrong with it
    dataset = as_they_are(dataset_of([*tables, *rows], seed, factories), at)
    when_interrupted(lambda: "run it again to go on: what is there whole is not sent again")
    if by is not None:
        feeds = Feeds(by, start, stop, changes, snapshots=snapshots)
        upload_feeds(dataset, volume, feeds, create=create, overwrite=overwrite, format_=format_, as_json=as_json)
        return
    show(dataset.to_volume(volume, create=create, overwrite=overwrite, format=format_), dataset.views, as_json=as_json)


def show(saved: UploadResult, views: Mapping[str, TableView], *, as_json: bool) -> None:
    """Print where tables are, and how many rows they have."""
    rows = {name: views[name].num_rows for name in saved.tables}
    if as_json:
        found = {"path": saved.path, "tables": dict(saved.tables), "rows": rows, "skipped": list(saved.skipped)}
        click.echo(json.dumps(found))
        return
    for name, path in saved.tables.items():
        click.echo(f"{path}: {'already there' if name in saved.skipped else counted(rows[name], 'row')}")


@dataclass(frozen=True)
class _Tables:
    """The tables of a dataset, and the labels of its defects."""

    views: Mapping[str, TableView]


def generate_there(
    dataset: Dataset, path: str, cluster_id: str, *, create: bool, start: bool, overwrite: bool, as_json: bool
) -> None:
    """`synthdata generate --on-cluster`: make tables on a cluster, and print where they are."""
    from pytest_synthdata.databricks.generation import generate_on_cluster
    from pytest_synthdata.files.targets import SCHEMA_CHANGES

    views = {table.name: table.view for table in (*dataset, *dataset.defects.values())}
    saved = generate_on_cluster(
        _Tables(views),
        path,
        cluster_id=cluster_id,
        create=create,
        start=start,
        overwrite=overwrite,
        on_status=tell,
        beside={name: {SCHEMA_CHANGES: text} for name, text in schema_changes(dataset).items()},
    )
    show(saved, views, as_json=as_json)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("args", nargs=-1, type=click.UNPROCESSED)
@click.option("--cluster-id", metavar="ID", help="The cluster; defaults to DATABRICKS_CLUSTER_ID.")
@click.option("--serverless", is_flag=True, help="Run on serverless compute. Python only.")
@click.option(
    "--dependency", "dependencies", multiple=True, metavar="PACKAGE", help="For --serverless: what pip installs."
)
@click.option("--start", is_flag=True, help="Start the cluster if it is stopped.")
@click.option("--timeout", type=float, default=600, show_default=True, help="Seconds; then the run is cancelled.")
def run(
    *,
    file: Path,
    args: tuple[str, ...],
    cluster_id: str | None,
    serverless: bool,
    dependencies: tuple[str, ...],
    start: bool,
    timeout: float,
) -> None:
    """Run a local file on Databricks: synthdata run generate.py --cluster-id 0101-… or --serverless.

    Its language goes by its name: .py, .sql, .scala, .r. The status is shown meanwhile, the output at the end. ARGS are
    the arguments of a serverless run. Exit code 1: the file failed.
    """
    if serverless and cluster_id:
        raise click.UsageError("--serverless needs no --cluster-id")
    if serverless and start:
        raise click.UsageError("--start goes with a cluster; serverless compute starts by itself")
    if not serverless and (args or dependencies):
        raise click.UsageError("arguments and --dependency go with --serverless; a cluster has neither")
    if serverless:
        from pytest_synthdata.databricks.serverless import run_on_serverless

        finish(run_on_serverless(file, args, dependencies, timeout=timeout, on_status=tell))
        return
    from pytest_synthdata.databricks.compute import execute_databricks_command
    from pytest_synthdata.databricks.results import script

    language = _LANGUAGES.get(file.suffix.lower())
    if language is None:
        raise ArgumentError(f"{file}: what language is it? Its name ends in {', '.join(_LANGUAGES)}")
    finish(execute_databricks_command(cluster_id, language, script(file), timeout, start=start, on_status=tell))


def tell(status: str) -> None:
    """Show what happens on Databricks, beside the output."""
    click.echo(status, err=True)


def finish(result: ExecutionResult) -> None:
    """Print what code on Databricks gave; exit with 1 where it failed."""
    if result.output:
        click.echo(result.output.removesuffix("\n"))
    if not result.success:
        raise SynthDataError(f"on Databricks: {result.error}")


@click.command()
@click.argument("volume")
@click.option(
    "--older-than", default="24h", show_default=True, metavar="AGE", help="90m, 24h, 7d: more than your longest run."
)
@click.option("--dry-run", is_flag=True, help="Only tell what would be removed.")
def sweep(*, volume: str, older_than: str, dry_run: bool) -> None:
    """Remove what crashed test runs have left in a Volume: synthdata sweep main.sales.raw --older-than 24h.

    Only folders with a note of ours that their run has not taken away; nothing that was kept, nothing of others.
    """
    from pytest_synthdata.databricks.leftovers import sweep as sweep_volume

    removed = sweep_volume(volume, older_than=_age(older_than), dry_run=dry_run)
    for path in removed:
        click.echo(f"{'would remove' if dry_run else 'removed'} {path}")
    if not removed:
        click.echo(f"nothing older than {older_than} is left in {volume}")


def _age(text: str) -> timedelta:
    match = re.fullmatch(r"(\d+)([smhd])", text)
    if match is None:
        raise ArgumentError(f"--older-than: {text!r} is not an age, such as 90m, 24h or 7d")
    return timedelta(seconds=int(match[1]) * _UNITS[match[2]])


COMMANDS = [upload, run, sweep]

__all__ = ["COMMANDS"]
