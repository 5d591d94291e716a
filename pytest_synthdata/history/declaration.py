"""`History`: what happens to the rows of a table over time, as ``class Meta: history = …`` declares it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_synthdata.columns.distinct import distinct
from pytest_synthdata.columns.generators.base import Generator, literal
from pytest_synthdata.columns.time.calendar import Timeline
from pytest_synthdata.errors import DeclarationError, describe

if TYPE_CHECKING:
    from pytest_synthdata.columns.random import Bits
    from pytest_synthdata.columns.tables.bound_table import BoundTable

CASCADE, MOVE = "cascade", "move"

Group = tuple[str, ...]  # columns that are updated together


@dataclass(frozen=True, init=False)
class Update:
    """How a column is updated: how often, and where its values go from where they are.

    Without more it draws a new value by the column's own declaration, independent of the one before.

    Args:
        rate: the updates expected, a row and year.
        to: for each value, the shares of those that follow it: ``{"Free": {"Pro": 0.9, "Enterprise": 0.1}}``. What is
            missing from 1 stays; so do values that are not named.
        by: a distribution or a number that each update adds to the value: a random walk; or a `Series` without level,
            which moves around the value that the row was born with: its trend, waves, and noise that remembers from one
            update to the next. Values stay within the bounds of the column's declaration, at its number of decimal
            places.
        never_back: a drawn value that is below an earlier one is not taken: numbers and dates only grow, and a
            `Categorical` only moves on in the order in which its values are declared.

    >>> Update(0.5, to={"Free": {"Pro": 1.0}})
    Update(0.5, to={'Free': {'Pro': 1.0}})
    """

    rate: float
    to: tuple[tuple[Any, tuple[tuple[Any, float], ...]], ...] | None
    by: Generator | None
    never_back: bool

    def __init__(
        self,
        rate: float,
        *,
        to: Mapping[Any, Mapping[Any, float]] | None = None,
        by: Any = None,
        never_back: bool = False,
    ) -> None:
        moves = None
        _require_dict(to, "Update: to=", "the shares of what follows each value, such as {'Free': {'Pro': 0.9}}")
        if to is not None:
            moves = tuple(
                (value, tuple(shares.items()) if isinstance(shares, Mapping) else ((shares, 1.0),))
                for value, shares in to.items()
            )
        fields = {"rate": rate, "to": moves, "by": None if by is None else literal(by), "never_back": never_back}
        for name, value in fields.items():
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        to = "" if self.to is None else f", to={ {value: dict(shares) for value, shares in self.to} }"
        by = "" if self.by is None else f", by={self.by!r}"
        return f"Update({self.rate!r}{to}{by}{', never_back=True' * bool(self.never_back)})"


@dataclass(frozen=True, init=False)
class History:
    """What happens to the rows of a table in a period: each is born, may be updated, and may be deleted.

    The table itself shows every row as it was first declared. Its snapshots are `Table.at`, what happened is
    `Table.changes`, and `Table.versions` has all versions of each row. At any time a row is one that the declarations
    could have made: what depends on an updated column follows it, with the same random numbers as before.

    Args:
        start: the first day of the period, or a time.
        end: the last day, included, or a time. A later end changes nothing that happens before.
        updates: by column, how often it is updated, expected a row and year; or an `Update`, which also says where the
            values go. A tuple of columns is updated together: ``{"tier": 0.8, ("street", "city"): 0.1}``.
        deletes: how often rows are deleted, expected a row and year of life: 0.05 deletes about 5 % of the rows a year.
        births: when rows come into being: None, all at the start; a column of dates or times of the row itself, such as
            ``"created_at"`` (what is before the period is there from its start); or a `Timeline`, on which the rows lie
            in the order of their numbers. No row is there before the rows that it refers to.
        lives: columns with a `Lifecycle`: the states of each row come in their time, and what reads them follows. So do
            the rows of a table with ``per_parent=Steps(…)`` of such a life, unless it says ``births=`` or is totalled.
        keeps: columns that stay as they were at a row's birth, though they depend on others that are updated. Keys,
            references and the column of births always do.
        on_parent_delete: what becomes of a row when one that it refers to is deleted: ``"cascade"``, it is deleted
            with it; ``"move"``, it refers to another row that is there. A dict says it by reference. A row that
            moves within its own table, ``ForeignKey("self")``, goes to one before it; where none of these is there, it
            refers to none, as the first row does.

    Raises:
        DeclarationError: for arguments of another kind, and, when the table is used, for columns that are not there or
            cannot be updated, rates that are negative, and a period that ends before it starts.

    >>> History("2024-01-01", "2024-12-31", updates={"tier": 0.8}, deletes=0.05)
    History('2024-01-01', '2024-12-31', updates={'tier': 0.8}, deletes=0.05)
    """

    start: str | dt.date
    end: str | dt.date
    updates: tuple[tuple[Group, Update], ...]
    deletes: float
    births: str | Timeline | None
    lives: tuple[str, ...]
    keeps: tuple[str, ...]
    on_parent_delete: str | tuple[tuple[str, str], ...]

    def __init__(
        self,
        start: str | dt.date,
        end: str | dt.date,
        *,
        updates: Mapping[str | tuple[str, ...], float | Update] | None = None,
        deletes: float = 0.0,
        births: str | Timeline | None = None,
        lives: str | tuple[str, ...] | list[str] = (),
        keeps: str | tuple[str, ...] | list[str] = (),
        on_parent_delete: str | Mapping[str, str] = CASCADE,
    ) -> None:
        given: Any = on_parent_delete
        if not isinstance(given, (str, Mapping)):
            raise DeclarationError(
                f"History: on_parent_delete={describe(given)}: write 'cascade' or 'move', or a dict of these by "
                "reference, such as {'account': 'move'}"
            )
        _require_dict(updates, "History: updates=", "how often columns are updated, a row and year, such as {'x': 2}")
        fields = {
            "start": start,
            "end": end,
            "updates": tuple(
                (columns if isinstance(columns, tuple) else (columns,), _as_update(rate))
                for columns, rate in (updates or {}).items()
            ),
            "deletes": deletes,
            "births": births,
            "lives": _names(lives, "lives"),
            "keeps": _names(keeps, "keeps"),
            "on_parent_delete": tuple(given.items()) if isinstance(given, Mapping) else given,
        }
        for name, value in fields.items():
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        shown = [repr(self.start), repr(self.end)]
        rates = {
            columns if len(columns) > 1 else columns[0]: update.rate if update == Update(update.rate) else update
            for columns, update in self.updates
        }
        shown += [f"updates={rates}"] * bool(rates)
        shown += [f"deletes={self.deletes!r}"] * bool(self.deletes)
        shown += [f"births={self.births!r}"] * (self.births is not None)
        shown += [f"lives={list(self.lives)}"] * bool(self.lives)
        shown += [f"keeps={list(self.keeps)}"] * bool(self.keeps)
        on_delete = self.on_parent_delete if isinstance(self.on_parent_delete, str) else dict(self.on_parent_delete)
        shown += [f"on_parent_delete={on_delete!r}"] * (on_delete != CASCADE)
        return f"History({', '.join(shown)})"

    def moves(self, reference: str) -> bool:
        """Whether rows refer to another row when the one that a reference points to is deleted."""
        given = self.on_parent_delete
        return (given if isinstance(given, str) else dict(given).get(reference, CASCADE)) == MOVE

    def moved_to(self, bound: BoundTable, reference: str, rows: Bits) -> Bits:
        """The rows that some rows of a table come to refer to, each once."""
        from pytest_synthdata.history.lives import lives_of

        lives = lives_of(bound)
        assert lives is not None  # noqa: S101 - it has this history
        hops = lives.of(rows).hops.get(reference, ())
        parents = distinct(np.zeros(0, np.int64), *(hop.parents for hop in hops))
        return parents[parents >= 0].astype(np.uint64)


def _require_dict(given: Any, what: str, example: str) -> None:
    if given is not None and not isinstance(given, Mapping):
        raise DeclarationError(f"{what}{describe(given)} is not a dict; write {example}")


def _names(given: Any, what: str) -> tuple[str, ...]:
    if isinstance(given, str):
        return (given,)
    if not isinstance(given, (tuple, list, set, frozenset)):
        raise DeclarationError(f"History: {what}={describe(given)}: write the name of a column, or a list of names")
    return tuple(given)


def _as_update(rate: Any) -> Update:
    return rate if isinstance(rate, Update) else Update(rate)


__all__ = ["CASCADE", "MOVE", "Group", "History", "Update"]
