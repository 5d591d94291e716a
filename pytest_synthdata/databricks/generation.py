"""Tables made on a cluster and saved in a Volume from there: the same rows as here, with nothing installed there."""

from __future__ import annotations

import base64
import inspect
import json
import sys
import zlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pytest_synthdata.columns.arrow.fingerprint import combined
from pytest_synthdata.columns.tables.table_view import TableView, Views
from pytest_synthdata.databricks.client import WorkspaceError, preflight
from pytest_synthdata.databricks.cluster_job import TELLS, write_table
from pytest_synthdata.databricks.clusters import START_SECONDS
from pytest_synthdata.databricks.compute import execute_databricks_command
from pytest_synthdata.databricks.names import VolumePath
from pytest_synthdata.databricks.upload import Stored, Upload, UploadResult
from pytest_synthdata.databricks.volumes import Files
from pytest_synthdata.files.progress import Bar
from pytest_synthdata.spark import shipment

if TYPE_CHECKING:
    from pytest_synthdata.databricks.polling import OnStatus


def generate_on_cluster(
    dataset: Views,
    path: str,
    *,
    cluster_id: str | None = None,
    create: bool = False,
    overwrite: bool = False,
    start: bool = False,
    start_timeout: float = START_SECONDS,
    timeout: float = 3600,
    on_status: OnStatus | None = None,
    client: Any = None,
    beside: Mapping[str, Mapping[str, str]] | None = None,
) -> UploadResult:
    """Let a cluster make a dataset's tables and save them in a Volume, with a manifest, which comes last.

    The engine travels with the tables' plans: the cluster needs NumPy, PyArrow and SciPy, which every Databricks
    Runtime has. Each table is read again when it is written; its fingerprint is that of what was read.

    Args:
        dataset: a `Dataset`, whose tables are saved.
        path: ``catalog.schema.volume/folder`` or ``/Volumes/…``. Each table gets a folder of its name in it.
        cluster_id: the cluster; defaults to ``DATABRICKS_CLUSTER_ID``.
        create: make the schema and the Volume where they are missing.
        overwrite: replace what is there.
        start: start the cluster if it is stopped.
        start_timeout: how many seconds that may take.
        timeout: how many seconds a table may take.
        on_status: is called with what happens meanwhile, as text.
        client: a ``databricks.sdk.WorkspaceClient``; defaults to one with the SDK's own settings.
        beside: by table, texts to store beside its files, by file name; the names begin with ``_``, so that readers of
            the table skip them.

    Raises:
        PicklingError: for columns that can only be made in this process.
        WorkspaceError: for what the workspace refuses, what is there already, and what went wrong on the cluster.
    """
    target = VolumePath.parse(path)
    codes = {name: code(table, str(target / name)) for name, table in dataset.views.items()}
    client = preflight(target, client, create=create)
    upload = Upload(Files(client), target, run=str(target))

    def store(table: TableView, folder: VolumePath, bar: Bar) -> Stored:
        del bar
        result = execute_databricks_command(
            cluster_id,
            "python",
            codes[table.name],
            timeout,
            start=start,
            start_timeout=start_timeout,
            on_status=on_status,
            client=client,
        )
        told = [line for line in result.output.splitlines() if line.startswith(TELLS)]
        if not result.success or not told:
            raise WorkspaceError(f"making {table.name} on the cluster: {result.error or result.output}")
        parts = [tuple(part) for part in json.loads(told[-1].removeprefix(TELLS))]
        rows = sum(part[2] for part in parts)
        if rows != table.num_rows:
            raise WorkspaceError(f"{folder} has {rows:,} rows of {table.num_rows:,} that the cluster wrote")
        for name, text in (beside or {}).get(table.name, {}).items():
            upload.files.put_text(text, folder, name)
        return upload.stored(folder), combined(parts)

    return upload.save_by(dataset.views, store, overwrite=overwrite)


def code(table: TableView, folder: str) -> str:
    """Python code that writes a table to a folder, on a cluster that has nothing of this package."""
    modules = (shipment, inspect.getmodule(write_table))
    sources = [inspect.getsource(module).replace(_FUTURE, "") for module in modules if module is not None]
    return "\n".join([_FUTURE, *sources, f'write_table(spark, "{packed(table)}", "{folder}")'])


_FUTURE = "from __future__ import annotations"


def packed(table: TableView) -> str:
    """A table's plan, the engine, and what else `cluster_job.write_table` needs, as text."""
    from pytest_synthdata.spark.frames import representable, spark_schema
    from pytest_synthdata.spark.shipping import shipment_of

    schema = representable(table.schema, table.name)
    sent = shipment_of(table, schema)
    job = {
        "package": sent.package,
        "alias": sent.alias,
        "engine": dict(sent.engine),
        "plan": base64.b64encode(sent.plan).decode(),
        "key": sent.key,
        "schema": base64.b64encode(schema.serialize().to_pybytes()).decode(),
        "spark_schema": spark_schema(schema).jsonValue(),
        "rows": table.num_rows,
        # Pickled functions are code of one version of Python.
        "python": list(sys.version_info[:2]) if b"cloudpickle" in sent.plan else None,
    }
    return base64.b64encode(zlib.compress(json.dumps(job).encode(), 9)).decode()


__all__ = ["code", "generate_on_cluster", "packed"]
