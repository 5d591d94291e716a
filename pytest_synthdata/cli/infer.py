"""`synthdata infer`: the factories of tables that are there, as Python source to keep and edit."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_synthdata.cli.named_objects import is_object_name, samples_of_object
from pytest_synthdata.cli.results import write_texts
from pytest_synthdata.errors import ArgumentError

if TYPE_CHECKING:
    from pytest_synthdata.sources.samples import Sample


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH|MODULE:NAME...")
@click.option("--table", metavar="NAME", help="The table's name, where it is not that of the file or folder.")
@click.option("--parents", multiple=True, metavar="MODULE[:FACTORY]", help="Factories that these tables may refer to.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Where the source goes; long lists go into a JSON file beside it.",
)
@click.option("--overwrite", is_flag=True, help="Replace what is at --output, with your edits.")
@click.option(
    "--statistics-only",
    is_flag=True,
    help="Read what Parquet, Delta and catalogs keep of tables (rows, nulls, ranges of numbers and dates), no data.",
)
@click.option(
    "--warehouse-id",
    envvar="DATABRICKS_WAREHOUSE_ID",
    metavar="ID",
    help="A SQL warehouse for statistics that Unity Catalog does not tell; defaults to DATABRICKS_WAREHOUSE_ID.",
)
@click.pass_context
def infer(
    context: click.Context,
    *,
    paths: tuple[str, ...],
    table: str | None,
    parents: tuple[str, ...],
    output: Path | None,
    overwrite: bool,
    statistics_only: bool,
    warehouse_id: str | None,
) -> None:
    """Print factories that make such tables: synthdata infer data/orders data/customers > factories.py.

    PATH is a table (Parquet, CSV, JSON lines, Delta), a folder of tables, or a schema as Spark's DDL has it, such as
    "id bigint, email string" (name it by --table), or a file of CREATE TABLE statements, an Avro or a JSON Schema, or
    descriptors of protobuf. Or it is MODULE:NAME, such as shop.models:Order: a dataclass, a pydantic model, a
    StructType, or whatever else TableFactory.from_schema takes, in a module that the current folder or the environment
    has. Columns get the shares, laws, ranges, null rates and key patterns of the first million rows; of texts that may
    be personal only the kind. References are found by values, by what a schema says, or by their names.

    With --statistics-only, PATH is Parquet, Delta, or a .json file with what DESCRIBE EXTENDED ... AS JSON gives; or
    catalog.schema.table, a table of Unity Catalog, or 'catalog.schema.*' for all: constraints become keys and
    references.
    """
    from pytest_synthdata.cli.own_rows import with_own_rows
    from pytest_synthdata.factories.base import TableFactory
    from pytest_synthdata.factories.discovery import load_factories
    from pytest_synthdata.infer.printing.source import module_source
    from pytest_synthdata.infer.printing.stored import Store
    from pytest_synthdata.infer.tables import infer_tables
    from pytest_synthdata.sources.samples import is_path

    sys.path.insert(0, "")  # a project's own modules, as `python -m` finds them
    in_catalog = [path for path in paths if _is_in_catalog(path)]
    is_asked = context.get_parameter_source("warehouse_id") is click.core.ParameterSource.COMMANDLINE
    if is_asked and not (statistics_only and in_catalog):
        raise click.UsageError("--warehouse-id goes with --statistics-only and catalog.schema.table")
    if overwrite and output is None:
        raise click.UsageError("--overwrite replaces a file: it goes with --output")
    samples = _of_catalog(in_catalog, warehouse_id) if statistics_only and in_catalog else {}
    for path in paths if not statistics_only else [one for one in paths if one not in in_catalog]:
        for name, sample in _tables(path, statistics_only=statistics_only):
            if name in samples:
                raise ArgumentError(f"{path}: another of these tables is called {name!r}, too: infer one at a time")
            samples[name] = sample
    if table is not None:
        if len(samples) != 1:
            raise ArgumentError(f"--table names one table, and these are {len(samples)}: {', '.join(samples)}")
        samples = {table: next(iter(samples.values()))}
    known = list(load_factories(parents))
    tables = list(with_own_rows(list(infer_tables(samples, base=TableFactory, parents=known)), samples))
    shown = ", ".join(path if is_path(path) or is_object_name(path) else "a schema" for path in paths)
    said = f"Factories of tables, inferred from {'the statistics of ' if statistics_only else ''}{shown}."
    if output is None:
        click.echo(module_source(tables, said), nl=False)
        return
    store = Store(f"{output.stem}_data.json")
    files = {output: module_source(tables, said, store)}
    if store.content:
        files[output.with_name(store.file)] = json.dumps(store.content, ensure_ascii=False, indent=1) + "\n"
    write_texts("the factories", files, overwrite=overwrite)


def _tables(path: str, *, statistics_only: bool) -> list[tuple[str, Sample]]:
    """The tables at a path, by name."""
    from pytest_synthdata.sources.samples import is_path, samples_of_schema, samples_of_sql

    is_object = is_object_name(path) and not Path(path).exists()
    if statistics_only and (path.endswith(".sql") or is_object or not is_path(path)):
        raise ArgumentError("--statistics-only: a schema keeps no statistics: leave the option out, or give a table")
    if is_object:
        return list(samples_of_object(path).items())
    if not statistics_only and (found := samples_of_schema(path)) is not None:
        return [(name or "inferred", sample) for name, sample in found.items()]
    if _is_in_catalog(path):
        raise ArgumentError(
            f"synthdata infer: there is nothing at {path}; a table of Unity Catalog goes with --statistics-only"
        )
    if not is_path(path):
        return [(name or "inferred", sample) for name, sample in samples_of_sql(path).items()]
    place = Path(path)
    if not place.is_dir() or _is_table(place):
        return [_named(place, statistics_only=statistics_only)]
    items = [item for item in sorted(place.iterdir()) if _is_table(item)]
    if not items:
        raise ArgumentError(f"synthdata infer: {path} holds no tables: give Parquet, CSV, JSON lines or Delta")
    return [_named(item, statistics_only=statistics_only) for item in items]


def _is_in_catalog(path: str) -> bool:
    """Whether a path is the name of a table in Unity Catalog."""
    from pytest_synthdata.databricks.catalog.table_names import is_table_name
    from pytest_synthdata.file_formats import format_of

    return is_table_name(path) and format_of(path) is None and not Path(path).exists()


def _of_catalog(names: list[str], warehouse_id: str | None) -> dict[str, Sample]:
    """Tables of Unity Catalog, by name."""
    from pytest_synthdata.databricks.catalog.tables import described_tables
    from pytest_synthdata.sources.samples import sample_of

    described = described_tables(names, warehouse_id, tell=lambda text: click.echo(text, err=True))
    return {
        name: replace(sample_of(definition.schema, name), definition=definition, statistics=statistics)
        for name, (definition, statistics) in described.items()
    }


def _named(place: Path, *, statistics_only: bool) -> tuple[str, Sample]:
    """A table by its name."""
    from pytest_synthdata.file_formats import table_name
    from pytest_synthdata.sources.samples import sample_of
    from pytest_synthdata.sources.statistics.kept import sample_of_statistics

    if not statistics_only:
        return table_name(place), sample_of(place, "synthdata infer")
    sample = sample_of_statistics(place, "synthdata infer")
    said = sample.definition
    return (said.table if said is not None and said.table else table_name(place)), sample


def _is_table(place: Path) -> bool:
    """Whether a path is one table: a file of data, or a folder of parts of a table."""
    from pytest_synthdata.file_formats import format_of

    if place.name.startswith(("_", ".")):
        return False
    if place.is_file():
        return format_of(place) is not None
    if (place / "_delta_log").is_dir() or any("=" in item.name for item in place.iterdir() if item.is_dir()):
        return True
    parts = [item for item in place.iterdir() if format_of(item) is not None and item.is_file()]
    return bool(parts) and all(item.name.startswith("part-") for item in parts)


COMMANDS = [infer]

__all__ = ["COMMANDS", "infer"]
