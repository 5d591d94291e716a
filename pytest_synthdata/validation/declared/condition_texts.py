"""Conditions in words: which rows a branch is for."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from pytest_synthdata.columns.expressions.conditions import Truth
from pytest_synthdata.columns.expressions.operators import Call, Column, During, Operation
from pytest_synthdata.columns.generators.base import Constant, Generator
from pytest_synthdata.columns.generators.given import Given

_SPEAK = {
    "equal": "=", "not_equal": "≠", "less": "<", "less_equal": "≤", "greater": ">", "greater_equal": "≥",
    "and_kleene": "and", "or_kleene": "or", "add": "+", "subtract": "-", "multiply": "*", "divide": "/",
    "floor_divide": "//", "remainder": "%",
}  # fmt: skip


def _bracketed(text: str) -> str:
    return f"({text})" if " and " in text or " or " in text else text


def bracketed_or(label: str) -> str:
    """A condition as a part of one whose parts are joined by *and*."""
    return f"({label})" if " or " in label else label


def none_of(labels: Sequence[str]) -> str:
    """The condition of the rows that meet none of these."""
    if len(labels) == 1:
        return f"not ({labels[0]})"
    return f"none of {'; '.join(labels)}"


def given_labels(given: Given) -> list[str]:
    """Each branch's condition in words."""
    column = given.column
    if given.is_binned:
        edges = [f"{edge:g}" for edge in given.edges]
        if not edges:
            return [""]
        between = [f"{low} ≤ {column} < {high}" for low, high in itertools.pairwise(edges)]
        return [f"{column} < {edges[0]}", *between, f"{column} ≥ {edges[-1]}"]
    if isinstance(column, str):
        labels = [f"{column} = {key}" for key in given.keys]
        return [*labels, f"other {column}"] if given.has_default else labels
    pairs = [zip(column, key, strict=True) for key in given.keys]
    labels = [" and ".join(f"{name} = {value}" for name, value in pair) for pair in pairs]
    return [*labels, f"other {', '.join(column)}"] if given.has_default else labels


def describe_condition(generator: Generator) -> str:
    """A condition in words: ``category = Billing``."""
    if isinstance(generator, Column):
        return generator.name
    if isinstance(generator, Constant):
        return str(generator.value)
    if isinstance(generator, Truth):
        return describe_condition(generator.generator)
    if not isinstance(generator, Operation):
        return repr(generator).replace("F.", "") if isinstance(generator, Call) else type(generator).__name__
    if isinstance(generator, During):
        return f"{describe_condition(generator.of)} in {generator.event.start} … {generator.event.end}"
    said = [describe_condition(operand) for operand in generator.operands]
    if generator.function == "is_in":
        return f"{said[0]} in {said[1]}"
    if generator.function in ("is_null", "is_valid"):
        return f"{said[0]} is {'' if generator.function == 'is_null' else 'not '}null"
    if generator.function == "invert":
        return f"not {_bracketed(said[0])}"
    word = _SPEAK.get(generator.function, generator.function)
    if generator.function == "and_kleene":
        said = [bracketed_or(one) for one in said]
    return f"{said[0]} {word} {said[1]}" if len(said) == 2 else f"{word}({', '.join(said)})"  # noqa: PLR2004


__all__ = ["bracketed_or", "describe_condition", "given_labels", "none_of"]
