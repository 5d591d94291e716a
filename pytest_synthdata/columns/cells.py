"""What a generator is given: cells to fill, and what it may ask of its rows, its table and its scope."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    import pyarrow as pa

    from pytest_synthdata.columns.arrow.values import Index, Values
    from pytest_synthdata.columns.random import Bits, Floats, Stream
    from pytest_synthdata.columns.text.tokens import TokenizedText

Made = TypeVar("Made")


class Declared(Protocol):
    """A column as others see it: a generator, of whatever class."""

    def values(self, cells: Cells) -> Values: ...
    def type(self, scope: Any) -> pa.DataType | None: ...
    def domain(self, scope: Any) -> Sequence[Any] | None: ...
    def bounds(self, scope: Any) -> tuple[Any, Any] | None: ...
    def reads(self) -> Iterator[str]: ...
    def children(self) -> Iterator[Declared]: ...
    def tokens(self, cells: Cells) -> TokenizedText | None: ...
    def objects(self, cells: Cells) -> list[Any] | None: ...


class Declarations(Protocol):
    """A table's columns, by name: a `Plan` as its own columns see it."""

    @property
    def table(self) -> str: ...
    @property
    def key(self) -> str | None: ...
    @property
    def columns(self) -> Mapping[str, Declared]: ...
    @property
    def references(self) -> Mapping[str, Any]: ...
    @property
    def fan_out_key(self) -> Any: ...
    @property
    def tokenized_columns(self) -> frozenset[str]: ...
    @property
    def children(self) -> Mapping[str, Any]: ...
    @property
    def where(self) -> Any: ...
    @property
    def redrawn(self) -> frozenset[str]: ...


class Scope(Protocol):
    """Where a declaration stands, and which columns it can see: for checks before any row is made."""

    @property
    def plan(self) -> Declarations: ...
    @property
    def name(self) -> str: ...
    @property
    def parents(self) -> Mapping[str, Any]: ...
    @property
    def place(self) -> str: ...
    def column(self, name: str) -> tuple[Scope, Declared]: ...
    def of_parent(self, parent: Any) -> Scope: ...
    def of_children(self, name: str, asking: str) -> Scope: ...
    def type(self, name: str) -> pa.DataType | None: ...
    def domain(self, name: str) -> Sequence[Any] | None: ...
    def bounds(self, name: str) -> tuple[Any, Any] | None: ...


class Table(Protocol):
    """A table whose cells can be read: a `BoundTable` as its own columns see it."""

    @property
    def plan(self) -> Declarations: ...
    @property
    def seed(self) -> int: ...
    @property
    def num_rows(self) -> int: ...
    @property
    def fan_out(self) -> Any: ...
    @property
    def children(self) -> Mapping[str, Table]: ...
    def at(self, rows: Bits, *, scattered: bool = False) -> Reader: ...
    def parent(self, reference: str) -> Table: ...
    def stream(self, column: str, attempt: int = 0) -> Stream: ...
    def scope(self, column: str) -> Scope: ...
    def type_of(self, name: str) -> pa.DataType: ...
    def sample(self, count: int) -> Reader: ...
    def is_small_for(self, rows: int) -> bool: ...
    def hold(self, name: str, for_rows: int) -> Values | None: ...
    def cached(self, key: Hashable, make: Callable[[], Made]) -> Made: ...


class Reader(Protocol):
    """Some rows of a table whose columns can be read."""

    @property
    def bound(self) -> Table: ...
    @property
    def rows(self) -> Bits: ...
    def read(self, name: str) -> Values: ...
    def tokens(self, name: str) -> TokenizedText | None: ...
    def take(self, index: Index) -> Selected: ...
    def row(self, position: int) -> Any: ...


class Selected(Reader, Protocol):
    """Some of the rows of a reader, which may also be read as if they had other parents."""

    def with_parents(self, name: str, parents: Bits) -> Reader: ...


@dataclass(frozen=True)
class Cells:
    """The cells of one column at some rows: what a generator fills.

    Args:
        reader: the rows; other columns are read from it.
        stream: this column's random bits.
        place: ``table.column``, for messages.
    """

    reader: Reader
    stream: Stream
    place: str

    @property
    def rows(self) -> Bits:
        """Row numbers, uint64, in any order."""
        return self.reader.rows

    def bits(self) -> Bits:
        """64 random bits a row."""
        return self.stream.bits(self.rows)

    def uniform(self) -> Floats:
        """A number in (0, 1) a row."""
        return self.stream.uniform(self.rows)

    def read(self, name: str) -> Values:
        """Another column, or a parent's as ``reference.column``, at the same rows."""
        return self.reader.read(name)

    def tokens(self, name: str) -> TokenizedText | None:
        """Another column of texts as the words that they are made of; None where these are not at hand."""
        return self.reader.tokens(name)

    def take(self, index: Index) -> Cells:
        """The cells at some positions."""
        return Cells(self.reader.take(index), self.stream, self.place)

    def substream(self, *names: str) -> Cells:
        """The same cells with an independent stream, for a part of the column."""
        return Cells(self.reader, self.stream.child(*names), self.place)


__all__ = ["Cells", "Declarations", "Declared", "Reader", "Scope", "Selected", "Table"]
