"""`synthdata validate` and `synthdata report`: data checked against declarations, in the terminal and as a page."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pytest_synthdata.cli.arguments import asked_for, dataset_of, rows_option
from pytest_synthdata.errors import ArgumentError, SynthDataError
from pytest_synthdata.file_formats import SUFFIXES, table_name

if TYPE_CHECKING:
    from pytest_synthdata.dataset import Dataset
    from pytest_synthdata.validation import Validation


def _options(command: Any) -> Any:
    for option in (
        click.option("--seed", type=int, default=42, show_default=True, help="Decides every value of generated data."),
        rows_option("Rows of generated tables: orders=10M."),
        click.option(
            "--against",
            "--factories",
            "against",
            multiple=True,
            metavar="MODULE[:FACTORY]",
            help="Whose declarations count: shop.factories.",
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
    """Check data against what factories declare: synthdata validate data/orders --against shop.factories.

    PATH is a table (Parquet, CSV, JSON lines, Delta), or a folder with a table for each factory, as `synthdata
    generate` writes it: one that is missing fails, if --against or --rows asks for it. Without PATH, generated data is
    looked at. Exit code 1: some check failed.
    """
    if parents and path is None:
        raise click.UsageError("--parent goes with PATH: generated data has its own parents")
    dataset, notes = dataset_of(rows, seed, against), list[str]()
    data, known = dict[str, Any](), dict[str, Any]()
    if path is None:
        result = dataset.validate(false_alarms=false_alarms)
    else:
        from pytest_synthdata.validation import validate as validate_data

        data, known = _tables(path, dataset, bool(against))
        known |= dict(_parent(item) for item in parents)
        result = validate_data(dataset.views, data, parents=known, false_alarms=false_alarms)
        result = _with_column_checks(result, dataset, data)
        if path not in data.values():
            result, notes = _with_missing(result, path, dataset, asked_for(rows, against))
    if as_json:
        click.echo(json.dumps({"ok": result.ok, **result.to_dict()}))
    else:
        _print(result, dataset, None if path is None else {**known, **data})
    for note in notes:
        click.echo(note, err=True)
    if not result.ok:
        raise click.exceptions.Exit(1)


def _with_column_checks(result: Validation, dataset: Dataset, data: Mapping[str, Any]) -> Validation:
    """The result with the checks of columns that nothing declares, and of the types that files state."""
    from pytest_synthdata.validation.shape import column_checks_of

    tables = []
    for one in result.tables:
        columns = column_checks_of(dataset.views[one.table], data[one.table], one.rows)
        tables.append(replace(one, checks=(*columns, *one.checks)))
    return replace(result, tables=tuple(tables))


def _parent(item: str) -> tuple[str, str]:
    table, equals, path = item.partition("=")
    if not (table and equals and path):
        raise ArgumentError(f"--parent: {item!r} is not TABLE=PATH, such as customers=data/customers")
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
        raise ArgumentError(
            f"{path}: whose table is it? Name one factory, such as --against shop.factories:OrderFactory, or give a "
            f"folder that holds some of {', '.join(dataset.tables)}"
        )
    beside = {table.name: found for table in dataset if (found := _at(path.parent, table.name)) is not None}
    beside.pop(named[0], None)
    return {named[0]: path}, beside


def _with_missing(
    result: Validation, folder: Path, dataset: Dataset, asked: Collection[str]
) -> tuple[Validation, list[str]]:
    """The result with a failed check for each table that was asked for and is not in the folder, and other differences.

    Args:
        result: of the tables that are there.
        folder: where they are.
        dataset: all tables that are described.
        asked: those that must be there.
    """
    from pytest_synthdata.validation.results import Check, TableResult

    checked = {one.table for one in result.tables}
    missing = [table.name for table in dataset if table.name not in checked]
    added = tuple(
        TableResult(name, 0, 0.0, (Check(name, "", "missing table", "", "", "there", "missing", 0, passed=False),))
        for name in missing
        if name in asked
    )
    there = {item.name if item.is_dir() else table_name(item) for item in folder.iterdir() if _may_be_table(item)}
    strange = sorted(there - {name for table in dataset for name in (table.name, f"{table.name}_defects")})
    names = {"there is no data of": [name for name in missing if name not in asked], "no factory describes": strange}
    notes = [f"{folder}: not checked: {why} {', '.join(some)}" for why, some in names.items() if some]
    return replace(result, tables=(*result.tables, *added)), notes


def _may_be_table(item: Path) -> bool:
    return not item.name.startswith((".", "_")) and (item.is_dir() or item.suffix in SUFFIXES)


def _at(folder: Path, table: str) -> Path | None:
    if not folder.is_dir():
        return None
    return next((item for suffix in ("", *SUFFIXES) if (item := folder / f"{table}{suffix}").exists()), None)


def _print(result: Validation, dataset: Dataset, data: Mapping[str, Any] | None) -> None:
    """Print what differs, what was not checked, and a summary.

    Args:
        result: the checks.
        dataset: what is declared.
        data: the files that were checked and those that they refer to, by table; None for generated data.
    """
    import shutil

    from pytest_synthdata.report.terminal import to_text
    from pytest_synthdata.validation.messages import failures, unchecked_columns

    lines = []
    if data is not None:
        for table in result.tables:
            if not all(check.passed for check in table.checks):
                declared_by = dataset[table.table].factory.__name__
                lines += ["", *failures(table, declared_by, data)]
    lines += unchecked_columns(result.tables)
    if lines:
        click.echo("\n".join([*lines[1:], ""]))

    width = shutil.get_terminal_size((100, 24)).columns
    colour = sys.stdout.isatty()
    click.echo(to_text([result], width=width, colour=colour, failures=data is None), nl=False, color=colour or None)


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
