"""Steps in words: what each part of a declaration read, drew and gave, in the order in which the value comes about."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pytest_synthdata.columns.arrow.value_texts import plain_text
from pytest_synthdata.columns.expressions.conditions import When
from pytest_synthdata.columns.expressions.functions import Computed
from pytest_synthdata.columns.expressions.operators import Column, Operation
from pytest_synthdata.columns.generators.arrays import Array
from pytest_synthdata.columns.generators.base import Constant, Generator
from pytest_synthdata.columns.generators.given import Given
from pytest_synthdata.columns.generators.modifiers import Cast, Clipped, Modifier, NotNull, Nullable, Rounded
from pytest_synthdata.columns.generators.nested import OUTER, Nested
from pytest_synthdata.columns.generators.numbers.distributions import Distribution
from pytest_synthdata.columns.generators.rowwise import Cycle, RowFunction
from pytest_synthdata.columns.references.aggregates import Aggregate
from pytest_synthdata.columns.references.foreign_keys import ForeignKeyColumn
from pytest_synthdata.columns.references.listed_keys import KeyOf
from pytest_synthdata.columns.references.shares import Share
from pytest_synthdata.columns.series.series import Series
from pytest_synthdata.columns.time.calendar import Timeline
from pytest_synthdata.declarations.opaque.rowwise import Attribute, BuiltObject, RowByRow
from pytest_synthdata.explaining.tracing import Draw, Step, as_python

_INDENT = "  "
_LONG = 160  # letters of a declaration that are shown whole
_MOST_DRAWS = 4
_OBVIOUS = (Constant, Column)
_COLUMN = re.compile(r"col\('([^']*)'\)")
_DATE = re.compile(r"datetime\.date\((\d+), (\d+), (\d+)\)")


def chain(step: Step) -> Iterator[str]:
    """The lines that lead to a step's value."""
    yield from _CHAINS.get(type(step.generator), _any)(step)


def _any(step: Step) -> Iterator[str]:
    for part in step.steps:
        if not isinstance(part.generator, _OBVIOUS):
            yield from (f"{_INDENT}{line}" for line in chain(part))
    yield f"{name_of(step.generator)}{_drawn(step.draws)} → {show(step.value)}"


def _modified(step: Step) -> Iterator[str]:
    for part in step.steps:
        yield from chain(part)
    yield f"{_modifier(step)} → {show(step.value)}"


def _modifier(step: Step) -> str:
    generator = step.generator
    assert isinstance(generator, Modifier)  # noqa: S101
    if not isinstance(generator, Nullable):
        return generator.call()
    (draw,) = step.draws
    drawn = f"drew {draw.quantile!r}"
    return f"{generator.call()}: {drawn}, {'below it' if draw.quantile < generator.share else 'not below it'}"


def _given(step: Step) -> Iterator[str]:
    given = step.generator
    assert isinstance(given, Given)  # noqa: S101
    # What a nested row reads of the one around it is noted under both names.
    for name, values in step.reads.items():
        if f"{OUTER}{name}" not in step.reads:
            yield f"{name} = {show(as_python(values))}: {_case(given, step)}"
    for part in step.steps:
        yield from chain(part)


def _case(given: Given, step: Step) -> str:
    chosen = next((part.role[1] for part in step.steps if part.role[0] == "branches"), None)
    if chosen is None or (given.is_binned and step.value is None and not step.steps):
        return f"of {name_of(given)}"
    if given.is_binned:
        low = f"{given.edges[chosen - 1]} ≤ " if chosen else ""
        high = f" < {given.edges[chosen]}" if chosen < len(given.edges) else ""
        return f"the branch for {low}{given.column}{high}"
    if chosen < len(given.keys):
        return f"the branch for {given.keys[chosen]!r}"
    return "the default branch"


def _when(step: Step) -> Iterator[str]:
    conditions = sorted((part for part in step.steps if part.role[0] == "conditions"), key=lambda part: part.role[1])
    for part in conditions:
        yield f"when {name_of(part.generator)}: {show(part.value)}"
        if part.value:
            break
    else:
        yield "otherwise"
    for part in step.steps:
        if part.role[0] == "branches":
            yield from chain(part)


def _nested(step: Step) -> Iterator[str]:
    for part in step.steps:
        *steps, last = chain(part)
        yield f"{part.role[0]}: {last}"
        yield from (f"{_INDENT}{line}" for line in steps)


def _array(step: Step) -> Iterator[str]:
    for part in step.steps:
        if isinstance(part.generator, Nested):
            yield f"{_INDENT}[{part.role[1]}]"
            yield from (f"{_INDENT * 2}{line}" for line in chain(part))
        elif not isinstance(part.generator, _OBVIOUS):
            yield from (f"{_INDENT}{line}" for line in chain(part))
    yield f"{name_of(step.generator)}{_drawn(step.draws)} → {show(step.value)}"


def _constant(step: Step) -> Iterator[str]:
    yield f"the constant {show(step.value)}"


def _key_of(step: Step) -> Iterator[str]:
    assert isinstance(step.generator, KeyOf)  # noqa: S101
    yield f"the {step.generator.key} of a row that is picked{_drawn(step.draws)} → {show(step.value)}"


def _column(step: Step) -> Iterator[str]:
    for name in step.reads:
        yield f"{name} → {show(step.value)}"


def _timeline(step: Step) -> Iterator[str]:
    moved = "".join(f", and {draw.quantile!r} of the way to the next row's" for draw in step.draws[:1])
    yield f"{name_of(step.generator)} at the row's place{moved} → {show(step.value)}"


def _reference(step: Step) -> Iterator[str]:
    generator = step.generator
    assert isinstance(generator, ForeignKeyColumn)  # noqa: S101
    pick = step.value
    yield f"row {pick} of {generator.parent.table}" if pick is not None and pick >= 0 else "no row"


_CHAINS: Mapping[type, Callable[[Step], Iterator[str]]] = {
    Array: _array,
    Cast: _modified,
    Clipped: _modified,
    Column: _column,
    Constant: _constant,
    ForeignKeyColumn: _reference,
    Given: _given,
    KeyOf: _key_of,
    Nested: _nested,
    NotNull: _modified,
    Nullable: _modified,
    Rounded: _modified,
    Timeline: _timeline,
    When: _when,
}


def _drawn(draws: list[Draw]) -> str:
    if not draws:
        return ""
    if len(draws) == 1:
        return f" at quantile {draws[0].quantile!r}"
    shown = [f"{' '.join(draw.names) or 'first'} {draw.quantile!r}" for draw in draws[:_MOST_DRAWS]]
    more = [f"{len(draws) - _MOST_DRAWS} more"] if len(draws) > _MOST_DRAWS else []
    return f" at quantiles {', '.join([*shown, *more])}"


def name_of(generator: Generator) -> str:
    """A part of a declaration as it was written, or shorter."""
    name = next((name for classes, name in _NAMES if isinstance(generator, classes)), repr)
    text = name(generator)
    if len(text) <= _LONG or isinstance(generator, _ALWAYS_WHOLE):
        return text
    reads = ", ".join(dict.fromkeys(generator.reads()))
    return f"{type(generator).__name__}(…)" + (f" of {reads}" if reads else "")


def _aggregate(generator: Aggregate) -> str:
    where = f", where={name_of(generator.where)}" if generator.where is not None else ""
    return f"{type(generator).__name__}({generator.path!r}{where})"


def _distribution(generator: Distribution) -> str:
    frozen = generator.frozen
    named = [f"{name}={value!r}" for name, value in getattr(frozen, "kwds", {}).items()]
    arguments = [*map(repr, getattr(frozen, "args", ())), *named]
    return f"Distribution({getattr(frozen.dist, 'name', '…')}({', '.join(arguments)}))"


def _cases(generator: Given) -> str:
    if generator.is_binned:
        return repr(generator)
    cases = [*map(repr, generator.keys), *(["default"] if generator.has_default else [])]
    branches = map(name_of, generator.branches)
    return f"Given({generator.column!r}, {{{', '.join(map(': '.join, zip(cases, branches, strict=True)))}}})"


def _operation(generator: Operation) -> str:
    text = _DATE.sub(lambda found: "-".join(f"{int(part):02d}" for part in found.groups()), repr(generator))
    return _COLUMN.sub(r"\1", text[1:-1] if text.startswith("(") else text)


def _by_factory_boy(generator: RowByRow | BuiltObject | Attribute) -> str:
    if isinstance(generator, RowByRow):
        return f"factory_boy, which evaluates {generator.factory.__name__}.{generator.name} for the row"
    if isinstance(generator, BuiltObject):
        return f"{generator.factory.__name__}.build() for the row, with its hooks"
    return f"the attribute {generator.name!r} of what is built"


def _function(function: Any) -> str:
    code = getattr(function, "__code__", None)
    name = getattr(function, "__name__", type(function).__name__)
    place = f" ({Path(code.co_filename).name}:{code.co_firstlineno})" if code is not None else ""
    return f"the function {name}{place}"


def show(value: Any) -> str:
    """A value as it is compared with others: a number to its last digit, a time as text."""
    if value is None:
        return "null"
    if isinstance(value, (dict, list)):
        return plain_text(value)
    if isinstance(value, (str, bool, int, float, bytes)):
        return repr(value)
    return str(value)


_ALWAYS_WHOLE = (Attribute, BuiltObject, Computed, Distribution, RowByRow, RowFunction, Timeline)
_NAMES: Sequence[tuple[Any, Callable[[Any], str]]] = (
    (Aggregate, _aggregate),
    (Array, lambda array: f"Array({name_of(array.item)}, length={name_of(array.length)})"),
    ((RowByRow, BuiltObject, Attribute), _by_factory_boy),
    (Cycle, lambda cycle: f"Iterator({list(cycle.items)!r})"),
    (Constant, lambda constant: show(constant.value)),
    (Distribution, _distribution),
    (Given, _cases),
    (KeyOf, lambda item: f"{item.key} of other rows"),
    (Nested, lambda nested: f"struct({', '.join(nested.plan.visible)})"),
    (Operation, _operation),
    ((RowFunction, Computed), lambda one: _function(one.function)),
    (Series, lambda series: f"Series({name_of(series.level)}, …)"),
    (Share, lambda share: f"Share({share.path!r}, weights={name_of(share.weights)})"),
    (Timeline, lambda timeline: f"Timeline({timeline.start} … {timeline.end})"),
    (Modifier, lambda one: f"{name_of(one.generator)}{one.call()}"),
)


__all__ = ["chain", "name_of", "show"]
