"""Trees of laws: what is done to all their leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from pytest_synthdata.validation.declared.condition_texts import bracketed_or
from pytest_synthdata.validation.declared.expectations import Fork, Formula, Leaf, Moved, Node, Selected, Unknown
from pytest_synthdata.validation.declared.row_laws import RowCurve, RowRange

_CHOSEN = "only single rows are checked: how often each value stays depends on Meta.where"


def map_leaves(node: Node, function: Callable[[Leaf], Node]) -> Node:
    """The same tree with something else in place of its leaves."""
    if isinstance(node, Leaf):
        return function(node)
    return replace(node, branches=tuple(map_leaves(branch, function) for branch in node.branches))


def forked(split: Any, branches: Iterable[Node], labels: Iterable[str]) -> Fork:
    """A fork, and its labels among those of the leaves behind it."""

    def labelled(branch: Node, label: str) -> Node:
        own = bracketed_or(label)
        return map_leaves(branch, lambda leaf: replace(leaf, label=" and ".join(filter(None, (own, leaf.label)))))

    return Fork(split, tuple(labelled(*pair) for pair in zip(branches, labels, strict=True)))


def conditioned(node: Node) -> Node:
    """The laws of a column whose values stay only where its table's condition is met."""

    def staying(leaf: Leaf) -> Leaf:
        law = leaf.law
        if isinstance(law, Formula):
            return replace(leaf, law=replace(law, lost=None)) if law.lost else leaf
        kept = law if isinstance(law, (Unknown, RowRange)) else Selected(law, _CHOSEN)
        return replace(leaf, law=kept, nulls=None if leaf.nulls else leaf.nulls)

    return map_leaves(node, staying)


def without_row_curves(node: Node) -> Node:
    """The laws of a column that is correlated with others: parameters that differ by row may go along with it."""
    unknown = Unknown("its parameters differ from row to row, and Meta.correlations ties it to other columns")

    def tied(leaf: Leaf) -> Leaf:
        if isinstance(leaf.law, Moved) and isinstance(leaf.law.law, RowCurve):
            return replace(leaf, law=RowRange(leaf.law.generator))
        return replace(leaf, law=unknown) if isinstance(leaf.law, RowCurve) else leaf

    return map_leaves(node, tied)


def leaves(node: Node) -> list[Leaf]:
    """The leaves of a tree, in order."""
    if isinstance(node, Leaf):
        return [node]
    return [leaf for branch in node.branches for leaf in leaves(branch)]


__all__ = ["conditioned", "forked", "leaves", "map_leaves", "without_row_curves"]
