"""Exact numbers of each value: rows get places in a shuffled order, and the places are dealt out by shares."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from pytest_synthdata.columns.cells import Cells, Scope
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.permutation import Permutation
from pytest_synthdata.columns.random import Bits
from pytest_synthdata.errors import DeclarationError


def places(cells: Cells) -> tuple[Bits, int]:
    """The place of each row in a shuffled order of all rows, and how many these are.

    Sequences of a factory may run past the table's end; they begin anew.
    """
    count = max(cells.reader.bound.num_rows, 1)
    return Permutation(count, cells.stream.child("places")).of(cells.rows % np.uint64(count)), count


def quotas(shares: Sequence[float], rows: int) -> npt.NDArray[np.int64]:
    """How many of some rows each share gets: its part rounded down, and one more for the largest remainders.

    >>> quotas([0.5, 0.3, 0.2], 7).tolist()
    [4, 2, 1]
    """
    total = sum(map(Fraction, shares))
    exact = [Fraction(share) * rows / total for share in shares]
    whole = [int(part) for part in exact]
    missing = rows - sum(whole)
    largest = sorted(range(len(shares)), key=lambda number: (whole[number] - exact[number], number))
    for number in largest[:missing]:
        whole[number] += 1
    return np.array(whole, np.int64)


def check_alone(generator: Generator, scope: Scope) -> None:
    """Raise `DeclarationError` where exact numbers are declared for a part of a column: only all of it has them."""
    whole: Any = scope.plan.columns.get(scope.name)
    while whole is not generator and isinstance(getattr(whole, "generator", None), Generator):
        whole = whole.generator
    if whole is not generator:
        raise DeclarationError(
            f"{scope.place}: {generator!r}: exactly=True counts all rows of the table, so that a branch or a part of a "
            "column cannot have it"
        )


__all__ = ["check_alone", "places", "quotas"]
