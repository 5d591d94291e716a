"""What operators and methods make of values of which some are open."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable
from typing import Any

from pytest_synthdata.columns.providers.interpreter import Execution
from pytest_synthdata.columns.providers.symbols import Symbol, Unreadable, Words, is_open
from pytest_synthdata.columns.text.grammar import Draw, digits, each, first_word, is_text

# Methods (and how many arguments) that change each character by itself: of a single one, for replace.
_PIECEWISE = frozenset({("upper", 0), ("lower", 0), ("casefold", 0), ("replace", 2)})
_NUMBER = re.compile(r"(?:0(\d+))?([dxX]?)")
OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Mod: operator.mod,
    ast.Div: operator.truediv, ast.FloorDiv: operator.floordiv, ast.Pow: operator.pow, ast.BitXor: operator.xor,
    ast.BitAnd: operator.and_, ast.BitOr: operator.or_, ast.LShift: operator.lshift, ast.RShift: operator.rshift,
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge, ast.Is: operator.is_, ast.IsNot: operator.is_not,
    ast.In: lambda a, b: a in b, ast.NotIn: lambda a, b: a not in b,
    ast.Not: operator.not_, ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Invert: operator.invert,
}  # fmt: skip


def method(run: Execution, owner: Symbol | Words, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """A method of an open value."""
    if isinstance(owner, Words):
        if name == "pop" and args == [0]:
            return run.transform(first_word, owner.symbol)
        raise Unreadable("a split text is looked at")
    if any(map(is_open, args)) or kwargs or not is_text(owner.law) or name.startswith("_"):
        run.settle(owner)
    if name == "split" and args == [" "]:
        return Words(owner)
    if name == "split":
        run.settle(owner)
    if isinstance(owner.law, Draw):
        return run.apply(lambda value: getattr(value, name)(*args), owner)
    if (name, len(args)) in _PIECEWISE and (name != "replace" or len(args[0]) == 1):
        return run.transform(lambda law: each(law, lambda text: _piecewise(text, name, args)), owner)
    run.settle(owner)
    raise Unreadable(name)


def operate(run: Execution, operation: ast.AST, left: Any, right: Any) -> Any:
    if isinstance(operation, ast.Mod) and isinstance(left, str):
        return percent(run, left, right)
    if isinstance(operation, ast.Add) and any(
        isinstance(side, str) or (isinstance(side, Symbol) and is_text(side.law)) for side in (left, right)
    ):
        return run.text([left, right])
    if any(isinstance(side, (Words, list, tuple)) and is_open(side) for side in (left, right)):
        raise Unreadable("arithmetic with drawn lists")
    return run.apply(OPERATORS[type(operation)], left, right)


def percent(run: Execution, pattern: str, values: Any) -> Any:
    """``pattern % values``."""
    pieces = re.split(r"(%0?\d*[dsxX%])", pattern)
    if any("%" in piece for piece in pieces[::2]):
        raise Unreadable("an unusual pattern")
    items = list(values) if isinstance(values, tuple) else [values]
    filled = []
    for piece in pieces:
        if piece == "%%" or not piece.startswith("%"):
            filled.append("%" if piece == "%%" else piece)
        elif not items:
            raise Unreadable("too few values for a pattern")
        else:
            filled.append(formatted(run, piece.lstrip("%").replace("s", ""), items.pop(0)))
    return run.text(filled)


def formatted(run: Execution, spec: str, value: Any) -> Any:
    """One value as text."""
    if isinstance(value, Symbol):
        if not spec and is_text(value.law):
            return value
        number = _NUMBER.fullmatch(spec)
        if number and isinstance(value.law, Draw) and isinstance(value.law.values, range):
            width, base = int(number[1] or 0), 16 if number[2] in ("x", "X") else 10
            law = digits(value.law.values, width, base)
            if law is not None:
                return run.transform(lambda _: each(law, str.upper) if number[2] == "X" else law, value)
    return run.apply(lambda item: format(item, spec), value)


def _piecewise(text: str, name: str, args: list[Any]) -> str:
    if name == "lower" and "\N{GREEK CAPITAL LETTER SIGMA}" in text:
        raise Unreadable("its lower case depends on its place")
    changed: str = getattr(text, name)(*args)
    return changed


__all__ = ["OPERATORS", "formatted", "method", "operate"]
