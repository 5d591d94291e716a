"""How a table changes: what updates its columns, and which columns follow those, as its history declares it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from pytest_synthdata.columns.attempts import WHERE, is_pinned
from pytest_synthdata.columns.generators.base import Generator, is_vectorised
from pytest_synthdata.columns.generators.categories import Categorical
from pytest_synthdata.columns.generators.modifiers import unwrapped
from pytest_synthdata.columns.references.foreign_keys import ForeignKeyColumn
from pytest_synthdata.columns.versions.occurrences import Occurrences
from pytest_synthdata.history.declaration import Update
from pytest_synthdata.history.lives import Lives, lives_of

if TYPE_CHECKING:
    from pytest_synthdata.columns.tables.bound_table import BoundTable
    from pytest_synthdata.history.declaration import Group


class Evolution:
    """What changes in the rows of a table.

    Args:
        bound: the table.
        lives: the lives of its rows.
    """

    def __init__(self, bound: BoundTable, lives: Lives) -> None:
        self.bound = bound
        self.lives = lives
        history = bound.plan.history
        declared = () if history is None else history.updates
        self.how: dict[Group, Update] = {group: update for group, update in declared if update.rate}
        self.group_of: dict[str, Group] = {column: group for group in self.how for column in group}

    @cached_property
    def updates(self) -> dict[Group, Occurrences]:
        """When columns are updated, by the columns that are updated together."""
        return {
            group: Occurrences(self.bound.own_stream(group[0]).child("version", "time"), self._rate(group, update))
            for group, update in self.how.items()
        }

    def _rate(self, group: Group, update: Update) -> float:
        """How often values are drawn so that they change as often as declared: some draws give the same again."""
        rate = float(update.rate)
        if len(group) > 1 or update.to is not None or update.by is not None or update.never_back:
            return rate
        column = unwrapped(self.bound.plan.columns[group[0]])
        if isinstance(column, Categorical):
            return rate / (1 - sum(share * share for share in sorted(column.shares)))
        return rate

    def updated_by(self, name: str) -> dict[str, Group]:
        """The updated columns whose random bits a column draws from: itself, or those that it is correlated with."""
        mixed = self.bound.plan.loadings.get(name)
        sources = [name] if mixed is None else [other for _, other in mixed]
        return {source: self.group_of[source] for source in sources if source in self.group_of}

    @cached_property
    def moving(self) -> frozenset[str]:
        """The references that may come to point to other rows."""
        history = self.bound.plan.history
        return frozenset(name for name in self.lives.others if history is not None and history.moves(name))

    @cached_property
    def lived(self) -> frozenset[str]:
        """The lives whose states come in their time."""
        history = self.bound.plan.history
        return frozenset() if history is None else frozenset(history.lives)

    @cached_property
    def kept(self) -> frozenset[str]:
        """The columns that are as they are declared, or as they were at birth, for ever."""
        return frozenset((self._declared | self._keeps) - self.group_of.keys())

    @cached_property
    def _declared(self) -> frozenset[str]:
        """Keys, references that do not move, and the column of births."""
        history, plan = self.bound.plan.history, self.bound.plan
        names = {*plan.key_columns, *(name for name in plan.references if name not in self.moving)}
        if plan.key is not None:
            names.add(plan.key)
        if history is not None and isinstance(history.births, str):
            names.add(history.births)
        return frozenset(names)

    @cached_property
    def _keeps(self) -> frozenset[str]:
        history = self.bound.plan.history
        return frozenset() if history is None else frozenset(history.keeps) - self._declared

    @cached_property
    def kept_since_birth(self) -> frozenset[str]:
        """The columns that stay as they were at a row's birth, where that may differ from what is declared.

        They follow a parent, which may have changed before, or the state of a life, which is then its first.
        """
        return self._keeps & self._following(self.moving | self.lived, self._declared)

    @cached_property
    def changing(self) -> frozenset[str]:
        """The columns whose values may differ from those that are declared."""
        updated = frozenset(name for name in self.bound.plan.columns if self.updated_by(name))
        return self._following(updated | self.moving | self.lived | self.kept_since_birth, self.kept)

    def _following(self, changing: frozenset[str], fixed: frozenset[str]) -> frozenset[str]:
        """Columns that change, and all that depend on these or on changing columns of parents, but for fixed ones."""
        plan, found = self.bound.plan, set(changing)
        while True:
            more = {
                name
                for name, column in plan.columns.items()
                if name not in found and name not in fixed and self._follows(column, found)
            }
            if found & plan.redrawn or more & plan.redrawn:
                more |= plan.redrawn - fixed - found
            if not more:
                return frozenset(found)
            found |= more

    def _follows(self, column: Generator, found: set[str]) -> bool:
        """Whether a column depends on one of those that change."""
        if isinstance(column, ForeignKeyColumn) or (is_pinned(column) and not list(column.reads())):
            return False
        if not is_vectorised(column) and (found or self._changing_parents):
            return True  # a function of the row may look at any column
        for name in column.reads():
            if name in found:
                return True
            head, dot, rest = name.partition(".")
            if head in found or (dot and rest.partition(".")[0] in self._changing_parents.get(head, frozenset())):
                return True
        return False

    @cached_property
    def _changing_parents(self) -> dict[str, frozenset[str]]:
        """By reference, the columns of its table that change."""
        found = {}
        for name, lives in self.lives.parents.items():
            if lives is not self.lives:
                changing = evolution_of(lives.bound).changing
                if changing:
                    found[name] = changing
        return found

    @cached_property
    def of_the_past(self) -> frozenset[str]:
        """The columns that follow what a row, or one that it refers to, once was: now that may say something else."""
        plan, updated = self.bound.plan, set(self.changing)
        found = {
            name for name in self.kept if not self._is_of_parents(name) and self._follows(plan.columns[name], updated)
        }
        found |= self.lived
        while True:
            more = {
                name
                for name, column in plan.columns.items()
                if name not in found and not isinstance(column, ForeignKeyColumn) and self._looks_back(column, found)
            }
            if not more:
                break
            found |= more
        if plan.where is not None and self._looks_back(plan.where, found):
            found.add(WHERE)
        return frozenset(found)

    def _is_of_parents(self, name: str) -> bool:
        return isinstance(self.bound.plan.columns[name], ForeignKeyColumn) or name == self.bound.plan.key

    def _looks_back(self, column: Generator, found: set[str]) -> bool:
        if not is_vectorised(column) and self._changing_parents:
            return True
        for name in column.reads():
            head, _, rest = name.partition(".")
            if name in found or head in found:
                return True
            if rest and rest.partition(".")[0] in self._changing_parents.get(head, frozenset()):
                return True
        return False

    @cached_property
    def is_drawn_as_declared(self) -> bool:
        """Whether the rows of any time are a fair sample of the declaration's."""
        history = self.lives.history
        as_declared = all(one == Update(one.rate) for one in self.how.values())
        others = [lives for lives in self.lives.parents.values() if lives is not self.lives]
        return (
            as_declared
            and not self.lived
            and not self.lives.follows
            and (history is None or history.births is None)
            and all(evolution_of(lives.bound).is_drawn_as_declared for lives in others)
        )

    @cached_property
    def visible(self) -> list[str]:
        """The table's own columns that change while a row lives."""
        return [name for name in self.bound.plan.visible if name in self.changing - self.kept]


def evolution_of(bound: BoundTable) -> Evolution:
    """How a table that has a history, or refers to one that has, changes."""

    def make() -> Evolution:
        lives = lives_of(bound)
        assert lives is not None  # noqa: S101 - asked only of tables that change
        return Evolution(bound, lives)

    return bound.cached(("evolution",), make)


def changing_columns(bound: BoundTable) -> frozenset[str]:
    """The columns of a table that may be other than declared at some time; none where nothing in it ever changes."""
    return frozenset() if lives_of(bound) is None else evolution_of(bound).changing


__all__ = ["Evolution", "changing_columns", "evolution_of"]
