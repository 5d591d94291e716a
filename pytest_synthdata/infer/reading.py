"""The columns of a table, read one after the other: each may depend on others of its row and of its parents' rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property

import pyarrow as pa

from pytest_synthdata.columns.arrow.values import to_numpy
from pytest_synthdata.columns.expressions.conditions import When
from pytest_synthdata.columns.expressions.operators import col
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.generators.keys import Key
from pytest_synthdata.columns.generators.listed import Rows
from pytest_synthdata.columns.generators.modifiers import unwrapped
from pytest_synthdata.columns.references.fan_out import Ordinal
from pytest_synthdata.columns.rules import may_correlate
from pytest_synthdata.columns.time.calendar import Timeline
from pytest_synthdata.declarations.factory_class import FactoryClass
from pytest_synthdata.declarations.foreign_keys import ForeignKey
from pytest_synthdata.infer.column_types import in_type
from pytest_synthdata.infer.columns import Declared, declare
from pytest_synthdata.infer.declared_rules import as_defined
from pytest_synthdata.infer.inferred import Inferred
from pytest_synthdata.infer.naming import attribute_name
from pytest_synthdata.infer.references.after_parents import after_parents
from pytest_synthdata.infer.references.copies import copies
from pytest_synthdata.infer.references.declaring import declared_reference
from pytest_synthdata.infer.references.fan_out import fan_out, key_of
from pytest_synthdata.infer.references.keys import identifies, named_key, unique_key
from pytest_synthdata.infer.references.links import Link, Referring, own_reference, referring
from pytest_synthdata.infer.references.pairs import PairLink
from pytest_synthdata.infer.references.parents import Parent
from pytest_synthdata.infer.relations.arranging import Reader, arranged, comparable, is_of_few, readers_of
from pytest_synthdata.infer.relations.composing import as_computed, nullable, within
from pytest_synthdata.infer.relations.deciders import Predictor, decider, deciders_of
from pytest_synthdata.infer.relations.lookups import lookup
from pytest_synthdata.infer.relations.needs import RowRelations, says_where, some_of
from pytest_synthdata.infer.relations.related import related
from pytest_synthdata.infer.relations.rows import following_by_name
from pytest_synthdata.infer.stated_pairs import Paired, pairs_of
from pytest_synthdata.infer.stated_references import stated_fan_out, stated_own
from pytest_synthdata.infer.times.days import Days, days_of
from pytest_synthdata.infer.values.lists import is_list
from pytest_synthdata.infer.values.meanings import ColumnName, siblings
from pytest_synthdata.sources.samples import Sample


class Reading:
    """What is found in a table's columns.

    Args:
        table: its name.
        sample: what is known of it.
        base: the class that its factory inherits from.
        parents: the tables that it may refer to, by name.
        taken: names that the source uses.
        links: its columns that refer to others.
        pairs: those that do so two by two.
        key: the column that others refer to, if any do.
        listed_key: the two columns that others refer to together, if these refer to nothing.
    """

    def __init__(
        self,
        table: str,
        sample: Sample,
        base: FactoryClass,
        *,
        parents: Mapping[str, Parent],
        taken: frozenset[str],
        links: Sequence[Link],
        pairs: Sequence[PairLink] = (),
        key: str | None,
        listed_key: tuple[str, str] | None = None,
    ) -> None:
        self.table, self.sample, self.base, self.key = table, sample, base, key
        self._listed_key = listed_key
        self.deciders: list[Predictor] = []
        self.days: list[Days] = []
        self._places: dict[str, pa.Array] = {}
        self.rename: dict[str, str] = {}
        self.declared: dict[str, Declared] = {}
        self._taken = set(dir(base)) | {"Meta", "Params", "self", "cells"} | taken
        self._referring: dict[str, Referring] = {}
        self._own: dict[str, str] = {}
        self._attributes = self._named(links, parents)
        strings = [one.name for one in sample.schema if pa.types.is_string(one.type)]
        self._texts = siblings([name for name in strings if self._attributes.get(name) == name])
        self._listed = self._lookup()
        self._is_listed_whole = self._listed is not None and self._listed_key is None
        self._ways: dict[str, str] = {}
        counted = stated_fan_out(sample, self._referring)
        if self._listed is None and sample.is_whole:
            counted = fan_out(self._referring, self._plain(), sample.num_rows)
        self._fan_out = counted
        self._pairs = pairs_of(pairs, sample, parents, self._referring, self._taken, counted=counted)
        self._ways = copies(sample, self._referring, {*self._own, self.key}, self._is_list)
        self._ways |= {column: way for one in self._pairs for column, way in one.ways.items()}
        self.deciders += [] if self._listed is None else deciders_of(self._listed.table)
        self._row = self._related()
        first, self.orders = self._arranged()
        for column in self._row.in_order(self.sample.schema, first):
            self._read(column)

    def _named(self, links: Sequence[Link], parents: Mapping[str, Parent]) -> dict[str, str]:
        """The attributes of all columns; references get those of their parents."""
        names = {name for name in self.sample.schema.names if name.isidentifier()}
        attributes, by_column = dict[str, str](), {link.column: link for link in links}
        first = self.sample.schema.field(0) if len(self.sample.schema) else None
        for column in self.sample.schema:
            others = self._taken | (names - {column.name})
            values = self.sample.column(column.name)
            if column.name in by_column and column.name not in self._taken:
                link = by_column[column.name]
                found = referring(link, values, parents[link.parent], others)
                self._referring[column.name] = found
                attributes[column.name] = found.name
            elif (
                first is not None
                and column.name != first.name
                and column.name not in self._taken
                and (own := self._own_reference(column, first, others))
                and identifies(first, self.sample, self.table)
            ):
                self._own[column.name] = attributes[column.name] = own
            else:
                attributes[column.name] = attribute_name(column.name, others)
                if attributes[column.name] != column.name:
                    self.rename[attributes[column.name]] = column.name
            self._taken.add(attributes[column.name])
        return attributes

    def _own_reference(self, column: pa.Field, first: pa.Field, taken: set[str]) -> str | None:
        stated = stated_own(column.name, self.table, self.sample.definition, taken)
        return stated or own_reference(column, self.sample.column(column.name), first, self.sample, taken)

    def _plain(self) -> dict[str, tuple[pa.DataType, pa.Array]]:
        """The columns that are not references or keys, with their values."""
        found = {}
        for column in self.sample.schema:
            values = self.sample.column(column.name)
            special = column.name in {*self._referring, *self._own, *self._ways, self.key}
            if values is not None and len(values) and not special:
                found[column.name] = (column.type, values)
        return found

    def _lookup(self) -> Rows | None:
        """The rows of a short table of codes and their names, which are taken as they are."""
        names = [one for one in self.sample.schema.names if one not in self._referring and one not in self._own]
        if any(self._attributes[name] != name for name in names):
            self._listed_key = None
            return None
        if self._listed_key is not None and self.sample.rows is not None:
            return Rows(self.sample.rows.select(self._listed_key))
        return lookup(self.sample, names, self.table, self._texts, is_parent=self.key is not None)

    def _related(self) -> RowRelations:
        """What the columns of a row have to do with each other."""
        if self.sample.rows is None:
            return RowRelations(following_by_name(self.sample.schema, self._attributes))
        if self._is_listed_whole:
            return RowRelations()
        plain = {name: (type_, some_of(values)) for name, (type_, values) in self._plain().items()}
        return related(plain, self._attributes, self._is_list)

    def _arranged(self) -> tuple[list[str], dict[str, list[str]]]:
        """Which columns are read first, because others may depend on them; and the texts that have an order."""
        if self.sample.rows is None or self._is_listed_whole:
            return [], {}
        plain = {name: pair for name, pair in self._plain().items() if name not in self._row.computed}
        return arranged(plain, {name for name, (_, values) in plain.items() if self._is_list(name, values)})

    def _is_list(self, name: str, values: pa.Array) -> bool:
        return is_list(ColumnName(name, self.table, self._texts), values)

    def _read(self, column: pa.Field) -> None:
        name, values = self._attributes[column.name], self.sample.column(column.name)
        self._declare(column, name, values)
        if self.sample.definition is not None and name in self.declared:
            said = self.sample.definition
            self.declared[name] = as_defined(self.declared[name], column, self.table, said, self._attributes)

    def _declare(self, column: pa.Field, name: str, values: pa.Array | None) -> None:
        if self._listed is not None and column.name in self._listed.table.column_names:
            return
        if column.name in self._referring:
            one, way = self._referring[column.name], self._ways.get(column.name)
            self.declared[name] = declared_reference(one, values, self._fan_out, self._attributes, way)
        elif column.name in self._ways:
            self.declared[name] = Declared(col(self._ways[column.name]))
        elif self._fan_out is not None and column.name == self._fan_out.number:
            ordinal = Ordinal(self._attributes[self._fan_out.column], self._fan_out.start)
            self.declared[name] = Declared(in_type(ordinal, column.type))
        elif column.name in self._own:
            declared = ForeignKey("self", column=None if column.name == f"{name}_id" else column.name)
            self.declared[name] = Declared(nullable(declared, values))
        elif column.name in self._row.computed:
            self.declared[name] = as_computed(
                column, self._row.computed[column.name], values, self.sample, self._deciders()
            )
        elif column.name in self._row.finer and values is not None:
            coarse = self._row.finer[column.name]
            made = within(
                values, self.sample.column(coarse), self._attributes[coarse], self.orders.get(column.name, ())
            )
            self.declared[name] = Declared(made)
        else:
            self.declared[name] = self._alone(column, values)
        if values is not None and is_of_few(unwrapped(self.declared[name].declaration)):
            order = self.orders.get(column.name, ())
            is_ordered = bool(order) or not pa.types.is_string(column.type)
            correlates = is_ordered and may_correlate(self.declared[name].declaration)
            found = decider(name, values, order, correlates=correlates)
            self.deciders += [found] if found is not None else []
        if (days := days_of(column, name, self.declared[name].declaration)) is not None:
            self.days.append(days)

    def _deciders(self) -> list[Predictor]:
        """The columns of the row and of its parents that a column may depend on."""
        others: list[Referring | Paired] = [*self._referring.values(), *self._pairs]
        return [*self.deciders, *(one for some in others for one in some.deciders())]

    def _alone(self, column: pa.Field, values: pa.Array | None) -> Declared:
        """A column that depends on others by chance only."""
        together, picked = self._row.missing.get(column.name), None
        if together is not None and values is not None:
            other = self.sample.column(together)
            assert other is not None  # noqa: S101 - there are rows
            picked = to_numpy(other.is_valid())
            values = values.filter(pa.array(picked))
        deciders, places, said = self._deciders(), self._places, self.sample.definition
        not_null = frozenset[str]() if said is None else said.not_null_in(column.name)
        if picked is not None:
            places = {name: one.filter(pa.array(picked)) for name, one in places.items()}
            deciders = [one.of(picked) for one in deciders]
        declared = declare(
            ColumnName(column.name, self.table, self._texts, not_null=not_null),
            column.type,
            values,
            is_first=column.name == self.sample.schema.names[0] or column.name == self.key,
            may_order=not any(isinstance(unwrapped(one.declaration), Timeline) for one in self.declared.values()),
            deciders=deciders,
            places=places,
            order=self.orders.get(column.name, ()),
        )
        if (
            values is not None
            and not values.null_count
            and picked is None
            and not (pa.types.is_string(column.type) or pa.types.is_nested(column.type))
            and says_where(declared.declaration)
        ):
            self._places[self._attributes[column.name]] = values
        if column.name == self.key and isinstance(declared.declaration, Generator):
            key = unique_key(declared.declaration, column, self.table, self.sample.num_rows, values)
            declared = replace(declared, declaration=key)
        if together is None or not isinstance(declared.declaration, Generator):
            return declared
        condition = col(self._attributes[together]).is_not_null()
        return replace(declared, declaration=When((condition,), (declared.declaration,)))

    def inferred(self, class_name: str) -> Inferred:
        """The factory, by the name of its class."""
        counted = None if self._fan_out is None else self._fan_out.column
        free = [one for one in self.days if one.column not in self._row.computed]
        for one in self._referring.values():
            after_parents(one, self.sample, self.days, free, self.declared, is_counted=one.column == counted)
        order = [self._attributes[name] for name in self.sample.schema.names if self._attributes[name] in self.declared]
        for pair in self._pairs:  # after its columns, which keep their places
            order.insert(1 + max(order.index(self._attributes[column]) for column in pair.columns), pair.name)
            self.declared[pair.name] = pair.declared
        declared = {name: self.declared[name] for name in order}
        rows: int | Rows | None = self._listed
        if rows is None and self.sample.rows is not None and self._fan_out is None:
            rows = self.sample.num_rows
        return Inferred(
            self.table,
            class_name,
            self.base,
            {name: one.declaration for name, one in declared.items()},
            {name: one.stated for name, one in declared.items() if one.stated is not None},
            self.rename,
            rows,
            self._key_of(declared),
            comments={name: one.comment for name, one in declared.items() if one.comment is not None},
        )

    def _key_of(self, declared: Mapping[str, Declared]) -> str | tuple[str, ...] | None:
        """The column that references hold, where nobody would guess it."""
        if self._listed_key is not None:
            return self._listed_key
        if self._listed is not None:
            return None if self.key in (None, self._listed.key) else self._attributes[self.key or ""]
        first_key = next((name for name, one in declared.items() if isinstance(unwrapped(one.declaration), Key)), None)
        if self._fan_out is not None and self._fan_out.is_key and self.key is None:
            return key_of(self._fan_out, self._attributes)
        if self.key is not None:
            key = self.key if self.key in self._referring else self._attributes[self.key]
            return None if first_key == key else key
        said = self.sample.definition
        if said is not None and len(said.key) == 1:
            key = self._attributes[said.key[0]]
            return None if first_key == key or key not in declared else key
        if first_key is not None or not len(self.sample.schema):
            return None
        is_free = identifies(self.sample.schema.field(0), self.sample, self.table)
        return named_key(declared, {one.name for one in self._referring.values()}) if is_free else None

    @property
    def attributes(self) -> dict[str, str]:
        """What the columns are called in expressions."""
        return {column: name for column, name in self._attributes.items() if column not in self._referring}

    @cached_property
    def readers(self) -> dict[str, Reader]:
        """How texts are read that have an order, by attribute."""
        orders = {self._attributes[name]: order for name, order in self.orders.items()}
        return readers_of(orders, {name: one.declaration for name, one in self.declared.items()})

    def comparable(self) -> dict[str, pa.Array]:
        """The values of columns whose order means something, by attribute; texts as numbers or times."""
        names = {column: name for column, name in self.attributes.items() if name in self.declared}
        return comparable(self.sample, names, self.readers)


__all__ = ["Reading"]
