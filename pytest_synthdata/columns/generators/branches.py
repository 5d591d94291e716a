"""Branches of which each cell takes one: their values put together, and what they have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.arrow.plain import plain
from pytest_synthdata.columns.arrow.values import Values, common_type, in_type
from pytest_synthdata.columns.cells import Cells, Scope
from pytest_synthdata.columns.generators.base import Constant, Generator, mix
from pytest_synthdata.errors import DeclarationError


def branched(generator: Generator, branches: Sequence[Generator], which: npt.NDArray[Any], cells: Cells) -> Values:
    """Values of ``branches[which[i]]`` for cell i, in the type of the generator whose branches they are.

    It is the same whichever of them fill these cells.
    """
    bound, key = cells.reader.bound, ("type of branches", id(generator))

    def find() -> tuple[pa.DataType | None, Generator]:
        scope = bound.scope("")
        return scope.known(key, lambda: (generator.type(scope), generator))  # which keeps its id

    type_, _ = bound.cached(key, find)
    values = mixture(branches, which, cells)
    return values if type_ is None else in_type(values, type_)


def mixture(branches: Sequence[Generator], which: npt.NDArray[Any], cells: Cells) -> Values:
    """Values of ``branches[which[i]]`` for cell i, in one pass where all are of one class."""
    classes: list[type[Generator]] = list(dict.fromkeys(map(type, branches)))
    if len(classes) == 1:
        return classes[0].mixture(branches, which, cells)
    if len(classes) == 2 and Constant in classes:  # noqa: PLR2004 - constants beside generators of one class
        (other,) = (class_ for class_ in classes if class_ is not Constant)
        alike = [other.always(branch.value) if isinstance(branch, Constant) else branch for branch in branches]
        known = [branch for branch in alike if branch is not None]
        if len(known) == len(branches):
            return other.mixture(known, which, cells)
    return mix(branches, which, cells)


def mixture_type(branches: Sequence[Generator], scope: Scope) -> pa.DataType | None:
    """The common type of branches, or None where one of them is not known."""
    types = [branch.type(scope) for branch in branches]
    if any(type_ is None for type_ in types):
        return None
    if any(type_ is not None and pa.types.is_decimal(type_) for type_ in types):
        # A constant such as 0 needs only its own digits beside decimals.
        types = [_digits_of(branch, type_) for branch, type_ in zip(branches, types, strict=True)]
    try:
        return common_type(types)
    except TypeError as error:
        raise DeclarationError(f"{scope.place}: the branches differ in type: {error}; cast them") from None


def _digits_of(branch: Generator, type_: pa.DataType | None) -> pa.DataType | None:
    if not isinstance(branch, Constant) or type_ is None or not pa.types.is_integer(type_):
        return type_
    return pa.decimal128(len(str(abs(plain(branch.value)))), 0)


def union_of_bounds(branches: Sequence[Generator], scope: Scope) -> tuple[Any, Any] | None:
    """The range that covers all branches' ranges, if all are known."""
    bounds = [branch.bounds(scope) for branch in branches]
    if any(bound is None for bound in bounds):
        return None
    return min(bound[0] for bound in bounds if bound), max(bound[1] for bound in bounds if bound)


__all__ = ["branched", "mixture", "mixture_type", "union_of_bounds"]
