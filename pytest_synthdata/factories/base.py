"""`TableFactory`: a factory of factory_boy whose rows, any number of them, are also a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from inspect import currentframe
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, ClassVar

import factory
from factory.base import FactoryMetaClass

from pytest_synthdata.columns.arrow.objects import Row
from pytest_synthdata.columns.generators.listed import Rows
from pytest_synthdata.columns.lives.lifecycle import Lifecycle
from pytest_synthdata.columns.stopped_clock import load_libraries
from pytest_synthdata.declarations.annotations import stated_types
from pytest_synthdata.declarations.factory_class import keeps_rows
from pytest_synthdata.declarations.foreign_keys import ForeignKey
from pytest_synthdata.declarations.key_columns import check_key_columns
from pytest_synthdata.declarations.keys import is_key, item_reference, key_declarations
from pytest_synthdata.declarations.listing import with_listed
from pytest_synthdata.declarations.opaque.hooks import RowBuilder
from pytest_synthdata.declarations.totals import register_counted
from pytest_synthdata.declarations.translating import as_declaration
from pytest_synthdata.declarations.typed import as_stated, unstated
from pytest_synthdata.errors import DeclarationError
from pytest_synthdata.factories.table_options import DEFAULT_SEED, TableOptions


def _own_key(attributes: Mapping[str, object], bases: tuple[type, ...]) -> tuple[str, ...]:
    """The key of a factory that is being declared."""
    stated = getattr(attributes.get("Meta"), "key", None)
    if stated is not None:
        return (stated,) if isinstance(stated, str) else tuple(stated)
    inherited = [meta.key_columns() for meta in _options_of(bases)]
    return next(filter(None, [*inherited, tuple(name for name, value in attributes.items() if is_key(value))[:1]]), ())


def _options_of(bases: tuple[type, ...]) -> list[TableOptions]:
    """The options of those bases that are table factories."""
    metas = [getattr(base, "_meta", None) for base in bases]
    return [meta for meta in metas if isinstance(meta, TableOptions)]


_RESERVED = frozenset(name for name in dir(factory.Factory) if not name.startswith("_")) | {"from_schema"}


def _translate_params(params: object, types: Mapping[str, object], factory_name: str) -> None:
    """Make what a factory's ``Params`` declares ours."""
    for field, value in list(vars(params).items()) if params is not None else ():
        if not field.startswith("_"):
            setattr(params, field, as_stated(as_declaration(field, value), types, f"{factory_name}.{field}"))


def _refuse_reserved(factory_name: str, declared: Mapping[str, object]) -> None:
    """Raise `DeclarationError` for a column that has the name of a factory's own method."""
    for field in sorted(_RESERVED & declared.keys()):
        if not isinstance(declared[field], (classmethod, staticmethod)):
            raise DeclarationError(
                f"{factory_name}.{field}: a factory's own method has this name; declare the column as {field}_, and "
                f"rename it: class Meta: rename = {{'{field}_': '{field}'}}"
            )


class TableFactoryMetaClass(FactoryMetaClass):  # type: ignore[misc]
    """Turns what a class body declares into what factory_boy understands."""

    def __new__(mcs, name: str, bases: tuple[type, ...], attributes: dict[str, Any]) -> Any:
        load_libraries()
        listed = getattr(attributes.get("Meta"), "rows", None)
        if isinstance(listed, Rows):
            attributes = with_listed(attributes, listed)
        types: dict[str, Any] = {}
        inherited: dict[str, Any] = {}
        # `factory.make_factory(…, FACTORY_CLASS=TableFactory)` comes from factory_boy's own metaclass, which goes on.
        is_begun = "_meta" in attributes
        for base in reversed(bases):
            types |= getattr(getattr(base, "_meta", None), "types", {})
            inherited |= getattr(getattr(base, "_meta", None), "base_declarations", {})
        types |= stated_types(attributes)
        _translate_params(attributes.get("Params"), types, name)
        declared: dict[str, Any] = {
            field: as_stated(unstated(inherited[field]), types, f"{name}.{field}")
            for field in attributes.get("__annotations__", {})
            if field in types and field in inherited and field not in attributes
        }
        for field, value in attributes.items():
            if field.startswith("_") or field in ("Meta", "Params"):
                declared[field] = value
                continue
            if (item := item_reference(field, value, name)) is not None:
                declared[f"{field}_item"], value = item  # noqa: PLW2901 - the keys that the reference would pick
            declared[field] = as_stated(as_declaration(field, value), types, f"{name}.{field}")
            if isinstance(value, ForeignKey):
                key = _own_key(attributes, bases) if value.parent == "self" else value.parent._meta.key_columns()
                columns = key_declarations(value, field, key, name)
                if value.through is None:
                    check_key_columns(name, field, columns, attributes, _options_of(bases))
                # One that goes through another shares the columns that are there.
                there = attributes if value.through is None else {**inherited, **declared, **attributes}
                declared |= {column: columns[column] for column in columns if column not in there}
        _refuse_reserved(name, declared)
        if is_begun:
            attributes["_meta"].types = types
            return type.__new__(mcs, name, bases, declared)
        factory_class = super().__new__(mcs, name, bases, declared)
        factory_class._meta.types = types
        lives = [field for field, value in attributes.items() if isinstance(value, Lifecycle)]
        factory_class._meta.exclude = (*factory_class._meta.exclude, *lives)
        if not factory_class._meta.abstract:
            register_counted(factory_class)
        return factory_class


if TYPE_CHECKING:

    class _Factory(factory.Factory[Any]):  # type: ignore[misc]
        pass

else:
    _Factory = factory.Factory  # a metaclass would find its parameter among the attributes of each class


def _made_in(method: FrameType | None, made: type[TableFactory]) -> type[TableFactory]:
    """A factory as one of the module that calls a method, where it is looked for like those that are written there."""
    caller = method and method.f_back
    if caller is not None:
        made.__module__ = caller.f_globals.get("__name__", made.__module__)
    return made


class TableFactory(_Factory, metaclass=TableFactoryMetaClass):
    """A factory whose rows are a table.

    Declare columns with the generators of this package, with factory_boy's declarations, or with constants.
    ``build()`` number i gives row i of the table. An annotation states a column's type, in Python's words or Spark's:
    ``price: Decimal = LogNormal(3, 1)``, ``id: "int" = factory.Sequence(int)``.

    ``class Meta`` takes, besides factory_boy's options:

    - ``table``: the table's name; derived from the class name by default.
    - ``rows``: how many rows the table has where nobody says; a timeline's expected number, else 1,000; or `Rows`.
    - ``key``: the column that foreign keys hold, or several; the first `Key` by default.
    - ``where``: a condition that every row meets, on its columns and its parents'; null does not meet it.
    - ``correlations``: ``{("age", "income"): 0.6}``, of columns that each keep their own distribution.
    - ``history``: a `History`, what happens to the rows over time.
    - ``arrival``: when rows arrive, for batches and streams: a column of times, an expression, or `Arrival`.

    >>> from pytest_synthdata import Categorical, Dataset, Key, LogNormal, TableFactory
    >>> class PaymentFactory(TableFactory):
    ...     class Meta:
    ...         table = "payments"
    ...     payment_id = Key("PAY-{:04d}")
    ...     method = Categorical({"card": 0.8, "invoice": 0.2})
    ...     fee = LogNormal(0, 0.3).round(2)
    >>> Dataset({PaymentFactory: 1}).payments.to_arrow().to_pylist()
    [{'payment_id': 'PAY-0000', 'method': 'card', 'fee': 0.63}]
    >>> PaymentFactory.build(method="card").fee > 0
    True
    """

    _options_class = TableOptions
    _meta: ClassVar[TableOptions]

    class Meta:
        abstract = True
        model = Row

    def __class_getitem__(cls, model: object) -> Any:
        """The class itself, for ``TableFactory[Model]``, which says what `build()` gives as factory_boy's does."""
        return cls

    @classmethod
    def expectations(cls, form: str = "sql", *, references: bool | Mapping[str, str] | None = None) -> Any:
        """What every row of the table must meet, for the tools that check it in production.

        Nulls, ranges, lists of values, patterns of keys and e-mails, the table's ``where``, references, and (not in
        SQL) unique keys. Data that the factory makes meets all of them. What else is declared,
        `not_in_expectations` lists.

        Args:
            form: ``"sql"`` gives conditions by name, as Lakeflow's ``expect_all`` takes them; ``"dqx"`` a list of
                checks, as ``DQEngine.apply_checks_by_metadata`` takes it; ``"great_expectations"`` a suite of version 1
                as a dict.
            references: whether references are checked, or where the parents are, by table:
                ``{"customers": "main.crm.customers"}``. By default they are not in SQL, for Lakeflow's expectations
                cannot read other tables; elsewhere they are, each parent under its table's name.

        Raises:
            SynthDataError: for another form.

        >>> from pytest_synthdata.factories import OrderFactory
        >>> OrderFactory.expectations()["status_in_list"]
        "status IS NULL OR (status IN ('completed', 'pending', 'cancelled'))"
        """
        from pytest_synthdata.validation.declared.exported_rules import exported

        return exported(cls._meta.bound(), form, references)

    @classmethod
    def not_in_expectations(
        cls, form: str = "sql", *, references: bool | Mapping[str, str] | None = None
    ) -> dict[str, str]:
        """What `expectations` with the same arguments leaves out, by rule or column, each with the reason.

        What is said of many rows together, such as distributions, shares and numbers of children, is checked by
        `Dataset.validate` alone and is not listed.

        Raises:
            SynthDataError: for another form.

        >>> from pytest_synthdata.factories import OrderFactory
        >>> OrderFactory.not_in_expectations()["order_id_unique"]
        'a condition looks at one row'
        """
        from pytest_synthdata.validation.declared.exported_rules import left_out

        return left_out(cls._meta.bound(), form, references)

    @classmethod
    def from_schema(
        cls, schema: object, *, table: str | None = None, parents: Sequence[type[TableFactory]] = ()
    ) -> type[TableFactory]:
        """A factory inferred from what is known of a table; to be used as it is, or as the base of a class.

        Where there are rows, the columns have their shares, laws, ranges, null rates and key patterns; else, and for
        texts that may be personal, what the column's name and type suggest.

        Args:
            schema: a PySpark ``StructType``, its ``simpleString()`` or its ``json()``; a DDL string such as
                ``"id bigint, email string"``, an Arrow schema, a dataclass, TypedDict, pydantic model or protobuf
                message class, a JSON Schema or Avro schema (a dict, a text, or the path of its file), the path of
                protobuf's descriptors; or rows: a path to Parquet, CSV, JSON lines or Delta, a pandas, Arrow or Spark
                table, of which the first million rows are looked at.
            table: the table's name; derived from the path by default.
            parents: factories that columns such as ``customer_id`` may refer to.

        Raises:
            SynthDataError: for what is none of these, and a type that no column has.

        >>> TableFactory.from_schema("order_id string, status string", table="orders").build().order_id
        'ORD-000000'
        """
        from pytest_synthdata.infer.tables import from_schema

        return _made_in(currentframe(), from_schema(cls, schema, table=table, parents=parents))

    @classmethod
    def from_file(
        cls, path: str | Path, *, table: str | None = None, key: str | None = None, weights: str | None = None
    ) -> type[TableFactory]:
        """A table of the rows of a file, as they are: existing data that generated tables can refer to.

        Args:
            path: a file or folder of Parquet, CSV, JSON lines or Delta, of at most a million rows.
            table: the table's name; derived from the path by default.
            key: the column that references hold; defaults to the first column, if its values differ.
            weights: the column that says how often references point to each row.

        Raises:
            SynthDataError: for a file that cannot be read, and a column that is not there.
        """
        from pytest_synthdata.factories.listing import from_file

        return _made_in(currentframe(), from_file(cls, path, table=table, key=key, weights=weights))

    @classmethod
    def _generate(cls, strategy: str, params: dict[str, object]) -> object:
        cls._meta.plan(for_table=False)
        given = {name: as_declaration(name, value) for name, value in params.items()}
        return RowBuilder(cls._meta, given, strategy).build()

    @classmethod
    @keeps_rows
    def _build(cls, model_class: type, *args: object, **kwargs: object) -> object:
        return cls._instance(super()._build, model_class, args, kwargs)

    @classmethod
    def _create(cls, model_class: type, *args: object, **kwargs: object) -> object:
        return cls._instance(super()._create, model_class, args, kwargs)

    @classmethod
    @keeps_rows
    def _after_postgeneration(cls, instance: Any, create: bool, results: Any = None) -> None:
        super()._after_postgeneration(instance, create, results)
        if isinstance(instance, Row):
            related = {field: rows for field, rows in (results or {}).items() if field in cls._meta.child_tables}
            object.__setattr__(instance, "_related", {**instance._related, **related})

    @classmethod
    def _instance(cls, make: Any, model_class: type, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        meta = cls._meta
        if not (isinstance(model_class, type) and issubclass(model_class, Row)):
            return make(model_class, *args, **{name: kwargs[name] for name in kwargs if name not in meta.unwanted})
        related = {name: kwargs.pop(name) for name in meta.references if name in kwargs}
        row = make(model_class, *args, **{**meta.empty_row, **kwargs})
        object.__setattr__(row, "_related", related)
        return row


__all__ = ["DEFAULT_SEED", "Row", "TableFactory"]
