"""`Kind`: the base of all defects. A small frozen object that says which cells it changes and into what."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from pytest_synthdata.columns.arrow.values import to_arrow
from pytest_synthdata.columns.cells import Cells
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.errors import DeclarationError, nearest

if TYPE_CHECKING:
    from pytest_synthdata.columns.tables.bound_table import BoundTable


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A defect and how often it happens.

    Args:
        exactly: how many rows have it, in place of a rate. Which ones depends on the number of rows of the table.
        where: a condition on the clean row, such as ``col("status") == "completed"``: only these rows can have it.
    """

    exactly: int | None = None
    where: Generator | None = None

    def __post_init__(self) -> None:
        rate: Any = self.share
        if (rate is None) == (self.exactly is None):
            raise DeclarationError(f"{self.title}: give either a rate from 0 to 1 or exactly=, a number of rows")
        if rate is not None and (isinstance(rate, bool) or not isinstance(rate, (int, float, np.number))):
            raise DeclarationError(f"{self.title}: the rate is {rate!r}; it must be a number from 0 to 1")
        if rate is not None and not 0 <= rate <= 1:
            raise DeclarationError(f"{self.title}: the rate is {rate!r}; it must lie between 0 and 1")
        count: Any = self.exactly
        if count is not None and (isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < 0):
            raise DeclarationError(f"{self.title}: exactly={count!r}; it must be a number of rows, 0 or more")
        if self.where is not None and not isinstance(self.where, Generator):
            raise DeclarationError(
                f"{self.title}: where={self.where!r} is not a condition; write where=col('status') == 'completed'"
            )

    @property
    def share(self) -> float | None:
        """The share of the rows that has it; None where their number is given."""
        rate: float | None = getattr(self, "rate", None)
        return rate

    @property
    def label(self) -> str:
        """The kind's name in labels: ``out_of_range``."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", type(self).__name__).lower()

    @property
    def title(self) -> str:
        """How the declaration begins, for messages: ``Missing('amount')``."""
        columns = ", ".join(repr(name) for name in self.named())
        return f"{type(self).__name__}({columns})"

    def named(self) -> tuple[str, ...]:
        """The columns, or the reference, that the declaration names."""
        return (self.column,) if hasattr(self, "column") else ()

    def targets(self, bound: BoundTable) -> tuple[str, ...]:
        """The columns of the table that it changes."""
        del bound
        return self.named()

    def check(self, bound: BoundTable) -> None:
        """Raise `DeclarationError` for a column that the table does not have, and for one of a wrong type."""
        for name in self.named():
            require_column(bound, name, self.title)
        for name in self.targets(bound):
            self.check_type(bound, name, bound.type_of(name))
        self.check_condition(bound)

    def check_condition(self, bound: BoundTable) -> None:
        """Raise `DeclarationError` for a condition that the table's rows cannot be asked."""
        if self.where is not None:
            scope = bound.scope(f"{self.title}: where")
            for name in self.where.reads():
                scope.column(name)
            if (type_ := self.where.type(scope)) not in (None, pa.bool_()):
                raise DeclarationError(
                    f"{bound.name}: {self.title}: where={self.where!r} is {type_}, not a condition; compare with =="
                )

    def check_type(self, bound: BoundTable, column: str, type_: pa.DataType) -> None:
        """Raise `DeclarationError` where the kind cannot be in a column of a type."""

    def dirty(self, bound: BoundTable, cells: Cells, clean: Sequence[pa.Array]) -> Sequence[pa.Array]:
        """What the target columns hold at some rows that have the defect.

        Args:
            bound: the clean table.
            cells: the clean rows, with the random bits of this defect's values.
            clean: the target columns at these rows.
        """
        raise NotImplementedError


def require_column(
    bound: BoundTable, name: str, title: str, instead: str = "Defect('name', function, {head!r}, …)"
) -> None:
    """Raise `DeclarationError` for a column that the table does not show.

    Args:
        bound: the table.
        name: the column.
        title: how the declaration begins.
        instead: what to write for the part of a column ``{head}``.
    """
    if not isinstance(name, str):
        raise DeclarationError(f"{bound.name}: {title}: {name!r} is not a column's name; write a text")
    head, dot, _ = name.partition(".")
    if (
        dot
        and name not in bound.plan.visible
        and head in bound.plan.visible
        and pa.types.is_nested(bound.type_of(head))
    ):
        raise DeclarationError(
            f"{bound.name}: {title}: {name!r} is inside of {head!r}, and defects change whole columns: "
            f"write {instead.format(head=head)}"
        )
    if name not in bound.plan.visible:
        raise DeclarationError(
            f"{bound.name}: {title}: there is no column {name!r}: {nearest(str(name), bound.plan.visible)}"
        )


def wrong_type(bound: BoundTable, column: str, type_: pa.DataType, kind: Kind, needs: str) -> DeclarationError:
    """The error for a column of a type that a kind cannot change."""
    return DeclarationError(f"{bound.name}.{column}: {kind.title} needs {needs}, and the column is {type_}")


def typed(values: Any, type_: pa.DataType) -> pa.Array:
    """Values as a plain Arrow array of a column's type."""
    return to_arrow(values, type_)


__all__ = ["Kind", "require_column", "typed", "wrong_type"]
