"""What every row of a table meets, looked at row by row: its condition, and shares that add up to 1."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import arrow_array, without_nulls
from pytest_synthdata.columns.arrow.values import to_arrow, to_numpy
from pytest_synthdata.columns.attempts import WHERE
from pytest_synthdata.columns.generators.modifiers import unwrapped
from pytest_synthdata.columns.generators.shares_of_one import Shares
from pytest_synthdata.columns.references.through import held_keys
from pytest_synthdata.columns.tables.bound_table import BoundTable
from pytest_synthdata.columns.text.template import Template
from pytest_synthdata.validation.declared.condition_texts import describe_condition
from pytest_synthdata.validation.declared.formulas import is_formula
from pytest_synthdata.validation.declared.row_rules import pattern_of
from pytest_synthdata.validation.measures import ViolationCounter, check
from pytest_synthdata.validation.results import Check
from pytest_synthdata.validation.rows import Rows, UnreadableError


class RuleMeasure:
    """How many rows do not meet the condition."""

    name = WHERE

    def __init__(self, bound: BoundTable) -> None:
        where = bound.plan.where
        assert where is not None  # noqa: S101
        self.where, self.table = where, bound.plan.table
        self.rows, self.broken = 0, ViolationCounter()
        self.unchecked = None if is_formula(where) else "the condition draws random numbers itself"

    def add(self, rows: Rows) -> None:
        """Count a batch."""
        if self.unchecked:
            return
        try:
            met = without_nulls(to_arrow(rows.evaluate(self.where, WHERE)), False)
        except UnreadableError as error:
            self.unchecked = str(error)
            return
        self.rows += rows.count
        self.broken.add(~np.asarray(to_numpy(met), np.bool_), np.arange(rows.count), rows)

    def checks(self) -> Iterator[Check]:
        """What there is to say of it."""
        if not self.unchecked:
            shown = describe_condition(self.where)
            yield check(self.table, WHERE, "", self.broken.finding("condition not met", shown, self.rows))


class SharesOfOneMeasure:
    """How many rows have shares that do not add up to 1, or not so many as declared."""

    unchecked = None

    def __init__(self, table: str, name: str, shares: Shares) -> None:
        self.table, self.name, self.shares = table, name, shares
        self.rows, self.broken = 0, ViolationCounter()

    def add(self, rows: Rows) -> None:
        """Count a batch."""
        column = to_arrow(rows.read(self.name))
        there = np.flatnonzero(np.asarray(to_numpy(column.is_valid()), np.bool_))
        self.rows += len(there)
        self.broken.add(~self._add_up(column.take(arrow_array(there))), there, rows)

    def _add_up(self, column: pa.Array) -> npt.NDArray[np.bool_]:
        """Of rows that are not null, whether the shares add up to 1, counted in their last digit."""
        whole, parts = 10**self.shares.digits, self.shares.parts
        if isinstance(parts, tuple):
            counted = [np.asarray(to_numpy(without_nulls(column.field(part), np.nan)), np.float64) for part in parts]
            return np.asarray(sum(np.rint(one * whole) for one in counted) == whole)
        right = np.asarray(to_numpy(pc.list_value_length(column)), np.int64) == parts
        shares = without_nulls(column.filter(arrow_array(right)).flatten(), np.nan)
        right[right] = np.rint(np.asarray(to_numpy(shares), np.float64).reshape(-1, parts) * whole).sum(axis=1) == whole
        return right

    def checks(self) -> Iterator[Check]:
        """What there is to say of it."""
        yield check(self.table, self.name, "", self.broken.finding("sum of shares", "1", self.rows))


class HeldKeyMeasure:
    """How many rows refer to no parent, where the parents are not at hand and each row has one."""

    unchecked = None

    def __init__(self, table: str, name: str) -> None:
        self.table, self.name = table, name
        self.rows, self.nulls = 0, ViolationCounter()

    def add(self, rows: Rows) -> None:
        """Count a batch."""
        null = np.asarray(to_numpy(to_arrow(rows.read(self.name)).is_null()), np.bool_)
        self.rows += rows.count
        self.nulls.add(null, np.arange(rows.count), rows)

    def checks(self) -> Iterator[Check]:
        """What there is to say of it."""
        yield check(self.table, self.name, "", self.nulls.finding("nulls", "", self.rows))


class PatternMeasure:
    """How many texts do not look as their template does, whatever its parts are."""

    unchecked = None

    def __init__(self, table: str, name: str, pattern: str) -> None:
        self.table, self.name, self.pattern = table, name, pattern
        self.rows, self.broken = 0, ViolationCounter()

    def add(self, rows: Rows) -> None:
        """Count a batch."""
        met = pc.match_substring_regex(to_arrow(rows.read(self.name), pa.string()), self.pattern)
        self.rows += rows.count
        self.broken.add(~np.asarray(to_numpy(without_nulls(met, True)), np.bool_), np.arange(rows.count), rows)

    def checks(self) -> Iterator[Check]:
        """What there is to say of it."""
        yield check(self.table, self.name, "", self.broken.finding("format", self.pattern, self.rows))


def _pattern(bound: BoundTable, name: str) -> str | None:
    """What a text looks like that is made of parts which nobody knows."""
    declared = bound.plan.columns[name]
    if (
        not isinstance(unwrapped(declared), Template)
        or is_formula(declared)
        or not pa.types.is_string(bound.type_of(name))
    ):
        return None
    return pattern_of(declared, bound.scope(name))


def rules_of(
    bound: BoundTable, present: Collection[str], referred: Collection[str]
) -> list[RuleMeasure | SharesOfOneMeasure | HeldKeyMeasure | PatternMeasure]:
    """What to look at row by row in a table.

    Args:
        bound: the table.
        present: the columns that are at hand.
        referred: the references whose parents are.
    """
    held = [
        HeldKeyMeasure(bound.plan.table, str(key))
        for name, reference in bound.plan.references.items()
        if name not in referred and not reference.is_nullable
        for key in held_keys(bound.plan, name)
        if key in present
    ]
    shared = [(name, unwrapped(bound.plan.columns[name])) for name in bound.plan.visible if name in present]
    sums = [SharesOfOneMeasure(bound.plan.table, name, one) for name, one in shared if isinstance(one, Shares)]
    patterns = [
        PatternMeasure(bound.plan.table, name, pattern)
        for name in bound.plan.visible
        if name in present and (pattern := _pattern(bound, name)) is not None
    ]
    return [*([] if bound.plan.where is None else [RuleMeasure(bound)]), *sums, *held, *patterns]


__all__ = ["rules_of"]
