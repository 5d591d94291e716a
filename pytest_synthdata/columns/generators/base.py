"""What a column is made of: a small frozen object with one method that turns row numbers into values."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.arrow.arrays import arrow_array, arrow_scalar
from pytest_synthdata.columns.arrow.kinds import is_number
from pytest_synthdata.columns.arrow.plain import plain
from pytest_synthdata.columns.arrow.values import Values, scatter, to_numpy
from pytest_synthdata.columns.cells import Cells, Scope
from pytest_synthdata.columns.generators.fluent import Fluent
from pytest_synthdata.columns.generators.uncalled import CALLABLE, of_another_kind, uncalled
from pytest_synthdata.errors import DeclarationError, cause, describe

if TYPE_CHECKING:
    from typing_extensions import Self

    from pytest_synthdata.columns.generators.modifiers import Clipped, NotNull, Nullable, Rounded, Unique
    from pytest_synthdata.columns.text.tokens import TokenizedText


class Generator(Fluent):
    """Base of all generators: immutable, picklable, without state between rows."""

    #: Whether it makes many rows at once, with no Python function called for each.
    vectorised = True
    #: Whether what a row gets is settled for the table as a whole, so that no condition can have it drawn again.
    pinned = False
    #: Whether it gives every number between its bounds, each as often as any other.
    evenly_spread = False

    def values(self, cells: Cells) -> Values:
        """One value for each of the cells."""
        raise NotImplementedError

    def tokens(self, cells: Cells) -> TokenizedText | None:
        """The values as texts that are not yet put together from words; None where they are not made so."""
        del cells
        return None

    def integers(self, cells: Cells) -> Values | None:
        """The values without their fractions, where these are integers that no float tells apart; else None."""
        del cells
        return None

    def objects(self, cells: Cells) -> list[Any] | None:
        """The values as the Python objects that they are before a column holds them; None where they are none."""
        del cells
        return None

    def as_declared(self) -> Generator:
        """What its column is before a factory's hooks change the rows: itself where they cannot."""
        return self

    def type(self, scope: Scope) -> pa.DataType | None:
        """The Arrow type of the values; None where only the values tell."""
        raise NotImplementedError

    def check(self, scope: Scope) -> None:
        """Raise `DeclarationError` for what can never work; ``scope`` knows the place and the other columns."""

    def nullable(self, scope: Scope) -> bool:
        """Whether the column may be null by its schema: every one where nothing else is declared."""
        del scope
        return True

    def children(self) -> Iterator[Generator]:
        """The generators that this one is made of."""
        class_: Any = type(self)
        return _generators(getattr(self, name) for name in _fields(class_))

    def reads(self) -> Iterator[str]:
        """The names of the columns that the values depend on."""
        for child in self.children():
            yield from child.reads()

    def reads_tokens(self) -> Iterator[str]:
        """Those among them whose texts are wanted as the words that they are made of."""
        for child in self.children():
            yield from child.reads_tokens()

    def zone(self) -> str | None:
        """The time zone by whose clocks it makes times; None where it makes none."""
        return None

    def inside(self, scope: Scope) -> Scope | None:
        """Where the fields of the values stand, if they are rows of columns themselves."""
        del scope
        return None

    def domain(self, scope: Scope) -> Sequence[Any] | None:
        """All values that can come out, where they can be listed."""
        del scope
        return None

    def examples(self, scope: Scope) -> Sequence[Any]:
        """Values that it gives, as far as they are known before there are rows."""
        return self.domain(scope) or ()

    def bounds(self, scope: Scope) -> tuple[Any, Any] | None:
        """The least and the greatest value that can come out, where they are known."""
        values = self.domain(scope)
        if not values or any(value is None or isinstance(value, str) for value in values):
            return None
        return min(values), max(values)

    @classmethod
    def mixture(cls, branches: Sequence[Self], which: npt.NDArray[Any], cells: Cells) -> Values:
        """Values of several generators of this class: ``branches[which[i]]`` fills cell i."""
        return mix(branches, which, cells)

    @classmethod
    def always(cls, value: Any) -> Self | None:
        """A generator of this class that gives one value alone; None where it has none."""
        del value
        return None

    def round(self, digits: int = 0) -> Rounded:
        """Round half to even at a number of decimal digits."""
        from pytest_synthdata.columns.generators.modifiers import Rounded

        return Rounded(self, digits)

    def clip(self, low: float | Decimal | None = None, high: float | Decimal | None = None) -> Clipped:
        """Move what lies outside of [low, high] to its ends."""
        from pytest_synthdata.columns.generators.modifiers import Clipped

        return Clipped(self, low, high)

    def nulls(self, share: float | Decimal) -> Nullable:
        """Make a share of the values null, at random."""
        from pytest_synthdata.columns.generators.modifiers import Nullable

        return Nullable(self, share)

    def not_null(self) -> NotNull:
        """Declare that no value is null: the column is ``NOT NULL`` in every schema."""
        from pytest_synthdata.columns.generators.modifiers import NotNull

        return NotNull(self)

    def unique(self) -> Unique:
        """Let no value come twice, in a table of any size. Each is then as likely as any other.

        For what can be counted: lists, `Dates`, ``Uniform(0, 10**9).cast("bigint")``, ``Uniform(0, 100).round(2)``.
        """
        from pytest_synthdata.columns.generators.modifiers import Unique

        return Unique(self)

    def cast(self, type_: pa.DataType | str, *, nullable: bool = True) -> Generator:
        """Give the column a type: Arrow's, or a Spark SQL name such as ``"decimal(12,2)"``."""
        from pytest_synthdata.columns.generators.modifiers import Cast, NotNull

        return Cast(self, type_) if nullable else NotNull(Cast(self, type_))


def is_vectorised(generator: Generator) -> bool:
    """Whether no part of a generator calls a function for each row."""
    return generator.vectorised and all(map(is_vectorised, generator.children()))


@cache
def _fields(class_: Any) -> tuple[str, ...]:
    if not dataclasses.is_dataclass(class_):
        raise DeclarationError(
            f"the generator {class_.__name__} is not a dataclass; write @dataclass(frozen=True) above it"
        )
    return tuple(field.name for field in dataclasses.fields(class_))


def _generators(values: Iterable[Any]) -> Iterator[Generator]:
    for value in values:
        if isinstance(value, Generator):
            yield value
        elif isinstance(value, (tuple, list)):
            yield from _generators(value)


def mix(branches: Sequence[Generator], which: npt.NDArray[Any], cells: Cells) -> Values:
    """Values of several generators of any class, each asked only for its own cells."""
    pieces = []
    for number, branch in enumerate(branches):
        index = np.flatnonzero(which == number)
        if len(index) == len(which):
            return branch.values(cells)
        if len(index):
            pieces.append((index, branch.values(cells.take(index))))
    return scatter(pieces, len(which)) if pieces else branches[0].values(cells)


@dataclass(frozen=True)
class Constant(Generator):
    """The same value in every row.

    Args:
        value: anything that Arrow can hold; None for an all-null column (cast it to give it a type).

    >>> from pytest_synthdata import Constant, Dataset, TableFactory
    >>> class SiteFactory(TableFactory):
    ...     country = Constant("DE")
    ...     floors = 2
    >>> Dataset({SiteFactory: 1}).sites.to_arrow().to_pylist()
    [{'country': 'DE', 'floors': 2}]
    """

    value: Any

    def values(self, cells: Cells) -> Values:
        value = plain(self.value)
        if isinstance(value, (bool, int, float)):
            return np.full(len(cells.rows), value)
        scalar = arrow_scalar(value, type=self.type(None))
        if isinstance(value, str):
            return pa.DictionaryArray.from_arrays(
                arrow_array(np.zeros(len(cells.rows), np.int8)), arrow_array([value]), safe=False
            )
        return pa.repeat(scalar, len(cells.rows))

    @classmethod
    def mixture(cls, branches: Sequence[Self], which: npt.NDArray[Any], cells: Cells) -> Values:
        del cells
        table = arrow_array([plain(branch.value) for branch in branches])
        if table.null_count == 0 and (pa.types.is_floating(table.type) or pa.types.is_integer(table.type)):
            return to_numpy(table)[which]
        return pa.DictionaryArray.from_arrays(arrow_array(which), table, safe=False)

    def type(self, scope: Scope | None) -> pa.DataType:
        import datetime as dt

        del scope
        value = plain(self.value)
        if isinstance(value, dt.datetime):
            return pa.timestamp("us", tz="UTC") if value.tzinfo else pa.timestamp("us")
        return arrow_scalar(value).type

    def check(self, scope: Scope) -> None:
        try:
            self.type(scope)
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError) as error:
            if isinstance(self.value, CALLABLE):
                raise DeclarationError(f"{scope.place}: {uncalled(self.value)}") from None
            if (instead := of_another_kind(self.value)) is not None:
                raise DeclarationError(f"{scope.place}: {instead}") from None
            shown = describe(self.value)
            raise DeclarationError(f"{scope.place}: {shown} cannot be a column's value: {cause(error)}") from None

    def domain(self, scope: Scope) -> Sequence[Any]:
        del scope
        return (plain(self.value),)


def literal(value: Any) -> Generator:
    """A generator as it is; anything else as a constant."""
    return value if isinstance(value, Generator) else Constant(value)


def require_numbers(generator: Generator, scope: Scope, what: str) -> None:
    """Raise where a generator's values are known not to be numbers."""
    type_ = generator.type(scope)
    if type_ is None or pa.types.is_null(type_):
        return
    if not is_number(type_):
        raise DeclarationError(f"{scope.place}: {what} is for numbers, and these are {type_}")


__all__ = [
    "Constant",
    "Generator",
    "is_vectorised",
    "literal",
    "mix",
    "require_numbers",
]
