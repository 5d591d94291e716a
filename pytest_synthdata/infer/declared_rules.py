"""What a schema says of its columns beside their types, in a factory: keys, lengths, nullability, checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pyarrow as pa

from pytest_synthdata.columns.expressions.operators import Call, col
from pytest_synthdata.columns.generators.base import Constant, Generator
from pytest_synthdata.columns.generators.categories import Categorical
from pytest_synthdata.columns.generators.keys import Key
from pytest_synthdata.columns.generators.modifiers import Nullable
from pytest_synthdata.columns.providers.fake import Fake
from pytest_synthdata.columns.text.template import Email, Template
from pytest_synthdata.declarations.foreign_keys import ForeignKey
from pytest_synthdata.errors import SynthDataError
from pytest_synthdata.infer.column_types import in_type
from pytest_synthdata.infer.columns import Declared
from pytest_synthdata.infer.inferred import Inferred
from pytest_synthdata.infer.references.keys import unique_key
from pytest_synthdata.infer.relations.composing import in_type_of_expression
from pytest_synthdata.infer.ruled import ruled
from pytest_synthdata.infer.sql_conditions import expression
from pytest_synthdata.sources.ddl import Definition, checked_columns

_TRIED = 200  # rows that are made of a factory with conditions, before they are believed to be met
_PROVIDERS = {"state": "state_abbr", "province": "state_abbr", "country": "country_code", "currency": "currency_code"}


def as_defined(
    declared: Declared, column: pa.Field, table: str, said: Definition, attributes: Mapping[str, str]
) -> Declared:
    """A column's declaration with what its table's definition says.

    Args:
        declared: what its name and type say.
        column: its name and type.
        table: its table's name.
        said: the definition.
        attributes: what the columns are called in expressions.
    """
    generator, name = declared.declaration, column.name
    if isinstance(generator, ForeignKey):  # whose values are the parent's, by the parent's rules
        return declared
    if (rule := said.rules.get(name)) is not None:
        generator, missed = ruled(generator, column.type, rule)
        comment = f"Not kept: {'; '.join(missed)}" if missed else declared.comment
        declared = replace(declared, declaration=generator, comment=comment)
    if not isinstance(generator, Generator):
        return declared
    if name in said.computed:
        made = expression(said.computed[name], attributes)
        if made is None:
            text = said.computed[name].sql("databricks")
            return replace(declared, comment=f"Not kept: GENERATED ALWAYS AS ({text})")
        return replace(declared, declaration=in_type_of_expression(made, column.type))
    if said.key == (name,) or name in said.unique:
        generator = _unique(generator, column, table, said.identities.get(name, (1, 1)))
    elif (listed := _listed(name, said)) is not None:
        generator = in_type(Categorical(listed), column.type)
    elif name in said.lengths:
        generator = _short_enough(generator, name, *said.lengths[name])
    if name in said.not_null:
        generator = generator.not_null()
    return replace(declared, declaration=generator, comment=declared.comment or _told(name, said))


def _told(name: str, said: Definition) -> str | None:
    """What is only told of a column."""
    start, step = said.identities.get(name, (1, 1))
    if start < 0 or step < 1:
        return f"Not kept: IDENTITY (START WITH {start} INCREMENT BY {step})"
    return f"DEFAULT {said.defaults[name]}" if name in said.defaults else None


def _unique(generator: Generator, column: pa.Field, table: str, identity: tuple[int, int]) -> Generator:
    """Values of which no two are the same; addresses stay such, and identities keep their start and their step."""
    start, step = identity
    if identity != (1, 1) and start >= 0 and step > 0 and pa.types.is_integer(column.type):
        return in_type(Key("{}", start=start, step=step), column.type)
    if isinstance(generator, Fake) and generator.provider == "email":
        return Email()
    is_numbered = isinstance(generator, Template) and "{#" in generator.text  # by the row
    return generator if is_numbered else unique_key(generator, column, table, 1_000)


def _listed(name: str, said: Definition) -> list[Any] | None:
    """The values that a check lists for a column."""
    for check in said.checks:
        if type(check).__name__ == "In" and check.this.name == name and check.expressions:
            try:
                return [one.to_py() for one in check.expressions]
            except ValueError:  # something is computed
                return None
    return None


def _short_enough(generator: Generator, name: str, length: int, is_exact: bool) -> Generator:
    """Texts of at most so many letters, or of exactly as many."""
    if length == 2:  # noqa: PLR2004 - codes of two letters
        for part, provider in _PROVIDERS.items():
            if part in name.lower() and provider != "currency_code":
                return Fake(provider)
    if length == 3 and "currency" in name.lower():  # noqa: PLR2004
        return Fake("currency_code")
    if isinstance(generator, (Key, Constant)):
        return generator
    if is_exact:
        return Fake("bothify", text="?" * length, letters="ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return Call("substring", (generator,), (1, length))


def with_checks(inferred: Inferred, said: Definition, attributes: Mapping[str, str], module: str) -> Inferred:
    """A factory whose rows meet the checks of its table; those that cannot be kept are told in a comment."""
    kept: Any = inferred.where
    told = []
    for check in said.checks:
        if _listed(check.this.name if type(check).__name__ == "In" else "", said) is not None:
            continue
        condition = _or_unknown(expression(check, attributes), check, inferred, attributes)
        tried = condition if kept is None or condition is None else kept & condition
        if condition is not None and _can_be(replace(inferred, where=tried), module):
            kept = tried
        else:
            told.append(check.sql("databricks"))
    comments = dict(inferred.comments)
    if told:
        before = f"{comments['']}; " if "" in comments else "Not kept: "
        comments[""] = f"{before}{'; '.join(f'CHECK ({one})' for one in told)}"
    return replace(inferred, where=kept, comments=comments)


def _or_unknown(condition: Any, check: Any, inferred: Inferred, attributes: Mapping[str, str]) -> Any:
    """A check as databases have it: met also where it reads nothing, so that nulls of its columns stay."""
    if condition is None:
        return None
    for name in dict.fromkeys(attributes.get(column, "") for column in checked_columns(check)):
        if isinstance(inferred.declarations.get(name), Nullable):
            condition = condition | col(name).is_null()
    return condition


def _can_be(inferred: Inferred, module: str) -> bool:
    try:
        made = inferred.factory(module)
        made._meta.bound().at(_rows()).read(next(iter(made._meta.plan().columns)))
        for name in made._meta.plan().columns:
            made._meta.bound().at(_rows()).read(name)
    except SynthDataError:
        return False
    return True


def _rows() -> Any:
    import numpy as np

    return np.arange(_TRIED, dtype=np.uint64)


__all__ = ["as_defined", "with_checks"]
