"""What follows from other columns alone, and how a declaration is named in a sentence."""

from __future__ import annotations

import inspect

from pytest_synthdata.columns.expressions.conditions import Truth, When
from pytest_synthdata.columns.expressions.functions import Computed
from pytest_synthdata.columns.expressions.operators import Call, Column, Operation
from pytest_synthdata.columns.generators.base import Constant, Generator
from pytest_synthdata.columns.generators.given import Given
from pytest_synthdata.columns.generators.modifiers import Cast, Clipped, NotNull, Rounded
from pytest_synthdata.columns.text.template import Template
from pytest_synthdata.declarations.wording import as_written

_LONG = 80  # letters of a declaration in a sentence


def is_formula(generator: Generator) -> bool:
    """Whether the values follow from other columns of the row alone."""
    if isinstance(generator, (Column, Constant)):
        return True
    if isinstance(generator, Computed):
        return "cells" not in inspect.signature(generator.function).parameters
    if isinstance(generator, Template):
        own = [part for _, part in generator.parts if isinstance(part, Generator)]
        return not own and all(field.name != "#" for field in generator.fields)
    if isinstance(generator, (Operation, Call, Truth, When, Given, Rounded, Clipped, Cast, NotNull)):
        return all(is_formula(child) for child in generator.children())
    return False


def short_name(generator: Generator) -> str:
    """A declaration in a sentence."""
    name = as_written(generator)
    return name if len(name) < _LONG else f"{name[: _LONG - 1]}…"


__all__ = ["is_formula", "short_name"]
