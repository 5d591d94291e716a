"""What a schema's comments say of a table and its columns: it stands as a comment in the source, on one line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from pytest_synthdata.declarations.foreign_keys import ForeignKey
from pytest_synthdata.errors import cut, printable
from pytest_synthdata.infer.inferred import Inferred
from pytest_synthdata.sources.ddl import Definition

_MOST = 240  # letters of a comment
_COMMANDS = re.compile(r"(?i)[#\s]*(type|noqa|fmt|ruff|flake8|pragma|mypy|isort|yapf|pylint|pyright|nosec)\b")


def with_remarks(inferred: Inferred, said: Definition, attributes: Mapping[str, str]) -> Inferred:
    """A factory with what the comments in its table's definition say.

    Args:
        inferred: the factory.
        said: the definition.
        attributes: what its columns are called that are no references to other tables.
    """
    called = dict(attributes)
    for name, declared in inferred.declarations.items():
        if type(declared) is ForeignKey and isinstance(declared.column or "", str):
            called[str(declared.column or f"{name}_id")] = name
    found = {
        called[column]: text for column, text in said.comments.items() if called.get(column) in inferred.declarations
    }
    found |= {"": said.comments[""]} if "" in said.comments else {}
    lines = {name: one_line(text) for name, text in found.items()}
    return replace(inferred, remarks={name: line for name, line in lines.items() if line})


def one_line(text: str) -> str:
    r"""A comment as it may stand behind ``#``: on one line, without what tools or terminals would obey.

    >>> one_line("the key\nimport os"), one_line("noqa: all of it")
    ('the key import os', '"noqa: all of it"')
    """
    line = cut(printable(" ".join(text.split())), _MOST)
    return f'"{line}"' if _COMMANDS.match(line) else line


__all__ = ["one_line", "with_remarks"]
