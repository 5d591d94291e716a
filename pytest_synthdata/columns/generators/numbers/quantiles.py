"""A distribution by its quantiles: for data that no law describes."""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.arrow.types import TIMESTAMP
from pytest_synthdata.columns.arrow.values import Values
from pytest_synthdata.columns.cells import Cells, Scope
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.errors import DeclarationError

_UNITS = {"d": 86_400_000_000, "h": 3_600_000_000, "min": 60_000_000, "s": 1_000_000, "ms": 1_000, "us": 1}
_DAY = _UNITS["d"]
_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - of what has no zone; that of the others is UTC


@dataclass(frozen=True, init=False)
class Quantiles(Generator):
    """Numbers, dates or times by the shares of all that lie below some of them, evenly spread between these.

    Args:
        quantiles: a list, between whose neighbours equal shares of all lie: 5 numbers are the quartiles, 11 the
            deciles. Or ``{share: value}`` from 0 to 1, the share that lies below each value: a value that is given
            twice has a share of its own, and a pair of values leaves out what lies between them. Dates and times are
            ISO texts or Python's.
        step: the distance of neighbouring values, counted from the least: ``5`` of numbers, ``"15min"``, ``"1h"`` or
            ``"1d"`` of times. Defaults to none of numbers, to seconds of times and to days of dates.

    >>> Quantiles([0, 10, 100])
    Quantiles([0, 10, 100])
    >>> from pytest_synthdata import Dataset, TableFactory
    >>> class CallFactory(TableFactory):
    ...     minutes = Quantiles({0: 0, 0.4: 0, 0.9: (12, 60), 1: 90}).round()
    ...     began_on = Quantiles({0: "2024-01-01", 0.7: "2024-03-31", 1: "2024-12-31"})
    >>> Dataset({CallFactory: 4}, seed=1).calls.to_arrow()["minutes"].to_pylist()
    [83.0, 7.0, 0.0, 2.0]
    """

    quantiles: tuple[Any, ...]
    shares: tuple[float, ...] | None
    step: Any

    def __init__(self, quantiles: Sequence[Any] | Mapping[float, Any], step: float | str | None = None) -> None:
        shares: tuple[float, ...] | None = None
        values = tuple(quantiles.values()) if isinstance(quantiles, Mapping) else tuple(quantiles)
        if isinstance(quantiles, Mapping):
            pairs = [(share, one) for share, value in quantiles.items() for one in _as_pair(value)]
            shares, values = tuple(share for share, _ in pairs), tuple(value for _, value in pairs)
        object.__setattr__(self, "quantiles", values)
        object.__setattr__(self, "shares", shares)
        object.__setattr__(self, "step", step)

    def __repr__(self) -> str:
        step = "" if self.step is None else f", step={self.step!r}"
        return f"Quantiles({self.listed()!r}{step})"

    def listed(self) -> list[Any] | dict[float, Any]:
        """The quantiles as they are declared."""
        if self.shares is None:
            return list(self.quantiles)
        found: dict[float, Any] = {}
        for share, value in zip(self.shares, self.quantiles, strict=True):
            found[share] = (found[share], value) if share in found else value
        return found

    @property
    def kind(self) -> str:
        """``number``, ``date`` or ``time``."""
        first = self.quantiles[0] if self.quantiles else 0
        if isinstance(first, str):
            return "date" if len(first) <= len("2024-01-01") else "time"
        if isinstance(first, dt.datetime):
            return "time"
        return "date" if isinstance(first, dt.date) else "number"

    def points(self) -> npt.NDArray[Any]:
        """The quantiles as numbers: days since 1970 of dates, microseconds of times."""
        if self.kind == "number":
            return np.asarray(self.quantiles)
        micros = [_micros(value) for value in self.quantiles]
        return np.array(micros, np.float64) / (_DAY if self.kind == "date" else 1)

    def below(self) -> npt.NDArray[np.float64]:
        """The share of all that lies below each of the quantiles."""
        return np.linspace(0, 1, len(self.quantiles)) if self.shares is None else np.asarray(self.shares, np.float64)

    def values(self, cells: Cells) -> Values:
        uniform = cells.uniform()
        if self.shares is None and self.kind == "number":
            count = len(self.quantiles)
            made = np.interp(uniform * (count - 1), np.arange(count), self.quantiles)
        else:
            made = np.interp(uniform, self.below(), self.points())
        return self._on_grid(made)

    def _on_grid(self, made: npt.NDArray[np.float64]) -> Values:
        kind, least = self.kind, float(self.points()[0])
        if kind == "number":
            return made if self.step is None else least + np.rint((made - least) / self.step) * self.step
        step = self._micros_a_step() / (_DAY if kind == "date" else 1)
        whole = (np.rint((made - least) / step) * step + least).astype(np.int64)
        return whole.astype("datetime64[D]") if kind == "date" else whole.astype("datetime64[us]")

    def _micros_a_step(self) -> int:
        return _interval(self.step or ("1d" if self.kind == "date" else "1s")) or 1

    def type(self, scope: Scope) -> pa.DataType:
        del scope
        return {"number": pa.float64(), "date": pa.date32(), "time": TIMESTAMP}[self.kind]

    def check(self, scope: Scope) -> None:
        place = f"{scope.place}: {self!r}"
        if len(self.quantiles) < 2:  # noqa: PLR2004
            raise DeclarationError(f"{place}: give at least the least and the greatest value")
        try:
            points = self.points().tolist()
        except (ValueError, TypeError):
            raise DeclarationError(f"{place}: quantiles are all numbers, or all dates, or all times") from None
        if any(isinstance(one, bool) or not isinstance(one, (int, float)) or math.isnan(one) for one in points):
            raise DeclarationError(f"{place}: quantiles are numbers, dates or times")
        if any(not low <= high for low, high in itertools.pairwise(points)):
            raise DeclarationError(f"{place}: quantiles ascend")
        self._check_shares(place)
        is_number = self.kind == "number"
        if self.step is not None and (is_number != isinstance(self.step, (int, float)) or not self._step_ascends()):
            raise DeclarationError(f"{place}: a step of numbers is a positive number, and one of times such as '15min'")

    def _check_shares(self, place: str) -> None:
        if self.shares is None:
            return
        for share, same in itertools.groupby(self.shares):
            if not isinstance(share, (int, float)) or len(list(same)) > 2:  # noqa: PLR2004
                raise DeclarationError(f"{place}: a share has one value, or a pair of them")
        if self.shares[0] != 0 or self.shares[-1] != 1:
            raise DeclarationError(f"{place}: shares go from 0 to 1")
        if any(not low <= high for low, high in itertools.pairwise(self.shares)):
            raise DeclarationError(f"{place}: shares ascend")

    def _step_ascends(self) -> bool:
        return self.step > 0 if isinstance(self.step, (int, float)) else _interval(self.step) is not None

    def bounds(self, scope: Scope) -> tuple[Any, Any]:
        del scope
        ends = self.quantiles[0], self.quantiles[-1]
        if self.kind == "number":
            return ends
        first, last = (_EPOCH + dt.timedelta(microseconds=_micros(end)) for end in ends)
        if self.kind == "date":
            return first.date(), last.date()
        return first.replace(tzinfo=dt.timezone.utc), last.replace(tzinfo=dt.timezone.utc)


def _as_pair(value: Any) -> Iterator[Any]:
    if isinstance(value, (tuple, list)):
        yield from value
    else:
        yield value


def _micros(value: Any) -> int:
    """A date or time as microseconds since 1970, by UTC."""
    if isinstance(value, str):
        value = dt.datetime.fromisoformat(value)
    if not isinstance(value, dt.datetime):
        value = dt.datetime(value.year, value.month, value.day)  # noqa: DTZ001
    if value.tzinfo is not None:
        value = value.astimezone(dt.timezone.utc).replace(tzinfo=None)
    return (value - _EPOCH) // dt.timedelta(microseconds=1)


def _interval(step: str) -> int | None:
    """A step such as ``15min`` in microseconds; None for what is none."""
    digits = step.rstrip("abcdefghijklmnopqrstuvwxyz") if isinstance(step, str) else ""
    unit = _UNITS.get(step[len(digits) :]) if digits.isdigit() else None
    return int(digits) * unit or None if unit else None


__all__ = ["Quantiles"]
