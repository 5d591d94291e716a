"""What a factory compiles to: columns by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import Any

from pytest_synthdata.columns.attempts import redrawn
from pytest_synthdata.columns.correlation import Loadings, Pairs, loadings
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.order.arrival import Arrival
from pytest_synthdata.columns.references.foreign_keys import ForeignKeyColumn

_LONG_CHAIN = 20  # columns, each of which reads the one before


@dataclass(frozen=True)
class ChildTable:
    """A table whose rows are counted from another's.

    Args:
        plan: its columns.
        reference: the foreign key that leads to the parents.
    """

    plan: Plan
    reference: str


@dataclass(frozen=True)
class Plan:
    """A table's columns, as plain data.

    Args:
        table: the table's name.
        columns: generators by column name, in the table's order; hidden ones among them.
        hidden: columns that others read but the table does not show.
        key: the column that references to this table hold.
        key_columns: the columns that make up the key, where there are several.
        children: the tables that its totals are computed from, by the names that these call them.
        where: a condition that every row meets.
        correlations: the correlations of pairs of columns.
        history: what happens to the rows over time, if anything does.
        arrival: when rows arrive, where that is declared.
    """

    table: str
    columns: Mapping[str, Generator]
    hidden: frozenset[str] = frozenset()
    key: str | None = None
    key_columns: tuple[str, ...] = ()
    children: dict[str, ChildTable] = field(default_factory=dict, repr=False, compare=False)
    where: Generator | None = None
    correlations: Pairs = field(default_factory=dict)
    history: Any = None
    arrival: Arrival | None = None
    known: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "known": {}}  # what was found out of the columns can be found out again

    @cached_property
    def chains(self) -> dict[str, list[str]]:
        """What columns at the ends of long chains read, near and far, each after what it reads itself.

        Read in this order, none of them asks for another from within another, as deep as the chain is long.
        """
        reads = {
            name: {read if read in self.columns else read.partition(".")[0] for read in column.reads()} - {name}
            for name, column in self.columns.items()
        }
        depth: dict[str, int] = {}
        needed: dict[str, set[str]] = {}
        try:
            order = [name for name in TopologicalSorter(reads).static_order() if name in self.columns]
        except CycleError:
            return {}
        for name in order:
            near = [read for read in reads[name] if read in depth]
            depth[name] = 1 + max((depth[read] for read in near), default=0)
            needed[name] = set(near).union(*(needed[read] for read in near))
        return {name: [read for read in order if read in needed[name]] for name in order if depth[name] > _LONG_CHAIN}

    @cached_property
    def redrawn(self) -> frozenset[str]:
        """The columns that are drawn again where the condition is not met."""
        return frozenset() if self.where is None else redrawn(self.where, self.columns, self.correlations)

    @cached_property
    def loadings(self) -> Loadings:
        """How correlated columns mix the scores of others."""
        return loadings(self.correlations, list(self.columns)) if self.correlations else {}

    @property
    def references(self) -> dict[str, ForeignKeyColumn]:
        """The references to other tables, by name."""
        return {name: column for name, column in self.columns.items() if isinstance(column, ForeignKeyColumn)}

    @property
    def fan_out_key(self) -> ForeignKeyColumn | None:
        """The reference whose parents say how many rows there are, if one does."""
        return next((one for one in self.references.values() if one.per_parent is not None), None)

    @property
    def visible(self) -> list[str]:
        """The names of the table's columns, in order."""
        return [name for name in self.columns if name not in self.hidden]

    @cached_property
    def tokenized_columns(self) -> frozenset[str]:
        """The columns whose texts others want as the words that they are made of."""
        return frozenset(name for column in self.columns.values() for name in column.reads_tokens())
