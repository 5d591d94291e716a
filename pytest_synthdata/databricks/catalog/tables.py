"""Tables of Unity Catalog by their names: what they are like, and what is kept of their values. No row is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from pytest_synthdata.databricks.catalog.definitions import definition_of
from pytest_synthdata.databricks.catalog.statements import Warehouse
from pytest_synthdata.databricks.catalog.table_names import TableName
from pytest_synthdata.databricks.client import WorkspaceError, connect, explained
from pytest_synthdata.databricks.retries import with_retries
from pytest_synthdata.errors import nearest
from pytest_synthdata.sources.ddl import Definition
from pytest_synthdata.sources.statistics.described import with_kept
from pytest_synthdata.sources.statistics.extents import ColumnStatistics, Statistics, has_range
from pytest_synthdata.sources.statistics.kept_texts import column_kept, statistics_of_properties

ALL = "*"  # tables of a schema
_NO_ROWS_OF_ITS_OWN = ("VIEW", "METRIC_VIEW")
_HOW_TO_PERMIT = "let an owner GRANT you USE CATALOG, USE SCHEMA, and SELECT on the table"


def described_tables(
    names: Sequence[str],
    warehouse_id: str | None = None,
    client: Any = None,
    *,
    tell: Callable[[str], object] = lambda _: None,
) -> dict[str, tuple[Definition, Statistics]]:
    """The definitions and statistics of tables, by what they are called here: without catalog and schema, if they may.

    Args:
        names: such as ``main.sales.orders``, or ``main.sales.*`` for all of a schema that are not views.
        warehouse_id: a SQL warehouse that is asked for what the catalog's own answer lacks; None to ask none.
        client: a ``WorkspaceClient``; defaults to one with the SDK's own settings.
        tell: gets what a reader should know of statistics that are not whole.

    Raises:
        WorkspaceError: for a table that is not there or not allowed, a view, and one that nobody has analysed.
    """
    asked = list(dict.fromkeys(TableName.parse(name) for name in names))
    infos: dict[TableName, Any] = {}
    listed: dict[TableName, list[TableName]] = {}

    def first(one: Any) -> None:
        if asked[0].table == ALL:
            listed[asked[0]] = _listed(one, asked[0])
        else:
            infos[asked[0]] = _look(one, asked[0])

    found = connect(first, str(asked[0]), client)
    for name in asked:
        if name.table == ALL:
            names_there = listed[name] if name in listed else _all(found, name)
            infos |= {table: _info(found, table) for table in names_there if table not in infos}
        elif name not in infos:
            infos[name] = _info(found, name)
    called = _called(list(infos))
    warehouse = None if warehouse_id is None else Warehouse(found, warehouse_id)
    described = {}
    for table, info in infos.items():
        definition = definition_of(info, called)
        known = statistics_of_properties(info.properties or {}, definition.schema)
        if warehouse is not None and not _is_whole(known, definition):
            known = _asked(warehouse, table, known, definition)
        lacking = _lacking(known, table, definition, was_asked=warehouse is not None)
        if _is_unknown(known) and table in asked:
            raise WorkspaceError(lacking)
        if lacking:
            tell(lacking)
        described[called[str(table).lower()]] = definition, _without_masked(known, info)
    return described


def _all(client: Any, name: TableName) -> list[TableName]:
    with explained(f"listing the tables of {name.parent}", client):
        return with_retries(client, lambda: _listed(client, name))


def _listed(client: Any, name: TableName) -> list[TableName]:
    """The tables of a schema that have rows of their own."""
    from databricks.sdk.errors import NotFound, PermissionDenied

    try:
        there = list(client.tables.list(name.catalog, name.schema, omit_columns=True, omit_properties=True))
    except NotFound as error:
        raise WorkspaceError(f"there are no tables in {name.parent}: {_what_is_missing(client, name, error)}") from None
    except PermissionDenied as error:
        raise WorkspaceError(f"{name.parent} may not be looked at: {_said(error)}; {_HOW_TO_PERMIT}") from None
    names = [str(one.name) for one in there if getattr(one.table_type, "value", None) not in _NO_ROWS_OF_ITS_OWN]
    if not names:
        raise WorkspaceError(f"there are no tables in {name.parent} that you may look at, or only views")
    return [TableName(name.catalog, name.schema, one) for one in sorted(names)]


def _called(tables: Sequence[TableName]) -> dict[str, str]:
    """What tables are called, by their full names in lower case: by as little as tells them apart."""
    counts = Counter(one.table for one in tables)
    schemas = Counter(f"{one.schema}_{one.table}" for one in tables)
    found = {}
    for one in tables:
        in_schema = f"{one.schema}_{one.table}"
        short = one.table if counts[one.table] == 1 else in_schema
        found[str(one).lower()] = short if short != in_schema or schemas[in_schema] == 1 else f"{one.catalog}_{short}"
    return found


def _info(client: Any, table: TableName) -> Any:
    with explained(f"asking Unity Catalog about {table}", client):
        return with_retries(client, lambda: _look(client, table))


def _look(client: Any, table: TableName) -> Any:
    from databricks.sdk.errors import NotFound, PermissionDenied

    try:
        info = client.tables.get(table.in_urls)
    except NotFound as error:
        raise WorkspaceError(f"there is no table {table}: {_what_is_missing(client, table, error)}") from None
    except PermissionDenied as error:
        raise WorkspaceError(f"{table} may not be looked at: {_said(error)}; {_HOW_TO_PERMIT}") from None
    kind = getattr(info.table_type, "value", None)
    if kind in _NO_ROWS_OF_ITS_OWN:
        reads = [one.table.table_full_name for one in _dependencies(info) if one.table is not None]
        shown = f": give the tables that it reads: {', '.join(reads)}" if reads else ": give the tables that it reads"
        raise WorkspaceError(f"{table} is a view, of which no statistics are kept{shown}")
    return info


def _said(error: Exception) -> str:
    """What the workspace says, without the settings that the SDK adds."""
    return str(error).partition(" Config: ")[0].rstrip(".")


def _dependencies(info: Any) -> list[Any]:
    known = getattr(info, "view_dependencies", None)
    return list(known.dependencies or ()) if known is not None else []


def _what_is_missing(client: Any, table: TableName, error: Exception) -> str:
    """Which part of a name is not there, and what may have been meant."""
    from databricks.sdk.errors import DatabricksError

    try:
        catalogs = [str(one.name) for one in client.catalogs.list()]
        if table.catalog.lower() not in map(str.lower, catalogs):
            return f"no catalog {table.catalog!r}: {nearest(table.catalog, catalogs)}"
        schemas = [str(one.name) for one in client.schemas.list(table.catalog)]
        if table.schema.lower() not in map(str.lower, schemas):
            return f"no schema {table.schema!r} in {table.catalog}: {nearest(table.schema, schemas)}"
        return nearest(
            table.table,
            [
                str(one.name)
                for one in client.tables.list(table.catalog, table.schema, omit_columns=True, omit_properties=True)
            ],
        )
    except DatabricksError:  # names may be told to those who may look at tables
        return _said(error)


def _is_whole(known: Statistics, definition: Definition) -> bool:
    """Whether everything that is read of statistics is known."""
    if known.rows is None:
        return False
    flat = [one for one in definition.schema if not _is_nested(one)]
    kept = {one.name: known.columns.get(one.name, ColumnStatistics()) for one in flat}
    return all(
        kept[one.name].nulls is not None
        and (kept[one.name].low is not None or kept[one.name].nulls == known.rows or not has_range(one.type))
        for one in flat
    )


def _is_nested(column: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_nested(column.type))


def _asked(warehouse: Warehouse, table: TableName, known: Statistics, definition: Definition) -> Statistics:
    """What a warehouse knows beside that."""
    schema = definition.schema
    if (said := warehouse.statistics(table)) is not None:
        return with_kept(known, said, schema)
    known = with_kept(known, warehouse.description(table), schema)
    found = dict(known.columns)
    for column in schema:
        if not _is_nested(column) and (kept := warehouse.column(table, column.name)):
            one = column_kept(kept, column.type)
            found[column.name] = one if one != ColumnStatistics() else found.get(column.name, one)
    return Statistics(known.rows, found)


def _lacking(known: Statistics, table: TableName, definition: Definition, *, was_asked: bool) -> str:
    """What statistics a table lacks, and how it gets them; nothing where it lacks none."""
    analyse = f"ANALYZE TABLE {table.quoted} COMPUTE STATISTICS FOR ALL COLUMNS"
    ask = "" if was_asked else ", or name a SQL warehouse that may know more: --warehouse-id, DATABRICKS_WAREHOUSE_ID"
    if _is_unknown(known):
        return f"no statistics are kept of {table}: run {analyse}{ask}"
    lacking = ["the number of rows"] if known.rows is None else []
    lacking += [
        one.name
        for one in definition.schema
        if has_range(one.type) and known.columns.get(one.name, ColumnStatistics()) == ColumnStatistics()
    ]
    return f"{table}: nothing is kept of {', '.join(lacking)}: run {analyse}{ask}" if lacking else ""


def _is_unknown(known: Statistics) -> bool:
    """Whether nothing is known."""
    return known.rows is None and all(one == ColumnStatistics() for one in known.columns.values())


def _without_masked(known: Statistics, info: Any) -> Statistics:
    """Statistics without the ends of columns that are masked: these are what the mask hides."""
    masked = {column.name for column in info.columns or () if column.mask is not None}
    columns = {name: ColumnStatistics(one.nulls) if name in masked else one for name, one in known.columns.items()}
    return replace(known, columns=columns)


__all__ = ["described_tables"]
