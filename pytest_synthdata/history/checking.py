"""What is wrong with a table's history, before any row is made."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pytest_synthdata.columns.arrow.kinds import is_number, is_temporal
from pytest_synthdata.columns.arrow.plain import plain
from pytest_synthdata.columns.attempts import is_pinned
from pytest_synthdata.columns.cells import parts
from pytest_synthdata.columns.generators.base import Constant
from pytest_synthdata.columns.generators.categories import Categorical
from pytest_synthdata.columns.generators.modifiers import Unique, unwrapped
from pytest_synthdata.columns.lives.lifecycle import Lifecycle
from pytest_synthdata.columns.references.foreign_keys import ForeignKeyColumn
from pytest_synthdata.columns.scope import ColumnScope
from pytest_synthdata.columns.series.series import Series
from pytest_synthdata.columns.siblings.running import all_reads, looks_at_siblings
from pytest_synthdata.columns.time.calendar import Timeline
from pytest_synthdata.errors import DeclarationError, SynthDataError, nearest
from pytest_synthdata.history.declaration import CASCADE, MOVE, History, Update
from pytest_synthdata.history.instants import first_instant, last_instant

if TYPE_CHECKING:
    from pytest_synthdata.columns.plan import Plan

_MOST_A_YEAR = 366 * 24 * 60  # one a minute
_SLACK = 1e-9


def check_history(plan: Plan, parents: Mapping[str, Plan] | None = None) -> None:
    """Raise `DeclarationError` for a history that can never be.

    Args:
        plan: the table's columns.
        parents: the tables that it refers to, near and far, and those that these are seen as.
    """
    _check_totals(plan)
    _check_siblings(plan, parents or {})
    history: Any = plan.history
    if history is None:
        return
    place = f"{plan.table}: Meta.history"
    if not isinstance(history, History):
        raise DeclarationError(
            f"{place}: {history!r} is not a History; write History('2024-01-01', '2024-12-31', updates={{…}})"
        )
    try:
        first, last = first_instant(history.start), last_instant(history.end)
    except SynthDataError as error:
        raise DeclarationError(f"{place}: {error}") from None
    if first > last:
        raise DeclarationError(f"{place}: it starts on {history.start}, after its end, {history.end}")
    _check_rate(history.deletes, f"{place}: deletes")
    _check_updates(history, plan, parents or {}, place)
    _check_births(history, plan, parents or {}, place)
    _check_references(history, plan, place)
    for name in history.lives:
        _require_column(name, plan, f"{place}: lives")
        if not isinstance(plan.columns[name], Lifecycle) or name in plan.redrawn:
            raise DeclarationError(
                f"{place}: lives={name!r}: it is not a Lifecycle, or Meta.where may draw it again; name a "
                "column with a Lifecycle"
            )
    for name in history.keeps:
        _require_column(name, plan, f"{place}: keeps")


def _check_totals(plan: Plan) -> None:
    """Totals are of children as they were first declared: so these must be there as long as the row, unchanged."""
    for name, child in plan.children.items():
        if child.plan.history is not None:
            raise DeclarationError(
                f"{plan.table}: it sums up its {name!r}, which have a Meta.history of their own; take that away: they "
                f"then live as long as their row of {plan.table!r} does"
            )


def _check_siblings(plan: Plan, parents: Mapping[str, Plan]) -> None:
    """What follows the rows before is of them as they were first declared: so these must stay, unchanged."""
    history = plan.history
    for name, column in plan.columns.items():
        if not looks_at_siblings(column):
            continue
        reads = all_reads(column.reads(), plan.columns)
        changing = _changed_by(history) & reads
        for reference, key in plan.references.items():
            of: Any = parents.get(key.parent.table, key.parent)
            changing |= {
                read
                for read in reads
                if read.startswith(f"{reference}.") and read != f"{reference}.{of.key}" and _changed_by(of.history)
            }
        if changing or (isinstance(history, History) and history.deletes):
            why = f"{min(changing)!r} may change" if changing else "rows may be deleted"
            raise DeclarationError(
                f"{plan.table}.{name}: {column!r} follows the rows before as they are declared, and by Meta.history "
                f"{why}; leave that out, or let a query compute {name!r}"
            )


def _changed_by(history: Any) -> set[str]:
    if not isinstance(history, History):
        return set()
    return {*history.lives, *(column for group, update in history.updates if update.rate for column in group)}


def _check_rate(rate: Any, place: str) -> None:
    if isinstance(rate, bool) or not isinstance(plain(rate), (int, float)) or not 0 <= rate <= _MOST_A_YEAR:
        raise DeclarationError(
            f"{place}: {rate!r} is not a rate; write how often it is expected, a row and year, such as 0.8"
        )


def _require_column(name: Any, plan: Plan, place: str) -> None:
    if not isinstance(name, str) or name not in plan.columns:
        raise DeclarationError(f"{place}: there is no column {name!r}: {nearest(str(name), plan.columns)}")


def _check_updates(history: History, plan: Plan, parents: Mapping[str, Plan], place: str) -> None:
    seen: set[str] = set()
    for group, update in history.updates:
        for name in group:
            where = f"{place}: updates: {name!r}"
            _require_column(name, plan, f"{place}: updates")
            if name in seen:
                raise DeclarationError(f"{where} is updated twice; give each column one rate")
            seen.add(name)
            _check_rate(update.rate, where)
            _check_can_be_updated(name, plan, update, where)
            if name in history.keeps or name == history.births:
                raise DeclarationError(f"{where} stays as it is, by keeps= or births=; it cannot be updated")
            _check_update(update, name, ColumnScope(plan, name, parents), where)


def _is_one_value(column: Categorical) -> bool:
    return sum(share > 0 for share in column.shares) == 1


def _check_can_be_updated(name: str, plan: Plan, update: Update, where: str) -> None:
    column = plan.columns[name]
    if name == plan.key or name in plan.key_columns:
        raise DeclarationError(f"{where} is the table's key, which says which row it is; it cannot be updated")
    reads = list(column.reads())
    held = [read.partition(".")[0] for read in reads if read.partition(".")[0] in plan.references]
    if isinstance(column, ForeignKeyColumn) or (held and reads == [f"{held[0]}.{plan.references[held[0]].parent.key}"]):
        raise DeclarationError(
            f"{where} is a reference; rows go to other parents when theirs are deleted: on_parent_delete='move'"
        )
    if any(isinstance(part, Unique) for part in parts(column)) or is_pinned(column):
        raise DeclarationError(
            f"{where} is settled for the table as a whole (in the order of time, counted, unique, or exact); "
            "it cannot be updated"
        )
    drawn = unwrapped(column)
    if isinstance(column, Constant) or (isinstance(drawn, Categorical) and _is_one_value(drawn) and update.to is None):
        raise DeclarationError(f"{where} is the same in every row; it cannot be updated")


def _check_update(update: Update, name: str, scope: ColumnScope, where: str) -> None:
    how = [update.to is not None, update.by is not None, bool(update.never_back)]
    if sum(how) > 1:
        raise DeclarationError(f"{where}: {update!r}: give one of to=, by= and never_back=")
    type_ = scope.plan.columns[name].type(scope)
    if update.by is not None:
        if type_ is not None and not is_number(type_):
            raise DeclarationError(f"{where}: by= adds numbers, and the column is {type_}")
        if isinstance(update.by, Series):
            _check_series(update.by, scope, where)
            return
        step = update.by.type(scope)
        if list(update.by.reads()) or (step is not None and not is_number(step)):
            raise DeclarationError(f"{where}: by={update.by!r}; write a number, or a distribution such as Normal(0, 5)")
    _check_transitions(update, name, scope, where)


def _check_series(series: Series, scope: ColumnScope, where: str) -> None:
    for name, part in series.of_parent():
        if list(part.reads()):
            raise DeclarationError(f"{where}: by=Series({name}={part!r}): write a number, or a distribution")
    if not isinstance(series.level, Constant) or series.level.value != 0:
        raise DeclarationError(f"{where}: by=Series(level=…): its level is the value that a row was born with")
    if series.gaps:
        raise DeclarationError(f"{where}: by=Series(gaps=…): a history has no gaps; leave them out")
    series.check_on(scope, scope)


def _check_transitions(update: Update, name: str, scope: ColumnScope, where: str) -> None:
    for value, shares in update.to or ():
        total = math.fsum(share for _, share in shares if isinstance(share, (int, float)))
        if any(isinstance(share, bool) or not isinstance(share, (int, float)) or share < 0 for _, share in shares):
            raise DeclarationError(f"{where}: to={{{value!r}: {dict(shares)}}}: shares are numbers from 0 to 1")
        if total > 1 + _SLACK:
            raise DeclarationError(f"{where}: to={{{value!r}: …}}: the shares sum to {total:g}; at most to 1")
    domain = scope.plan.columns[name].domain(scope)
    if domain is not None and update.to is not None:
        for value in [*(value for value, _ in update.to), *(one for _, shares in update.to for one, _ in shares)]:
            if value not in domain:
                raise DeclarationError(
                    f"{where}: to=: {name} is never {value!r}: {nearest(str(value), map(str, domain))}"
                )


def _check_births(history: History, plan: Plan, parents: Mapping[str, Plan], place: str) -> None:
    births: Any = history.births
    if births is None:
        return
    if isinstance(births, Timeline):
        births.check(ColumnScope(plan, "births", parents))
        return
    if not isinstance(births, str):
        raise DeclarationError(
            f"{place}: births={births!r}; write a column of dates or times, such as 'created_at', or a Timeline"
        )
    _require_column(births, plan, f"{place}: births")
    type_ = plan.columns[births].type(ColumnScope(plan, births, parents))
    if type_ is not None and not is_temporal(type_):
        raise DeclarationError(f"{place}: births={births!r}: the column is {type_}, not a date or a time")


def _check_references(history: History, plan: Plan, place: str) -> None:
    given: Any = history.on_parent_delete
    stated = dict.fromkeys(plan.references, given) if isinstance(given, str) else dict(given)
    for name, what in [("", given)] if isinstance(given, str) else stated.items():
        if what not in (CASCADE, MOVE):
            raise DeclarationError(f"{place}: on_parent_delete={what!r}; write 'cascade' or 'move'")
        if name and name not in plan.references:
            raise DeclarationError(
                f"{place}: on_parent_delete: there is no reference {name!r}: {nearest(name, plan.references)}"
            )
    for name, what in stated.items():
        if what == MOVE and (plan.references[name].pinned or plan.references[name].through):
            raise DeclarationError(
                f"{place}: on_parent_delete: the rows of {name!r} are counted or told apart by it (per_parent, "
                "distinct_within), so that they cannot move; write 'cascade'"
            )


__all__ = ["check_history"]
