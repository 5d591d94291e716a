"""Where a column is null: at random, or by the value of another column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pytest_synthdata.columns.expressions.conditions import When
from pytest_synthdata.columns.expressions.operators import Column, col
from pytest_synthdata.columns.generators.base import Constant, Generator
from pytest_synthdata.infer.relations.deciders import Predictor
from pytest_synthdata.infer.relations.dependence import cases, rows_looked_at
from pytest_synthdata.infer.values.fitting import rounded_shares

_NONE = -1  # the code of a null of the deciding column


@dataclass(frozen=True)
class Absence:
    """Where a column is null.

    Args:
        share: in which share of all rows.
        by: the column that decides it, if one does.
        groups: the codes of its values, with the share of the rows of each group.
    """

    share: float = 0.0
    by: Predictor | None = None
    groups: tuple[tuple[frozenset[int], float], ...] = ()

    def of(self, generator: Generator) -> Generator:
        """A column with these nulls."""
        if self.by is None:
            return generator.nulls(self.share) if self.share else generator
        column = col(str(self.by.name))
        branches = [_with_nulls(generator, share) for _, share in self.groups]
        if self.by.is_ordered:
            edges = [self.by.categories[min(codes)] for codes, _ in self.groups[1:]]
            if len(edges) == 1 and isinstance(branches[0], Constant):
                return When((column >= edges[0],), tuple(branches[1:]))
            conditions = [column < edge for edge in edges]
        else:
            conditions = [_is_one(self.by, column, codes) for codes, _ in self.groups[:-1]]
        if isinstance(branches[-1], Constant):  # what meets no condition is null
            branches.pop()
        return When(tuple(conditions), tuple(branches))


def absence(absent: npt.NDArray[np.bool_], deciders: Sequence[Predictor]) -> Absence:
    """Where a column is null.

    Args:
        absent: for each row whether it is.
        deciders: the columns that may decide it.
    """
    if not absent.any():
        return Absence()
    share = _share(absent)
    looked_at = rows_looked_at(len(absent))
    may_be = [one for one in deciders if not (one.is_ordered and (one.codes < 0).any())]
    found = cases(absent[looked_at].astype(np.int64), may_be, looked_at)
    if found is None:
        return Absence(share)
    by, groups = found
    shares = [_share(absent[np.isin(by.codes, group)]) for group in groups]
    if by.is_ordered:
        placed = sorted(zip(map(frozenset, groups), shares, strict=True), key=lambda pair: min(pair[0]))
        return Absence(share, by, tuple(placed))
    joined: dict[float, frozenset[int]] = {}
    for group, one in zip(groups, shares, strict=True):
        joined[one] = joined.get(one, frozenset()).union(group)
    # Those that no condition names are the last.
    placed = sorted(((codes, one) for one, codes in joined.items()), key=lambda pair: (_NONE in pair[0], pair[1]))
    return Absence(share, by, tuple(placed)) if len(placed) > 1 else Absence(share)


def _share(absent: npt.NDArray[np.bool_]) -> float:
    count = int(absent.sum())
    if count in (0, len(absent)):
        return float(count > 0)
    return rounded_shares([count, len(absent) - count], len(absent))[0]


def _with_nulls(generator: Generator, share: float) -> Generator:
    if share == 1:
        return Constant(None)
    return generator.nulls(share) if share else generator


def _is_one(by: Predictor, column: Column, codes: frozenset[int]) -> Generator:
    """A condition that the rows of some values meet."""
    others = [code for code in range(len(by.categories)) if code not in codes]
    values = [by.categories[code] for code in sorted(codes)]
    if not others:
        return column.is_not_null()
    if isinstance(values[0], bool):
        return column if values[0] else ~column
    if len(values) == 1:
        return column == values[0]
    if len(others) == 1 and not by.has_nulls:
        return column != by.categories[others[0]]
    return column.isin(values)


__all__ = ["Absence", "absence"]
