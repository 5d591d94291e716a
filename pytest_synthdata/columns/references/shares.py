"""A parent's amount, split among its children: their shares add up to it to the last digit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import without_nulls
from pytest_synthdata.columns.arrow.kinds import is_number
from pytest_synthdata.columns.arrow.values import Values, to_arrow, to_numpy, without
from pytest_synthdata.columns.cells import Cells, Declared, Scope, parts
from pytest_synthdata.columns.generators.base import Generator, require_numbers
from pytest_synthdata.columns.generators.numbers.distributions import Exponential
from pytest_synthdata.columns.references.decimals import as_decimal128, decimal_places, signed, unscaled
from pytest_synthdata.columns.references.family import Family, family_of
from pytest_synthdata.errors import DeclarationError, GenerationError, describe

Whole = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_CENTS = 2  # digits of an amount that says nothing of its own
_FINENESS = 2.0**32  # steps of a weight, of which the greatest among siblings has all


@dataclass(frozen=True)
class Share(Generator):
    """A child's share of its parent's amount: the shares of all its children add up to it, to the cent.

    The amount is split in the smallest unit that its column declares: a decimal's last digit, an integer's ones, the
    last digit of ``.round(n)``; cents where it declares none. The shares are uneven, in proportion to random weights.

    Args:
        path: the parent's column, by the `ForeignKey` with ``per_parent``, such as ``"order.total"``.
        weights: the children's weights, a distribution or an expression on their columns. Exponential where not
            given: every way to cut the amount is then as likely as any other.

    Raises:
        DeclarationError: when the table is used: for a path that is not a number of such a parent.

    >>> Share("order.total")
    Share(path='order.total', weights=Exponential(scale=1.0))
    """

    pinned = True

    path: str
    weights: Generator = field(default=Exponential(), kw_only=True)

    @property
    def reference(self) -> str:
        """The foreign key that leads to the parent."""
        return self.path.partition(".")[0]

    def reads(self) -> Iterator[str]:
        yield self.path
        if isinstance(self.weights, Generator):  # else `check` says so
            yield from self.weights.reads()

    def values(self, cells: Cells) -> Values:
        bound = cells.reader.bound
        parents, ordinals = bound.plan.references[self.reference].counted(bound, cells.rows)
        distinct, which = np.unique(parents, return_inverse=True)
        family = family_of(bound, self.reference, distinct.astype(np.uint64))
        siblings = Cells(bound.at(family.rows), cells.stream.child("weights"), cells.place)
        weights = np.nan_to_num(to_numpy(to_arrow(self.weights.values(siblings), pa.float64())))
        if len(weights) and weights.min() < 0:
            raise GenerationError(f"{cells.place}: {self!r}: a weight is {weights.min()}; add .clip(0, None)")
        mine = family.starts[which] + ordinals
        end = _running_shares(weights, family)
        start = np.where(family.ordinals > 0, np.concatenate([[0.0], end[:-1]]), 0.0) if len(end) else end
        return self._split(to_arrow(cells.read(self.path)), start[mine], end[mine], bound.scope(""))

    def _split(self, amounts: pa.Array, start: Floats, end: Floats, scope: Scope) -> Values:
        null = to_numpy(pc.is_null(amounts)).astype(np.bool_) if amounts.null_count else None
        filled = without_nulls(amounts, 0) if null is not None else amounts
        type_ = amounts.type
        values: Values
        if pa.types.is_decimal(type_):
            words = unscaled(filled)
            whole = words[:, 0].view(np.int64).copy()
            if ((words[:, 1].view(np.int64)) != (whole >> 63)).any():
                raise GenerationError(f"{scope.place}: {self!r}: an amount has more than 18 digits")
            values = as_decimal128(*signed(_between(whole, start, end)), type_)
        elif pa.types.is_integer(type_):
            values = _between(to_numpy(filled).astype(np.int64), start, end)
        else:
            unit = 10.0 ** self.decimal_places(scope)
            values = _between(np.rint(to_numpy(filled) * unit).astype(np.int64), start, end) / unit
        return values if null is None else without(values, null)

    def decimal_places(self, scope: Scope) -> int:
        """How many digits after the point the amount has, and so its shares."""
        inner, column = scope.column(self.path)
        digits = decimal_places(column, inner)
        return _CENTS if digits is None else digits

    def type(self, scope: Scope) -> pa.DataType | None:
        type_ = scope.type(self.path)
        return pa.int64() if type_ is not None and pa.types.is_integer(type_) else type_

    def check(self, scope: Scope) -> None:
        if not isinstance(self.weights, Generator):
            raise DeclarationError(
                f"{scope.place}: Share: weights={describe(self.weights)}; write a distribution or an expression on the "
                "children's columns, such as Uniform(1, 2); Constant(1) makes all shares alike"
            )
        key = scope.plan.fan_out_key
        if key is None or key.name != self.reference or "." not in self.path:
            wanted = f"such as '{key.name}.total'" if key is not None else "and this table has none"
            raise DeclarationError(
                f"{scope.place}: {self!r}: name a column of the parent that per_parent counts the rows from, {wanted}"
            )
        type_ = scope.type(self.path)
        if type_ is not None and not is_number(type_):
            raise DeclarationError(f"{scope.place}: {self!r}: {self.path} is {type_}, not a number")
        require_numbers(self.weights, scope, "the weights of a Share")


def _running_shares(weights: Floats, family: Family) -> Floats:
    """What each child and its siblings before it have together of their parent's whole; 1 for the last."""
    if not len(weights):
        return weights
    filled = family.counts > 0
    first, counts = family.starts[filled], family.counts[filled]
    greatest = np.repeat(np.maximum.reduceat(weights, first), counts)
    # In whole numbers, whose running sums do not depend on what stands before.
    whole = np.rint(np.divide(weights, greatest, out=np.ones_like(weights), where=greatest > 0) * _FINENESS)
    running = np.cumsum(whole.astype(np.int64))
    before = np.repeat(running[first] - whole[first].astype(np.int64), counts)
    total = np.repeat(running[first + counts - 1], counts) - before
    shares: Floats = (running - before) / total
    return shares


def _between(amounts: Whole, start: Floats, end: Floats) -> Whole:
    """How much of some whole amounts lies between two shares of them, whole again."""
    upper = np.where(end == 1.0, amounts, np.rint(amounts * end).astype(np.int64))
    lower = np.where(start == 1.0, amounts, np.rint(amounts * start).astype(np.int64))
    return upper - lower


def splits_an_amount(generator: Declared) -> bool:
    """Whether a part of a generator is a share of a parent's amount."""
    return any(isinstance(part, Share) for part in parts(generator))


__all__ = ["Share", "splits_an_amount"]
