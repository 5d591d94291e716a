"""`synthdata validate` and `synthdata report`: data checked against declarations, in the terminal and as a page."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pytest_synthdata.cli.arguments import dataset_of, errors_as_json
from pytest_synthdata.errors import SynthDataError
from pytest_synthdata.file_formats import SUFFIXES

if TYPE_CHECKING:
    from pytest_synthdata.dataset import Dataset
    from pytest_synthdata.validation import Validation


def _options(command: Any) -> Any:
    for option in (
        click.option("--seed", type=int, default=42, show_default=True, help="Decides every value of generated data."),
        click.option("--rows", multiple=True, metavar="TABLE=ROWS", help="Rows of generated tables: orders=10M."),
        click.option(
            "--against", multiple=True, metavar="MODULE[:FACTORY]", help="Whose declarations count: shop.factories."
        ),
    ):
        command = option(command)
    return command


@click.command()
@click.argument("path", required=False, type=click.Path(exists=True, path_type=Path))
@_options
@click.option("--parent", "parents", multiple=True, metavar="TABLE=PATH", help="A table that PATH refers to.")
@click.option(
    "--false-alarms",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.001,
    show_default=True,
    help="How often correct data may fail.",
)
@click.option("--json", "as_json", is_flag=True, help="Print every check as JSON.")
def validate(
    *,
    path: Path | None,
    against: tuple[str, ...],
    rows: tuple[str, ...],
    seed: int,
    parents: tuple[str, ...],
    false_alarms: float,
    as_json: bool,
) -> None:
    """Hold data against what factories declare: synthdata validate data/orders --against shop.factories.

    PATH is a table (Parquet, CSV, JSON lines, Delta), or a folder with a table for each factory, as `synthdata
    generate` writes it. Without PATH, generated data is looked at. Exit code 1: some check failed.
    """
    with errors_as_json(as_json):
        dataset = dataset_of(rows, seed, against)
        if path is None:
            result = dataset.validate(false_alarms=false_alarms)
        else:
            from pytest_synthdata.validation import validate as validate_data

            data, known = _tables(path, dataset, bool(against))
            known |= dict(_parent(item) for item in parents)
            result = validate_data(dataset.views, data, parents=known, false_alarms=false_alarms)
    if as_json:
        click.echo(json.dumps({"ok": result.ok, **result.to_dict()}))
    else:
        _print(result)
    if not result.ok:
        raise click.exceptions.Exit(1)


def _parent(item: str) -> tuple[str, str]:
    table, equals, path = item.partition("=")
    if not (table and equals and path):
        raise SynthDataError(f"--parent: {item!r} is not TABLE=PATH, such as customers=data/customers")
    return table, path


def _tables(path: Path, dataset: Dataset, stated: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """The tables at a path that are to be checked, and those beside it that they refer to."""
    here = {table.name: found for table in dataset if (found := _at(path, table.name)) is not None}
    if path.is_dir() and here:
        return here, {}
    named = [table.name for table in dataset if table.name in (path.name, path.name.partition(".")[0])]
    if not named and stated and len(dataset) == 1:
        named = [table.name for table in dataset]
    if not named:
        # One factory was named; the others are tables that it refers to.
        referred = {parent for table in dataset for parent in table.bound.all_parents()}
        named = [table.name for table in dataset if table.name not in referred]
    if len(named) != 1:
        raise SynthDataError(
            f"{path}: whose table is it? Name one factory, such as --against shop.factories:OrderFactory, or give a "
            f"folder that holds some of {', '.join(dataset.tables)}"
        )
    beside = {table.name: found for table in dataset if (found := _at(path.parent, table.name)) is not None}
    beside.pop(named[0], None)
    return {named[0]: path}, beside


def _at(folder: Path, table: str) -> Path | None:
    if not folder.is_dir():
        return None
    return next((item for suffix in ("", *SUFFIXES) if (item := folder / f"{table}{suffix}").exists()), None)


def _print(result: Validation) -> None:
    import shutil

    from pytest_synthdata.report.terminal import to_text

    width = shutil.get_terminal_size((100, 24)).columns
    colour = sys.stdout.isatty()
    click.echo(to_text([result], width=width, colour=colour), nl=False, color=colour or None)


@click.command()
@click.argument("file", default="synth-report.html", type=click.Path(dir_okay=False, path_type=Path))
@_options
@click.option("--defects", metavar="MODULE:NAME", help="Plant defects, which the page lists: a dict of kinds by table.")
def report(*, file: Path, against: tuple[str, ...], rows: tuple[str, ...], seed: int, defects: str | None) -> None:
    """Write a page that shows generated data, declared against measured: synthdata report report.html."""
    from pytest_synthdata.report.content import content_of
    from pytest_synthdata.report.page import write
    from pytest_synthdata.report.planted import with_planted
    from pytest_synthdata.report.requirements import missing_packages

    if problem := missing_packages():
        raise SynthDataError(problem)
    dataset = dataset_of(rows, seed, against, defects)
    result = with_planted(dataset.clean.validate(), dataset)
    path = write(content_of(dataset, result), file)
    click.echo(f"{path}: {len(result.checks):,} checks, {len(result.failed):,} failed")


COMMANDS = [validate, report]

__all__ = ["COMMANDS"]
