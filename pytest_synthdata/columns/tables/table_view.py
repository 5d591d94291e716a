"""What every sink takes: the rows of a table, all of them or some, as declared or changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Protocol

from pytest_synthdata.columns.batch import BATCH

if TYPE_CHECKING:
    import pyarrow as pa

    from pytest_synthdata.columns.random import Bits
    from pytest_synthdata.columns.tables.bound_table import BoundTable


class TableView(Protocol):
    """The rows of a table that are shown: the whole `BoundTable`, a `Subset` of any view, or changed rows.

    A row has a number, by which a subset chooses it, and a position, by which a sink asks for it: positions run from
    0 to ``num_rows``, numbers have gaps in a subset. A row that is declared has the number that the engine gives it,
    in every view; rows that a view adds have numbers from ``bound.num_rows`` on. Every row is a pure function of its
    number, so that a view can be cut into ranges anywhere.

    Views are pickled to worker processes and executors: their classes stand in one of the packages of
    `pytest_synthdata.pickling.ENGINE`, whose sources travel along, and what they compute once is made again there.
    """

    @property
    def bound(self) -> BoundTable:
        """What is declared: the plan, the seed and the tables that it refers to. Its rows are all of the table's."""

    @property
    def name(self) -> str:
        """The table's name."""

    @property
    def seed(self) -> int:
        """The dataset's seed."""

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema of every batch."""

    @property
    def num_rows(self) -> int:
        """How many rows are shown."""

    def row_numbers(self, start: int, stop: int) -> Bits:
        """The numbers of the rows at the positions from ``start`` to before ``stop``.

        They are ascending, none twice, but in a view in the order of arrival.
        """

    def origins(self, row_numbers: Bits) -> Bits:
        """The declared row that each of these is made from: itself, but for rows that a view adds."""

    def record_batch(self, row_numbers: Bits) -> pa.RecordBatch:
        """The rows with these numbers, in this order."""

    def batch(self, start: int, stop: int) -> pa.RecordBatch:
        """The rows at the positions from ``start`` to before ``stop``."""

    def batches(self, start: int, stop: int, size: int = BATCH) -> Iterator[pa.RecordBatch]:
        """The same in batches of at most ``size`` rows."""


class Views(Protocol):
    """Tables that belong together: a `Dataset`, as those see it who take its tables."""

    @property
    def views(self) -> Mapping[str, TableView]:
        """The rows of each table, by name, parents first."""


__all__ = ["BATCH", "TableView", "Views"]
