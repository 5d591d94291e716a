"""Continuous and counting distributions by inverse CDF, under NumPy's parameter names.

Only `scipy.special` functions and plain arithmetic are used: NumPy's own `exp` and `log` give other last bits
on processors with and without AVX-512.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.arrow.kinds import TOLD_APART
from pytest_synthdata.columns.arrow.values import Values
from pytest_synthdata.columns.cells import Cells, Scope
from pytest_synthdata.columns.generators.base import Generator, mix
from pytest_synthdata.columns.generators.numbers.parameters import Parameter, ParametricDistribution, parameter_bounds
from pytest_synthdata.columns.generators.numbers.poisson import counts, counts_of_one
from pytest_synthdata.columns.random import Floats, multiply_high
from pytest_synthdata.errors import DeclarationError

if TYPE_CHECKING:
    from typing_extensions import Self


_LOG2_E = 1.4426950408889634
_MOST_EVENTS = 1e12  # where a CDF of 52 bits can still tell counts apart


@dataclass(frozen=True)
class Normal(ParametricDistribution):
    """Normal distribution with mean ``loc`` and standard deviation ``scale``, by inverse CDF.

    >>> from pytest_synthdata import Dataset, Normal, TableFactory
    >>> class ItemFactory(TableFactory):
    ...     age = Normal(35, 12).clip(18, 80).cast('int')
    >>> Dataset({ItemFactory: 4}, seed=1)["items"].to_arrow()["age"].to_pylist()
    [55, 38, 36, 33]
    """

    loc: Parameter = 0.0
    scale: Parameter = 1.0

    requirement: ClassVar[str] = "scale must not be negative"

    @staticmethod
    def inverse(uniform: Floats, *parameters: Any) -> Floats:
        from pytest_synthdata.columns.special_functions import ndtri

        loc, scale = parameters
        z: Floats = ndtri(uniform)
        z *= scale
        z += loc
        return z

    @staticmethod
    def valid(*parameters: Any) -> Any:
        return np.asarray(parameters[1]) >= 0


@dataclass(frozen=True)
class LogNormal(ParametricDistribution):
    """Log-normal distribution, exp(mean + sigma * z), with median exp(mean). For prices, incomes and durations.

    >>> from pytest_synthdata import Dataset, LogNormal, TableFactory
    >>> class ItemFactory(TableFactory):
    ...     price = LogNormal(3.5, 0.6).round(2)
    >>> Dataset({ItemFactory: 4}, seed=1)["items"].to_arrow()["price"].to_pylist()
    [13.39, 50.17, 26.45, 33.08]
    """

    mean: Parameter = 0.0
    sigma: Parameter = 1.0

    requirement: ClassVar[str] = "sigma must not be negative"

    @staticmethod
    def inverse(uniform: Floats, *parameters: Any) -> Floats:
        from pytest_synthdata.columns.special_functions import exp2, ndtri

        mean, sigma = parameters
        z: Floats = ndtri(uniform)
        z *= sigma
        z += mean
        z *= _LOG2_E
        return exp2(z, out=z)

    @staticmethod
    def valid(*parameters: Any) -> Any:
        return np.asarray(parameters[1]) >= 0

    def bounds(self, scope: Scope) -> tuple[Any, Any]:
        del scope
        return 0.0, math.inf


@dataclass(frozen=True)
class Pareto(ParametricDistribution):
    """Lomax distribution (Pareto II), as NumPy's ``pareto``; ``(Pareto(a) + 1) * m`` is the classical Pareto from m.

    >>> from pytest_synthdata import Dataset, Pareto, TableFactory
    >>> class ItemFactory(TableFactory):
    ...     popularity = ((Pareto(2.5) + 1) * 10).round(1)
    >>> Dataset({ItemFactory: 4}, seed=1)["items"].to_arrow()["popularity"].to_pylist()
    [24.8, 11.7, 15.8, 22.8]
    """

    a: Parameter

    requirement: ClassVar[str] = "a must be positive"

    @staticmethod
    def inverse(uniform: Floats, *parameters: Any) -> Floats:
        from pytest_synthdata.columns.special_functions import expm1, log1p

        (a,) = parameters
        return np.asarray(expm1(-log1p(-uniform) / a))

    @staticmethod
    def valid(*parameters: Any) -> Any:
        return np.asarray(parameters[0]) > 0

    def bounds(self, scope: Scope) -> tuple[Any, Any]:
        del scope
        return 0.0, math.inf


@dataclass(frozen=True)
class Exponential(ParametricDistribution):
    """Exponential distribution with mean ``scale``. For waiting times.

    >>> from pytest_synthdata import Dataset, Exponential, TableFactory
    >>> class ItemFactory(TableFactory):
    ...     hours = Exponential(12).round(1)
    >>> Dataset({ItemFactory: 4}, seed=1)["items"].to_arrow()["hours"].to_pylist()
    [0.2, 21.4, 1.1, 24.6]
    """

    scale: Parameter = 1.0

    requirement: ClassVar[str] = "scale must be positive"

    @staticmethod
    def inverse(uniform: Floats, *parameters: Any) -> Floats:
        from pytest_synthdata.columns.special_functions import log1p

        (scale,) = parameters
        return np.asarray(log1p(-uniform) * np.negative(scale))

    @staticmethod
    def valid(*parameters: Any) -> Any:
        return np.asarray(parameters[0]) > 0

    def bounds(self, scope: Scope) -> tuple[Any, Any]:
        del scope
        return 0.0, math.inf


@dataclass(frozen=True)
class Uniform(ParametricDistribution):
    """Uniform distribution from ``low`` to ``high``. Real data is rarely like this.

    >>> from pytest_synthdata import Dataset, Uniform, TableFactory
    >>> class ItemFactory(TableFactory):
    ...     price = Uniform(10, 1_000).round(2)
    >>> Dataset({ItemFactory: 4}, seed=1)["items"].to_arrow()["price"].to_pylist()
    [75.02, 758.09, 360.55, 504.26]
    """

    low: Parameter = 0.0
    high: Parameter = 1.0

    requirement: ClassVar[str] = "low is above high"

    evenly_spread = True

    @staticmethod
    def inverse(uniform: Floats, *parameters: Any) -> Floats:
        low, high = parameters
        width = high - low
        if np.all(np.isfinite(np.asarray(width, np.float64))):
            uniform *= width
            uniform += low
            return uniform
        return np.asarray(low * (1 - uniform) + high * uniform)  # where the width is beyond the greatest float

    def integers(self, cells: Cells) -> Values | None:
        """Exact ones from all 64 random bits, where a float has not the digits."""
        if not self.is_fixed:
            return None
        first, last = math.floor(self.low) + (self.low < 0), math.ceil(self.high) - (self.high > 0)
        limits = np.iinfo(np.int64)
        if max(-first, last) <= TOLD_APART or first < limits.min or last > limits.max or first > last:
            return None
        return (multiply_high(cells.bits(), last - first + 1) + np.uint64(first % 2**64)).view(np.int64)

    @staticmethod
    def valid(*parameters: Any) -> Any:
        return np.asarray(parameters[0]) <= parameters[1]

    def bounds(self, scope: Scope) -> tuple[Any, Any] | None:
        low, high = (parameter_bounds(parameter, scope) for parameter in (self.low, self.high))
        return None if low is None or high is None else (low[0], high[1])


@dataclass(frozen=True)
class Poisson(ParametricDistribution):
    """Poisson distribution: counts of independent events with mean ``lam``, as int64.

    >>> from pytest_synthdata import Dataset, Poisson, TableFactory
    >>> class ItemFactory(TableFactory):
    ...     lines = Poisson(3)
    >>> Dataset({ItemFactory: 4}, seed=1)["items"].to_arrow()["lines"].to_pylist()
    [1, 2, 4, 2]
    """

    lam: Parameter = 1.0

    requirement: ClassVar[str] = f"lam must lie between 0 and {_MOST_EVENTS:g}"

    def values(self, cells: Cells) -> Values:
        if isinstance(self.lam, Generator):
            return super().values(cells)
        return counts_of_one(cells.uniform(), self.lam)

    @staticmethod
    def inverse(uniform: Floats, *parameters: Any) -> npt.NDArray[np.int64]:
        """The least count whose CDF reaches each uniform."""
        return counts(uniform, np.broadcast_arrays(*parameters, uniform)[0])

    @classmethod
    def mixture(cls, branches: Sequence[Self], which: npt.NDArray[Any], cells: Cells) -> Values:
        return mix(branches, which, cells)

    def type(self, scope: Scope) -> pa.DataType:
        del scope
        return pa.int64()

    @staticmethod
    def valid(*parameters: Any) -> Any:
        return (np.asarray(parameters[0]) >= 0) & (np.asarray(parameters[0]) <= _MOST_EVENTS)

    def bounds(self, scope: Scope) -> tuple[Any, Any]:
        del scope
        return 0, math.inf


@dataclass(frozen=True)
class Distribution(Generator):
    """Any frozen `scipy.stats` distribution, by its ``ppf``.

    Args:
        frozen: for example ``scipy.stats.gamma(2.0, scale=3.0)``; a discrete one gives int64.

    SciPy's ``ppf`` may use other instructions on other processors, so the last bits are only guaranteed to
    agree between machines of one kind; ``.round(n)`` makes them agree everywhere for all practical purposes.

    >>> from scipy.stats import gamma
    >>> from pytest_synthdata import Dataset, Distribution, TableFactory
    >>> class ItemFactory(TableFactory):
    ...     weight = Distribution(gamma(2.0)).round(3)
    >>> Dataset({ItemFactory: 3}, seed=1)["items"].to_arrow()["weight"].to_pylist()
    [0.992, 1.909, 2.848]
    """

    frozen: Any

    def values(self, cells: Cells) -> Values:
        values = np.asarray(self.frozen.ppf(cells.uniform()), np.float64)
        return values.astype(np.int64) if self._is_discrete() else values

    def _is_discrete(self) -> bool:
        return not hasattr(self.frozen.dist, "pdf")

    def type(self, scope: Scope) -> pa.DataType:
        del scope
        return pa.int64() if self._is_discrete() else pa.float64()

    def check(self, scope: Scope) -> None:
        if not hasattr(self.frozen, "ppf") or not hasattr(self.frozen, "dist"):
            raise DeclarationError(
                f"{scope.place}: Distribution({self.frozen!r}): give a frozen scipy.stats distribution, "
                "such as scipy.stats.gamma(2.0)"
            )
        if not np.isfinite(self.frozen.ppf(0.5)):
            raise DeclarationError(f"{scope.place}: Distribution: the parameters {self.frozen.args} are not valid")

    def bounds(self, scope: Scope) -> tuple[Any, Any]:
        del scope
        low, high = self.frozen.support()
        return low, high
