"""`ForeignKey`: a reference to a row of another table, as a class body declares it."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, Literal

from factory.base import BaseFactory

from pytest_synthdata.columns.expressions.operators import Column
from pytest_synthdata.columns.generators.base import Generator, literal
from pytest_synthdata.declarations.factory_class import FactoryClass, has_table
from pytest_synthdata.errors import DeclarationError


class ForeignKey:
    """A reference to a row of another table.

    In a factory, ``customer = ForeignKey(CustomerFactory)`` puts the parent's key into the table as ``customer_id``,
    and the parent's columns can be read as ``customer.tier``. A pick is a pure function of the row number; new
    parents take over only the share of references that is due to them.

    Args:
        parent: the parent's factory; ``"self"`` for a row of the same table before this one, such as a manager. The
            first row has none.
        weights: evaluated on the parent's rows, such as ``Given("tier", {"Enterprise": 5, "Free": 1})``:
            a parent is picked in proportion to it. By default, all parents are equally likely. A distribution such as
            ``Pareto(2.5)`` gives each parent a popularity of its own, and ``ZipfRank(1.0)`` one by its row number.
        where: a condition that each pick meets, such as ``col("customer.created_at") <= col("order_date")``.
        column: the name of the key's column; by default, the attribute's name and ``_id``. Of a key of several
            columns, their names; by default, the attribute's name and each one's.
        per_parent: evaluated on the parent's rows, such as ``Poisson(3)`` or ``1``: how many children each has. The
            table's rows are then counted from the parents: those of the first come first, except in a table with a
            `Timeline`, which is in the order of time. `Ordinal` numbers them.
        distinct_within: the table's `ForeignKey` with ``per_parent``, such as ``"order"``: no row of this parent is
            picked twice for one order. With fewer parents to choose from than an order has rows, making them fails.
        through: the row is the one that another reference's row refers to, such as ``"line.order"``: a column of a key
            of several columns, which refers to a table of its own, too. It holds no key where the column is there.

    >>> from pytest_synthdata import Dataset, ForeignKey, TableFactory, col
    >>> from pytest_synthdata.factories import CustomerFactory
    >>> class VisitFactory(TableFactory):
    ...     customer = ForeignKey(CustomerFactory)
    ...     tier = col("customer.tier")
    >>> Dataset({CustomerFactory: 100, VisitFactory: 2}).visits.to_arrow().to_pylist()
    [{'customer_id': 'CUST-00059', 'tier': 'Free'}, {'customer_id': 'CUST-00048', 'tier': 'Pro'}]
    """

    def __init__(
        self,
        parent: type[BaseFactory[Any]] | FactoryClass | Literal["self"],
        *,
        weights: Generator | None = None,
        where: Generator | None = None,
        column: str | Sequence[str] | None = None,
        per_parent: Generator | int | None = None,
        distinct_within: str | None = None,
        through: str | None = None,
    ) -> None:
        if parent != "self" and not has_table(parent):
            raise DeclarationError(f"ForeignKey({parent!r}): the parent must be a TableFactory, or 'self'")
        self.parent: Any = parent
        self.weights = weights
        self.where = where
        self.column = column
        self.per_parent: Generator | None = None if per_parent is None else literal(per_parent)
        self.distinct_within = distinct_within
        self.through = through
        self.null_share = 0.0

    def nulls(self, share: float) -> ForeignKey:
        """The same reference, of which a share of the rows has none, at random."""
        one = copy.copy(self)
        one.null_share = share
        return one

    def picking_weights(self) -> Generator | None:
        """How often each parent is picked: as stated here, else as its listed rows say."""
        if self.weights is not None or self.per_parent is not None or self.parent == "self" or self.through:
            return self.weights
        column = getattr(self.parent._meta, "reference_weights", None)
        return None if column is None else Column(column)
