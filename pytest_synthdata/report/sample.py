"""The rows that a report draws: all of a small table, evenly spread ones of a large one."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.kinds import is_number
from pytest_synthdata.columns.arrow.values import Values, to_arrow, to_numpy
from pytest_synthdata.columns.cells import Cells
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.random import Bits
from pytest_synthdata.columns.tables.part import whole_of
from pytest_synthdata.columns.tables.table_view import TableView
from pytest_synthdata.validation.rows import Rows

MOST = 50_000  # rows
_MOST_VALUES = 30  # of a column that counts as one of categories
_MOST_COLUMNS = 10  # in the matrix


class SampleRows(Rows):
    """Rows of a table, spread over it, that can be split by the conditions of its columns."""

    def __init__(self, view: TableView) -> None:
        numbers = _spread(view)
        bound, origins = view.bound, view.origins(numbers)
        super().__init__(bound, {}, row_numbers=origins)
        self.numbers = numbers
        self.count: int = len(numbers)
        self._batch, self._shown = bound.at(origins), view.schema
        if whole_of(view) is not bound:  # cells that are not as declared
            shown = view.record_batch(numbers)
            self._columns = dict(zip(shown.schema.names, shown.columns, strict=True))

    def _read(self, name: str) -> Values:
        if name in self._columns:
            return super()._read(name)
        return self._batch.read(name)

    def evaluate(self, generator: Generator, name: str) -> Values:
        """A formula's values."""
        return generator.values(Cells(self._batch, self.bound.stream(name), name))

    def array(self, name: str) -> pa.Array:
        """A column in its declared type, or a parent's."""
        if name in self._shown.names:
            type_ = self._shown.field(name).type
        else:
            type_ = self.bound.type_of(name) if name in self.bound.plan.columns else None
        return to_arrow(self.read(name), type_)


def _spread(view: TableView) -> Bits:
    """The numbers of at most so many rows, evenly spread."""
    if view.num_rows <= MOST:
        return view.row_numbers(0, view.num_rows)
    positions = np.unique(np.linspace(0, view.num_rows - 1, MOST).astype(np.int64)).tolist()
    return np.concatenate([view.row_numbers(at, at + 1) for at in positions])


def associations(rows: SampleRows) -> tuple[list[str], npt.NDArray[np.float64], list[list[str]]] | None:
    """How strongly each two columns go together, from 0 to 1, or from -1 for two of numbers; and the measure's name.

    Numbers: Spearman's rank correlation. Categories: Cramér's V, corrected for bias (Bergsma 2013). One of each: the
    correlation ratio of the ranks. Columns of a parent that others depend on are among them.
    """
    kinds = {name: kind for name in _names(rows) if (kind := _kind(rows.array(name))) is not None}
    names = list(kinds)[:_MOST_COLUMNS]
    if len(names) < 2:  # noqa: PLR2004
        return None
    numbers = {
        name: _ranks(rows.array(name)) if kinds[name] == "number" else _codes(rows.array(name)) for name in names
    }
    strengths = np.eye(len(names))
    measures = [["itself"] * len(names) for _ in names]
    for (one, left), (other, right) in itertools.combinations(enumerate(names), 2):
        a, b, both = numbers[left], numbers[right], {kinds[left], kinds[right]}
        if both == {"number"}:
            value, measure = _spearman(a, b), "Spearman's rho"
        elif both == {"category"}:
            value, measure = _cramer(a, b), "Cramér's V"
        else:
            category, number = (a, b) if kinds[left] == "category" else (b, a)
            value, measure = _ratio(category, number), "correlation ratio"
        strengths[one, other] = strengths[other, one] = value
        measures[one][other] = measures[other][one] = measure
    return names, strengths, measures


def _names(rows: SampleRows) -> list[str]:
    plan = rows.bound.plan
    references = plan.references
    read = {name for column in plan.columns.values() for name in column.reads() if name.partition(".")[0] in references}
    keys = {f"{name}.{reference.parent.key}" for name, reference in references.items()}
    weighed = {
        f"{name}.{read}"
        for name, reference in references.items()
        if reference.weights is not None
        for read in reference.weights.reads()
    }
    parents = sorted(name for name in (read | weighed) - keys if rows.has(name))
    return [*[name for name in plan.visible if name != plan.key], *parents]


def _kind(array: pa.Array) -> str | None:
    type_ = array.type
    few = pa.types.is_string(type_) or pa.types.is_boolean(type_) or pa.types.is_integer(type_)
    distinct = pc.count_distinct(array).as_py() if few else 0
    if len(array) < 2 or (few and distinct < 2):  # noqa: PLR2004
        return None
    if pa.types.is_string(type_) or pa.types.is_boolean(type_):
        return "category" if distinct <= _MOST_VALUES else None
    return "number" if is_number(type_) or pa.types.is_temporal(type_) else None


def _ranks(array: pa.Array) -> npt.NDArray[np.float64]:
    """Ranks, those of equal values being their mean; NaN for nulls."""
    least, most = (to_numpy(pc.rank(array, tiebreaker=ties)).astype(np.float64) for ties in ("min", "max"))
    return np.where(to_numpy(pc.is_valid(array)), (least + most) / 2, np.nan)


def _codes(array: pa.Array) -> npt.NDArray[np.float64]:
    return np.asarray(to_numpy(array.dictionary_encode(null_encoding="encode").indices), np.float64)


def _spearman(a: Any, b: Any) -> float:
    """Of ranks, Spearman's correlation is Pearson's."""
    good = np.isfinite(a) & np.isfinite(b)
    if not good.any() or a[good].std() == 0 or b[good].std() == 0:
        return 0.0
    return float(np.corrcoef(a[good], b[good])[0, 1])


def _cramer(a: Any, b: Any) -> float:
    table = np.zeros((int(a.max()) + 1, int(b.max()) + 1))
    np.add.at(table, (a.astype(np.int64), b.astype(np.int64)), 1)
    count, (rows, columns) = table.sum(), table.shape
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / count
    chi_square = float(((table - expected) ** 2 / expected).sum())
    squared = max(0.0, chi_square / count - (rows - 1) * (columns - 1) / (count - 1))
    rows, columns = rows - (rows - 1) ** 2 / (count - 1), columns - (columns - 1) ** 2 / (count - 1)
    return float(np.sqrt(squared / max(min(rows, columns) - 1, 1e-9)))


def _ratio(category: Any, number: Any) -> float:
    good = np.isfinite(number)
    codes, ranks = category[good].astype(np.int64), number[good]
    if not len(ranks):
        return 0.0
    counts = np.bincount(codes)
    means = np.bincount(codes, ranks) / np.maximum(counts, 1)
    between = float((counts * (means - ranks.mean()) ** 2).sum())
    total = float(((ranks - ranks.mean()) ** 2).sum())
    return float(np.sqrt(between / total)) if total > 0 else 0.0


__all__ = ["MOST", "SampleRows", "associations"]
