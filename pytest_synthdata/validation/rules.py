"""The condition that every row of a table meets, looked at row by row."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.values import to_arrow, to_numpy
from pytest_synthdata.columns.attempts import WHERE
from pytest_synthdata.columns.tables.bound_table import BoundTable
from pytest_synthdata.validation.declared.condition_texts import describe_condition
from pytest_synthdata.validation.declared.formulas import is_formula
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
            met = pc.fill_null(to_arrow(rows.evaluate(self.where, WHERE)), False)
        except UnreadableError as error:
            self.unchecked = str(error)
            return
        self.rows += rows.count
        self.broken.add(~np.asarray(to_numpy(met), np.bool_), np.arange(rows.count), rows.start)

    def checks(self) -> Iterator[Check]:
        """What there is to say of it."""
        if not self.unchecked:
            shown = describe_condition(self.where)
            yield check(self.table, WHERE, "", self.broken.finding("condition not met", shown, self.rows))


__all__ = ["RuleMeasure"]
