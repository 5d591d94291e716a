"""Whether a test is going to ask `synth` for a DataFrame, as far as its source says: what cannot be read may do so."""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

import pytest

# Attributes of `synth`.
_FREE_OF_SPARK = ("dataset", "seed", "defects", "volume_path", "feed_path", "upload", "describe")
# Functions to which it is the names of its tables.
_OF_NAMES = ("dir", "frozenset", "iter", "len", "list", "print", "repr", "set", "sorted", "str", "tuple")
_FUNCTIONS = "pyspark.sql.functions"
_NAME = "synth"


def may_ask_for_functions(request: pytest.FixtureRequest) -> bool:
    """Whether a test may call Spark's functions before it asks for a DataFrame.

    They work only while a session is there, where Spark is not remote: ``F.col("amount")`` may stand before
    ``synth.orders``. No function of pyspark's can be called that no module has imported.
    """
    if _FUNCTIONS not in sys.modules:
        return False
    item: Any = request._pyfuncitem
    names = item.fixturenames
    if _NAME not in names or any(name == "synth_spark" or name.endswith("_df") for name in names):
        return True
    info = item._fixtureinfo
    fixtures = (one for definitions in info.name2fixturedefs.values() for one in definitions)
    readers = [(item.obj, _NAME in info.argnames), *((one.func, True) for one in fixtures if _NAME in one.argnames)]
    return any(_may_ask(getattr(function, "__func__", function), takes_it) for function, takes_it in readers)


@lru_cache(maxsize=1024)
def _may_ask(function: Callable[..., Any], takes_it: bool) -> bool:
    """Whether a function asks `synth` for more than what is free of Spark, hands it on, or calls Spark's functions."""
    function = inspect.unwrap(function)
    try:
        (tree,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    except (OSError, TypeError, SyntaxError, ValueError):
        return True
    if not isinstance(tree, (ast.FunctionDef, ast.AsyncFunctionDef)) or takes_it != (_NAME in _arguments(tree)):
        return True
    free = {id(part) for node in ast.walk(tree) for part in _free_of_spark(node)}
    known = getattr(function, "__globals__", {})
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and (
            _is_of_spark(known.get(node.id)) or (node.id == _NAME and id(node) not in free)
        ):
            return True
        if isinstance(node, ast.Attribute) and node.attr == "to_spark":
            return True
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("pyspark.sql"):
            return True
    return False


def _free_of_spark(node: ast.AST) -> Iterable[ast.AST]:
    """The parts of a piece of source of which no table is asked, should they be `synth`."""
    if isinstance(node, ast.Attribute) and node.attr in _FREE_OF_SPARK:
        return (node.value,)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _OF_NAMES:
        return node.args
    if isinstance(node, ast.Compare) and all(isinstance(operator, (ast.In, ast.NotIn)) for operator in node.ops):
        return node.comparators
    return (node.iter,) if isinstance(node, (ast.For, ast.comprehension)) else ()


def _arguments(tree: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    return {argument.arg for argument in (*tree.args.posonlyargs, *tree.args.args, *tree.args.kwonlyargs)}


def _is_of_spark(value: Any) -> bool:
    """Whether a global name is the module of Spark's functions, or one of them."""
    name = getattr(value, "__name__", "") if inspect.ismodule(value) else getattr(value, "__module__", "")
    return isinstance(name, str) and name.startswith(_FUNCTIONS)


__all__ = ["may_ask_for_functions"]
