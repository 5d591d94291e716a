"""What declarations say of every row: not null, in a range or list, of a pattern, with a parent, what `where` says."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from pytest_synthdata.columns.arrow.arrays import arrow_array, python_of
from pytest_synthdata.columns.arrow.kinds import is_temporal
from pytest_synthdata.columns.arrow.types import arrow_type
from pytest_synthdata.columns.attempts import WHERE
from pytest_synthdata.columns.cells import parts
from pytest_synthdata.columns.expressions.operators import Column
from pytest_synthdata.columns.generators.keys import Key
from pytest_synthdata.columns.generators.modifiers import Cast, Nullable
from pytest_synthdata.columns.references.aggregates import Aggregate
from pytest_synthdata.columns.references.fan_out import Ordinal
from pytest_synthdata.columns.references.foreign_keys import ForeignKeyColumn
from pytest_synthdata.columns.references.shares import Share
from pytest_synthdata.columns.references.through import held_keys
from pytest_synthdata.columns.siblings.running import OfSiblings, RunningSum
from pytest_synthdata.columns.text.template import Email, Field, Template
from pytest_synthdata.validation.declared.nulls import may_be_null
from pytest_synthdata.validation.declared.spark_sql import NoSqlError, as_sql
from pytest_synthdata.validation.declared.uniqueness import is_unique

if TYPE_CHECKING:
    from pytest_synthdata.columns.cells import Declared, Scope
    from pytest_synthdata.columns.tables.bound_table import BoundTable

_ANYTHING = r"[\s\S]*"
_MOST_LISTED = 100  # values of a list
_SPECIAL = frozenset(".*+?()|{}$")  # what a character class makes ordinary, without a backslash


@dataclass(frozen=True)
class RowRule:
    """A condition on a column, or on several.

    Args:
        column: the column, or the first of several.
        kind: ``not_null``, ``range``, ``list``, ``pattern``, ``reference``, ``unique`` or ``where``.
        type: the column's type.
        low: of a range, the least value; None where there is none.
        high: of a range, the greatest.
        values: of a list.
        pattern: a regular expression that the whole value matches, in the syntax that Java and Python share.
        parent: of a reference, the parent's table.
        parent_key: of a reference, the parent's column.
        others: the other columns of what is unique, and of a condition.
        condition: of ``where``, the condition in SQL.
    """

    column: str
    kind: str
    type: pa.DataType
    low: Any = None
    high: Any = None
    values: tuple[Any, ...] = ()
    pattern: str = ""
    parent: str = ""
    parent_key: str = ""
    others: tuple[str, ...] = ()
    condition: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns."""
        return (self.column, *self.others)


def row_rules(bound: BoundTable) -> Iterator[RowRule]:
    """The rules of a table's visible columns, in their order."""
    for name in bound.plan.visible:
        yield from _rules_of(bound, name)
    yield from _whole_rows(bound)


def _rules_of(bound: BoundTable, name: str) -> Iterator[RowRule]:
    """The rules of a column."""
    scope, type_ = bound.scope(name), bound.type_of(name)
    declared = bound.plan.columns[name]
    if not may_be_null(declared, scope):
        yield RowRule(name, "not_null", type_)
    values = _listed(declared, scope, type_)
    if values:
        yield RowRule(name, "list", type_, values=values)
    elif _has_range(type_):
        low, high = (_finite(end, type_) for end in _bounds(declared, scope))
        if low is not None or high is not None or pa.types.is_floating(type_):
            yield RowRule(name, "range", type_, low=low, high=high)
    if pa.types.is_string(type_) and (pattern := pattern_of(declared, scope)):
        yield RowRule(name, "pattern", type_, pattern=pattern)
    parents = [_parent(bound, declared), *_through(bound, name)]
    for parent, key in filter(None, parents):
        yield RowRule(name, "reference", type_, parent=parent, parent_key=key)
    if name == bound.plan.key or is_unique(declared, scope):
        yield RowRule(name, "unique", type_)


def _whole_rows(bound: BoundTable) -> Iterator[RowRule]:
    """The rules that are of several columns."""
    plan = bound.plan
    if len(plan.key_columns) > 1 and set(plan.key_columns) <= set(plan.visible):
        first, *others = plan.key_columns
        yield RowRule(first, "unique", bound.type_of(first), others=tuple(others))
    if plan.where is not None:
        with suppress(NoSqlError):
            condition = as_sql(plan.where, bound.scope(WHERE), plan.visible)
            first, *others = dict.fromkeys(plan.where.reads())
            yield RowRule(first, "where", pa.bool_(), others=tuple(others), condition=condition)


def not_ruled(bound: BoundTable) -> Iterator[tuple[str, str]]:
    """What the rules do not say of columns, by column, with the reason."""
    for name in bound.plan.visible:
        declared = bound.plan.columns[name]
        found = {rule.kind for rule in _rules_of(bound, name)}
        read = [one for one in dict.fromkeys(declared.reads()) if "reference" not in found]
        if _is_of_other_rows(declared):
            yield name, f"{declared!r} depends on other rows"
        elif read:
            yield name, f"it is not compared with what it depends on: {', '.join(read)}"
        elif pa.types.is_nested(bound.type_of(name)):
            yield name, "what is inside of its values is not exported; assert_matches checks it"
        elif not found - {"not_null", "unique"}:
            yield name, "no condition on its values is known from its declaration"
    if bound.plan.where is not None:
        try:
            as_sql(bound.plan.where, bound.scope(WHERE), bound.plan.visible)
        except NoSqlError as error:
            yield "where", str(error)


def _is_of_other_rows(declared: Declared) -> bool:
    return any(isinstance(part, (Aggregate, OfSiblings, Ordinal, Share)) for part in parts(declared))


def pattern_of(declared: Declared, scope: Scope) -> str | None:
    """A regular expression that every value of a column matches; None where there is none to tell."""
    source, _ = _source(declared, scope)
    if isinstance(source, Key):
        before, width, after = source.parts()
        longer = f"[1-9][0-9]{{{width},}}"
        return f"^{_literal(before)}([0-9]{{{width}}}|{longer}){_literal(after)}$"
    if isinstance(source, Email) and _has_own_domain(source):
        return "^[^@ <>]+@[^@ <>]+[.][a-z]+$"
    return _pattern_around(source) if isinstance(source, Template) else None


def _has_own_domain(email: Email) -> bool:
    """Whether the domain is of its making, and not of a column."""
    return email.text.endswith(".example") or "domain" in dict(email.parts)


def _pattern_around(template: Template) -> str | None:
    """What stands in every text of a template, in its order; None where nothing does."""
    if not any(isinstance(piece, str) for piece in template.pieces):
        return None
    own = dict(template.parts)
    numbers = {(): "[0-9]+", ("base36",): "[0-9a-z]+"}

    def written(piece: str | Field) -> str:
        if isinstance(piece, str):
            return _literal(piece)
        is_number = piece.name == "#" and not {*piece.filters} & {*own}
        return numbers.get(piece.filters, _ANYTHING) if is_number else _ANYTHING

    return f"^{''.join(map(written, template.pieces))}$"


def _source(declared: Declared, scope: Scope) -> tuple[Declared, Scope]:
    """What a column's texts come from, through references; unique columns are where they begin."""
    while True:
        if isinstance(declared, Column):
            scope, declared = scope.column(declared.name)
        elif isinstance(declared, Nullable) or (
            isinstance(declared, Cast) and arrow_type(declared.target) == pa.string()
        ):
            declared = declared.generator
        else:
            return declared, scope


def _literal(text: str) -> str:
    return "".join(
        f"[{letter}]" if letter in _SPECIAL else f"\\{letter}" if letter in "^[]\\" else letter for letter in text
    )


def _listed(declared: Declared, scope: Scope, type_: pa.DataType) -> tuple[Any, ...]:
    values = declared.domain(scope)
    known = tuple(value for value in values or () if value is not None)
    plain = all(isinstance(value, (str, bool, int, float, Decimal, dt.date)) for value in known)
    if not plain or len(known) > _MOST_LISTED:
        return ()
    if type_ == pa.float32():  # of which a double shows other digits than were declared
        return tuple(python_of(arrow_array(known, type_)))
    return known


def _has_range(type_: pa.DataType) -> bool:
    test = pa.types
    return any(
        one(type_) for one in (test.is_integer, test.is_floating, test.is_decimal, test.is_date32, test.is_timestamp)
    )


def _bounds(declared: Declared, scope: Scope) -> tuple[Any, Any]:
    while isinstance(declared, Nullable):
        declared = declared.generator
    if isinstance(declared, Share):
        low, high = _bounds(Column(declared.path), scope)
        return (None, None) if low is None or high is None else (min(low, 0), max(high, 0))
    if isinstance(declared, Ordinal):
        return declared.start, None
    if isinstance(declared, RunningSum):
        low, _ = _bounds(declared.of, scope)
        return (None if low is None or low < 0 else 0), None
    if isinstance(declared, Column):
        inner, there = scope.column(declared.name)
        if isinstance(there, (Share, RunningSum)):
            return _bounds(there, inner)
    return declared.bounds(scope) or (None, None)


def _finite(end: Any, type_: pa.DataType) -> Any:
    """An end of a range as a value that SQL has a literal for."""
    if is_temporal(type_):
        return end if isinstance(end, dt.date) else None
    if isinstance(end, bool) or not isinstance(end, (int, float, Decimal)) or not math.isfinite(end):
        return None
    return end


def _parent(bound: BoundTable, declared: Declared) -> tuple[str, str] | None:
    """The table and column that a key refers to."""
    while isinstance(declared, (Cast, Nullable)):
        declared = declared.generator
    if not isinstance(declared, Column):
        return None
    reference, dot, key = declared.name.partition(".")
    if not dot or not isinstance(bound.plan.columns.get(reference), ForeignKeyColumn):
        return None
    parent = bound.parent(reference)
    return (parent.name, key) if key == parent.plan.key else None


def _through(bound: BoundTable, name: str) -> Iterator[tuple[str, str]]:
    """The tables and columns that a key refers to, too, through the row of another reference."""
    for reference, one in bound.plan.references.items():
        if one.through is not None and one.parent.key is not None and held_keys(bound.plan, reference) == [name]:
            yield bound.parent(reference).name, one.parent.key


__all__ = ["RowRule", "not_ruled", "pattern_of", "row_rules"]
