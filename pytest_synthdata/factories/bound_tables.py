"""The tables of several factories, bound to a seed: each when it is asked for, after those that it refers to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pytest_synthdata.columns.plan import Plan
from pytest_synthdata.columns.references.circles import check_totals
from pytest_synthdata.columns.scope import check_plan
from pytest_synthdata.columns.tables.bound_table import BoundTable
from pytest_synthdata.columns.tables.capacity import require_room
from pytest_synthdata.declarations.totals import children_of_totals
from pytest_synthdata.factories.base import TableFactory
from pytest_synthdata.history.checking import check_history


class BoundTables:
    """Factories by table, and what is bound of them so far.

    Args:
        factories: by table; one takes the place of another that a child declares as its parent.
        seed: of every table.
        rows: gives a factory's number of rows; None where they are counted from its parents.
    """

    def __init__(
        self,
        factories: Mapping[str, type[TableFactory]],
        seed: int,
        rows: Callable[[type[TableFactory]], int | None],
    ) -> None:
        self.factories = factories
        self.seed = seed
        self.bounds: dict[str, tuple[type[TableFactory], BoundTable]] = {}
        self.rows = rows

    def bind(self, factory: type[TableFactory]) -> BoundTable:
        """A factory's table.

        Raises:
            DeclarationError: for declarations that can never work.
        """
        name = factory._meta.table
        factory = self.factories.get(name, factory)
        if name not in self.bounds:
            parents = {parent._meta.table: self.bind(parent) for parent in factory._meta.parents}
            bound = BoundTable.of(factory._meta.plan(), self.seed, self.rows(factory), parents)
            plans = {**{table: one.plan for table, (_, one) in self.bounds.items()}, name: bound.plan}
            if not _sees_what_is_declared(bound.plan, plans):
                check_plan(bound.plan, plans)
                check_history(bound.plan, plans)
                check_totals(bound.plan, plans)
            require_room(bound)
            self.bounds[name] = factory, bound
            try:
                if bound.plan.children:
                    for field, (child, _) in children_of_totals(factory, bound.plan, self.factories).items():
                        bound.children[field] = self.bind(child).with_parents_as_declared(name)
            except BaseException:
                del self.bounds[name]  # it is not complete
                raise
        return self.bounds[name][1]


def _sees_what_is_declared(plan: Plan, plans: Mapping[str, Plan]) -> bool:
    """Whether no table takes the place of one that the columns may read, near or far: its factory checked all else."""
    waiting: list[Any] = [plan]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop()
        if plans.get(one.table, one) is not one:
            return False
        if id(one) not in seen:
            seen.add(id(one))
            waiting += [reference.parent for reference in one.references.values() if not reference.self_referential]
            waiting += [child.plan for child in one.children.values()]
    return True


__all__ = ["BoundTables"]
