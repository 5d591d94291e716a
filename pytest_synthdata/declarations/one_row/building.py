"""Columns as declarations of factory_boy, which it can ask for one row."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from factory import declarations as boy

from pytest_synthdata.columns.arrow.arrays import arrow_array
from pytest_synthdata.columns.arrow.objects import Row, as_objects
from pytest_synthdata.columns.arrow.plain import plain
from pytest_synthdata.columns.arrow.values import Index, Values, to_arrow, to_numpy
from pytest_synthdata.columns.batch import Selection
from pytest_synthdata.columns.cells import Cells
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.generators.rowwise import borrowed_generators
from pytest_synthdata.columns.own_code import own_code
from pytest_synthdata.columns.random import Bits
from pytest_synthdata.columns.references.foreign_keys import ForeignKeyColumn
from pytest_synthdata.columns.tables.bound_table import BoundTable
from pytest_synthdata.declarations.foreign_keys import ForeignKey
from pytest_synthdata.declarations.one_row.binding import enclosing_bound
from pytest_synthdata.declarations.one_row.given_keys import given_keys, row_with
from pytest_synthdata.declarations.one_row.prefetch import NOTHING, made_ahead
from pytest_synthdata.errors import DeclarationError, GenerationError, describe

logger: logging.Logger = logging.getLogger("factory.generate")  # which `factory.debug()` shows


class ColumnDeclaration(boy.BaseDeclaration):  # type: ignore[misc]
    """A generator as a declaration of factory_boy: one row of the column that the table would have."""

    def __init__(self, name: str, generator: Generator, substream: str | None = None) -> None:
        super().__init__()
        self.name = name
        self.generator = generator
        self.substream = substream

    def __repr__(self) -> str:
        return repr(self.generator)

    def evaluate(self, instance: Any, step: Any, extra: dict[str, Any]) -> Any:
        if extra:
            raise DeclarationError(f"{self.name} is a column and takes no '__' arguments: {', '.join(extra)}")
        bound = enclosing_bound(step)
        logger.debug("%s.%s: Evaluating %r for row %s", bound.plan.table, self.name, self.generator, step.sequence)
        if (value := made_ahead(bound, self.name, step, self.generator)) is not NOTHING:
            return value
        cells = _single_cell(self.name, instance, step)
        if self.substream is not None:
            cells = cells.substream(self.substream)
        try:
            return self._made(bound, cells)
        except GenerationError as error:
            if not (odd := getattr(cells.reader, "odd", {})):
                raise
            raise GenerationError(f"{error}; {', '.join(odd.values())}") from None

    def _made(self, bound: BoundTable, cells: Cells) -> Any:
        with own_code(cells.place):
            if (objects := self.generator.objects(cells)) is not None:
                return objects[0]
            values = self.generator.values(cells)
        declared = bound.plan.columns.get(self.name) is self.generator
        type_ = bound.type_of(self.name) if declared else self.generator.type(bound.scope(self.name))
        return as_objects(to_arrow(values, type_))[0]


class ReferenceDeclaration(boy.SubFactory):  # type: ignore[misc]
    """A foreign key as a declaration of factory_boy: the parent's row that the table would refer to."""

    def __init__(self, name: str, foreign_key: ForeignKey) -> None:
        if foreign_key.parent == "self":
            boy.BaseDeclaration.__init__(self)
        else:
            super().__init__(foreign_key.parent)
        self.name = name
        self.foreign_key = foreign_key

    def evaluate(self, instance: Any, step: Any, extra: dict[str, Any]) -> Any:
        logger.debug("%s: Instantiating the parent of row %s", self.name, step.sequence)
        if self.foreign_key.through is not None:
            return self._through(self.foreign_key.through, instance, extra)
        self_referential = self.foreign_key.parent == "self"
        parent = step.builder.factory_meta.factory if self_referential else self.foreign_key.parent
        bound = enclosing_bound(step)
        keys = given_keys(bound, step.builder.extras).get(self.name, {})
        row = row_with(bound.parent(self.name), keys) if keys else None
        extra = {**keys, **extra}
        pick = self._pick(instance, step) if row is None else row
        if pick < 0 and not extra:
            return None
        return step.recurse(parent, extra, force_sequence=max(pick, 0))

    def _pick(self, instance: Any, step: Any) -> int:
        """The number of the row that the table would refer to; -1 for none."""
        pick = made_ahead(enclosing_bound(step), self.name, step)
        if pick is NOTHING:
            cells = _single_cell(self.name, instance, step)
            pick = int(np.asarray(cells.reader.bound.plan.columns[self.name].values(cells))[0])
        return int(pick)

    def _through(self, path: str, instance: Any, extra: Mapping[str, Any]) -> Any:
        """The row that another reference's row refers to, as it was built."""
        if extra:
            raise DeclarationError(
                f"{self.name} is {path}: write {path.replace('.', '__')}__{next(iter(extra))} in place of "
                f"{self.name}__{next(iter(extra))}"
            )
        value = instance
        for part in path.split("."):
            value = None if value is None else _part(value, part)
        return value


class SeededDeclaration(boy.BaseDeclaration):  # type: ignore[misc]
    """Somebody else's declaration, evaluated with the global random generators seeded for the row."""

    def __init__(self, name: str, declaration: boy.BaseDeclaration) -> None:
        super().__init__()
        self.name = name
        self.declaration = declaration
        self.CAPTURE_OVERRIDES = declaration.CAPTURE_OVERRIDES

    def evaluate_pre(self, instance: object, step: object, overrides: dict[str, object]) -> object:
        seed = int(_single_cell(self.name, instance, step).bits()[0])
        with borrowed_generators() as reseed:
            reseed(seed)
            return self.declaration.evaluate_pre(instance=instance, step=step, overrides=overrides)


def _single_cell(name: str, instance: Any, step: Any) -> Cells:
    bound = enclosing_bound(step)
    stream = bound.stream(name, bound.attempt_of(step.sequence, name))
    return Cells(BuiltRow(bound, instance, step.sequence), stream, f"{bound.plan.table}.{name}")


class BuiltRow:
    """The row that factory_boy is building, as a reader: overrides reach the columns that depend on them."""

    def __init__(self, bound: BoundTable, instance: Any, sequence: int) -> None:
        self.bound = bound
        self.rows: Bits = np.array([sequence], np.uint64)
        self._instance = instance
        self.odd: dict[str, str] = {}  # columns that were overridden by a value of another type

    def read(self, name: str) -> Values:
        value = self._instance
        path = name.lstrip(".")
        for _ in range(len(name) - len(path) - 1):  # "..x" is x of the row around this one
            value = value.factory_parent
        for part in path.split("."):
            value = None if value is None else _part(value, part)
        return self._as_read(name, value, type_of_path(self.bound, name))

    def _as_read(self, name: str, value: object, type_: pa.DataType | None) -> Values:
        """A value as the table's readers get it, nulls of the column's type among them."""
        try:
            array = arrow_array([plain(value)], type_)
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError):
            array = arrow_array([plain(value)])
            self.odd[name] = f"{name}={describe(value)} was given to build(), and {name} is {type_}"
        return to_numpy(array) if isinstance(value, (bool, int, float)) else array

    def tokens(self, name: str) -> None:
        del name

    def take(self, index: Index) -> Selection:
        return Selection(self, index)

    def row(self, position: int) -> object:
        del position
        return self._instance


def _part(value: object, name: str) -> object:
    """A column of a row, or a field of an object; a model may be a dict."""
    if isinstance(value, Mapping) and not isinstance(value, Row):
        return value[name]
    return getattr(value, name)


def type_of_path(bound: BoundTable, path: str) -> pa.DataType | None:
    """The type of a column, of a parent's as ``reference.column``, or of a struct's field; None if it has none."""
    if path.startswith(".."):
        around = getattr(bound, "around", None)
        return None if around is None else type_of_path(around, path[1:] if path.startswith("...") else path[2:])
    return bound.cached(("type of path", path), lambda: _type_of_path(bound, path))


def _type_of_path(bound: BoundTable, path: str) -> pa.DataType | None:
    head, _, rest = (path, "", "") if path in bound.plan.columns else path.partition(".")
    column = bound.plan.columns.get(head)
    if column is None:
        return None
    if isinstance(column, ForeignKeyColumn):
        return type_of_path(bound.parent(head), rest) if rest else None
    # Of a factory with hooks, the column is what its objects have, which are made of what it declares.
    declared = column.as_declared()
    type_ = bound.type_of(head) if declared is column else declared.type(bound.scope(head))
    if type_ is None:
        return None
    for field in rest.split(".") if rest else ():
        if not pa.types.is_struct(type_) or type_.get_field_index(field) < 0:
            return None
        type_ = type_.field(field).type
    return type_


__all__ = ["ColumnDeclaration", "ReferenceDeclaration", "SeededDeclaration"]
