"""What classes and functions are called in a test's module, and what has to be imported there besides."""

from __future__ import annotations

import ast
import datetime as dt
import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from pytest_synthdata import functions
from pytest_synthdata.exports import MODULES

_PACKAGE = "pytest_synthdata"
_KNOWN: Mapping[str, Any] = {"datetime": dt, "F": functions}  # as representations have them, beside the public names


class NamesIn:
    """Names in a module's source; what it has no name for is to be imported.

    Args:
        module: where the source is to stand; None where that is not known, so that the usual names do.
    """

    def __init__(self, module: ModuleType | None) -> None:
        self._names: dict[str, Any] | None = None if module is None else vars(module)
        self._imports: dict[str, None] = {}

    @property
    def imports(self) -> list[str]:
        """The statements that make the names known that were given and that the module does not have."""
        return list(self._imports)

    def of(self, one: Any) -> str:
        """The name of a class, a function or a module."""
        usual = one.__name__ if isinstance(one, ModuleType) else one.__qualname__
        if self._names is None:
            return str(usual)
        return self._own(one, usual) or self._in_modules(one, usual) or self._imported(one, usual)

    def in_text(self, text: str, own: Mapping[str, Any]) -> str:
        """An expression with the names of the module.

        Args:
            text: with the usual names.
            own: what these are, where they are neither public ones nor known.
        """
        found = [node for node in ast.walk(ast.parse(text, mode="eval")) if isinstance(node, ast.Name)]
        source = text.encode()
        for node in sorted(found, key=lambda node: node.col_offset, reverse=True):
            name = self.of(own[node.id] if node.id in own else _usual(node.id))
            source = source[: node.col_offset] + name.encode() + source[node.end_col_offset :]
        return source.decode()

    def _own(self, one: Any, usual: str) -> str | None:
        names = self._names or {}
        if names.get(usual) is one:
            return usual
        if (name := next((name for name, value in names.items() if value is one), None)) is not None:
            return name
        root, dot, rest = usual.partition(".")
        return usual if dot and _at(names.get(root), rest) is one else None

    def _in_modules(self, one: Any, usual: str) -> str | None:
        """As a part of a module that the module has imported; best of the one that it comes from."""
        home = str(getattr(one, "__module__", ""))
        modules = [(name, value) for name, value in (self._names or {}).items() if isinstance(value, ModuleType)]
        for name, module in sorted(modules, key=lambda pair: pair[1].__name__ not in (home, _PACKAGE)):
            for path in (usual, f"{home.removeprefix(f'{module.__name__}.')}.{usual}"):
                head, dot, rest = path.partition(".")
                first = _usual(head) if module.__name__ == _PACKAGE and head in MODULES else vars(module).get(head)
                if (_at(first, rest) if dot else first) is one:
                    return f"{name}.{path}"
        return None

    def _imported(self, one: Any, usual: str) -> str:
        names = self._names or {}
        if isinstance(one, ModuleType):
            package, dot, last = one.__name__.rpartition(".")
            name = "F" if one is functions else last
            begin = f"from {package} import {last}" if dot else f"import {last}"
        else:
            last = usual.partition(".")[0]
            is_public = last in MODULES and _usual(last) is one
            begin, name = f"from {_PACKAGE if is_public else one.__module__} import {last}", last
        short = name
        while short in names:  # another one of this name
            short += "_"
        self._imports[begin if short == last else f"{begin} as {short}"] = None
        return short if isinstance(one, ModuleType) else f"{short}{usual[len(last) :]}"


def _usual(name: str) -> Any:
    """What a public name is, or a known one."""
    if name in _KNOWN:
        return _KNOWN[name]
    return getattr(sys.modules[_PACKAGE], name)


def _at(root: Any, path: str) -> Any:
    """What is at a path of attributes; None where nothing is."""
    for name in path.split("."):
        root = getattr(root, name, None)
    return root


__all__ = ["NamesIn"]
