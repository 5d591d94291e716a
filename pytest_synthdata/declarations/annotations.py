"""Types that a factory's class body states by annotation, as in ``amount: Decimal = LogNormal(3, 1)``."""

from __future__ import annotations

import sys
import typing
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
from factory.declarations import BaseDeclaration

from pytest_synthdata.columns.arrow.types import annotated_type
from pytest_synthdata.columns.generators.base import Generator


def stated_types(attributes: Mapping[str, Any]) -> dict[str, pa.DataType | str]:
    """The types of a class body's annotations; a string that names nothing known is left to the check of the plan."""
    namespace = vars(sys.modules[attributes["__module__"]]) if attributes.get("__module__") in sys.modules else {}
    types: dict[str, pa.DataType | str] = {}
    for name, annotation in _annotations(attributes).items():
        resolved = _resolved(annotation, namespace)
        if isinstance(resolved, str):
            types[name] = resolved
        elif not _is_declaration(resolved) and (type_ := annotated_type(resolved)) is not None:
            types[name] = type_
    return types


def _annotations(attributes: Mapping[str, Any]) -> Mapping[str, Any]:
    """A class body's annotations; those that Python cannot resolve as text."""
    found: Mapping[str, Any] = attributes.get("__annotations__", {})
    if sys.version_info >= (3, 14):  # PEP 649: a function that makes them
        import annotationlib

        make = annotationlib.get_annotate_from_class_namespace(attributes)
        if make is not None:
            made = annotationlib.call_annotate_function(make, annotationlib.Format.FORWARDREF)
            found = {name: getattr(value, "__forward_arg__", value) for name, value in made.items()}
    return found


def _resolved(annotation: object, namespace: Mapping[str, object]) -> object:
    """What an annotation written as text means: in Python, or else as the name of a type in Spark SQL."""
    if not isinstance(annotation, str):
        return annotation
    holder = type("Holder", (), {"__annotations__": {"value": annotation}})
    try:
        return typing.get_type_hints(holder, dict(namespace), include_extras=True)["value"]
    except (NameError, SyntaxError, TypeError, AttributeError):
        return annotation.strip("\"'")


def _is_declaration(annotation: object) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, (Generator, BaseDeclaration))


__all__ = ["stated_types"]
