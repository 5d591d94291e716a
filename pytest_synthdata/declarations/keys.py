"""The key of a factory's table, and the columns that references put into theirs."""

from __future__ import annotations

from typing import Any

from pytest_synthdata.columns.expressions.operators import Column
from pytest_synthdata.columns.generators.arrays import Array
from pytest_synthdata.columns.generators.base import Constant, Generator
from pytest_synthdata.columns.generators.keys import Key
from pytest_synthdata.columns.generators.modifiers import unwrapped
from pytest_synthdata.columns.plan import Plan
from pytest_synthdata.columns.references.foreign_keys import ForeignKeyColumn
from pytest_synthdata.columns.references.listed_keys import KeyOf
from pytest_synthdata.declarations.foreign_keys import ForeignKey
from pytest_synthdata.declarations.one_row.building import ColumnDeclaration, ReferenceDeclaration
from pytest_synthdata.errors import DeclarationError


def is_key(declaration: object) -> bool:
    generator = declaration.generator if isinstance(declaration, ColumnDeclaration) else declaration
    return isinstance(generator, Generator) and isinstance(unwrapped(generator), Key)


def key_declarations(reference: ForeignKey, field: str, names: tuple[str, ...], factory_name: str) -> dict[str, Any]:
    """The columns that a reference to a key of some columns puts into the table."""
    if not names:
        table, place = ("its own table", factory_name)
        if reference.parent != "self":
            table, place = (f"the table {reference.parent._meta.table!r}", reference.parent.__name__)
        raise DeclarationError(
            f"{factory_name}.{field}: {table} has no key to refer to: declare a Key in {place}, or name a column in "
            "its Meta.key"
        )
    columns = key_names(reference, field, names)
    if reference.column is None and columns == [f"{field}_id"] and field.endswith("_id") and len(field) > len("_id"):
        row = field.removesuffix("_id")
        raise DeclarationError(
            f"{factory_name}.{field}: a ForeignKey has the name of the parent's row, and its key's column gets _id: "
            f"write {row} = ForeignKey(…), which makes {field}, or add column={columns[0]!r}"
        )
    if len(columns) != len(names):
        raise DeclarationError(
            f"{factory_name}.{field}: column={columns}: the key has {len(names)}: {', '.join(names)}"
        )
    return {
        column: ColumnDeclaration(column, Column(f"{field}.{name}"))
        for column, name in zip(columns, names, strict=True)
    }


def item_reference(field: str, value: Any, factory_name: str) -> tuple[ReferenceDeclaration, Array] | None:
    """Of an `Array` of a `ForeignKey`, the reference by a name of its own, and the array of the keys that it picks."""
    if not isinstance(value, Array) or not isinstance(value.item, Constant):
        return None
    reference = value.item.value
    if not isinstance(reference, ForeignKey):
        return None
    keys: tuple[str, ...] = () if reference.parent == "self" else reference.parent._meta.key_columns()
    if len(keys) != 1 or reference.per_parent is not None:
        raise DeclarationError(
            f"{factory_name}.{field}: an Array of a ForeignKey is of another table with a key of one column, and "
            "without per_parent"
        )
    name = f"{field}_item"
    return ReferenceDeclaration(name, reference), Array(KeyOf(name, keys[0]), value.length)


def key_names(reference: ForeignKey, field: str, names: tuple[str, ...]) -> list[str]:
    """How the columns are called that a reference puts into the table."""
    if reference.column is not None:
        return [reference.column] if isinstance(reference.column, str) else list(reference.column)
    return [f"{field}_id"] if len(names) == 1 else [f"{field}_{name}" for name in names]


def reference_column(meta: Any, name: str, foreign_key: ForeignKey, place: str) -> ForeignKeyColumn:
    """A reference as the column of row numbers that it compiles to.

    Args:
        meta: the options of the factory's table.
        name: of the reference.
        foreign_key: what is declared.
        place: ``table.column``, for messages.
    """
    examples = {"weights": "Given('tier', {'Pro': 2, 'Free': 1})", "where": f"col('{name}.day') <= col('day')"}
    for argument, example in examples.items():
        value = getattr(foreign_key, argument)
        if value is not None and not isinstance(value, Generator):
            raise DeclarationError(f"{place}: ForeignKey: {argument}={value!r}; write a generator, such as {example}")
    self_referential = foreign_key.parent == "self"
    plan = Plan(meta.table, {}, key=meta.key_column()) if self_referential else foreign_key.parent._meta.compiled()
    return ForeignKeyColumn(
        name,
        plan,
        foreign_key.picking_weights(),
        foreign_key.where,
        foreign_key.per_parent,
        self_referential,
        foreign_key.distinct_within,
        foreign_key.null_share,
        foreign_key.through,
        foreign_key.through is not None and _may_miss(meta, foreign_key.through),
    )


def _may_miss(meta: Any, path: str) -> bool:
    """Whether a row may have no parent at the end of a path of references."""
    head, _, rest = path.partition(".")
    reference = meta.references.get(head)
    if reference is None or reference.parent == "self" or reference.null_share:
        return True
    return any(_may_miss(of, path) for of, path in ((meta, reference.through), (reference.parent._meta, rest)) if path)


__all__ = ["is_key", "item_reference", "key_declarations", "key_names", "reference_column"]
