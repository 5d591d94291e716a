"""Lives as a table of events: a row for each state that a parent comes to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from pytest_synthdata.columns.arrow.arrays import arrow_array, without_nulls
from pytest_synthdata.columns.arrow.values import Values, to_arrow
from pytest_synthdata.columns.cells import Cells, Scope, Table
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.lives.fields import fields_scope
from pytest_synthdata.columns.lives.history import Numbers
from pytest_synthdata.columns.lives.lifecycle import Lifecycle, as_times
from pytest_synthdata.errors import DeclarationError

if TYPE_CHECKING:
    from pytest_synthdata.columns.random import Bits
    from pytest_synthdata.columns.references.foreign_keys import ForeignKeyColumn


@dataclass(frozen=True)
class Steps(Generator):
    """How many states a row has been in, for the ``per_parent`` of a table with an event for each.

    Args:
        life: the parent's `Lifecycle`.

    >>> Steps("life")
    Steps(life='life')
    """

    life: str

    def values(self, cells: Cells) -> Values:
        return without_nulls(to_arrow(cells.read(f"{self.life}.number")), 0)

    def reads(self) -> Iterator[str]:
        yield self.life

    def type(self, scope: Scope) -> pa.DataType:
        del scope
        return pa.int64()

    def check(self, scope: Scope) -> None:
        _, column = scope.column(self.life)
        if not isinstance(column, Lifecycle):
            raise DeclarationError(f"{scope.place}: {self!r}: {self.life!r} is not a Lifecycle of {scope.plan.table!r}")

    def bounds(self, scope: Scope) -> tuple[Any, Any]:
        del scope
        return 0, float("inf")


@dataclass(frozen=True)
class Step(Generator):
    """One step of a parent's life, a struct: the ``state`` that it came to, ``at`` what time, and its ``number``.

    Steps are numbered from 1, which is the state that the life begins with.

    Args:
        path: the parent's `Lifecycle`, by the `ForeignKey` with ``per_parent=Steps(…)``, such as ``"order.life"``.

    >>> Step("order.life")
    Step(path='order.life')
    """

    path: str

    @property
    def reference(self) -> str:
        """The foreign key that leads to the row whose life it is."""
        return self.path.partition(".")[0]

    def reads(self) -> Iterator[str]:
        yield self.path

    def values(self, cells: Cells) -> Values:
        bound, name = cells.reader.bound, self.path.partition(".")[2]
        parent = bound.parent(self.reference)
        life = _life(parent, name)
        states, times, ordinals = _events(bound, self.reference, name, cells.rows)
        at = as_times(times, life.time_type(parent.scope(name)))
        return pa.StructArray.from_arrays(
            [life.state_names(states), at, arrow_array(ordinals + 1)], names=["state", "at", "number"]
        )

    def _declared(self, scope: Scope) -> tuple[Scope, Lifecycle]:
        inner, column = scope.column(self.path)
        if not isinstance(column, Lifecycle):
            raise DeclarationError(f"{scope.place}: {self!r}: {self.path!r} is not a Lifecycle")
        return inner, column

    def type(self, scope: Scope) -> pa.DataType:
        inner, life = self._declared(scope)
        return pa.struct([("state", pa.string()), ("at", life.time_type(inner)), ("number", pa.int64())])

    def inside(self, scope: Scope) -> Any:
        return fields_scope(self.type(scope), scope, {"state": self._declared(scope)[1].states})

    def check(self, scope: Scope) -> None:
        self._declared(scope)
        key = scope.plan.fan_out_key
        steps = None if key is None else key.per_parent
        life = self.path.partition(".")[2]
        if key is None or key.name != self.reference or not isinstance(steps, Steps) or steps.life != life:
            raise DeclarationError(
                f"{scope.place}: {self!r}: the table has a row for each step if its reference is "
                f"{self.reference} = ForeignKey(…, per_parent=Steps({life!r}))"
            )


def step_times(bound: Table, reference: ForeignKeyColumn, rows: Bits) -> Numbers:
    """When rows of a table counted by `Steps` happen, in microseconds since 1970."""
    assert isinstance(reference.per_parent, Steps)  # noqa: S101
    return _events(bound, reference.name, reference.per_parent.life, rows)[1]


def _events(bound: Table, reference: str, name: str, rows: Bits) -> tuple[Numbers, Numbers, Numbers]:
    """The states that the parents of rows come to, when, and as which of their steps, from 0."""
    parents, ordinals = bound.plan.references[reference].counted(bound, rows)
    distinct, which = np.unique(parents, return_inverse=True)
    parent = bound.parent(reference)
    place = f"{parent.plan.table}.{name}"
    history = _life(parent, name).live(Cells(parent.at(distinct.astype(np.uint64)), parent.stream(name), place))
    states, times, starts = history.events()
    event = starts[which] + ordinals
    return states[event], times[event], ordinals


def _life(parent: Table, name: str) -> Lifecycle:
    life = parent.plan.columns[name]
    assert isinstance(life, Lifecycle)  # noqa: S101 - it was checked
    return life


__all__ = ["Step", "Steps", "step_times"]
