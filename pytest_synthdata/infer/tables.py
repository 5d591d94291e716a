"""Tables as factories: their columns' declarations, and which of them refers to which."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import pyarrow as pa

from pytest_synthdata.columns.expressions.operators import col
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.generators.categories import Categorical
from pytest_synthdata.columns.generators.given import Given
from pytest_synthdata.columns.generators.keys import Key
from pytest_synthdata.columns.generators.modifiers import unwrapped
from pytest_synthdata.columns.text.template import Template
from pytest_synthdata.columns.time.calendar import Timeline
from pytest_synthdata.declarations.factory_class import FactoryClass
from pytest_synthdata.exports import MODULES
from pytest_synthdata.infer.columns import Declared, declare
from pytest_synthdata.infer.dependence import Predictor, decider
from pytest_synthdata.infer.meanings import ColumnName, siblings
from pytest_synthdata.infer.naming import attribute_name, class_name, parameter_name, words
from pytest_synthdata.infer.references import Parent, Referring, in_order, names, own_reference, reference
from pytest_synthdata.sources.samples import Sample, is_path, sample_of

# The names that an inferred factory's source uses: an attribute would hide them.
_WRITTEN = frozenset(name for name in MODULES if name[0].isupper()) | {
    *("factory", "pa", "dt", "col", "dict", "Annotated")
}


@dataclass(frozen=True)
class Inferred:
    """A factory that was inferred, before it is a class or Python source.

    Args:
        table: the table's name.
        class_name: what the class is called.
        base: the class to inherit from.
        declarations: by attribute, in order.
        parameters: what stands in ``Params``.
        stated: types by annotation.
        rename: columns whose names no attribute can have, by attribute.
        rows: the table's rows, where they are known.
        key: the column that references hold, where it is no `Key`.
    """

    table: str
    class_name: str
    base: FactoryClass
    declarations: Mapping[str, Any]
    parameters: Mapping[str, Generator] = field(default_factory=dict)
    stated: Mapping[str, pa.DataType | str] = field(default_factory=dict)
    rename: Mapping[str, str] = field(default_factory=dict)
    rows: int | None = None
    key: str | None = None

    @property
    def options(self) -> dict[str, Any]:
        """What stands in ``Meta``."""
        options = {"table": self.table, "rows": self.rows, "key": self.key, "rename": dict(self.rename) or None}
        return {name: value for name, value in options.items() if value is not None}

    def factory(self, module: str) -> FactoryClass:
        """The class.

        Args:
            module: where it says that it stands.
        """
        body: dict[str, Any] = {"__module__": module, "Meta": type("Meta", (), self.options)}
        if self.parameters:
            body["Params"] = type("Params", (), dict(self.parameters))
        stated = {name: Annotated[dict, type_] for name, type_ in self.stated.items()}
        metaclass: Any = type(self.base)
        made: FactoryClass = metaclass(
            self.class_name, (self.base,), {**body, "__annotations__": stated, **self.declarations}
        )
        return made


def from_schema(base: Any, schema: Any, *, table: str | None = None, parents: Sequence[FactoryClass] = ()) -> Any:
    """A factory that inherits from another and is inferred from what is known of a table.

    Args:
        base: the class to inherit from.
        schema: whatever `sample_of` takes.
        table: the table's name; derived from the path by default.
        parents: factories of other tables that this one may refer to.
    """
    named_by_path = isinstance(schema, Path) or (isinstance(schema, str) and is_path(schema))
    usual = "inferred" if base._meta.abstract else base._meta.table
    name = table or (Path(schema).stem if named_by_path else usual)
    samples = {name: sample_of(schema, f"{base.__name__}.from_schema")}
    return next(infer_tables(samples, base=base, parents=parents, module=base.__module__))[1]


def infer_tables(
    samples: Mapping[str, Sample],
    *,
    base: FactoryClass,
    parents: Sequence[FactoryClass] = (),
    module: str = "inferred",
) -> Iterator[tuple[Inferred, FactoryClass]]:
    """The factories of some tables, each after those that it refers to.

    Args:
        samples: what is known of each table, by its name.
        base: the class that they inherit from.
        parents: factories of other tables that these may refer to.
        module: where the classes say that they stand.
    """
    known = [Parent(factory) for factory in parents]
    # A table mostly refers to shorter ones: where two seem to refer to each other, the shorter comes first.
    order = sorted(samples, key=lambda name: samples[name].num_rows)
    classes = _class_names(order, {base.__name__, *(factory.__name__ for factory in parents)})
    taken = _WRITTEN | {base.__name__, *classes.values(), *(factory.__name__ for factory in parents)}
    waiting = {name: _mentions(name, samples) for name in order}
    while waiting:
        name = next((one for one, needs in waiting.items() if not needs & waiting.keys()), next(iter(waiting)))
        del waiting[name]
        reading = _Reading(name, samples[name], base, known, taken)
        inferred = reading.inferred(classes[name])
        made = inferred.factory(module)
        known.append(Parent(made, samples[name], tuple(reading.deciders), tuple(reading.days)))
        yield inferred, made


def _class_names(tables: Sequence[str], taken: set[str]) -> dict[str, str]:
    """What the factories of some tables are called, each differently."""
    names: dict[str, str] = {}
    for table in tables:
        names[table] = class_name(table, {*taken, *names.values()})
    return names


def _mentions(table: str, samples: Mapping[str, Sample]) -> set[str]:
    """The other tables whose keys a table's columns may be, by their names."""
    first = {name: sample.schema.names[0] for name, sample in samples.items() if sample.schema.names}
    columns = samples[table].schema.names[1:]
    return {other for other in first if other != table and any(names(one, other, first[other]) for one in columns)}


class _Reading:
    """The columns of a table, read one after the other: each may depend on those before it."""

    def __init__(
        self, table: str, sample: Sample, base: FactoryClass, parents: Sequence[Parent], taken: frozenset[str]
    ) -> None:
        self.table, self.sample, self.base = table, sample, base
        self.declared: dict[str, Declared] = {}
        self.rename: dict[str, str] = {}
        self.deciders: list[Predictor] = []
        self.days: list[str] = []
        self._referring: list[Referring] = []
        self._taken = set(dir(base)) | {"Meta", "Params", "self", "cells"} | taken
        texts = (one.name for one in sample.schema if pa.types.is_string(one.type))
        self._texts = siblings([name for name in texts if attribute_name(name, self._taken) == name])
        for number, column in enumerate(sample.schema):
            values = sample.column(column.name)
            found = reference(column, values, parents, self._free_of(column.name)) if number else None
            if found is not None:
                self._referring.append(found)
                self.declared |= found.declared
                self._taken |= found.declared.keys()
            elif (own := self._own_reference(column, values)) is not None:
                self.declared |= own
                self._taken |= own.keys()
            else:
                self._read(column, values, is_first=number == 0)

    def _own_reference(self, column: pa.Field, values: pa.Array | None) -> dict[str, Declared] | None:
        key = self.sample.schema.field(0)
        if key.name not in self.declared or not isinstance(unwrapped(self.declared[key.name].declaration), Key):
            return None
        return own_reference(column, values, key, self.sample, self._free_of(column.name))

    def _free_of(self, column: str) -> set[str]:
        """The names that no attribute of a column may have."""
        return self._taken | {name for name in self.sample.schema.names if name != column}

    def _read(self, column: pa.Field, values: pa.Array | None, *, is_first: bool) -> None:
        name = attribute_name(column.name, self._free_of(column.name))
        self._taken.add(name)
        if name != column.name:
            self.rename[name] = column.name
        declared = declare(
            ColumnName(column.name, self.table, self._texts),
            column.type,
            values,
            is_first=is_first,
            may_order=not any(isinstance(unwrapped(one.declaration), Timeline) for one in self.declared.values()),
            may_split=name == column.name and parameter_name(name) not in self._free_of(name),
            deciders=[*self.deciders, *(one for referring in self._referring for one in referring.deciders())],
        )
        self.declared[name] = declared
        if values is not None and isinstance(unwrapped(declared.declaration), (Categorical, Given)):
            found = decider(name, values)
            self.deciders += [found] if found is not None else []
        if pa.types.is_temporal(column.type) and name == column.name:
            self.days.append(name)

    def _order(self) -> None:
        """Let no row precede the one that it refers to, where none did."""
        for one in self._referring:
            if one.picks is None:
                continue
            found = in_order(one, self.sample, self.days, one.picks)
            if found is not None:
                one.declared[one.name].declaration.where = col(f"{one.name}.{found[0]}") <= col(found[1])

    def inferred(self, class_name: str) -> Inferred:
        """The factory, by the name of its class."""
        self._order()
        has_key = any(isinstance(unwrapped(one.declaration), Key) for one in self.declared.values())
        first = next(iter(self.declared), None)
        is_named = first is not None and words(first)[-1:] in (["id"], ["uuid"], ["guid"], ["key"])
        is_unique = first is not None and isinstance(unwrapped(self.declared[first].declaration), Template)
        return Inferred(
            self.table,
            class_name,
            self.base,
            {name: one.declaration for name, one in self.declared.items()},
            {name: generator for one in self.declared.values() for name, generator in one.parameters.items()},
            {name: one.stated for name, one in self.declared.items() if one.stated is not None},
            self.rename,
            self.sample.num_rows if self.sample.rows is not None else None,
            first if not has_key and (is_named or is_unique) else None,
        )


__all__ = ["Inferred", "from_schema", "infer_tables"]
