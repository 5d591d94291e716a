"""The options in a table factory's ``class Meta``, and what follows from them: keys, references, the plan."""

from __future__ import annotations

import inspect
from collections import defaultdict
from collections.abc import Hashable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any
from unicodedata import category

from factory import Maybe
from factory.base import FactoryOptions, OptionDefault

from pytest_synthdata.columns.arrow.objects import Row
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.generators.listed import Listed
from pytest_synthdata.columns.generators.modifiers import unwrapped
from pytest_synthdata.columns.plan import Plan
from pytest_synthdata.columns.references.circles import check_totals
from pytest_synthdata.columns.scope import check_plan
from pytest_synthdata.columns.tables.bound_table import BoundTable
from pytest_synthdata.columns.time.calendar import Timeline
from pytest_synthdata.declarations.compiling import compile_factory
from pytest_synthdata.declarations.factory_class import AbstractFactoryError
from pytest_synthdata.declarations.faker import state
from pytest_synthdata.declarations.foreign_keys import ForeignKey
from pytest_synthdata.declarations.keys import is_key, key_names
from pytest_synthdata.declarations.one_row.binding import table_in_use
from pytest_synthdata.declarations.one_row.building import ColumnDeclaration, ReferenceDeclaration
from pytest_synthdata.declarations.opaque.hooks import is_related
from pytest_synthdata.declarations.opaque.rowwise import Unmade
from pytest_synthdata.declarations.related import children
from pytest_synthdata.declarations.totals import attach_children, children_of_totals
from pytest_synthdata.errors import DeclarationError, nearest
from pytest_synthdata.history.checking import check_history

DEFAULT_SEED = 42
DEFAULT_ROWS = 1_000
_NOT_IN_NAMES = ("Cc", "Cs", "Zl", "Zp")  # Unicode's controls, halves of characters, and separators of lines


@dataclass
class _Compiled:
    """What a factory is by the locale and the providers that `factory.Faker` has at the moment."""

    plan: Plan | None = None
    is_checked: bool = False
    bound: BoundTable | None = None


class TableOptions(FactoryOptions):  # type: ignore[misc]
    """The options in a table factory's ``class Meta``, and what follows from them."""

    table: Any
    rows: Any
    model: Any

    def __init__(self) -> None:
        super().__init__()
        self.types: dict[str, object] = {}
        self.counted_by: dict[str, tuple[Any, str]] = {}
        self.is_table_stated = False
        self._by_state: dict[Hashable, _Compiled] = defaultdict(_Compiled)

    def _build_default_options(self) -> list[OptionDefault]:
        return [
            *super()._build_default_options(),
            OptionDefault("table", None, inherit=True),
            OptionDefault("rows", None, inherit=True),
            OptionDefault("key", None, inherit=True),
            OptionDefault("reference_weights", None, inherit=True),
            OptionDefault("where", None, inherit=True),
            OptionDefault("correlations", None, inherit=True),
            OptionDefault("history", None, inherit=True),
            OptionDefault("arrival", None, inherit=True),
        ]

    def _fill_from_meta(self, meta: Any, base_meta: Any) -> None:
        known = {option.name for option in self._build_default_options()}
        for name in vars(meta) if meta is not None else ():
            if name not in known and not name.startswith("_"):
                raise DeclarationError(f"{self.factory.__name__}: Meta.{name} is no option; {nearest(name, known)}")
        super()._fill_from_meta(meta, base_meta)

    def contribute_to_class(self, factory: Any, meta: Any = None, params: Any = None, **arguments: Any) -> None:
        super().contribute_to_class(factory, meta=meta, params=params, **arguments)
        base = self.base_factory
        is_alias = meta is None and params is None and all(name.startswith("_") for name in vars(factory))
        if is_alias and base is not None and not base._meta.abstract:
            # Other tools, pytest-factoryboy for one, build by such subclasses: theirs are the next rows of the table.
            self.counter_reference = base._meta.counter_reference
        of_base = getattr(base, "_meta", None)
        self.is_table_stated = getattr(meta, "table", None) is not None or getattr(of_base, "is_table_stated", False)
        if self.table is None or (getattr(of_base, "abstract", False) and not self.is_table_stated):
            self.table = _table_name(factory.__name__)
        model: Any = self.model
        if model is Row or getattr(model, "_is_named_by_factory", False):
            # Such tools go by the model's name.
            name = factory.__name__.removesuffix("Factory") or "Row"
            self.model = type(name, (Row,), {"__module__": factory.__module__, "_is_named_by_factory": True})
        if not _is_name(self.table):
            raise DeclarationError(
                f"{factory.__name__}: Meta.table is {self.table!r}; it must be a name that a folder can have: a text "
                "without / and \\ and control characters"
            )

    @cached_property
    def usual_rows(self) -> int | None:
        """How many rows the table has where nobody says: ``Meta.rows``, else what a timeline expects, else 1,000.

        None where they are counted from the parents.
        """
        if self.plan(for_table=False).fan_out_key is not None:  # which says, too, what is wrong with a timeline
            return None
        if self.rows is not None:
            return int(self.rows)
        return DEFAULT_ROWS if self._timeline is None else max(self._timeline.expected(), 0)

    @cached_property
    def expected_rows(self) -> int | None:
        """How many rows None stands for in a `Dataset`: those of a timeline that says how many a day, else the usual.

        None where they are counted from the parents.
        """
        usual, timeline = self.usual_rows, self._timeline
        if usual is None or timeline is None or not timeline.is_daily_stated:
            return usual
        return max(timeline.expected(), 0)

    @property
    def is_listed(self) -> bool:
        """Whether the rows are known ones, so that there are as many of them at any scale."""
        return any(isinstance(column, Listed) for column in self._columns())

    @property
    def _timeline(self) -> Timeline | None:
        """The timeline that the table's rows are laid along."""
        return next((column for column in self._columns() if isinstance(column, Timeline)), None)

    def _columns(self) -> Iterator[Generator]:
        """What the class declares as columns, without their types and nulls."""
        declared = (self.pre_declarations[name].declaration for name in self.pre_declarations)
        return (unwrapped(one.generator) for one in declared if isinstance(one, ColumnDeclaration))

    def _get_counter_reference(self) -> TableOptions:
        # Each factory counts its own rows: build() number i of any of them is row i of its table.
        return self

    @cached_property
    def references(self) -> dict[str, ForeignKey]:
        """The foreign keys, by attribute name."""
        declared = ((name, self.pre_declarations[name].declaration) for name in self.pre_declarations)
        return {
            name: declaration.foreign_key
            for name, declaration in declared
            if isinstance(declaration, ReferenceDeclaration)
        }

    @property
    def parents(self) -> list[Any]:
        """The factories of other tables that this one refers to."""
        return [key.parent for key in self.references.values() if key.parent != "self"]

    @cached_property
    def child_tables(self) -> frozenset[str]:
        """The fields that hold a row's children."""
        return frozenset(field for field, one in self.post_declarations.declarations.items() if is_related(one))

    @cached_property
    def has_switches(self) -> bool:
        """Whether an override can exchange the very generators of other columns."""
        declared = [self.pre_declarations[name].declaration for name in self.pre_declarations]
        return bool(self.parameters) or any(isinstance(one, Maybe) for one in declared)

    @cached_property
    def empty_row(self) -> dict[str, None]:
        """The table's columns, in order, without values."""
        hidden = {*self.exclude, *self.parameters, *self.references}
        return {self.rename.get(name, name): None for name in self.pre_declarations if name not in hidden}

    @cached_property
    def unwanted(self) -> frozenset[str]:
        """Of parents and their keys, what the model has no field for: seldom it has one for both."""
        try:
            fields = inspect.signature(self.model).parameters
        except (TypeError, ValueError):  # dict's own, for one
            return frozenset()
        if any(field.kind is inspect.Parameter.VAR_KEYWORD for field in fields.values()):
            return frozenset()
        keys = (
            key_names(reference, name, (self if reference.parent == "self" else reference.parent._meta).key_columns())
            for name, reference in self.references.items()
        )
        return frozenset({*self.references, *chain.from_iterable(keys)} - fields.keys())

    def key_columns(self) -> tuple[str, ...]:
        """The columns that references to this table hold: ``Meta.key``, else the first `Key`."""
        if self.key is not None:
            names = (self.key,) if isinstance(self.key, str) else tuple(self.key)
            for name in names:
                if name not in self.pre_declarations:
                    raise DeclarationError(
                        f"{self.table}: Meta.key is {name!r}: {nearest(name, self.pre_declarations)}"
                    )
            return names
        declared = ((name, self.pre_declarations[name].declaration) for name in self.pre_declarations)
        return tuple(name for name, declaration in declared if is_key(declaration))[:1]

    def key_column(self) -> str | None:
        """The key, if it is of one column."""
        names = self.key_columns()
        return names[0] if len(names) == 1 else None

    def plan(self, *, for_table: bool = True) -> Plan:
        """What the factory compiles to; checked, and made once.

        Args:
            for_table: whether rows are made from it alone; `build()` may be given what a table would lack.

        Raises:
            DeclarationError: for a declaration that can never work, by table and column.
        """
        plan = self.compiled()
        for column in plan.columns.values() if for_table else ():
            if isinstance(column, Unmade):
                raise column.error
        now = self._now
        if not now.is_checked:
            now.is_checked = True  # tables that are computed from each other ask for each other's plans
            try:
                for parent in self.parents:
                    parent._meta.plan()
                check_totals(plan)
                check_plan(plan)
                check_history(plan)
                self._check_rows(plan)
            except BaseException as error:
                now.is_checked, now.plan = False, None
                if not isinstance(error, DeclarationError) or plan.fan_out_key is not None:
                    raise
                if (counted := self._counted()) is None:
                    raise
                now.plan = counted._meta.plan(for_table=for_table)
                now.is_checked = True
                return now.plan
        return plan

    def _counted(self) -> Any:
        """The same factory, its rows counted by a related factory of a parent's; None where no parent has one."""
        for parent in self.parents:
            with suppress(DeclarationError):
                for child in children(parent, {self.table: self.factory}).values():
                    if issubclass(child, self.factory):
                        return child
        return None

    def _check_rows(self, plan: Plan) -> None:
        if plan.fan_out_key is not None and self.rows is not None:
            raise DeclarationError(f"{self.table}: Meta.rows is {self.rows}, and per_parent counts the rows; drop one")

    @property
    def _now(self) -> _Compiled:
        return self._by_state[state()]

    def compiled(self) -> Plan:
        """What the factory compiles to, not yet checked."""
        now = self._now
        if now.plan is None:
            if self.abstract:
                name = self.factory.__name__
                raise AbstractFactoryError(f"{name} is abstract, so that it has no table and no rows: subclass it")
            rows = 0 if self.rows is None else self.rows
            if isinstance(rows, bool) or not isinstance(rows, int) or rows < 0:
                raise DeclarationError(f"{self.table}: Meta.rows is {self.rows!r}; it must be an integer ≥ 0")
            now.plan = compile_factory(self.factory)
            try:
                attach_children(self.factory, now.plan)
            except BaseException:
                now.plan = None
                raise
        return now.plan

    def bound(self) -> BoundTable:
        """The table whose rows `build()` gives: that of a dataset in use, else one of the default seed and size."""
        if (in_use := table_in_use(self.plan(for_table=False))) is not None:
            return in_use
        now = self._now
        if now.bound is None:
            parents = {parent._meta.table: parent._meta.bound() for parent in self.parents}
            now.bound = BoundTable.of(self.plan(for_table=False), DEFAULT_SEED, self.usual_rows, parents)
            for name, (child, _) in children_of_totals(self.factory, self.plan(for_table=False)).items():
                others = {parent._meta.table: parent for parent in child._meta.parents}
                near = {
                    table: now.bound.as_declared() if table == self.table else parent._meta.bound()
                    for table, parent in others.items()
                }
                now.bound.children[name] = BoundTable.of(child._meta.plan(), DEFAULT_SEED, None, near)
        return now.bound


def _table_name(class_name: str) -> str:
    name = class_name.removesuffix("Factory")
    words = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).strip("_")
    return words if words.endswith("s") else f"{words}s"


def _is_name(name: object) -> bool:
    """Whether a table's files can go by a name, and do not leave the folder that they are written to."""
    if not isinstance(name, str) or name in ("", ".", ".."):
        return False
    return not any(letter in "/\\" or category(letter) in _NOT_IN_NAMES for letter in name)


__all__ = ["DEFAULT_ROWS", "DEFAULT_SEED", "TableOptions"]
