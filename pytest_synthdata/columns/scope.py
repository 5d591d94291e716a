"""What can be known of a plan's columns, and what is wrong with them, before any row is made."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar
from unicodedata import category

import pyarrow as pa

from pytest_synthdata.columns.arrow.types import MOST_DIGITS
from pytest_synthdata.columns.cells import Declared, Scope
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.plan import Plan
from pytest_synthdata.columns.references.circles import circle_in
from pytest_synthdata.columns.references.foreign_keys import ForeignKeyColumn
from pytest_synthdata.columns.rules import check_rules
from pytest_synthdata.errors import DeclarationError, GenerationError, SynthDataError, cause, nearest

Made = TypeVar("Made")

_UNFORESEEN = (TypeError, ValueError, ArithmeticError, AttributeError, LookupError, NotImplementedError)
_LONG = 200  # characters of a declaration that are shown
_MOST_KNOWN = 10_000  # things that are kept of a plan; tests may put ever other tables into its parents' places


@dataclass(frozen=True)
class ColumnScope:
    """Where a declaration stands, and what it can see: for checks before any row is made."""

    plan: Plan
    name: str
    parents: Mapping[str, Plan] = field(default_factory=dict)
    stands_in: str = ""

    @property
    def place(self) -> str:
        """``table.column`` of the declaration, for messages."""
        return f"{self.stands_in or self.plan.table}.{self.name}"

    def column(self, name: str) -> tuple[Scope, Declared]:
        """A column by its name or ``reference.column``, with the scope that it stands in."""
        head, dot, rest = name.partition(".")
        if not head:
            raise DeclarationError(f"{self.place}: {name!r} is of the row around this one, and there is none")
        if head not in self.plan.columns:
            where = f" in {self.plan.table!r}" if self.stands_in else ""
            raise DeclarationError(
                f"{self.place}: there is no column {head!r}{where}: {nearest(head, self.plan.columns)}"
            )
        generator = self.plan.columns[head]
        if not dot:
            return ColumnScope(self.plan, head, self.parents), generator
        if not isinstance(generator, ForeignKeyColumn):
            here = ColumnScope(self.plan, head, self.parents)
            inside = generator.inside(here) or _fields_of(generator, here, self)
            if inside is not None:
                if isinstance(inside, ColumnScope):
                    self._require_field(head, rest, inside.plan.columns)
                return inside.column(rest)
            raise DeclarationError(
                f"{self.place}: {name!r}: {head!r} is neither a reference to another table nor a struct"
            )
        parent = self.of_parent(generator.parent)
        child = rest.partition(".")[0]
        if child not in parent.plan.columns:
            raise DeclarationError(
                f"{self.place}: {name!r}: the table {parent.plan.table!r} has no column {child!r}: "
                f"{nearest(child, parent.plan.columns)}"
            )
        return ColumnScope(parent.plan, self.name, self.parents).column(rest)

    def _require_field(self, name: str, path: str, fields: Mapping[str, Declared]) -> None:
        field = path.partition(".")[0]
        if field not in fields:
            raise DeclarationError(
                f"{self.place}: {f'{name}.{path}'!r}: {name!r} has no field {field!r}: {nearest(field, fields)}"
            )

    def of_parent(self, parent: Any) -> ColumnScope:
        """The same place, seeing the columns of a parent's table."""
        seen = self.plan if parent.table == self.plan.table else self.parents.get(parent.table, parent)
        return ColumnScope(seen, self.name, self.parents, self.stands_in or self.plan.table)

    def of_children(self, name: str, asking: str) -> ColumnScope:
        """The same place, seeing the columns of a table whose rows are counted from this one's."""
        declared = self.plan.children.get(name)
        if declared is None:
            raise DeclarationError(
                f"{self.place}: {asking}: {self.plan.table!r} has no children {name!r}; declare them by a "
                f"RelatedFactoryList {name!r}, or by a table {name!r} whose ForeignKey has per_parent"
            )
        seen = self.parents.get(declared.plan.table, declared.plan)
        return ColumnScope(seen, self.name, self.parents, self.stands_in or self.plan.table)

    def known(self, key: tuple[Hashable, ...], make: Callable[[], Made]) -> Made:
        """What follows from the declarations alone, made once for all tables of them: ``make()``."""
        seen, known = self.seen(), self.plan.known
        key = (*key, *map(id, seen))
        found: tuple[Made, tuple[Plan, ...]] | None = known.get(key)
        if found is None:
            if len(known) >= _MOST_KNOWN:
                known.clear()
            known[key] = found = make(), seen  # which keep their ids
        return found[0]

    def seen(self) -> tuple[Plan, ...]:
        """The tables besides the plan that its columns can read."""
        return tuple(self.parents.values())

    def _of_column(self, kind: str, name: str, find: Callable[[Any, Any], Any]) -> Any:
        """What was found out of a column, once: columns that read each other ask for it again and again."""
        return self.known((kind, name), lambda: find(*self.column(name)))

    def type(self, name: str) -> pa.DataType | None:
        """A column's type, where its declaration tells."""
        return self._of_column("type", name, lambda scope, generator: generator.type(scope))

    def domain(self, name: str) -> Sequence[Any] | None:
        """All values that a column can have, where its declaration tells."""
        return self._of_column("domain", name, lambda scope, generator: generator.domain(scope))

    def bounds(self, name: str) -> tuple[Any, Any] | None:
        """A column's range, where its declaration tells."""
        return self._of_column("bounds", name, lambda scope, generator: generator.bounds(scope))


@dataclass(frozen=True)
class _Field(Generator):
    """A field of which only the type is known."""

    of_type: pa.DataType

    def type(self, scope: Scope) -> pa.DataType:
        del scope
        return self.of_type


def _fields_of(generator: Generator, scope: ColumnScope, seen_from: ColumnScope) -> ColumnScope | None:
    """Where the fields of a column's structs stand, as its type tells them."""
    type_ = generator.type(scope)
    if type_ is None or not pa.types.is_struct(type_):
        return None
    fields = {field.name: _Field(field.type) for field in type_}
    plan = Plan(f"{scope.plan.table}.{scope.name}", fields)
    return ColumnScope(plan, seen_from.name, stands_in=seen_from.stands_in or seen_from.plan.table)


def check_plan(plan: Plan, parents: Mapping[str, Plan] | None = None) -> None:
    """Raise `DeclarationError` for anything that can never work, by table and column."""
    check_columns(plan, lambda name: ColumnScope(plan, name, parents or {}))
    check_rules(plan, lambda name: ColumnScope(plan, name, parents or {}))


def check_columns(plan: Plan, scope_of: Callable[[str], ColumnScope]) -> None:
    """Raise `DeclarationError` for any column that can never work, seen from its scope."""
    for name, generator in plan.columns.items():
        if not name.isprintable() and any(category(letter) == "Cs" for letter in name):
            raise DeclarationError(f"{plan.table}: {name!r} cannot be a column's name: it holds half of a character")
        with _at(scope_of(name), generator):
            for read in generator.reads():
                if not isinstance(read, str):
                    raise DeclarationError(f"{plan.table}.{name}: {read!r} is not a column name; write it as text")
    _check_cycles(plan)
    for name in next(iter(sorted(plan.chains.values(), key=len, reverse=True)), ()):
        with suppress(SynthDataError, *_UNFORESEEN):  # which are told below, in the table's order
            scope_of(name).type(name)
    for name, generator in plan.columns.items():
        scope = scope_of(name)
        with _at(scope, generator):
            _check(generator, scope)
            _require_digits(generator.type(scope), scope)


def _require_digits(type_: pa.DataType | None, scope: ColumnScope) -> None:
    """Raise `DeclarationError` for decimals that Spark has not."""
    if type_ is not None and pa.types.is_decimal256(type_):
        raise DeclarationError(
            f"{scope.place}: its decimals have {type_.precision} digits, and a column holds {MOST_DIGITS}; add "
            ".cast('decimal(38,6)'), or .cast('double')"
        )


@contextmanager
def _at(scope: ColumnScope, generator: Generator) -> Iterator[None]:
    """What no check foresaw is at least an error that says where."""
    try:
        yield
    except GenerationError as error:  # of a value, which does not know where it stands
        if str(error).startswith(f"{scope.plan.table}."):
            raise
        raise DeclarationError(f"{scope.place}: {error}") from None
    except SynthDataError:
        raise
    except Exception as error:
        shown = repr(generator)
        if len(shown) > _LONG:
            shown = type(generator).__name__
        kind = "" if isinstance(error, _UNFORESEEN) and not isinstance(error, KeyError) else f"{type(error).__name__}: "
        raise DeclarationError(f"{scope.place}: {cause(shown)} cannot be: {kind}{cause(error)}") from error


def _check(generator: Generator, scope: ColumnScope) -> None:
    for name in generator.reads():
        scope.column(name)
    if isinstance(generator, ForeignKeyColumn):
        for child in generator.of_parent():
            _check(child, scope.of_parent(generator.parent))
    else:
        for child in generator.children():
            _check(child, scope)
    generator.check(scope)


def _check_cycles(plan: Plan) -> None:
    def reads(name: str) -> Iterator[str]:
        for read in plan.columns[name].reads():
            head, _, rest = read.partition(".")
            yield head
            reference = plan.columns.get(head) if rest else None
            if isinstance(reference, ForeignKeyColumn) and reference.self_referential:
                yield rest.partition(".")[0]

    if circle := circle_in(plan.columns, lambda name: (read for read in reads(name) if read in plan.columns)):
        raise DeclarationError(f"{plan.table}.{circle[0]}: columns read each other in a circle: {' → '.join(circle)}")


__all__ = ["ColumnScope", "check_columns", "check_plan"]
