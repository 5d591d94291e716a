"""Inferred factories as Python source."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from factory import declarations as boy

from pytest_synthdata.columns.expressions.conditions import When
from pytest_synthdata.columns.expressions.operators import Call, Column, Operation
from pytest_synthdata.columns.generators.arrays import Array
from pytest_synthdata.columns.generators.base import Constant, Generator
from pytest_synthdata.columns.generators.given import Given
from pytest_synthdata.columns.generators.listed import Rows
from pytest_synthdata.columns.generators.modifiers import Cast, Clipped, NotNull, Nullable, Rounded, Unique
from pytest_synthdata.columns.text.template import Template
from pytest_synthdata.columns.time.calendar import Timeline
from pytest_synthdata.columns.time.events import Event
from pytest_synthdata.declarations.foreign_keys import ForeignKey
from pytest_synthdata.errors import printable
from pytest_synthdata.exports import MODULES
from pytest_synthdata.infer.columns import nested_item
from pytest_synthdata.infer.inferred import Inferred
from pytest_synthdata.infer.printing.code import INTERVALS, bare, code
from pytest_synthdata.infer.printing.expressions import WITH_COLUMNS, condition_lines
from pytest_synthdata.infer.printing.layout import WIDTH, Bracket, Code, is_filled, laid_out, on_one_line, packed
from pytest_synthdata.infer.printing.stored import Store, printing_of, stored, stored_in


def module_source(tables: Sequence[Inferred], said: str, store: Store | None = None) -> str:
    """A module with the factories of some tables.

    Args:
        tables: each after those that it refers to.
        said: what the module's first line says.
        store: the data file beside it, for long lists; None to have all in the source.
    """
    with stored_in(store):
        classes = [class_source(table) for table in tables]
    own = {table.class_name for table in tables}
    said = said.replace("\\", "\\\\").replace('"', '\\"')
    is_stored = store is not None and bool(store.content)
    head = f'"""{_in_lines(said)}"""\n\n{_imports(tables, own, is_stored=is_stored)}'
    if store is not None and is_stored:
        read = f'Path(__file__).with_name({on_one_line(code(store.file))}).read_text("utf-8")'
        head += f"\n\nDATA: dict[str, Any] = json.loads(\n    {read}\n)"
    return "\n\n\n".join([head, *classes]) + "\n"


def _in_lines(said: str) -> str:
    """What a module says of itself, in lines that linters take."""
    if len(said) + 2 * len('"""') <= WIDTH:
        return said
    summary, _, rest = said.partition(", ")
    filled = textwrap.fill(rest[:1].upper() + rest[1:], WIDTH, break_long_words=False, break_on_hyphens=False)
    return f"{summary}.\n\n{filled}\n"


def class_source(table: Inferred) -> str:
    """The class of a table's factory."""
    lines = [f"class {table.class_name}({table.base.__name__}):"]
    lines += _comment(table.remarks[""]) if "" in table.remarks else []
    lines += _comment(table.comments[""]) if "" in table.comments else []
    lines.append("    class Meta:")
    for name, value in table.options.items():
        printing_of(f"{table.table}.{name}")
        kept = stored(value) if name == "correlations" else None
        if name == "where" and len(f"        where = {on_one_line(bare(value))}") > WIDTH:
            lines += condition_lines(value, 8, "where = ")
            continue
        stated = ": ClassVar" if isinstance(value, dict) else ""
        lines.append(_statement(f"{name}{stated}", bare(value) if kept is None else kept, 8))
    lines += [""] if table.declarations else []
    for name, declaration in table.declarations.items():
        printing_of(f"{table.table}.{name}")
        lines += _comment(table.comments[name]) if name in table.comments else []
        stated = f": Annotated[dict, {on_one_line(code(table.stated[name]))}]" if name in table.stated else ""
        statement = _statement(f"{name}{stated}", bare(declaration), 4)
        behind = f"{statement}  # {printable(table.remarks[name])}" if name in table.remarks else statement
        if behind != statement and ("\n" in behind or "#" in statement or len(behind) > WIDTH):
            lines += _comment(table.remarks[name])
            behind = statement
        lines.append(behind)
    return "\n".join(lines)


def _comment(said: str) -> list[str]:
    """Lines of a comment; whatever is said stays in it."""
    plain = (printable(line) for line in said.splitlines())
    return [f"    # {line}" for one in plain for line in textwrap.wrap(one, WIDTH - 6)]


def _imports(tables: Sequence[Inferred], own: set[str], *, is_stored: bool) -> str:
    used: dict[str, set[str]] = {}
    plain = set()
    for table in tables:
        for name in ("factory", "pa", "dt", "F"):
            if any(
                re.search(rf"\b{name}\.", _without_texts(on_one_line(code(one))))
                for one in (*table.declarations.values(), *table.stated.values(), *table.options.values())
            ):
                plain.add(name)
        kinds: set[Any] = {table.base, *_kinds([*table.declarations.values(), *table.options.values()])}
        for kind in kinds:
            name = kind if isinstance(kind, str) else {Column: "col", When: "when"}.get(kind, kind.__name__)
            if name in own:
                continue
            public = name in MODULES
            shipped = not public and kind.__module__.startswith("pytest_synthdata.factories.")
            module = "pytest_synthdata" if public else kind.__module__
            used.setdefault("pytest_synthdata.factories" if shipped else module, set()).add(name)
    modules = {"factory": "import factory", "pa": "import pyarrow as pa", "dt": "import datetime as dt"}
    standard = [modules["dt"]] if "dt" in plain else []
    standard += ["import json", "from pathlib import Path"] if is_stored else []
    has_options = any(isinstance(value, dict) for table in tables for value in table.options.values())
    needed = {"Annotated": any(table.stated for table in tables), "Any": is_stored, "ClassVar": has_options}
    typing = [name for name, is_needed in needed.items() if is_needed]
    standard += [f"from typing import {', '.join(typing)}"] if typing else []
    standard += [""] if standard else []
    lines = [*standard, *(modules[name] for name in ("factory", "pa") if name in plain)]
    ours = {module for module in used if module.partition(".")[0] == "pytest_synthdata"}
    for number, module in enumerate((*sorted(ours), *sorted(used.keys() - ours))):
        lines += [""] if 0 < number == len(ours) else []  # before a project's own modules
        names = sorted(used[module], key=lambda one: (not one[0].isupper(), one))
        items = tuple(("", name) for name in names)
        lines += laid_out(Bracket("", items), 0, f"from {module} import ", bare=True)
        if module == "pytest_synthdata" and "F" in plain:
            lines.append("from pytest_synthdata import functions as F  # noqa: N812, RUF100")
    return "\n".join(lines)


def _kinds(values: Any) -> Iterator[Any]:
    """The classes that declarations are made of, as they are written."""
    for value in values:
        if isinstance(value, ForeignKey):
            yield from (ForeignKey, *([] if value.parent == "self" else [value.parent]))
            yield from _kinds([value.weights, value.where])
            yield from _kinds([one for one in [value.per_parent] if not isinstance(one, Constant)])
        elif isinstance(value, (boy.Dict, boy.List)):
            yield from _kinds(value._defaults.values())
        elif isinstance(
            value, (Rounded, Clipped, Nullable, NotNull, Unique, Cast, Operation, Call, Given, When, Array)
        ):
            if isinstance(value, (Given, When, Array)):
                yield type(value)
            if isinstance(value, Call):
                yield from _kinds_of_call(value)
                continue
            yield from _kinds([nested_item(value)] if isinstance(value, Array) else [])
            branched = isinstance(value, (Given, When, Array, Operation))  # whose constants are written as they are
            yield from _kinds([one for one in value.children() if not (branched and isinstance(one, Constant))])
        elif isinstance(value, Rows):
            yield Rows
        elif isinstance(value, Timeline):
            yield from (Timeline, *([Event] if value.events else []))
        elif isinstance(value, Generator):
            yield type(value)
            yield from _kinds(dict(value.parts).values() if type(value) is Template else [])


def _kinds_of_call(value: Call) -> Iterator[Any]:
    """What a function is written with: columns stand there by their names."""
    if value.function in INTERVALS:
        yield value.function
    plain = (Constant,) if value.function in WITH_COLUMNS else (Column, Constant)
    yield from _kinds([one for one in value.operands if not isinstance(one, plain)])


def _without_texts(source: str) -> str:
    return re.sub(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'", '""', source)


def _statement(name: str, value: Code, indent: int) -> str:
    start = f"{name} = "
    if is_filled(value, indent, start):
        return "\n".join(packed(value, indent, start)) + "  # fmt: skip"
    return "\n".join(laid_out(value, indent, start))


__all__ = ["class_source", "module_source"]
