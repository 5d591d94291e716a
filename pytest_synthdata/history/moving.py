"""Where the values of an updated column go: to new ones, on from where they are, or never back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import arrow_array, null_of, python_of, without_nulls
from pytest_synthdata.columns.arrow.kinds import TOLD_APART
from pytest_synthdata.columns.arrow.values import Values, scatter, take, to_arrow, to_numpy
from pytest_synthdata.columns.cells import Cells, Reader
from pytest_synthdata.columns.own_code import own_code
from pytest_synthdata.columns.references.decimals import decimal_places
from pytest_synthdata.columns.series.readings import Moments
from pytest_synthdata.columns.series.series import Series
from pytest_synthdata.history.whole_numbers import WholeNumbers

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_synthdata.columns.generators.base import Generator
    from pytest_synthdata.columns.random import Bits, Floats, Stream
    from pytest_synthdata.columns.tables.bound_table import BoundTable
    from pytest_synthdata.columns.versions.occurrences import Instants
    from pytest_synthdata.history.declaration import Update
    from pytest_synthdata.history.evolution import Evolution
    from pytest_synthdata.history.life import Life

Index = npt.NDArray[np.intp]
_LEAST = -(2**63)
Shares = tuple[tuple[Any, tuple[tuple[Any, float], ...]], ...]


class Versioned(Protocol):
    """Rows with the versions of their updated columns: a `State`, as this module sees it."""

    @property
    def bound(self) -> BoundTable: ...
    @property
    def rows(self) -> Bits: ...
    @property
    def evolution(self) -> Evolution: ...
    @property
    def life(self) -> Life: ...
    @property
    def times(self) -> Instants: ...
    def version(self, column: str) -> Instants: ...
    def updated_at(self, column: str) -> Instants: ...
    def redrawn(self, name: str, versions: dict[str, Instants]) -> Values: ...
    def versioned(self, name: str, versions: dict[str, int]) -> Stream: ...
    def of_version(self, name: str, index: Index, stream: Stream) -> Values: ...
    def take(self, index: Index) -> Reader: ...


def moved(state: Versioned, name: str) -> Values:
    """The values of an updated column at the versions that its rows have."""
    evolution = state.evolution
    versions = {column: state.version(column) for column in evolution.updated_by(name)}
    update = evolution.how[evolution.group_of[name]] if name in evolution.group_of else None
    if update is None or (update.to is None and update.by is None and not update.never_back):
        return state.redrawn(name, versions)
    first = {column: numbers for column, numbers in versions.items() if column != name}
    begun = state.redrawn(name, {**first, name: np.zeros(len(state.rows), np.int64)})
    numbers = versions[name]
    if update.to is not None:
        return _transitioned(state, name, update.to, begun, numbers)
    if isinstance(update.by, Series):
        return _followed(state, name, update.by, begun, numbers)
    if update.by is not None:
        return _walked(state, name, update, begun, numbers)
    return _never_back(state, name, begun, numbers)


def _steps(numbers: Instants) -> list[tuple[int, Index]]:
    """Each version from 1 on, with the rows that have had it."""
    return [(version, np.flatnonzero(numbers >= version)) for version in range(1, int(numbers.max(initial=0)) + 1)]


def _transitioned(state: Versioned, name: str, shares: Shares, begun: Values, numbers: Instants) -> Values:
    array = to_arrow(begun)
    encoded = array.dictionary_encode(null_encoding="encode")
    targets = [target for _, following in shares for target, _ in following]
    values = list(dict.fromkeys([*python_of(encoded.dictionary), *(value for value, _ in shares), *targets]))
    codes = np.array(to_numpy(encoded.indices), np.int64)
    for version, index in _steps(numbers):
        drawn = state.versioned(name, {name: version}).uniform(state.rows[index])
        before = codes[index]
        for value, following in shares:
            here = np.flatnonzero(before == values.index(value))
            codes[index[here]] = _following(drawn[here], values.index(value), following, values)
    return arrow_array(values, array.type).take(arrow_array(codes))


def _following(drawn: Floats, stays: int, following: tuple[tuple[Any, float], ...], values: list[Any]) -> Instants:
    ends = np.cumsum([float(share) for _, share in following])
    targets = np.array([*(values.index(target) for target, _ in following), stays])
    if abs(ends[-1] - 1) < 1e-9:  # noqa: PLR2004 - what is complete has no rest
        ends[-1] = 1.0
    return targets[np.searchsorted(ends, drawn, side="right")]


def _walked(state: Versioned, name: str, update: Update, begun: Values, numbers: Instants) -> Values:
    array = to_arrow(begun)
    values = _numbers(array)
    are_far = np.abs(values) >= TOLD_APART
    for version, index in _steps(numbers):
        values[index] += _numbers(_step(state, name, update, version, index))
        # At each step, so that a walk leaves its bounds as soon as it turns.
        values[index] = _within_bounds(state, name, values[index])
        are_far[index] |= np.abs(values[index]) >= TOLD_APART
    if not are_far.any() or not pa.types.is_integer(array.type):
        return _as_declared(state, name, values, array)
    far = np.flatnonzero(are_far)
    whole = _whole_numbers(state, name, take(array, far))
    for version, index in _steps(numbers[far]):
        whole.move(index.tolist(), _step(state, name, update, version, far[index]).to_pylist())
    return _with_whole(_as_declared(state, name, np.where(are_far, 0.0, values), array), far, whole)


def _step(state: Versioned, name: str, update: Update, version: int, index: Index) -> pa.Array:
    """What an update adds to the values of some rows."""
    cells = Cells(state.take(index), state.versioned(name, {name: version}), f"{state.bound.plan.table}.{name}")
    assert update.by is not None  # noqa: S101
    with own_code(cells.place):
        return to_arrow(update.by.values(cells))


def _whole_numbers(state: Versioned, name: str, array: Values) -> WholeNumbers:
    bounds = state.bound.plan.columns[name].bounds(state.bound.scope(name)) or (None, None)
    return WholeNumbers(to_arrow(array).to_pylist(), bounds, f"{state.bound.plan.table}.{name}")


def _with_whole(made: pa.Array, far: Index, whole: WholeNumbers) -> Values:
    """Values with whole numbers in the place of those that floats do not tell apart."""
    rest = np.setdiff1d(np.arange(len(made)), far, assume_unique=True)
    return scatter([(rest, take(made, rest)), (far, arrow_array(whole.numbers, made.type))], len(made))


def _followed(state: Versioned, name: str, series: Series, begun: Values, numbers: Instants) -> Values:
    """Each row's value as first drawn, and what a series has added to it by the time of its last update."""
    array = to_arrow(begun)
    birth = np.minimum(state.life.birth, state.times)
    times, each = state.updated_at(name), np.arange(len(state.rows))
    rows = state.rows.astype(np.int64)
    taken = Moments(rows, numbers, distinct=state.rows, which=each, times=times, elapsed=times - birth)
    stream = state.bound.own_stream(name).child("version", "series")
    cells = Cells(state.take(each), stream, f"{state.bound.plan.table}.{name}")
    born, added = _numbers(array), series.around(cells, taken)
    values = _within_bounds(state, name, born + added)
    are_far = (np.maximum(np.abs(born), np.abs(values)) >= TOLD_APART) & pa.types.is_integer(array.type)
    made: Values = _as_declared(state, name, np.where(are_far, 0.0, values), array)
    if are_far.any():
        far = np.flatnonzero(are_far)
        whole = _whole_numbers(state, name, take(array, far))
        whole.move(range(len(far)), added[far].tolist())
        made = _with_whole(to_arrow(made), far, whole)
    # Rows that were never updated are as they were, to the last bit.
    index, rest = np.flatnonzero(numbers), np.flatnonzero(numbers == 0)
    return scatter([(rest, take(array, rest)), (index, take(made, index))], len(numbers))


def _numbers(array: pa.Array) -> Floats:
    return np.array(to_numpy(array.cast(pa.float64(), safe=False)), np.float64)


def _within_bounds(state: Versioned, name: str, values: Floats) -> Floats:
    low, high = state.bound.plan.columns[name].bounds(state.bound.scope(name)) or (None, None)
    return np.clip(values, None if low is None else float(low), None if high is None else float(high))


def _as_declared(state: Versioned, name: str, values: Floats, array: pa.Array) -> pa.Array:
    """Numbers at the column's places after the point and of its type, null where it was."""
    scope, generator = state.bound.scope(name), state.bound.plan.columns[name]
    digits = 0 if pa.types.is_integer(array.type) else decimal_places(generator, scope)
    if digits is not None:
        scale = 10.0**digits
        values = np.rint(values * scale) / scale
    there = pc.is_valid(array)
    made = to_arrow(np.where(to_numpy(there), values, 0.0), array.type)
    return pc.if_else(there, made, null_of(array.type))


def _never_back(state: Versioned, name: str, begun: Values, numbers: Instants) -> Values:
    rank = _ranker(state.bound.plan.columns[name], state, name)
    best, ranks = begun, rank(begun)
    for version, index in _steps(numbers):
        drawn = state.of_version(name, index, state.versioned(name, {name: version}))
        higher = np.flatnonzero(rank(drawn) > ranks[index])
        if len(higher):
            at = index[higher]
            ranks[at] = rank(drawn)[higher]
            rest = np.setdiff1d(np.arange(len(numbers)), at, assume_unique=True)
            best = scatter([(rest, take(best, rest)), (at, take(drawn, higher))], len(numbers))
    return best


def _ranker(generator: Generator, state: Versioned, name: str) -> Callable[[Values], npt.NDArray[Any]]:
    """What orders a column's values: their places in its declaration for texts, their sizes for all else."""
    domain = generator.domain(state.bound.scope(name))
    if domain is not None and any(isinstance(value, str) for value in domain):
        place = {value: number for number, value in enumerate(domain)}

        def by_place(values: Values) -> npt.NDArray[Any]:
            encoded = to_arrow(values).dictionary_encode(null_encoding="encode")
            order = np.array([place.get(value, -1) for value in python_of(encoded.dictionary)])
            return order[to_numpy(encoded.indices)]

        return by_place

    def by_size(values: Values) -> npt.NDArray[Any]:
        array = to_arrow(values)
        if pa.types.is_temporal(array.type):
            array = array.cast(pa.int32() if pa.types.is_date32(array.type) else pa.int64())
        if pa.types.is_integer(array.type):  # floats do not tell all of them apart
            return np.array(to_numpy(without_nulls(array.cast(pa.int64()), _LEAST)))
        return np.array(to_numpy(without_nulls(array.cast(pa.float64(), safe=False), float("-inf"))), np.float64)

    return by_size


__all__ = ["moved"]
