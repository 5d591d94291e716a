"""Reference data: tables whose rows are listed, such as countries and currencies, from Python or from a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import arrow_array, python_of
from pytest_synthdata.columns.arrow.types import settled
from pytest_synthdata.columns.arrow.values import Values
from pytest_synthdata.columns.cells import Cells, Scope
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.errors import DeclarationError, nearest

_FEW = 1_000  # distinct values that are worth listing before there are rows


class Rows:
    """A fixed list of rows as a table, for reference data: ``class Meta: rows = Rows([…])``.

    Args:
        rows: dictionaries of column to value, one a row; or an Arrow table; or ``{column: values}``.
        key: the column that references hold; defaults to the first column, if its values differ.
        weights: the column that says how often references point to each row, where they do not say it themselves.

    Raises:
        DeclarationError: for rows that are not a table, and for a column that is not there.

    >>> from pytest_synthdata import Dataset, ForeignKey, Rows, TableFactory
    >>> class CountryFactory(TableFactory):
    ...     class Meta:
    ...         table = "countries"
    ...         rows = Rows([{"code": "DE", "people": 84}, {"code": "FR", "people": 68}], weights="people")
    >>> class VisitFactory(TableFactory):
    ...     country = ForeignKey(CountryFactory)
    >>> Dataset({VisitFactory: 4}, seed=1).visits.to_arrow()["country_id"].to_pylist()
    ['DE', 'FR', 'DE', 'FR']
    """

    def __init__(self, rows: Any, *, key: str | None = None, weights: str | None = None) -> None:
        table = _table(rows)
        self.table = table.cast(pa.schema([(field.name, settled(field.type)) for field in table.schema]))
        if self.table.num_columns == 0:
            raise DeclarationError("Rows: there is no column; give a list of dictionaries, one for each row")
        for name in (key, weights):
            if name is not None and name not in self.table.column_names:
                raise DeclarationError(f"Rows: there is no column {name!r}: {nearest(name, self.table.column_names)}")
        first = self.table.column_names[0]
        self.key = key or (first if self._differs(first) else None)
        if key is not None and not self._differs(key):
            raise DeclarationError(f"Rows: {key!r} is not a key: its values repeat, or some are null")
        self.weights = weights

    def _differs(self, name: str) -> bool:
        column = self.table[name]
        return not pa.types.is_nested(column.type) and len(column.unique()) == len(column) and column.null_count == 0

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def columns(self) -> dict[str, Listed]:
        """The columns, by name."""
        return {name: Listed(self.table[name].combine_chunks()) for name in self.table.column_names}


def _table(rows: Any) -> pa.Table:
    try:
        if isinstance(rows, pa.Table):
            return rows
        if isinstance(rows, Mapping):
            return _of_columns(dict(rows))
        if isinstance(rows, Sequence) and not isinstance(rows, str) and all(isinstance(row, Mapping) for row in rows):
            names = list(dict.fromkeys(name for row in rows for name in row))
            return _of_columns({name: [row.get(name) for row in rows] for name in names})
    except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError) as error:
        raise DeclarationError(f"Rows: a column has values of several types: {error}") from None
    raise DeclarationError(f"Rows: give a list of dictionaries, one for each row, not {type(rows).__name__}")


def _of_columns(columns: dict[str, Any]) -> pa.Table:
    return pa.table(
        {name: arrow_array(values) if isinstance(values, list) else values for name, values in columns.items()}
    )


@dataclass(frozen=True, eq=False)
class Listed(Generator):
    """The values of a column, row by row."""

    array: pa.Array

    pinned = True

    def __repr__(self) -> str:
        return f"Listed({len(self.array):,} values)"

    def values(self, cells: Cells) -> Values:
        # Sequences of a factory may run past the table's end; they begin anew.
        return self.array.take(arrow_array((cells.rows % np.uint64(max(len(self.array), 1))).astype(np.int64)))

    def require(self, scope: Scope, rows: int) -> None:
        """Raise `DeclarationError` where fewer rows are listed."""
        if len(self.array) < rows:
            raise DeclarationError(
                f"{scope.place}: {len(self.array):,} rows are listed, and the table is to have {rows:,}: leave out the "
                "number of its rows, or list more in Meta.rows"
            )

    def type(self, scope: Scope) -> pa.DataType:
        del scope
        return self.array.type

    def check(self, scope: Scope) -> None:
        if not len(self.array):
            raise DeclarationError(f"{scope.place}: Rows: the list has no row")

    def domain(self, scope: Scope) -> Sequence[Any] | None:
        del scope
        if len(self.array) > _FEW or pa.types.is_nested(self.array.type):
            return None
        values: list[Any] = python_of(self.array.unique())
        return values

    def bounds(self, scope: Scope) -> tuple[Any, Any] | None:
        del scope
        type_ = self.array.type
        if self.array.null_count or not (pa.types.is_integer(type_) or pa.types.is_floating(type_)):
            return None
        ends = pc.min_max(self.array).as_py()
        return ends["min"], ends["max"]


__all__ = ["Listed", "Rows"]
