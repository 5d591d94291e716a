"""Which columns have no nulls, by their declaration: what validation checks, and what is exported as ``NOT NULL``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_synthdata.columns.arrow.kinds import is_temporal
from pytest_synthdata.columns.expressions.computing import COMPARISONS
from pytest_synthdata.columns.expressions.conditions import When
from pytest_synthdata.columns.expressions.intervals import MICROSECONDS
from pytest_synthdata.columns.expressions.operators import Call, Column, Operation
from pytest_synthdata.columns.generators.arrays import Array
from pytest_synthdata.columns.generators.base import Constant
from pytest_synthdata.columns.generators.categories import Categorical
from pytest_synthdata.columns.generators.given import Given
from pytest_synthdata.columns.generators.keys import Key
from pytest_synthdata.columns.generators.listed import Listed
from pytest_synthdata.columns.generators.modifiers import Cast, Clipped, NotNull, Nullable, Rounded, Unique
from pytest_synthdata.columns.generators.nested import Nested
from pytest_synthdata.columns.generators.numbers.distributions import Distribution, Poisson
from pytest_synthdata.columns.generators.numbers.parameters import ParametricDistribution
from pytest_synthdata.columns.generators.numbers.quantiles import Quantiles
from pytest_synthdata.columns.generators.shares_of_one import Shares
from pytest_synthdata.columns.providers.fake import Compiled, Fake
from pytest_synthdata.columns.references.aggregates import Count, Sum
from pytest_synthdata.columns.references.fan_out import Ordinal
from pytest_synthdata.columns.references.shares import Share
from pytest_synthdata.columns.siblings.running import RunningSum
from pytest_synthdata.columns.text.filters import FILTERS
from pytest_synthdata.columns.text.phrases import Phrases
from pytest_synthdata.columns.text.place import Place
from pytest_synthdata.columns.text.template import Template
from pytest_synthdata.columns.time.calendar import Timeline
from pytest_synthdata.columns.time.dates import Dates
from pytest_synthdata.columns.time.times import Times

if TYPE_CHECKING:
    from pytest_synthdata.columns.cells import Declared, Scope

_NEVER_NULL = (Count, Key, NotNull, Ordinal, Place, RunningSum, Shares, Sum, Timeline, Times)
# Null only where one of their parameters is.
_DRAWN = (Dates, Distribution, ParametricDistribution, Poisson, Quantiles)
_WRAPPERS = (Cast, Clipped, Rounded, Unique)
_OPERATIONS = {*("add", "subtract", "multiply", "and_kleene", "or_kleene", "invert"), *COMPARISONS}
_CALLS = {
    *MICROSECONDS, "abs", "add_months", "ceil", "concat", "contains", "date_add", "date_format", "date_sub",
    "date_trunc", "datediff", "dayofmonth", "dayofweek", "dayofyear", "endswith", "floor", "hour", "initcap",
    "last_day", "length", "like", "lower", "ltrim", "minute", "month", "negative", "quarter", "replace", "reverse",
    "rlike", "rtrim", "second", "startswith", "substring", "trim", "trunc", "upper", "weekday", "weekofyear", "year",
}  # fmt: skip


def may_be_null(declared: Declared, scope: Scope) -> bool:  # noqa: C901, PLR0912 - one line for each kind
    """Whether a column can have nulls; True where its declaration does not tell."""
    if isinstance(declared, Nullable):
        return declared.share > 0 or may_be_null(declared.generator, scope)
    if isinstance(declared, _WRAPPERS):
        return may_be_null(declared.generator, scope)
    if isinstance(declared, Constant):
        return declared.value is None
    if isinstance(declared, Categorical):
        return None in declared.categories
    if isinstance(declared, Listed):
        return declared.array.null_count > 0
    if isinstance(declared, Array):
        return may_be_null(declared.length, scope)
    if isinstance(declared, Given):
        return any(may_be_null(branch, scope) for branch in declared.branches)
    if isinstance(declared, When):
        complete = len(declared.branches) > len(declared.conditions)
        return not complete or any(may_be_null(branch, scope) for branch in declared.branches)
    if isinstance(declared, Template):
        return not is_simple(declared) or any(may_be_null(one, scope) for one in parts_of(declared))
    if isinstance(declared, Column):
        return _is_null_elsewhere(declared, scope)
    if isinstance(declared, Fake):
        return _fake_may_be_null(declared, scope)
    if isinstance(declared, Nested):
        return declared.shape != "struct"
    if isinstance(declared, Share):
        return _is_null_elsewhere(Column(declared.path), scope)
    if _is_null_with_parts(declared, scope) or isinstance(declared, _DRAWN):
        return any(may_be_null(child, scope) for child in declared.children())
    return not isinstance(declared, _NEVER_NULL)


def _is_null_with_parts(declared: Any, scope: Scope) -> bool:
    """Whether a value is null only where a part of it is."""
    if isinstance(declared, Operation):
        return declared.function in _OPERATIONS
    if not isinstance(declared, Call):
        return False
    if declared.function in ("to_date", "to_timestamp"):  # a text may be none
        type_ = declared.operands[0].type(scope)
        return is_temporal(type_)
    return declared.function in _CALLS


def is_simple(template: Template) -> bool:
    """Whether a template is null exactly where one of its parts is."""
    own = dict(template.parts)
    return not any(
        field.path or "json" in field.filters or any(name in own or name not in FILTERS for name in field.filters)
        for field in template.fields
    )


def parts_of(template: Template) -> list[Any]:
    """What a template is made of, without the row number."""
    own = dict(template.parts)
    names = dict.fromkeys(field.name for field in template.fields if field.name != "#")
    return [own.get(name, Column(name)) for name in names]


def _is_null_elsewhere(declared: Column, scope: Scope) -> bool:
    plan: Any = scope.plan
    for head in declared.name.split(".")[:-1]:
        reference = plan.references.get(head)
        if reference is None or reference.is_nullable:
            return True
        plan = reference.parent
    there, generator = scope.column(declared.name)
    return may_be_null(generator, there)


def _fake_may_be_null(declared: Fake, scope: Scope) -> bool:
    """Whether a provider can give None; True for one that is called row by row."""
    made = declared.prepared()
    if not isinstance(made, Compiled):
        return True
    values = made.domain(scope)
    if values is not None:
        return None in values
    return not isinstance(made.generator, Phrases) and may_be_null(made.generator, scope)


__all__ = ["is_simple", "may_be_null", "parts_of"]
