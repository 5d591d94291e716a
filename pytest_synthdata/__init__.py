"""Realistic, coherent, reproducible test data for PySpark pipelines.

Names are imported when they are first used, so that the pytest plugin costs nothing where nobody asks for data.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_synthdata.columns.arrays import Array
    from pytest_synthdata.columns.calendar import Dates, Event, Timeline
    from pytest_synthdata.columns.categories import Categorical, Given
    from pytest_synthdata.columns.distributions import (
        Distribution,
        Exponential,
        LogNormal,
        Normal,
        Pareto,
        Poisson,
        Uniform,
    )
    from pytest_synthdata.columns.expressions import col, column, when
    from pytest_synthdata.columns.fanout import Ordinal
    from pytest_synthdata.columns.generators import Constant
    from pytest_synthdata.columns.keys import Key
    from pytest_synthdata.columns.popularity import ZipfRank
    from pytest_synthdata.columns.quantiles import Quantiles
    from pytest_synthdata.columns.text import Email, Fake, Place, Template
    from pytest_synthdata.columns.times import Times
    from pytest_synthdata.dataset import Dataset, Table
    from pytest_synthdata.declarations.foreign_keys import ForeignKey
    from pytest_synthdata.errors import DeclarationError, GenerationError, SynthDataError
    from pytest_synthdata.factories.base import TableFactory
    from pytest_synthdata.validation.matching import assert_matches

_MODULES = {
    "Array": "columns.arrays",
    "Categorical": "columns.categories",
    "Constant": "columns.generators",
    "Dataset": "dataset",
    "Dates": "columns.calendar",
    "DeclarationError": "errors",
    "Distribution": "columns.distributions",
    "Email": "columns.text",
    "Event": "columns.calendar",
    "Exponential": "columns.distributions",
    "Fake": "columns.text",
    "ForeignKey": "declarations.foreign_keys",
    "GenerationError": "errors",
    "Given": "columns.categories",
    "Key": "columns.keys",
    "LogNormal": "columns.distributions",
    "Normal": "columns.distributions",
    "Ordinal": "columns.fanout",
    "Pareto": "columns.distributions",
    "Place": "columns.text",
    "Poisson": "columns.distributions",
    "Quantiles": "columns.quantiles",
    "SynthDataError": "errors",
    "Table": "dataset",
    "TableFactory": "factories.base",
    "Template": "columns.text",
    "Timeline": "columns.calendar",
    "Times": "columns.times",
    "Uniform": "columns.distributions",
    "ZipfRank": "columns.popularity",
    "assert_matches": "validation.matching",
    "col": "columns.expressions",
    "column": "columns.expressions",
    "when": "columns.expressions",
}

__all__ = [
    "Array",
    "Categorical",
    "Constant",
    "Dataset",
    "Dates",
    "DeclarationError",
    "Distribution",
    "Email",
    "Event",
    "Exponential",
    "Fake",
    "ForeignKey",
    "GenerationError",
    "Given",
    "Key",
    "LogNormal",
    "Normal",
    "Ordinal",
    "Pareto",
    "Place",
    "Poisson",
    "Quantiles",
    "SynthDataError",
    "Table",
    "TableFactory",
    "Template",
    "Timeline",
    "Times",
    "Uniform",
    "ZipfRank",
    "assert_matches",
    "col",
    "column",
    "when",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
