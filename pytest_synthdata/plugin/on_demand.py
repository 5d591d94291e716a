"""The dataset of a test: its tables are compiled and bound when the test asks for them, and not before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from copy import copy
from inspect import getsourcefile, getsourcelines
from typing import TYPE_CHECKING, TypeAlias, cast

from pytest_synthdata.columns.tables.bound_table import BoundTable
from pytest_synthdata.dataset import Dataset, stated
from pytest_synthdata.defects.views import with_kinds
from pytest_synthdata.errors import DeclarationError, SynthDataError, nearest
from pytest_synthdata.factories import SHIPPED, TableFactory
from pytest_synthdata.factories.bound_tables import BoundTables
from pytest_synthdata.plugin.missing_tables import how_to_add
from pytest_synthdata.snapshots import Snapshots
from pytest_synthdata.table import Table

if TYPE_CHECKING:
    from pytest_synthdata.defects.views import Planted

OnRead: TypeAlias = "Callable[[str], None]"


class OnDemandDataset(Dataset):
    """A dataset that a test may take some tables of; what it does not ask for costs nothing and breaks nothing.

    Args:
        asked: stated rows by factory; None where a table has its usual rows.
        seed: of every table.
        scale: multiplies usual rows.
        defects: kinds by table.
        on_read: is called with the name of each table that is looked up.
    """

    def __init__(
        self,
        asked: Mapping[type[TableFactory], int | None],
        *,
        seed: int,
        scale: float,
        defects: Mapping[str, Sequence[Planted]] | None = None,
        on_read: OnRead = lambda _: None,
    ) -> None:
        self._on_read = on_read
        self._scale = scale
        self._kinds = defects or {}
        super().__init__(asked, seed=seed)

    def _bind(self, asked: dict[type[TableFactory], int | None]) -> Mapping[str, Table]:
        self._factories, self._stated = stated(asked)

        def count(factory: type[TableFactory]) -> int | None:
            name = factory._meta.table
            return self._stated[name] if name in self._stated else scaled_rows(factory, self._scale)

        return OnDemandTables(BoundTables(self._factories, self.seed, count), self._kinds, self._on_read)

    def __getattr__(self, name: str) -> Table:
        if not name.startswith("_") and name != "tables" and name not in self.tables:
            raise AttributeError(why_missing(name, self))
        return super().__getattr__(name)

    def __repr__(self) -> str:
        return Dataset.__repr__(self.in_this_test())

    def next_test(self) -> None:
        """From here on, the tables that are asked for are another test's."""
        self.asked.clear()

    @property
    def asked(self) -> set[str]:
        """The tables that the test in hand has asked for, where that is known."""
        return self.tables.asked if isinstance(self.tables, (OnDemandTables, Snapshots)) else set()

    def in_this_test(self) -> Dataset:
        """The tables that the test in hand has asked for, and those that they refer to."""
        used = self.used()
        if isinstance(self.tables, (OnDemandTables, Snapshots)):
            asked = self.tables.asked
            wanted = {*asked}.union(*(used.tables[name].bound.all_parents() for name in asked if name in used.tables))
            used.tables = {name: used.tables[name] for name in self.tables if name in wanted and name in used.tables}
        return used

    def own_tables(self) -> list[str]:
        """The tables of a project's own and what has been asked for; all, where there are only those that ship."""
        factories = {table: factory for table, factory in self._factories.items() if factory not in SHIPPED}
        used = self.used().tables
        return [name for name in self.tables if not factories or name in factories or name in used]

    def require_history(self, what: str) -> None:
        """Raise `DeclarationError` where every table is the same at any time, so that asking for one has no effect."""
        if all(factory._meta.history is None for factory in self._factories.values()):
            raise DeclarationError(
                f"{what}: no table of this test's data has a history, so each is the same at any time; declare one: "
                "class Meta: history = History('2024-01-01', '2024-12-31', updates={…})"
            )

    def identity(self) -> tuple[object, ...]:
        """What decides every cell of every table, the same in every process; to know it, nothing is compiled."""
        tables = [
            (table, f"{factory.__module__}.{factory.__qualname__}", self._stated.get(table))
            for table, factory in self._factories.items()
        ]
        kinds = [(table, repr(kinds)) for table, kinds in self._kinds.items()]
        when = str(self.tables.when) if isinstance(self.tables, Snapshots) else None
        return self.seed, self._scale, tables, kinds, *([when] if when else [])

    @property
    def clean(self) -> Dataset:
        """The same tables without their defects, bound when they are asked for, too."""
        if not isinstance(self.tables, OnDemandTables):
            return super().clean
        clean = copy(self)
        clean._kinds, clean.tables = {}, self.tables.without_defects()
        return clean

    def with_defects(self) -> list[str]:
        if isinstance(self.tables, (OnDemandTables, Snapshots)):
            return [name for name in self.tables if name in self._kinds]
        return super().with_defects()

    def take(self, /, **rows: Iterable[int]) -> OnDemandDataset:
        """Some rows of the tables; those that cannot be bound have none."""
        for name in rows:
            _ = self[name]
        return cast("OnDemandDataset", Dataset.take(self.whole(), **rows))

    def whole(self) -> OnDemandDataset:
        """All tables that can be bound; none of them counts as asked for."""
        whole = copy(self)
        if isinstance(self.tables, OnDemandTables):
            whole.tables = self.tables.that_bind()
        if isinstance(self.tables, Snapshots):
            of = self.tables.of
            whole.tables = Snapshots(of.that_bind() if isinstance(of, OnDemandTables) else of, self.tables.when)
        return whole

    @property
    def tells_reads(self) -> bool:
        """Whether the tables that are looked up are known; else there are few rows of some."""
        of = self.tables.of if isinstance(self.tables, Snapshots) else self.tables
        return isinstance(of, OnDemandTables)

    def bound_of(self, name: str) -> BoundTable | None:
        """A table whose rows ``build()`` gives; None where there is none. It does not count as asked for."""
        tables = self.tables.of if isinstance(self.tables, Snapshots) else self.tables
        if isinstance(tables, OnDemandTables):
            return tables.bound_of(name)
        return tables[name].bound if name in tables else None

    def used(self) -> Dataset:
        """The tables that have been asked for, and those that they refer to."""
        used = copy(self)
        if isinstance(self.tables, OnDemandTables):
            used.tables = self.tables.found()
        if isinstance(self.tables, Snapshots):
            used.tables = dict(self.tables.found)
        return used


class OnDemandTables(Mapping[str, Table]):
    """Tables by name, each bound when it is looked up.

    Args:
        binding: their factories.
        defects: kinds by table.
        on_read: is called with the name of each table that is looked up.
    """

    def __init__(
        self,
        binding: BoundTables,
        defects: Mapping[str, Sequence[Planted]] | None = None,
        on_read: OnRead = lambda _: None,
    ) -> None:
        self._binding = binding
        self._defects = defects or {}
        self._on_read = on_read
        self.asked: set[str] = set()  # by the test in hand
        self._tables: dict[str, Table] = {}
        self._reasons: dict[str, str] | None = None
        self._apart: BoundTables | None = None

    def __getitem__(self, name: str) -> Table:
        if name not in self:
            raise SynthDataError(self.missing(name))
        factory = self._binding.factories[name]
        try:
            self._binding.bind(factory)
        except DeclarationError as error:
            raise DeclarationError(f"{error} ({factory.__name__}{_source_of(factory)})") from None
        table = self._made(name)
        self.asked.add(name)
        self._on_read(name)
        return table

    def __contains__(self, name: object) -> bool:
        return name in self._binding.factories and name not in self._left_out()

    def __iter__(self) -> Iterator[str]:
        """The names, each after those that it refers to."""
        left_out = self._left_out()
        return iter([name for name in _parents_first(self._binding.factories) if name not in left_out])

    def __len__(self) -> int:
        return len(list(iter(self)))

    def found(self) -> dict[str, Table]:
        """The tables that are bound so far, parents first; not those that cannot have the defects that they should."""
        found = {}
        for name in self._binding.bounds:
            with suppress(Exception):  # whoever asks for the table is told
                found[name] = self._made(name)
        return found

    def _made(self, name: str) -> Table:
        """A table that is bound, with its defects."""
        if name not in self._tables:
            factory, bound = self._binding.bounds[name]
            self._tables[name] = Table(with_kinds(bound, self._defects.get(name, ())), factory)
        return self._tables[name]

    def bound_of(self, name: str) -> BoundTable | None:
        """A table that need not count as asked for; None where it is not here, or cannot be bound."""
        if name in self._binding.bounds:
            return self._binding.bounds[name][1]
        if name not in self:
            return None
        if self._apart is None:
            self._apart = BoundTables(self._binding.factories, self._binding.seed, self._binding.rows)
        try:
            return self._apart.bind(self._binding.factories[name])
        except SynthDataError:
            return None

    def that_bind(self) -> dict[str, Table]:
        """All tables but those whose declarations are wrong; none of them counts as asked for."""
        apart = OnDemandTables(
            BoundTables(self._binding.factories, self._binding.seed, self._binding.rows), self._defects
        )
        for name in self:
            with suppress(SynthDataError):
                _ = apart[name]
        return apart.found()

    def without_defects(self) -> OnDemandTables:
        """The same tables, clean."""
        return OnDemandTables(self._binding, on_read=self._on_read)

    def missing(self, name: str) -> str:
        """Why a table is not here, and what to write to have it."""
        return self._left_out().get(name) or f"no table {name!r} in this test's data: {how_to_add(name, self)}"

    def _left_out(self) -> dict[str, str]:
        """Why shipped tables do not fit the tables of the project's that take their parents' places."""
        if self._reasons is None:
            self._reasons = {}
            for factory in SHIPPED:
                name, replaced = factory._meta.table, self._replaced_parents(factory)
                if self._binding.factories.get(name) is factory and replaced:
                    try:
                        BoundTables(self._binding.factories, self._binding.seed, self._binding.rows).bind(factory)
                    except SynthDataError as error:
                        own = replaced[0].__name__
                        self._reasons[name] = (
                            f"the shipped table {name!r} does not fit {own}: {error}. Declare a {name!r} table of your "
                            f"own, or make {own} a subclass of the shipped factory"
                        )
        return self._reasons

    def _replaced_parents(self, factory: type[TableFactory]) -> list[type[TableFactory]]:
        parents = (
            (parent, self._binding.factories.get(parent._meta.table, parent)) for parent in factory._meta.parents
        )
        return [found for declared, found in parents if not issubclass(found, declared)]


def with_parents(factories: Iterable[type[TableFactory]]) -> dict[str, type[TableFactory]]:
    """Factories by their tables, and those that they refer to; a given one takes the place of its table's other."""
    found = {factory._meta.table: factory for factory in factories}
    pending = list(found.values())
    while pending:
        for parent in pending.pop()._meta.parents:
            if parent._meta.table not in found:
                found[parent._meta.table] = parent
                pending.append(parent)
    return found


def scaled_rows(factory: type[TableFactory], scale: float) -> int | None:
    """A usual number of rows, larger or smaller; what parents count grows with these, what is listed stays."""
    rows = factory._meta.usual_rows
    return rows if not rows or factory._meta.is_listed else max(1, round(rows * scale))


def why_missing(name: str, dataset: Dataset) -> str:
    """Why a table is not in a test's data, and what to write to have it."""
    if isinstance(dataset.tables, OnDemandTables):
        return dataset.tables.missing(name)
    return f"no table {name!r} in this test's data: {nearest(name, dataset.tables)}"


def _source_of(factory: type[TableFactory]) -> str:
    """Where a factory's class begins, if that can be told."""
    try:
        file, (_, line) = getsourcefile(factory), getsourcelines(factory)
    except (OSError, TypeError):  # typed at a prompt, or made by a function
        return ""
    return f", {file}:{line}"


def _parents_first(factories: Mapping[str, type[TableFactory]]) -> list[str]:
    ordered: dict[str, None] = {}

    def visit(name: str, above: tuple[str, ...]) -> None:
        if name in factories and name not in ordered and name not in above:
            for parent in factories[name]._meta.parents:
                visit(parent._meta.table, (*above, name))
            ordered[name] = None

    for name in factories:
        visit(name, ())
    return list(ordered)


__all__ = ["OnDemandDataset", "OnDemandTables", "scaled_rows", "why_missing", "with_parents"]
