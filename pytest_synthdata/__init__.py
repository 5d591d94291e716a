"""Realistic, coherent, reproducible test data for PySpark pipelines.

Names are imported when they are first used, so that the pytest plugin costs nothing where nobody asks for data.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from pytest_synthdata.exports import MODULES

if TYPE_CHECKING:
    from pytest_synthdata.assertions.defects import assert_caught, assert_repaired
    from pytest_synthdata.assertions.matching import assert_matches
    from pytest_synthdata.columns.expressions.conditions import when
    from pytest_synthdata.columns.expressions.functions import column
    from pytest_synthdata.columns.expressions.operators import col
    from pytest_synthdata.columns.generators.arrays import Array
    from pytest_synthdata.columns.generators.base import Constant
    from pytest_synthdata.columns.generators.categories import Categorical
    from pytest_synthdata.columns.generators.given import Given
    from pytest_synthdata.columns.generators.keys import Key
    from pytest_synthdata.columns.generators.listed import Rows
    from pytest_synthdata.columns.generators.numbers.distributions import (
        Distribution,
        Exponential,
        LogNormal,
        Normal,
        Pareto,
        Poisson,
        Uniform,
    )
    from pytest_synthdata.columns.generators.numbers.quantiles import Quantiles
    from pytest_synthdata.columns.generators.numbers.whole import Boolean, Integers
    from pytest_synthdata.columns.generators.shares_of_one import Shares
    from pytest_synthdata.columns.lives.lifecycle import Lifecycle
    from pytest_synthdata.columns.lives.steps import Step, Steps
    from pytest_synthdata.columns.order.arrival import Arrival
    from pytest_synthdata.columns.providers.fake import Fake
    from pytest_synthdata.columns.references.aggregates import Count, Max, Mean, Min, Sum
    from pytest_synthdata.columns.references.fan_out import Ordinal
    from pytest_synthdata.columns.references.picks.popularity import ZipfRank
    from pytest_synthdata.columns.references.shares import Share
    from pytest_synthdata.columns.series.readings import Readings, ReadingTime
    from pytest_synthdata.columns.series.series import Series
    from pytest_synthdata.columns.siblings.running import Previous, RunningSum
    from pytest_synthdata.columns.text.place import Place
    from pytest_synthdata.columns.text.template import Email, Template
    from pytest_synthdata.columns.time.calendar import Timeline
    from pytest_synthdata.columns.time.dates import Dates
    from pytest_synthdata.columns.time.events import Event
    from pytest_synthdata.columns.time.times import Times
    from pytest_synthdata.dataset import Dataset
    from pytest_synthdata.declarations.foreign_keys import ForeignKey
    from pytest_synthdata.defects.kinds.duplicates import Duplicates
    from pytest_synthdata.defects.kinds.nasty import Nasty
    from pytest_synthdata.defects.kinds.orphans import Orphans
    from pytest_synthdata.defects.kinds.ranges import OutOfRange
    from pytest_synthdata.defects.kinds.texts import Malformed, Typos
    from pytest_synthdata.defects.kinds.times import Late
    from pytest_synthdata.defects.kinds.values import Defect, Missing, Repeated, Stale, Swapped
    from pytest_synthdata.defects.schemas.columns import AddedColumn, MissingColumn, RenamedColumn, ReorderedColumns
    from pytest_synthdata.defects.schemas.types import ReformattedDates, RetypedColumn
    from pytest_synthdata.errors import DeclarationError, GenerationError, SynthDataError
    from pytest_synthdata.factories.base import TableFactory
    from pytest_synthdata.functions import days, hours, minutes, seconds
    from pytest_synthdata.history.declaration import History, Update
    from pytest_synthdata.plugin.data_in_test import Synth
    from pytest_synthdata.table import Table

__all__ = [
    "AddedColumn",
    "Array",
    "Arrival",
    "Boolean",
    "Categorical",
    "Constant",
    "Count",
    "Dataset",
    "Dates",
    "DeclarationError",
    "Defect",
    "Distribution",
    "Duplicates",
    "Email",
    "Event",
    "Exponential",
    "Fake",
    "ForeignKey",
    "GenerationError",
    "Given",
    "History",
    "Integers",
    "Key",
    "Late",
    "Lifecycle",
    "LogNormal",
    "Malformed",
    "Max",
    "Mean",
    "Min",
    "Missing",
    "MissingColumn",
    "Nasty",
    "Normal",
    "Ordinal",
    "Orphans",
    "OutOfRange",
    "Pareto",
    "Place",
    "Poisson",
    "Previous",
    "Quantiles",
    "ReadingTime",
    "Readings",
    "ReformattedDates",
    "RenamedColumn",
    "ReorderedColumns",
    "Repeated",
    "RetypedColumn",
    "Rows",
    "RunningSum",
    "Series",
    "Share",
    "Shares",
    "Stale",
    "Step",
    "Steps",
    "Sum",
    "Swapped",
    "Synth",
    "SynthDataError",
    "Table",
    "TableFactory",
    "Template",
    "Timeline",
    "Times",
    "Typos",
    "Uniform",
    "Update",
    "ZipfRank",
    "assert_caught",
    "assert_matches",
    "assert_repaired",
    "col",
    "column",
    "days",
    "hours",
    "minutes",
    "seconds",
    "when",
]


def __getattr__(name: str) -> Any:
    if name not in MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{MODULES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
