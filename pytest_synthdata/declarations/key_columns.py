"""The columns that hold references' keys, and what would silently take their place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from factory import declarations as boy

from pytest_synthdata.columns.expressions.operators import Column
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.declarations.foreign_keys import ForeignKey
from pytest_synthdata.declarations.keys import key_names
from pytest_synthdata.declarations.one_row.building import ColumnDeclaration, SeededDeclaration
from pytest_synthdata.declarations.opaque.columns import reads_rows
from pytest_synthdata.declarations.translating import as_declaration
from pytest_synthdata.errors import DeclarationError


def check_key_columns(
    factory_name: str, field: str, columns: Mapping[str, Any], attributes: Mapping[str, Any], inherited: Sequence[Any]
) -> None:
    """Raise `DeclarationError` where something else than its key would stand in a reference's column.

    What is made of the key, such as the key in another type, may stand there, and so may what the reference's
    ``where`` compares with it.

    Args:
        factory_name: the factory that is being declared.
        field: the reference's name.
        columns: its columns, each as the declaration that reads the key.
        attributes: the class body.
        inherited: the options of the factory's bases.
    """
    parameters = getattr(attributes.get("Params"), "__dict__", {})
    where = attributes[field].where
    compared = set(where.reads()) if isinstance(where, Generator) else set()
    for column, declared in columns.items():
        path = declared.generator.name
        if path in compared:
            continue
        if column == field:
            raise DeclarationError(
                f"{factory_name}.{field}: column={column!r} is the name of the parent's row: name the column "
                f"otherwise, such as {field}_id"
            )
        if column in parameters:
            raise DeclarationError(
                f"{factory_name}.{column}: {_reference(field, attributes)} puts its key here, and a parameter of this "
                f"name would hide it: call the parameter otherwise, or {_other_column(field, attributes, column)}"
            )
        if column in attributes and not _is_of_key(attributes[column], column, path, attributes):
            raise DeclarationError(f"{factory_name}.{column}: {_instead(field, column, attributes)}")
        other = _other_reference(field, column, attributes, inherited)
        if other is not None:
            raise DeclarationError(
                f"{factory_name}.{column}: {other} and {field} both put a key here: "
                f"{_other_column(field, attributes, column)}, or write through=… if it is the row that another "
                "reference's row refers to"
            )


def _is_of_key(value: Any, column: str, path: str, attributes: Mapping[str, Any], depth: int = 0) -> bool:
    """Whether a declaration is made of a reference's key, or looks at rows, so that it may be."""
    declaration: Any = as_declaration(column, value)
    if isinstance(declaration, ColumnDeclaration):
        reads = set(declaration.generator.reads())
        if path in reads or reads_rows(declaration.generator):
            return True
        others = [name for name in reads & attributes.keys() if name != column and depth < len(attributes)]
        return any(_is_of_key(attributes[name], name, path, attributes, depth + 1) for name in others)
    if type(declaration) is boy.SelfAttribute:
        return bool(declaration.attribute_name == path)
    if type(declaration) is boy.Maybe:
        return any(_is_of_key(side, column, path, attributes) for side in (declaration.yes, declaration.no))
    if isinstance(declaration, SeededDeclaration):
        from factory.fuzzy import BaseFuzzyAttribute

        return not isinstance(declaration.declaration, BaseFuzzyAttribute)
    return False


def _other_reference(field: str, column: str, attributes: Mapping[str, Any], inherited: Sequence[Any]) -> str | None:
    """Another reference that puts its key into a column, in the class body or left from a base."""
    here = {name: value for name, value in attributes.items() if isinstance(value, ForeignKey)}
    bases = {name: one for options in inherited for name, one in options.references.items() if name not in attributes}
    for name, reference in (bases | here).items():
        if name == field or reference.through is not None or (name not in here and column in attributes):
            continue
        if reference.parent == "self":
            keys = next((options.key_columns() for options in inherited if name in options.references), ())
        else:
            keys = reference.parent._meta.key_columns()
        if column in key_names(reference, name, keys):
            return name
    return None


def _instead(field: str, column: str, attributes: Mapping[str, Any]) -> str:
    """What to write where another declaration stands in the place of a key."""
    what = f"{_reference(field, attributes)} puts the key of its row here, and another column of this name replaces it"
    through = _path_to_row(attributes[field], attributes[column], attributes)
    if through is not None:
        right = _reference(field, attributes, f", through={through!r}")
        return f"{what}: write {right}, without {column}, to refer to the row whose key this is"
    return (
        f"{what}: leave it out, or {_other_column(field, attributes, column)}; for keys that no parent has, plant "
        f"Orphans({field!r}, 0.01)"
    )


def _path_to_row(reference: ForeignKey, value: Any, attributes: Mapping[str, Any]) -> str | None:
    """The references that lead to the row whose key a column copies, such as ``order.customer``."""
    declared = as_declaration("", value)
    generator = declared.generator if isinstance(declared, ColumnDeclaration) else None
    name = generator.name if isinstance(generator, Column) else getattr(declared, "attribute_name", "")
    *path, last = str(name).split(".")
    found: Any = attributes.get(path[0]) if path else None
    for step in path[1:]:
        found = _references_of(found).get(step)
    for step, one in _references_of(found).items():
        if one.parent is reference.parent and last in key_names(one, step, one.parent._meta.key_columns()):
            return ".".join([*path, step])
    return None


def _references_of(reference: Any) -> Mapping[str, ForeignKey]:
    """The references of the table that one refers to."""
    if not isinstance(reference, ForeignKey) or reference.parent == "self":
        return {}
    found: Mapping[str, ForeignKey] = reference.parent._meta.references
    return {name: one for name, one in found.items() if one.parent != "self"}


def _reference(field: str, attributes: Mapping[str, Any], arguments: str = "") -> str:
    parent = attributes[field].parent
    return f"{field} = ForeignKey({repr(parent) if parent == 'self' else parent.__name__}{arguments})"


def _other_column(field: str, attributes: Mapping[str, Any], column: str) -> str:
    other = f"{field}_key" if column != f"{field}_key" else f"{field}_id"
    return f"name the key's column otherwise: {_reference(field, attributes, f', column={other!r}')}"


__all__ = ["check_key_columns"]
