"""Whether a function can draw random numbers at all: one that cannot need not have the generators seeded for it."""

from __future__ import annotations

import builtins
import dis
from collections.abc import Callable, Iterator
from functools import lru_cache
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any

_BLIND = frozenset(
    {"calendar", "datetime", "decimal", "fractions", "json", "math", "re", "string", "textwrap", "zoneinfo"}
)
_FAR_REACHING = frozenset({"__import__", "compile", "eval", "exec", "globals", "vars", "locals"})
_PLAIN = (bool, int, float, complex, str, bytes, type(None))


@lru_cache(maxsize=1024)
def may_use_randomness(function: Callable[..., Any]) -> bool:
    """Whether a function might reach a random generator: True where its code leaves a doubt.

    A function that imports nothing and sees nothing from outside but plain values, Python's own functions, and
    modules that have no random numbers can give only what its arguments decide.

    >>> may_use_randomness(lambda row: row.price * 2)
    False
    """
    return _may_draw(function, set())


def _may_draw(function: Callable[..., Any], seen: set[int]) -> bool:
    if not isinstance(function, FunctionType):
        return function not in (str, int, float, bool, len, repr)
    defaults = (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values())
    cells = [cell.cell_contents for cell in function.__closure__ or () if _is_filled(cell)]
    names = {**vars(builtins), **function.__globals__}
    for name in _global_names(function.__code__):
        if name not in names or name in _FAR_REACHING or not _is_blind(names[name], seen):
            return True
    return not all(_is_blind(value, seen) for value in [*defaults, *cells])


def _global_names(code: CodeType) -> Iterator[str | None]:
    """The global names that a function's code looks up, those of functions in it too; None for an import."""
    for instruction in dis.get_instructions(code):
        if instruction.opname.startswith("IMPORT"):
            yield None
        elif instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME", "STORE_GLOBAL"):
            yield str(instruction.argval)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _global_names(constant)


def _is_filled(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018 - asks
    except ValueError:
        return False
    return True


def _is_blind(value: Any, seen: set[int]) -> bool:
    """Whether a value cannot lead to random numbers; one that was seen already leads nowhere new."""
    if isinstance(value, _PLAIN) or id(value) in seen:
        return True
    seen.add(id(value))
    if isinstance(value, (tuple, list, set, frozenset)):
        return all(_is_blind(item, seen) for item in value)
    if isinstance(value, dict):
        return all(_is_blind(item, seen) for item in value.values())
    if isinstance(value, ModuleType):
        return value.__name__ in _BLIND
    if isinstance(value, (BuiltinFunctionType, type)):
        module = value.__module__
        return module in _BLIND or module == "builtins"
    return isinstance(value, FunctionType) and not _may_draw(value, seen)


__all__ = ["may_use_randomness"]
