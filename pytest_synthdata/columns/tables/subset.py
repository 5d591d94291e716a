"""Some rows of a table, with the cells, keys and order that they have in the whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from pytest_synthdata.columns.tables.part import Part, whole_of
from pytest_synthdata.columns.tables.table_view import TableView
from pytest_synthdata.errors import ArgumentError, SynthDataError

if TYPE_CHECKING:
    import numpy.typing as npt

    from pytest_synthdata.columns.random import Bits


@dataclass(frozen=True)
class Subset(Part):
    """Rows chosen from a view by their numbers.

    Args:
        whole: the view that they are chosen from.
        chosen: their numbers, in ascending order, none twice.
    """

    whole: TableView
    chosen: Bits = field(repr=False, compare=False)

    @classmethod
    def of(cls, view: TableView, chosen: Bits) -> Subset:
        """A subset of a view; a subset's subset is one of the whole view."""
        return cls(view.whole if isinstance(view, Subset) else view, chosen)

    @property
    def num_rows(self) -> int:
        """How many rows were chosen."""
        return len(self.chosen)

    def row_numbers(self, start: int, stop: int) -> Bits:
        """The numbers of the chosen rows from the ``start``-th to before the ``stop``-th."""
        return self.chosen[start:stop]

    def __getstate__(self) -> dict[str, Any]:
        return {"whole": self.whole, "chosen": np.ascontiguousarray(self.chosen)}  # a slice's base stays here


def is_part(view: TableView) -> bool:
    """Whether rows were left out or changed so that shares and distributions are not those declared."""
    if isinstance(view, Part):
        return view.num_rows < view.whole.num_rows or is_part(view.whole)
    return bool(getattr(view, "is_unfair", False))


def of_the_past(view: TableView) -> frozenset[str]:
    """The columns of a view that follow what other columns once were, so that these now say something else."""
    found: frozenset[str] = getattr(whole_of(view), "of_the_past", frozenset())
    return found


def chosen_rows(view: TableView, row_numbers: Iterable[Any]) -> Bits:
    """Row numbers that a user names, in ascending order.

    Raises:
        SynthDataError: for what is not the number of a row of this view, and for one that is named twice.
    """
    if isinstance(row_numbers, (str, bytes)) or not isinstance(row_numbers, Iterable):
        raise SynthDataError(f"{view.name}: {row_numbers!r} is not a list of row numbers; write [17, 403]")
    given = row_numbers if isinstance(row_numbers, np.ndarray) else np.asarray(list(row_numbers), object)
    if given.dtype.kind not in "iu":
        for number in given.tolist():
            if isinstance(number, bool) or not isinstance(number, (int, np.integer)):
                raise SynthDataError(f"{view.name}: {number!r} is not a row number; write integers, such as [17, 403]")
    ordered = np.sort(given)
    if len(ordered) and not 0 <= ordered[0] <= ordered[-1] < 2**64:
        _refuse(view, ordered[0] if ordered[0] < 0 else ordered[-1])
    numbers = ordered.astype(np.uint64)
    twice = numbers[1:][numbers[1:] == numbers[:-1]]
    if len(twice):
        raise SynthDataError(f"{view.name}: row {twice[0]} is named twice; name each row once")
    missing = numbers[~are_in(view, numbers)]
    if len(missing):
        _refuse(view, missing[0])
    return numbers


def are_in(view: TableView, numbers: Bits) -> npt.NDArray[np.bool_]:
    """Which of some numbers, none twice, are those of rows that a view shows."""
    count = view.num_rows
    if not count or not len(numbers):
        return np.zeros(len(numbers), np.bool_)
    last = int(view.row_numbers(count - 1, count)[0])
    if last == count - 1:  # no gaps
        return numbers <= np.uint64(last)
    return np.isin(numbers, view.row_numbers(0, count), assume_unique=True)


def _refuse(view: TableView, number: Any) -> NoReturn:
    count = view.num_rows
    if not count:
        raise ArgumentError(f"{view.name}: there is no row {number}: the table has no rows here")
    last = int(view.row_numbers(count - 1, count)[0])
    if last == count - 1:
        raise ArgumentError(f"{view.name}: there is no row {number}: rows are numbered from 0 to {last}")
    raise SynthDataError(f"{view.name}: row {number} is not among the {count:,} rows that were taken")


__all__ = ["Subset", "are_in", "chosen_rows", "is_part", "of_the_past"]
