"""Which cells of two frames of generated rows differ, in which rows of which tables."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from pytest_synthdata.dataset import Dataset
    from pytest_synthdata.table import Table

_COMPARERS = ("assert_basic_rows_equality", "assert_generic_rows_equality")
_MOST_KEYS = 2_000_000  # of a table, that are looked through for those of the frames
_BATCH = 100_000

Same: TypeAlias = "Callable[[str, Any, Any], bool]"  # whether two values of a column count as equal
Key: TypeAlias = "tuple[Hashable, ...]"


@dataclass(frozen=True)
class Compared:
    """Two frames' rows, and what counted as equal."""

    rows1: Sequence[Any]
    rows2: Sequence[Any]
    same: Same = lambda _, one, other: bool(one == other)


@dataclass(frozen=True)
class Cell:
    """A cell that differs, or a row that one frame lacks."""

    row: int
    key: Key
    column: str
    one: Any
    other: Any


@dataclass
class TableDifferences:
    """What differs of one table's rows."""

    table: Table
    keys: tuple[str, ...]
    numbers: Mapping[Key, int] = field(default_factory=dict)
    cells: list[Cell] = field(default_factory=list)


def rows_compared(traceback: TracebackType | None) -> Compared | None:
    """The rows of both frames, as chispa's innermost function has them: nothing is collected again."""
    while traceback is not None:
        frame = traceback.tb_frame
        if frame.f_code.co_name in _COMPARERS and {"rows1", "rows2"} <= frame.f_locals.keys():
            found = frame.f_locals
            equal, arguments = found.get("row_equality_fun"), found.get("row_equality_fun_args") or {}
            if equal is None or not found["rows1"]:
                return Compared(found["rows1"], found["rows2"])
            return Compared(found["rows1"], found["rows2"], _cell_by_cell(equal, arguments, type(found["rows1"][0])))
        traceback = traceback.tb_next
    return None


def _cell_by_cell(equal: Callable[..., Any], arguments: Mapping[str, Any], row: type) -> Same:
    """What chispa calls equal: a precision, NaN. It is asked about rows of one cell."""

    def same(column: str, one: Any, other: Any) -> bool:
        try:
            return bool(equal(row(**{column: one}), row(**{column: other}), **arguments))
        except (TypeError, ValueError):
            return bool(one == other)

    return same


def differing_cells(compared: Compared, datasets: Iterable[Dataset]) -> list[TableDifferences] | None:
    """What differs, by table: that whose rows the frames' rows are, then those that were joined to it.

    Returns:
        None where no table's key is among the columns.
    """
    rows1, rows2 = compared.rows1, compared.rows2
    if not rows1 or not rows2:
        return None
    columns = [name for name in rows1[0].__fields__ if name in rows2[0].__fields__]
    tables = _tables(columns, rows1, rows2, datasets)
    if not tables:
        return None
    main = tables[0]
    one, other = (_by_key(rows, main.keys) for rows in (rows1, rows2))
    owners = {name: _owner(name, tables) for name in columns}
    seen: set[tuple[str, str]] = set()
    for (key, _), left, right in _pairs(one, other):
        if key not in main.numbers:
            continue
        if left is None or right is None:
            said = ["missing" if side is None else "there" for side in (left, right)]
            main.cells.append(Cell(main.numbers[key], key, "(the row)", *said))
            continue
        for name in (name for name in columns if not compared.same(name, left[name], right[name])):
            owner, at = _place(owners[name], left, right) or (main, key)
            cell = Cell(owner.numbers[at], at, name, left[name], right[name])
            address = (owner.table.name, repr(cell))
            if owner is main or address not in seen:  # a row that was joined to several is one row
                owner.cells.append(cell)
                seen.add(address)
    for table in tables:
        table.cells.sort(key=lambda cell: cell.row)
    return tables


def _place(owner: TableDifferences, left: Any, right: Any) -> tuple[TableDifferences, Key] | None:
    """The table and key that a cell is of, where both frames agree on them."""
    at = _key(left, owner.keys)
    return (owner, at) if at == _key(right, owner.keys) and at in owner.numbers else None


def in_another_order(compared: Compared) -> bool:
    """Whether both frames have the same rows."""

    def counted(rows: Sequence[Any]) -> Counter[str]:
        return Counter(repr(sorted(row.asDict().items())) for row in rows)

    return counted(compared.rows1) == counted(compared.rows2)


def _tables(
    columns: Sequence[str], rows1: Sequence[Any], rows2: Sequence[Any], datasets: Iterable[Dataset]
) -> list[TableDifferences]:
    """The tables whose keys are among the columns: first the one that each row has another row of.

    After a join that is the table on the side of the many, whatever else the rows hold.
    """
    for dataset in datasets:
        by_key: dict[tuple[str, ...], Table] = {}
        for table in dataset:
            keys = _keys_of(table)
            if keys and {*keys} <= {*columns}:
                # Of tables whose keys have the same name, the one that has more of the columns.
                by_key[keys] = max(
                    (by_key.get(keys, table), table), key=lambda one: len({*one.schema.names} & {*columns})
                )
        candidates = []
        for keys, table in by_key.items():
            numbers = _row_numbers(table, keys, {_key(row, keys) for row in (*rows1, *rows2)})
            if numbers:
                candidates.append(TableDifferences(table, keys, numbers))
        if candidates:
            return sorted(candidates, key=lambda one: _closeness(one, columns, rows1, rows2), reverse=True)
    return []


def _closeness(
    one: TableDifferences, columns: Sequence[str], rows1: Sequence[Any], rows2: Sequence[Any]
) -> tuple[Any, ...]:
    """How likely it is that each row of the frames stands for one of the table's."""
    distinct = min(len({_key(row, one.keys) for row in rows}) / len(rows) for rows in (rows1, rows2))
    shared = len({*one.table.schema.names} & {*columns})
    return distinct, len(one.table.bound.all_parents()), shared, one.table.num_rows


def _keys_of(table: Table) -> tuple[str, ...]:
    plan = table.bound.plan
    keys = plan.key_columns or ((plan.key,) if plan.key else ())
    return tuple(keys) if all(name in plan.visible for name in keys) else ()


def _owner(name: str, tables: Sequence[TableDifferences]) -> TableDifferences:
    """The table that a column is of: the first's, or else that of the one other table that has it."""
    if name in tables[0].table.schema.names:
        return tables[0]
    having = [one for one in tables[1:] if name in one.table.schema.names]
    return having[0] if len(having) == 1 else tables[0]


def _key(row: Any, keys: tuple[str, ...]) -> Key:
    return tuple(_hashable(row[name]) for name in keys)


def _hashable(value: Any) -> Hashable:
    return value if isinstance(value, Hashable) else repr(value)


def _by_key(rows: Sequence[Any], keys: tuple[str, ...]) -> dict[tuple[Key, int], Mapping[str, Any]]:
    """Rows by their key, and which time it is that the key comes: a join may have it several times."""
    times: Counter[Key] = Counter()
    found = {}
    for row in rows:
        key = _key(row, keys)
        found[key, times[key]] = row.asDict()
        times[key] += 1
    return found


def _pairs(one: Mapping[Any, Any], other: Mapping[Any, Any]) -> Iterator[tuple[Any, Any, Any]]:
    for address in dict.fromkeys([*one, *other]):
        yield address, one.get(address), other.get(address)


def _row_numbers(table: Table, keys: tuple[str, ...], wanted: set[Key]) -> dict[Key, int]:
    """The number of the row that each key stands for."""
    from pytest_synthdata.columns.arrow.arrays import python_of
    from pytest_synthdata.columns.generators.keys import Key as DeclaredKey

    declared = table.bound.plan.columns[keys[0]]
    if len(keys) == 1 and isinstance(declared, DeclaredKey):
        return _numbers_in_keys(table, declared, wanted)
    found: dict[Key, int] = {}
    for start in range(0, min(table.num_rows, _MOST_KEYS), _BATCH):
        stop = min(start + _BATCH, table.num_rows)
        batch = table.to_arrow(start, stop).select(list(keys))
        values = zip(*(map(_as_collected, python_of(column)) for column in batch.columns), strict=True)
        numbers = table.view.row_numbers(start, stop).tolist()
        found.update((key, number) for number, key in zip(numbers, values, strict=True) if key in wanted)
        if len(found) == len(wanted):
            break
    return found


def _as_collected(value: Any) -> Hashable:
    """A value as Spark's `collect` gives it."""
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return value.astimezone().replace(tzinfo=None)
    return _hashable(value)


def _numbers_in_keys(table: Table, declared: Any, wanted: set[Key]) -> dict[Key, int]:
    from pytest_synthdata.columns.arrow.arrays import arrow_array
    from pytest_synthdata.validation.keys.forms import Form, numbers_in

    keys = list(wanted)
    numbers = declared.rows(numbers_in(arrow_array([str(key) for (key,) in keys]), Form.of(declared)))
    return {
        key: number for key, number in zip(keys, numbers.tolist(), strict=True) if 0 <= number < table.bound.num_rows
    }


__all__ = ["Cell", "Compared", "TableDifferences", "differing_cells", "in_another_order", "rows_compared"]
