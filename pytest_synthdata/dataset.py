"""`Dataset`: tables that belong together, decided by a seed."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_synthdata.columns.stopped_clock import load_libraries
from pytest_synthdata.columns.tables.closure import closed
from pytest_synthdata.columns.tables.subset import Subset, chosen_rows
from pytest_synthdata.columns.tables.table_view import TableView
from pytest_synthdata.declarations.one_row.binding import bound_to
from pytest_synthdata.declarations.related import with_children
from pytest_synthdata.errors import ArgumentError, DeclarationError, describe, nearest
from pytest_synthdata.factories.base import DEFAULT_SEED, TableFactory
from pytest_synthdata.factories.bound_tables import BoundTables
from pytest_synthdata.factories.module_tables import two_of_one
from pytest_synthdata.labels import Labels
from pytest_synthdata.snapshots import Snapshots
from pytest_synthdata.table import Table

if TYPE_CHECKING:
    from pytest_synthdata.databricks.upload import UploadResult
    from pytest_synthdata.defects.views import Planted
    from pytest_synthdata.validation import Validation


class Dataset:
    """Tables that belong together, decided by a seed.

    Args:
        tables: rows by factory; defaults to the shipped tables with their usual rows. None asks the factory: for what
            a `Timeline` with ``daily`` expects, else for its usual number, which is ``Meta.rows``, else 1,000. Tables
            that these refer to are added with their usual numbers, and child tables of a `RelatedFactoryList`. Where
            a `ForeignKey` has ``per_parent``, None: the rows are counted from the parents'.
        seed: any integer.
        defects: kinds of defects by factory, or by table: ``{OrderFactory: [Missing("amount", 0.01)]}``. The tables
            then are dirty; `clean` has them without, and `defects` says where they are.

    Tables are attributes and items: ``dataset.orders``, ``dataset["orders"]``.

    Raises:
        DeclarationError: for a number of rows that is none, and for declarations that can never work.

    >>> from pytest_synthdata import Dataset
    >>> from pytest_synthdata.factories import CustomerFactory, OrderFactory
    >>> Dataset({CustomerFactory: 100, OrderFactory: 1_000}, seed=7)
    <Dataset seed 7; customers: 100, orders: 1,000>
    """

    def __init__(
        self,
        tables: Mapping[type[TableFactory], int | None] | None = None,
        *others: Any,
        seed: int = DEFAULT_SEED,
        defects: Mapping[Any, Sequence[Planted]] | None = None,
        **named: Any,
    ) -> None:
        if named or others or not (tables is None or isinstance(tables, Mapping)):
            raise DeclarationError(_not_by_factory((*(() if tables is None else (tables,)), *others), named))
        load_libraries()
        if tables is None:
            from pytest_synthdata.factories import SHIPPED

            tables = {factory: factory._meta.usual_rows for factory in SHIPPED}
        self.seed: int = _whole_number(seed, "the seed")
        self.tables: Mapping[str, Table] = self._bind(dict(tables))
        if defects:
            from pytest_synthdata.defects.views import kinds_by_table, with_kinds

            kinds = kinds_by_table(defects, self.tables)
            views = ((table, with_kinds(table.bound, kinds.get(table.name, ()))) for table in self)
            self.tables = {table.name: Table(view, table.factory) for table, view in views}

    def _bind(self, asked: dict[type[TableFactory], int | None]) -> Mapping[str, Table]:
        factories, rows = stated(asked)

        def count(factory: type[TableFactory]) -> int | None:
            name, meta = factory._meta.table, factory._meta
            return rows.get(name, meta.expected_rows if name in factories else meta.usual_rows)

        binding = BoundTables(factories, self.seed, count)
        for factory in factories.values():
            binding.bind(factory)
        return {name: Table(bound, factory) for name, (factory, bound) in binding.bounds.items()}

    def __getitem__(self, name: str) -> Table:
        try:
            return self.tables[name]
        except KeyError:
            raise ArgumentError(f"no table {name!r} in this dataset: {nearest(name, self.tables)}") from None

    def __getattr__(self, name: str) -> Table:
        if name.startswith("_") or name == "tables":
            raise AttributeError(name)
        if name in self.tables:
            return self.tables[name]
        raise AttributeError(f"no table {name!r} in this dataset: {nearest(name, self.tables)}")

    def __iter__(self) -> Iterator[Table]:
        """The tables, each after those that it refers to."""
        return iter(self.tables.values())

    def __len__(self) -> int:
        return len(self.tables)

    @property
    def views(self) -> dict[str, TableView]:
        """What sinks take: the rows of each table, parents first."""
        return {table.name: table.view for table in self}

    def __repr__(self) -> str:
        tables = ", ".join(f"{table.name}: {table.count}" for table in self)
        return f"<Dataset seed {self.seed}{'; ' * bool(tables)}{tables}>"

    def take(self, /, **rows: Iterable[int]) -> Dataset:
        """Some rows of the tables and all rows that these need, as a dataset: cells, keys and order are unchanged.

        A row needs the rows that it refers to, the children that it sums up or that share its amount, the rows of the
        same parent before it where a `RunningSum` or `Previous` looks at them, and as a copy its original. Other tables
        have only the rows that these need. ``build()`` of a factory gives rows of the whole tables, by their numbers.

        Args:
            rows: by table, row numbers, from 0, as `Table.row_numbers` gives them; in any order.

        Raises:
            SynthDataError: for an unknown table, a number that no row here has, and one that is named twice.

        >>> from pytest_synthdata.factories import CustomerFactory, OrderFactory
        >>> dataset = Dataset({CustomerFactory: 100, OrderFactory: 1_000})
        >>> taken = dataset.take(orders=[17, 403])
        >>> taken.orders.to_arrow()["order_id"].to_pylist()
        ['ORD-000017', 'ORD-000403']
        >>> taken.orders.row_numbers.tolist(), taken.customers.num_rows
        ([17, 403], 2)
        """
        chosen = {name: chosen_rows(self[name].view, numbers) for name, numbers in rows.items()}
        found = closed(self.views, chosen)
        taken = copy.copy(self)
        taken.tables = {table.name: Table(Subset.of(table.view, found[table.name]), table.factory) for table in self}
        return taken

    def at(self, when: str | dt.date) -> Dataset:
        """All tables as they are at a time; those without a `History`, near or far, are the same at any time.

        Args:
            when: a day, which stands for its end, or a time, in UTC where it has no zone.

        Raises:
            SynthDataError: for a time outside of the period of a table's history.
        """
        snapshot = copy.copy(self)
        snapshot.tables = Snapshots(self.tables, when)
        return snapshot

    @property
    def clean(self) -> Dataset:
        """The same rows of the same tables without their defects; copies are not among them."""
        from pytest_synthdata.defects.views import clean_view

        clean = copy.copy(self)
        clean.tables = {table.name: Table(clean_view(table.view), table.factory) for table in self}
        return clean

    @property
    def defects(self) -> Labels:
        """Where the defects are, by table: a `Table` with a row for each changed cell and each added row.

        Its columns are ``row`` (the row's number), the table's key as the dirty row has it, ``kind``, ``column`` (null
        for an added row), ``clean`` and ``dirty`` (both as text). Tables without defects have no labels.

        >>> from pytest_synthdata import Missing
        >>> from pytest_synthdata.factories import OrderFactory
        >>> dataset = Dataset({OrderFactory: 1_000}, defects={OrderFactory: [Missing("status", exactly=1)]})
        >>> dataset.defects["orders"].to_arrow().select(["kind", "column", "dirty"]).to_pylist()
        [{'kind': 'missing', 'column': 'status', 'dirty': None}]

        ``dataset.defects.schema["orders"]`` says what was changed in the schema: an Arrow table.
        """
        return Labels(self)

    def with_defects(self) -> list[str]:
        """The names of the tables that have defects."""
        from pytest_synthdata.defects.views import kinds_of

        return [table.name for table in self if kinds_of(table.view)]

    def factories(self) -> AbstractContextManager[None]:
        """Within ``with dataset.factories():`` the factories' ``build()`` gives rows of this dataset's tables."""
        return bound_to(*(table.bound for table in self))

    def validate(self, data: Mapping[str, Any] | None = None, *, false_alarms: float = 0.001) -> Validation:
        """Check data against what the factories declare, column by column, in one pass.

        Args:
            data: by table, what to look at in place of this dataset's rows: a path (Parquet, CSV, JSON lines,
                Delta), a pandas or Spark DataFrame, an Arrow table. Only these are then checked.
            false_alarms: the greatest probability with which any check fails of data that is as declared.

        Raises:
            SynthDataError: for a table that is not in this dataset, and for data that cannot be read.
        """
        from pytest_synthdata.defects.views import declared_columns, delivered_schemas
        from pytest_synthdata.validation import validate
        from pytest_synthdata.validation.shape import schema_problems

        views = {name: declared_columns(view) for name, view in self.views.items()}
        result = validate(views, data, false_alarms=false_alarms)
        if data is not None:
            return result
        tables = []
        for table in result.tables:
            problems = schema_problems(views[table.table], delivered_schemas(self.views[table.table]))
            tables.append(replace(table, checks=(*problems, *table.checks)))
        return replace(result, tables=tuple(tables))

    def fingerprints(self) -> dict[str, str]:
        """The fingerprint of each table."""
        return {table.name: table.fingerprint() for table in self}

    def write(self, folder: str | Path, **options: Any) -> dict[str, Path]:
        """Write every table in a folder of its name, with the arguments of `Table.write`; gives the folders by table.

        Args:
            folder: the folder of the tables' folders; it is made where it is missing.
            options: ``spark=``, ``format=``, ``overwrite=``, ``rows_per_file=``, ``parquet=``.

        Raises:
            SynthDataError: as `Table.write`; nothing is written where the place of any table is not free.
        """
        from pytest_synthdata.files.limits import require_fit
        from pytest_synthdata.files.targets import local_path, require_free

        require_fit(self.views.values(), options.get("format", "parquet"))
        for name in self.views:
            if not options.get("overwrite", False):
                require_free(local_path(f"{folder}/{name}", f"writing {name}"), overwrite=False, single=False)
        return {table.name: table.write(f"{folder}/{table.name}", **options) for table in self}

    def to_volume(
        self,
        path: str,
        *,
        client: Any = None,
        spark: Any = None,
        create: bool = False,
        overwrite: bool = False,
        format: str = "parquet",  # noqa: A002 - Spark's and pandas' word
    ) -> UploadResult:
        """Save every table in a folder of a Unity Catalog Volume, with a manifest, which comes last.

        Tables that are there already, with the same fingerprint and in the same format, are not sent again.

        Args:
            path: ``catalog.schema.volume/folder`` or ``/Volumes/catalog/schema/volume/folder``. Each table gets a
                folder of its name in it.
            client: a ``databricks.sdk.WorkspaceClient``; defaults to one with the SDK's own settings.
            spark: a session; where it sees Volumes, it writes them itself, in parallel.
            create: make the schema and the Volume where they are missing.
            overwrite: replace tables of other data.
            format: ``parquet``, ``csv`` or ``json`` (lines).

        Raises:
            SynthDataError: for what is missing, refused, or there already; it says what to do.
        """
        from pytest_synthdata.databricks.upload import upload

        return upload(self.views, path, client=client, spark=spark, create=create, overwrite=overwrite, format=format)


def stated(asked: Mapping[Any, int | None]) -> tuple[dict[str, type[TableFactory]], dict[str, int]]:
    """The factories of some tables and of their child tables, and the numbers of rows that are stated, by table.

    Raises:
        DeclarationError: for what is not a factory or not a number of rows, and for two factories of one table.
    """
    factories: dict[str, type[TableFactory]] = {}
    rows: dict[str, int] = {}
    for factory, count in asked.items():
        if not (isinstance(factory, type) and issubclass(factory, TableFactory)):
            shown = factory.__name__ if isinstance(factory, type) else describe(factory)
            raise DeclarationError(f"Dataset: {shown} is not a TableFactory; give {{OrderFactory: 1_000}}")
        name = factory._meta.table
        if name in factories:
            raise two_of_one("Dataset", name, (factories[name], factory))
        factories[name] = factory
        if count is not None:
            rows[name] = _row_count(count, name)
    return with_children(factories.values()), rows


def _not_by_factory(given: tuple[Any, ...], named: Mapping[str, Any]) -> str:
    """What to write where tables are not given as rows by factory."""
    flat = [one for item in given for one in (item if isinstance(item, (list, tuple, set)) else [item])]
    factories = [one for one in flat if isinstance(one, type) and issubclass(one, TableFactory)]
    rows = ", ".join(f"{factory.__name__}: 1_000" for factory in factories) or "OrderFactory: 1_000"
    what = [*(one.__name__ if one in factories else describe(one) for one in flat)]
    what += [f"{name}={describe(value)}" for name, value in named.items()]
    return (
        f"Dataset({', '.join(what)}): give the number of rows by factory, as in Dataset({{{rows}}}, seed=7); "
        "None stands for a factory's usual number, or for what its Timeline(daily=…) expects"
    )


_MOST_ROWS = 2**63


def _row_count(count: Any, table: str) -> int:
    number = _whole_number(count, f"the number of rows of {table!r}", ", such as 5_000")
    if number < 0:
        raise DeclarationError(f"the number of rows of {table!r} is {number}; it must not be negative")
    if number > _MOST_ROWS:
        raise DeclarationError(f"the number of rows of {table!r} is {number:,}; a table has at most 2^63")
    return number


def _whole_number(value: Any, what: str, example: str = "") -> int:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise DeclarationError(f"{what} is {value!r}; it must be an integer{example}")
    return int(value)


__all__ = ["Dataset", "Table", "stated"]
