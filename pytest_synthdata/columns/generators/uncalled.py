"""Classes and functions that stand where a value should be: parentheses were forgotten, or a decorator."""

from __future__ import annotations

from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

CALLABLE = (type, FunctionType, BuiltinFunctionType, MethodType, property)
_OF_DECLARATIONS = ("pytest_synthdata", "factory")  # whose classes and functions give declarations when they are called


def uncalled(value: Any) -> str:
    """What to write for a class or a function that stands where a value should be."""
    name = getattr(value, "__name__", "property")
    if isinstance(value, type) and hasattr(value, "_meta"):
        return (
            f"the factory {name} is not a value: write ForeignKey({name}) for a reference to a row of its table, and "
            f"factory.SubFactory({name}) for a nested row"
        )
    if name.isidentifier() and (getattr(value, "__module__", None) or "").partition(".")[0] in _OF_DECLARATIONS:
        if isinstance(value, MethodType):
            return f".{name} is a method: call it, as in .{name}(…)"
        return f"write {name}(…), with parentheses"
    if isinstance(value, type):
        return f"the class {name} is not a value: write {name}(…), or state a column's type, as in amount: {name} = …"
    what = f"the function {name}" if name.isidentifier() and name != "property" else f"a {name.strip('<>')}"
    return (
        f"{what} is not a value: write @column above a function of whole columns, and factory.LazyAttribute(…) around "
        "one of a row"
    )


__all__ = ["CALLABLE", "uncalled"]
