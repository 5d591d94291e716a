"""Classes, functions and declarations that stand where a value should be: what to write instead."""

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


def of_another_kind(value: object) -> str | None:
    """What to write for a declaration of factory_boy that stands within a generator; None for other values."""
    class_ = type(value)
    if class_.__module__.partition(".")[0] != "factory":
        return None
    name = class_.__name__
    if name in ("Dict", "SubFactory"):
        return (
            f"a {name} is a column of its own, or the item of an Array: within other generators write "
            "F.struct(low=Integers(1, 9), …), a struct whose fields are generators"
        )
    return f"a {name} is a column of its own: declare it as one, such as code = {name}(…), and read it by col('code')"


__all__ = ["CALLABLE", "of_another_kind", "uncalled"]
