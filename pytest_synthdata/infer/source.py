"""Inferred factories as Python source."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from factory import declarations as boy

from pytest_synthdata.columns.expressions.conditions import When
from pytest_synthdata.columns.expressions.operators import Call, Column, Operation
from pytest_synthdata.columns.generators.arrays import Array
from pytest_synthdata.columns.generators.base import Constant, Generator
from pytest_synthdata.columns.generators.given import Given
from pytest_synthdata.columns.generators.modifiers import Cast, Clipped, NotNull, Nullable, Rounded
from pytest_synthdata.columns.text.template import Template
from pytest_synthdata.columns.time.calendar import Timeline
from pytest_synthdata.columns.time.events import Event
from pytest_synthdata.declarations.foreign_keys import ForeignKey
from pytest_synthdata.exports import MODULES
from pytest_synthdata.infer.code import code
from pytest_synthdata.infer.layout import Bracket, Code, laid_out, on_one_line
from pytest_synthdata.infer.tables import Inferred


def module_source(tables: Sequence[Inferred], said: str) -> str:
    """A module with the factories of some tables.

    Args:
        tables: each after those that it refers to.
        said: what the module's first line says.
    """
    classes = [class_source(table) for table in tables]
    own = {table.class_name for table in tables}
    said = said.replace("\\", "\\\\").replace('"', '\\"')
    return "\n\n\n".join([f'"""{said}"""\n\n{_imports(tables, own)}', *classes]) + "\n"


def class_source(table: Inferred) -> str:
    """The class of a table's factory."""
    lines = [f"class {table.class_name}({table.base.__name__}):", "    class Meta:"]
    lines += [_statement(name, code(value), 8) for name, value in table.options.items()]
    if table.parameters:
        lines += ["", "    class Params:"]
        lines += [_statement(name, code(value), 8) for name, value in table.parameters.items()]
    lines.append("")
    for name, declaration in table.declarations.items():
        stated = f": Annotated[dict, {on_one_line(code(table.stated[name]))}]" if name in table.stated else ""
        lines.append(_statement(f"{name}{stated}", code(declaration), 4))
    return "\n".join(lines)


def _imports(tables: Sequence[Inferred], own: set[str]) -> str:
    used: dict[str, set[str]] = {}
    plain = set()
    for table in tables:
        for name in ("factory", "pa", "dt", "F"):
            if any(
                f"{name}." in on_one_line(code(one))
                for one in (*table.declarations.values(), *table.parameters.values(), *table.stated.values())
            ):
                plain.add(name)
        kinds: set[Any] = {table.base, *_kinds([*table.declarations.values(), *table.parameters.values()])}
        for kind in kinds:
            name = {Column: "col", When: "when"}.get(kind, kind.__name__)
            if name in own:
                continue
            public = name in MODULES
            shipped = kind.__module__.startswith("pytest_synthdata.factories.") and not public
            module = "pytest_synthdata" if public else kind.__module__
            used.setdefault("pytest_synthdata.factories" if shipped else module, set()).add(name)
    modules = {"factory": "import factory", "pa": "import pyarrow as pa", "dt": "import datetime as dt"}
    standard = [modules["dt"]] if "dt" in plain else []
    standard += ["from typing import Annotated"] if any(table.stated for table in tables) else []
    standard += [""] if standard else []
    installed = [modules[name] for name in ("factory", "pa") if name in plain]
    lines = [*standard, *installed, *([""] if installed else [])]
    lines += ["from pytest_synthdata import functions as F"] if "F" in plain else []
    for module in sorted(used):
        names = sorted(used[module], key=lambda one: (not one[0].isupper(), one))
        items = tuple(("", name) for name in names)
        lines += laid_out(Bracket("", items), 0, f"from {module} import ", bare=True)
    return "\n".join(lines)


def _kinds(values: Any) -> Iterator[type]:
    """The classes that declarations are made of, as they are written."""
    for value in values:
        if isinstance(value, ForeignKey):
            yield from (ForeignKey, *([] if value.parent == "self" else [value.parent]))
            yield from _kinds([value.weights, value.where])
        elif isinstance(value, (boy.Dict, boy.List)):
            yield from _kinds(value._defaults.values())
        elif isinstance(value, (Rounded, Clipped, Nullable, NotNull, Cast, Operation, Call, Given, When, Array)):
            if isinstance(value, (Given, When, Array)):
                yield type(value)
            branched = isinstance(value, (Given, When, Array))  # whose constants are written as they are
            yield from _kinds([one for one in value.children() if not (branched and isinstance(one, Constant))])
        elif isinstance(value, Timeline):
            yield from (Timeline, *([Event] if value.events else []))
        elif isinstance(value, Generator):
            yield type(value)
            yield from _kinds(dict(value.parts).values() if type(value) is Template else [])


def _statement(name: str, value: Code, indent: int) -> str:
    return "\n".join(laid_out(value, indent, f"{name} = "))


__all__ = ["class_source", "module_source"]
