"""How many processes pay for a table: what its rows cost, measured here, beside what another process costs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from time import thread_time
from typing import TYPE_CHECKING

from pytest_synthdata.columns.tables.schemas import files_of

if TYPE_CHECKING:
    from pytest_synthdata.columns.tables.table_view import TableView
    from pytest_synthdata.files.formats import FileForm

_START = 0.7  # seconds of processor time that a process takes to import what it needs and make its first rows
_WORTH = 0.9  # of the time that this process takes alone: what it must be with others to be worth their work
_HEAD, _BODY = 1_024, 131_072  # rows to measure: of slow ones a few are enough
_SLOW = 20e-6  # seconds a row
_FEW, _FEW_QUICK = 1 << 20, 1 << 22  # rows, below which measuring takes longer than it spares


@dataclass(frozen=True)
class Pace:
    """What a row costs.

    Args:
        make: seconds of processor time to make it.
        write: the same to write it.
    """

    make: float
    write: float

    @classmethod
    def of(cls, view: TableView, form: FileForm, folder: Path) -> Pace:
        """Measured on the first rows, which are written to a folder and removed again.

        What each file costs, however many rows it has, does not count: a row costs the difference between two files.
        It costs nothing where there are few and quick ones.
        """
        _seconds(view, form, folder, _HEAD)  # what is made once
        head = _seconds(view, form, folder, _HEAD)
        if sum(head) > _SLOW * _HEAD:
            return cls(*(seconds / _HEAD for seconds in head))
        if view.num_rows < _FEW_QUICK:
            return cls(0.0, 0.0)
        body = _seconds(view, form, folder, _BODY)
        return cls(*(max(more - less, 0.0) / (_BODY - _HEAD) for less, more in zip(head, body, strict=True)))

    def processes(self, rows: int, most: int) -> int:
        """How many processes write so many rows soonest; none of them for less work than its start is.

        Alone, this process makes rows while it writes those before. Beside others it does one after the other, and
        they come to its help when they have started.

        >>> orders = Pace(make=330e-9, write=130e-9)
        >>> [orders.processes(rows * 10**6, most=2) for rows in (1, 4, 8, 1_000)]
        [1, 1, 2, 2]
        >>> [orders.processes(rows * 10**6, most=64) for rows in (1, 4, 8, 1_000)]
        [1, 1, 5, 64]
        """
        work = rows * (self.make + self.write)
        count = max(1, min(most, int(work / _START)))
        together = (work + (count - 1) * _START) / count
        return count if together < _WORTH * rows * max(self.make, self.write) else 1


def _seconds(view: TableView, form: FileForm, folder: Path, rows: int) -> tuple[float, float]:
    """The processor time that it takes to make some rows, and to write them."""
    made = written = 0.0
    for piece, start, stop, path in files_of(view, 0, rows, folder / f"pace.{form.ending}"):
        begin = thread_time()
        batches = list(form.batches(piece, start, stop))
        between = thread_time()
        form.write(piece, iter(batches), path)
        made, written = made + between - begin, written + thread_time() - between
        path.unlink()
    return made, written


def paying(view: TableView, form: FileForm, folder: Path, most: int) -> int:
    """How many processes pay for a table, this one included.

    Args:
        view: the table.
        form: how it is written.
        folder: where.
        most: how many there can be.
    """
    if most == 1 or view.num_rows < _FEW:
        return 1
    return Pace.of(view, form, folder).processes(view.num_rows, most)


__all__ = ["Pace", "paying"]
