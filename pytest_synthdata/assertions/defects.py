"""`assert_caught` and `assert_repaired`: whether a pipeline found exactly the planted defects, or mended them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from pytest_synthdata.assertions.comparison import Comparison
from pytest_synthdata.assertions.repairs import repair_problem
from pytest_synthdata.defects.kinds.values import kind_named
from pytest_synthdata.defects.label_table import LabelTable
from pytest_synthdata.errors import SynthDataError

if TYPE_CHECKING:
    from pytest_synthdata.table import Table


def assert_caught(frame: Any, labels: Table, *, kinds: Iterable[Any] | Any = None) -> None:
    """Assert that a frame holds exactly the rows that have a planted defect: none missed, none clean.

    Rows are compared by the table's key as the dirty row has it; by all columns of the frame where the table has no
    key. Where several rows have one key, the frame's other columns tell which of them was caught; of rows that are
    equal in these, as copies are, as many must be caught as are labelled.

    Args:
        frame: what the pipeline threw out: a Spark or pandas DataFrame, an Arrow table, a list of dicts, or a path.
        labels: ``synth.defects["orders"]`` or ``dataset.defects["orders"]``.
        kinds: the kinds that must be caught, as classes or labels: ``[Missing, "duplicates"]``; all by default. Rows
            that have only other kinds may be caught or not.

    Raises:
        AssertionError: with the recall and precision of each kind and column, and the first rows that were missed or
            thrown out. A clean row that was thrown out counts against the precision of every kind.
        SynthDataError: for a frame without the table's key, and for a kind that was not planted.

    >>> from pytest_synthdata import Dataset, Missing
    >>> from pytest_synthdata.factories import OrderFactory
    >>> dataset = Dataset({OrderFactory: 1_000}, defects={OrderFactory: [Missing("amount", 0.01)]})
    >>> orders = dataset.orders.to_arrow()
    >>> assert_caught(orders.filter(orders["amount"].is_null()), dataset.defects["orders"])
    """
    __tracebackhide__ = True
    view = getattr(labels, "view", None)
    if not isinstance(view, LabelTable):
        raise SynthDataError(
            f"assert_caught: {type(labels).__name__} is not the labels of a table; give synth.defects['orders']"
        )
    comparison = Comparison.of(frame, view, _wanted(kinds, view))
    if not comparison.ok:
        raise AssertionError(comparison.message())


def assert_repaired(frame: Any, clean: Any, *, key: str | Sequence[str] | None = None) -> None:
    """Assert that a frame holds exactly the clean rows: what was dirty is mended, and nothing else was changed.

    Columns that the pipeline added are not looked at; the order of rows does not matter.

    Args:
        frame: what the pipeline gives: a Spark or pandas DataFrame, an Arrow table, a list of dicts, or a path.
        clean: ``synth.clean["orders"]`` or ``dataset.clean.orders``.
        key: the column or columns by which rows are found; the table's key, else the first column whose clean values
            are unique, by default.

    Raises:
        AssertionError: with the number of wrong cells of each column, and the first rows that are wrong, missing or
            too many.
        SynthDataError: for a frame without the key, or without any column of the clean table.

    >>> from pytest_synthdata import Dataset, Duplicates
    >>> from pytest_synthdata.factories import OrderFactory
    >>> dataset = Dataset({OrderFactory: 1_000}, defects={OrderFactory: [Duplicates(0.01)]})
    >>> orders = dataset.orders.to_pandas()
    >>> assert_repaired(orders.drop_duplicates(), dataset.clean.orders)
    """
    __tracebackhide__ = True
    problem = repair_problem(frame, clean, key)
    if problem is not None:
        raise AssertionError(problem)


def _wanted(kinds: Any, view: LabelTable) -> frozenset[str]:
    planted = view.kinds
    if kinds is None:
        return frozenset(kind.label for kind in planted)
    listed = [kinds] if isinstance(kinds, (str, type)) else list(kinds)
    names: set[str] = set()
    for one in listed:
        if isinstance(one, type):
            own = {kind.label for kind in planted if isinstance(kind, one)}
            names |= own or {kind_named(one.__name__, planted)}
        else:
            names.add(kind_named(getattr(one, "label", one), planted))
    return frozenset(names)


__all__ = ["assert_caught", "assert_repaired"]
