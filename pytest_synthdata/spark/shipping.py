"""The rows of a table as a function that Spark's executors can run, whatever is or is not installed there.

An executor has NumPy, PyArrow and, for most distributions, SciPy. The engine's source (`pickling.ENGINE`)
travels with the plan and is imported there under a name that holds its hash: it neither needs an
installed copy of this package nor meets one of another version. One way serves classic Spark, Connect and Sail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from hashlib import blake2b
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from pytest_synthdata.pickling import ENGINE, PACKAGE, pickled, pickled_table
from pytest_synthdata.spark import shipment

if TYPE_CHECKING:
    import pyarrow as pa

    from pytest_synthdata.columns.tables.table_view import TableView

RowRange: TypeAlias = "Callable[..., Iterator[pa.RecordBatch]]"


def row_range(view: TableView, schema: pa.Schema) -> RowRange:
    """A function of ``start`` and ``stop``, or of row numbers, that gives these rows, and pickles without this package.

    Args:
        view: the rows.
        schema: what the batches are cast to.

    Raises:
        PicklingError: for columns that only factory_boy can evaluate, and functions that cannot be pickled.
    """
    from pyspark import cloudpickle  # executors have this one

    packed = pickled(shipment_of(view, schema), cloudpickle, [shipment])

    # A nested function that refers to nothing else is pickled by value, by whomever.
    def rows(start: Any, stop: int | None = None) -> Iterator[pa.RecordBatch]:
        import pickle

        made: Iterator[pa.RecordBatch] = pickle.loads(packed).rows(start, stop)  # noqa: S301 - our own
        return made

    return rows


def part_writer(view: TableView, options: Mapping[str, Any]) -> Callable[..., list[str]]:
    """A function of ``start``, ``stop`` and a path that writes these rows as Parquet there, and gives the files.

    Args:
        view: the rows.
        options: how they are encoded.

    Raises:
        PicklingError: as `row_range`.
    """
    from pyspark import cloudpickle

    packed, settled = pickled(shipment_of(view, view.schema), cloudpickle, [shipment]), dict(options)

    def write(start: int, stop: int, path: str) -> list[str]:
        import pickle
        from pathlib import Path

        files = pickle.loads(packed).write_part(start, stop, Path(path), settled)  # noqa: S301 - our own
        return [str(file) for file in files]

    return write


def shipment_of(view: TableView, schema: pa.Schema) -> shipment.Shipment:
    """All that it takes to make a table's rows where this package is not installed.

    Raises:
        PicklingError: for columns that only factory_boy can evaluate, and functions that cannot be pickled.
    """
    from pyspark import cloudpickle

    plan = pickled_table(view, cloudpickle)
    alias, sources = _engine()
    key = blake2b(plan, digest_size=16).hexdigest()
    return shipment.Shipment(PACKAGE, alias, sources, plan, key, schema)


@cache
def _engine() -> tuple[str, dict[str, str]]:
    """The engine's name on executors, and its modules' sources by the names that they have there."""
    root = Path(str(resources.files(PACKAGE)))
    files = [file for part in ENGINE for file in (sorted((root / part).rglob("*.py")) or [root / f"{part}.py"])]
    sources = {".".join(file.relative_to(root).with_suffix("").parts): file.read_text("utf-8") for file in files}
    sources["__init__"] = ""
    digest = blake2b("\0".join(f"{name}\0{text}" for name, text in sources.items()).encode(), digest_size=8)
    alias = f"_synthdata_{digest.hexdigest()}"
    return alias, {f"{alias}.{name}": text.replace(PACKAGE, alias) for name, text in sources.items()}


__all__ = ["RowRange", "part_writer", "row_range", "shipment_of"]
