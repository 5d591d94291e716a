"""What a schema says of a field beside its type: values, bounds, lengths, pattern; and of what is within it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

REMEDY = "leave it out of the schema, and declare it in a subclass"  # for what no column can have


@dataclass(frozen=True)
class FieldRule:
    """What a schema says of a field.

    Args:
        is_required: whether it is never null.
        listed: its only values; none where there is no list.
        low: the least number.
        high: the greatest one.
        is_above: whether it is more than `low`.
        is_below: whether it is less than `high`.
        step: what it is a multiple of.
        shortest: the fewest letters of a text, or items of a list.
        longest: the most.
        pattern: the regular expression in which a text is found.
        form: what a text is, as JSON Schema calls it: ``email``, ``uuid``.
        items: of the items of a list, or the values of a map.
        fields: of the fields of a struct.
    """

    is_required: bool = False
    listed: tuple[Any, ...] = ()
    low: float | None = None
    high: float | None = None
    is_above: bool = False
    is_below: bool = False
    step: float | None = None
    shortest: int | None = None
    longest: int | None = None
    pattern: str | None = None
    form: str | None = None
    items: FieldRule | None = None
    fields: Mapping[str, FieldRule] = field(default_factory=lambda: MappingProxyType({}))


def table_of(title: str) -> str:
    """The table of a record's or a model's name.

    >>> table_of("shop.OrderLine")
    'order_line'
    """
    last = title.rpartition(".")[2].strip()
    return re.sub(r"\W+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", last)).lower()


__all__ = ["REMEDY", "FieldRule", "table_of"]
