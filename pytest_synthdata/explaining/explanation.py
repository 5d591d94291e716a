"""Where the value of a cell comes from: the chain of what was read and drawn, ending in the value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from pytest_synthdata.columns.arrow.arrays import python_of
from pytest_synthdata.columns.arrow.values import to_arrow, to_numpy
from pytest_synthdata.columns.cells import Cells
from pytest_synthdata.columns.expressions.operators import Column
from pytest_synthdata.columns.lives.steps import Step as LifeStep
from pytest_synthdata.columns.references.aggregates import Aggregate
from pytest_synthdata.columns.references.family import family_of
from pytest_synthdata.columns.references.foreign_keys import ForeignKeyColumn
from pytest_synthdata.columns.references.shares import Share
from pytest_synthdata.columns.series.readings import ReadingTime
from pytest_synthdata.columns.series.series import Series
from pytest_synthdata.columns.siblings.earlier import Earlier
from pytest_synthdata.columns.siblings.running import OfSiblings
from pytest_synthdata.columns.tables.bound_table import BoundTable
from pytest_synthdata.columns.tables.subset import chosen_rows
from pytest_synthdata.columns.tables.table_view import TableView
from pytest_synthdata.errors import ArgumentError, nearest
from pytest_synthdata.explaining.describing import chain, name_of, show
from pytest_synthdata.explaining.replaying import replay
from pytest_synthdata.explaining.tracing import Step, as_python, stream_of, trace

_INDENT = "  "
_MOST = 20  # children that are listed


@dataclass(frozen=True)
class Explanation:
    """Where a value comes from; as text, the chain of what was read and drawn, ending in the value.

    Args:
        table: the table's name.
        row: the row's number in the whole table.
        column: the column's name.
        value: the value, as in ``to_arrow()``.
        root: the column's declaration at work: each part with what it read, drew and gave.
        reads: by name, where the columns that were read come from.
        references: what was picked and by what, in lines of words, by the reference's name.
        note: what became of the value afterwards, in a table whose cells were changed.
    """

    table: str
    row: int
    column: str
    value: Any
    root: Step = field(repr=False)
    reads: dict[str, Explanation] = field(default_factory=dict, repr=False)
    references: dict[str, list[str]] = field(default_factory=dict, repr=False)
    note: str = ""
    bound: BoundTable | None = field(default=None, repr=False)

    def recompute(self) -> Any:
        """The value again, from the columns and numbers shown; picks, totals and shares are taken as shown."""
        assert self.bound is not None  # noqa: S101
        if isinstance(self.root.generator, ForeignKeyColumn):
            return _cell(self.bound, self.column, self.root.values)
        return _cell(self.bound, self.column, replay(self.bound, self.row, self.column, self.root))

    def lines(self) -> Iterator[str]:
        """The text, line by line."""
        yield f"{self.table}.{self.column}, row {self.row}"
        yield from (f"{_INDENT}{line}" for line in self._steps(set()))
        yield f"= {show(self.value)}"
        if self.note:
            yield self.note

    def _steps(self, told: set[tuple[str, int, str]]) -> Iterator[str]:
        told.add((self.table, self.row, self.column))
        for name, picked in self.references.items():
            place = (self.table, self.row, name)
            if place not in told:
                told.add(place)
                yield f"{name}: {picked[0]}"
                yield from (f"{_INDENT}{line}" for line in picked[1:])
        for name, read in self.reads.items():
            place = (read.table, read.row, read.column)
            where = "" if read.table == self.table and read.row == self.row else f", row {read.row} of {read.table}"
            if place in told:
                continue
            yield f"{name} = {show(read.value)}{where}"
            yield from (f"{_INDENT}{line}" for line in read._steps(told))
        yield from chain(self.root)

    def __str__(self) -> str:
        return "\n".join(self.lines())

    __repr__ = __str__


def explain(view: TableView, row: int, column: str, defects: Sequence[str] = ()) -> Explanation:
    """Where the value of a cell comes from.

    Args:
        view: the table.
        row: the row's number.
        column: one of the table's columns, hidden ones among them.
        defects: the names of those that were planted in the cell.

    Raises:
        SynthDataError: for a row or a column that the table does not have.
    """
    bound = view.bound
    numbers = chosen_rows(view, [row])
    if column not in bound.plan.columns:
        if (head := str(column).partition(".")[0]) in bound.plan.columns and head not in bound.plan.references:
            raise ArgumentError(
                f"{view.name}: {column!r} is inside of {head!r}; explain({row}, {head!r}) has all of it"
            )
        raise ArgumentError(f"{view.name}: there is no column {column!r}: {nearest(column, bound.plan.columns)}")
    origin = int(view.origins(numbers)[0])
    found = _explain(bound, origin, column, {})
    shown = python_of(view.record_batch(numbers).column(column))[0] if column in view.schema.names else found.value
    notes = []
    if origin != row:
        notes.append(f"row {row} was made from row {origin}")
    if defects:
        notes.append(f"shown as {show(shown)}: planted defect {', '.join(defects)}")
    elif show(shown) != show(found.value):
        notes.append(f"shown as {show(shown)}: the cell was changed after it was made")
    if notes:
        return Explanation(**{**vars(found), "note": "; ".join(notes)})
    return found


def _explain(bound: BoundTable, row: int, column: str, known: dict[tuple[str, int, str], Explanation]) -> Explanation:
    place = (bound.name, row, column)
    if place in known:
        return known[place]
    root = trace(bound, row, column)
    reads: dict[str, Explanation] = {}
    references: dict[str, list[str]] = {}
    for step in root.all():
        references |= _of_other_rows(bound, row, column, step)
    for name in dict.fromkeys(name for step in root.all() for name in step.reads):
        path = [name] if name in bound.plan.columns else name.split(".")
        if len(path) > 1 and path[0] in bound.plan.references:
            references[path[0]] = _picked(bound, row, path[0])
        at = _row_of(bound, row, path)
        if at is not None and (at[0].name, at[1], at[2]) != place:
            reads[name] = _explain(*at, known)
    known[place] = Explanation(
        bound.name, row, column, _cell(bound, column, root.values), root, reads, references, "", bound
    )
    return known[place]


def _row_of(bound: BoundTable, row: int, path: list[str]) -> tuple[BoundTable, int, str] | None:
    """The cell that a name stands for: its table, its row and its column; None where a reference points to no row."""
    at: tuple[BoundTable, int] | None = (bound, row)
    while at is not None and len(path) > 1 and path[0] in at[0].plan.references:
        at = _parent(*at, path[0])
        path = path[1:]
    return (*at, path[0]) if at is not None and path[0] in at[0].plan.columns else None


def _of_other_rows(bound: BoundTable, row: int, column: str, step: Step) -> dict[str, list[str]]:
    """What a step took from other rows than those that its columns stand in."""
    generator = step.generator
    if isinstance(generator, ForeignKeyColumn):
        return {column: _picked(bound, row, column)}
    if isinstance(generator, Aggregate):
        return {generator.path: _summed_up(bound, row, generator)}
    if isinstance(generator, Share):
        return {generator.reference: _picked(bound, row, generator.reference)}
    if isinstance(generator, (LifeStep, ReadingTime, Series)) and (key := bound.plan.fan_out_key) is not None:
        return {key.name: _picked(bound, row, key.name)}
    if isinstance(generator, OfSiblings):
        return {repr(generator): _rows_before(bound, row, generator)}
    return {}


def _cell(bound: BoundTable, column: str, values: Any) -> Any:
    return python_of(to_arrow(values, bound.type_of(column)))[0]


def _parent(bound: BoundTable, row: int, reference: str) -> tuple[BoundTable, int] | None:
    picks = bound.at(np.array([row], np.uint64)).read(reference)
    pick = int(np.asarray(to_numpy(picks))[0]) if not isinstance(picks, pa.Array) else as_python(picks)
    return None if pick is None or pick < 0 else (bound.parent(reference), pick)


def _picked(bound: BoundTable, row: int, name: str) -> list[str]:
    """Which parent a reference points to, and by what it was chosen."""
    found = _parent(bound, row, name)
    reference = bound.plan.references[name]
    if found is None:
        if not reference.null_share:
            return ["none"]
        drawn = float(stream_of(bound, row, name).child("null").uniform(np.array([row], np.uint64))[0])
        side = "below it" if drawn < reference.null_share else "not below it"
        return ["none", f".nulls({reference.null_share}): drew {drawn!r}, {side}"]
    parent, pick = found
    text = f"row {pick} of {parent.name}"
    if reference.through is not None:
        return [f"{text}, which {reference.through} is"]
    if reference.per_parent is not None:
        rows = np.array([row], np.uint64)
        _, which = reference.counted(bound, rows)
        return [
            f"{text}, of whose children this is number {int(which[0]) + 1}",
            f"counted by {name_of(reference.per_parent)}",
        ]
    among = f"the {row:,} rows before" if reference.self_referential else f"{parent.num_rows:,}"
    lines = [f"{text}, picked among {among}"]
    if reference.weights is not None:
        at = parent.at(np.array([pick], np.uint64))
        weight = reference.weights.values(Cells(at, bound.stream(name).child("weights"), f"{bound.name}.{name}"))
        lines.append(f"in proportion to {name_of(reference.weights)}, which is {show(as_python(weight))} there")
    if reference.where is not None:
        lines.append(f"where {name_of(reference.where)}")
    return lines


def _summed_up(bound: BoundTable, row: int, aggregate: Aggregate) -> list[str]:
    """The children whose total is computed."""
    child, declared = bound.children[aggregate.children_name], bound.plan.children[aggregate.children_name]
    rows = family_of(child, declared.reference, np.array([row], np.uint64)).rows
    if not len(rows):
        return [f"no rows of {child.plan.table}"]
    shown = [*map(str, rows[:_MOST].tolist()), *(["…"] if len(rows) > _MOST else [])]
    lines = [f"row{'s'[: len(rows) > 1]} {', '.join(shown)} of {child.plan.table}"]
    if aggregate.column:
        values = python_of(to_arrow(child.at(rows[:_MOST]).read(aggregate.column)))
        lines.append(f"{aggregate.column}: {', '.join(map(show, values))}{', …' if len(rows) > _MOST else ''}")
    return lines


def _rows_before(bound: BoundTable, row: int, generator: OfSiblings) -> list[str]:
    """The siblings up to a row, and what they have."""
    key = bound.plan.fan_out_key
    assert key is not None  # noqa: S101 - it was checked
    rows = Earlier.of(bound, np.array([row], np.uint64), key.name).family.rows
    last = rows[-_MOST:]
    shown = [*(["…"] if len(rows) > len(last) else []), *map(str, last.tolist())]
    lines = [f"row{'s'[: len(rows) > 1]} {', '.join(shown)}, of one {key.name}"]
    if isinstance(generator.of, Column):
        values = python_of(to_arrow(bound.at(last).read(generator.of.name)))
        lines.append(f"{generator.of.name}: {'…, ' if len(rows) > len(last) else ''}{', '.join(map(show, values))}")
    return lines


__all__ = ["Explanation", "explain"]
