"""Realistic, coherent, reproducible test data for PySpark pipelines.

Names are imported when they are first used, so that the pytest plugin costs nothing where nobody asks for data.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_synthdata.assertions import assert_matches
    from pytest_synthdata.columns.expressions.conditions import when
    from pytest_synthdata.columns.expressions.functions import column
    from pytest_synthdata.columns.expressions.operators import col
    from pytest_synthdata.columns.generators.arrays import Array
    from pytest_synthdata.columns.generators.base import Constant
    from pytest_synthdata.columns.generators.categories import Categorical, Given
    from pytest_synthdata.columns.generators.distributions import (
        Distribution,
        Exponential,
        LogNormal,
        Normal,
        Pareto,
        Poisson,
        Uniform,
    )
    from pytest_synthdata.columns.generators.keys import Key
    from pytest_synthdata.columns.generators.quantiles import Quantiles
    from pytest_synthdata.columns.providers.fake import Fake
    from pytest_synthdata.columns.references.aggregates import Count, Max, Mean, Min, Sum
    from pytest_synthdata.columns.references.fan_out import Ordinal
    from pytest_synthdata.columns.references.popularity import ZipfRank
    from pytest_synthdata.columns.references.shares import Share
    from pytest_synthdata.columns.text.place import Place
    from pytest_synthdata.columns.text.template import Email, Template
    from pytest_synthdata.columns.time.calendar import Dates, Timeline
    from pytest_synthdata.columns.time.events import Event
    from pytest_synthdata.columns.time.times import Times
    from pytest_synthdata.dataset import Dataset, Table
    from pytest_synthdata.declarations.foreign_keys import ForeignKey
    from pytest_synthdata.errors import DeclarationError, GenerationError, SynthDataError
    from pytest_synthdata.factories.base import TableFactory

_MODULES = {
    "Array": "columns.generators.arrays",
    "Categorical": "columns.generators.categories",
    "Constant": "columns.generators.base",
    "Count": "columns.references.aggregates",
    "Dataset": "dataset",
    "Dates": "columns.time.calendar",
    "DeclarationError": "errors",
    "Distribution": "columns.generators.distributions",
    "Email": "columns.text.template",
    "Event": "columns.time.events",
    "Exponential": "columns.generators.distributions",
    "Fake": "columns.providers.fake",
    "ForeignKey": "declarations.foreign_keys",
    "GenerationError": "errors",
    "Given": "columns.generators.categories",
    "Key": "columns.generators.keys",
    "LogNormal": "columns.generators.distributions",
    "Max": "columns.references.aggregates",
    "Mean": "columns.references.aggregates",
    "Min": "columns.references.aggregates",
    "Normal": "columns.generators.distributions",
    "Ordinal": "columns.references.fan_out",
    "Pareto": "columns.generators.distributions",
    "Place": "columns.text.place",
    "Poisson": "columns.generators.distributions",
    "Quantiles": "columns.generators.quantiles",
    "Share": "columns.references.shares",
    "Sum": "columns.references.aggregates",
    "SynthDataError": "errors",
    "Table": "dataset",
    "TableFactory": "factories.base",
    "Template": "columns.text.template",
    "Timeline": "columns.time.calendar",
    "Times": "columns.time.times",
    "Uniform": "columns.generators.distributions",
    "ZipfRank": "columns.references.popularity",
    "assert_matches": "assertions",
    "col": "columns.expressions.operators",
    "column": "columns.expressions.functions",
    "when": "columns.expressions.conditions",
}

__all__ = [
    "Array",
    "Categorical",
    "Constant",
    "Count",
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
    "Max",
    "Mean",
    "Min",
    "Normal",
    "Ordinal",
    "Pareto",
    "Place",
    "Poisson",
    "Quantiles",
    "Share",
    "Sum",
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
