"""Columns that change along the rows of a series: what they are in each part of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.arrow.ranks import correlation, ranks
from pytest_synthdata.columns.arrow.values import to_numpy
from pytest_synthdata.columns.expressions.conditions import When
from pytest_synthdata.columns.expressions.operators import col
from pytest_synthdata.columns.generators.base import Constant, Generator, literal
from pytest_synthdata.columns.generators.modifiers import Rounded
from pytest_synthdata.infer.times.moments import spread_out
from pytest_synthdata.infer.values.fitting import Resolution
from pytest_synthdata.infer.values.numbers import law

_MOST_PARTS = 8
_ROWS_A_PART = 8
_FEWEST = 24
_CLEAR = 0.3  # of a rank correlation with the place in the series, from which on it is one
_COARSE = 0.05
_LOOKED_AT = 50_000  # rows in which a trend is looked for


def along(numbers: npt.NDArray[np.float64], resolution: Resolution, places: Mapping[str, pa.Array]) -> Generator | None:
    """Numbers by where in a series their rows are; None where that says little.

    Args:
        numbers: the column, without nulls.
        resolution: what they are multiples of.
        places: columns that say where in a series a row is, at the same rows.
    """
    if (found := _parts(numbers, places)) is None:
        return None
    name, edges, pieces = found
    branches = [law(numbers[piece], resolution, _COARSE) for piece in pieces]
    is_rounded = any(isinstance(branch, Rounded) for branch in branches)
    branches = [branch.generator if isinstance(branch, Rounded) else branch for branch in branches]
    made: Generator = When(tuple(col(name) < edge for edge in edges), tuple(map(_plain, branches)))
    return made.round(resolution.digits) if is_rounded and resolution.digits is not None else made


def times_along(values: pa.Array, places: Mapping[str, pa.Array]) -> Generator | None:
    """Dates or times by where in a series their rows are; None where that says little.

    Args:
        values: the column, without nulls.
        places: columns that say where in a series a row is, at the same rows.
    """
    if (found := _parts(_as_numbers(values), places)) is None:
        return None
    name, edges, pieces = found
    branches = [spread_out(values.take(pa.array(piece))) for piece in pieces]
    return When(tuple(col(name) < edge for edge in edges), tuple(map(_plain, branches)))


def _parts(
    numbers: npt.NDArray[np.float64], places: Mapping[str, pa.Array]
) -> tuple[str, list[Any], list[npt.NDArray[np.intp]]] | None:
    """The place that numbers change along, where its parts begin, and the rows of each; None where there is none."""
    if len(numbers) < _FEWEST:
        return None
    best: tuple[float, str, pa.Array] | None = None
    some = np.linspace(0, len(numbers) - 1, min(len(numbers), _LOOKED_AT)).astype(np.int64)
    few = ranks(numbers[some])
    for name, values in places.items():
        strength = abs(correlation(few, ranks(_as_numbers(values.take(pa.array(some))))))
        if strength >= _CLEAR and (best is None or strength > best[0]):
            best = strength, name, values
    if best is None:
        return None
    _, name, values = best
    order = np.argsort(_as_numbers(values), kind="stable")
    parts = min(_MOST_PARTS, len(numbers) // _ROWS_A_PART)
    pieces = np.array_split(order, parts)
    return name, [values[int(piece[0])].as_py() for piece in pieces[1:]], pieces


def _plain(branch: Generator) -> Generator:
    return literal(branch.value) if isinstance(branch, Constant) else branch


def _as_numbers(values: pa.Array) -> npt.NDArray[np.float64]:
    if pa.types.is_date(values.type):
        values = values.cast(pa.int32())
    elif pa.types.is_timestamp(values.type):
        values = values.cast(pa.int64())
    return to_numpy(values.cast(pa.float64(), safe=False)).astype(np.float64)


__all__ = ["along", "times_along"]
