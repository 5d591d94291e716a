"""Arrays of nested rows, which are structs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from factory import declarations as boy

from pytest_synthdata.columns.generators.arrays import Array
from pytest_synthdata.columns.generators.base import Constant, Generator
from pytest_synthdata.columns.generators.modifiers import Cast, NotNull, Nullable
from pytest_synthdata.declarations.one_row.binding import enclosing_bound
from pytest_synthdata.declarations.one_row.building import ColumnDeclaration
from pytest_synthdata.errors import DeclarationError


def array_of_rows(value: object) -> tuple[Array, Any, list[Cast | Nullable | NotNull]] | None:
    """An `Array`, what its items are, and what is written after it, outermost first; None for other values."""
    around: list[Cast | Nullable | NotNull] = []
    while isinstance(value, (Cast, Nullable, NotNull)):
        around.append(value)
        value = value.generator
    if isinstance(value, Array) and isinstance(value.item, Constant):
        return value, value.item.value, around
    return None


class ItemsDeclaration(boy.BaseDeclaration):  # type: ignore[misc]
    """An `Array` of nested rows, which are structs."""

    def __init__(
        self, name: str, item: Any, length: Generator, around: Sequence[Cast | Nullable | NotNull] = ()
    ) -> None:
        super().__init__()
        self.name, self.item, self.length, self.around = name, item, length, around

    def array(self, place: str) -> Generator:
        """The column at a place."""
        item = self.item.generator(place, {})
        if item is None:
            raise DeclarationError(
                f"{place}: the items of an Array are rows of columns; {self.item.get_factory().__name__} has hooks, a "
                "model, or declarations that only factory_boy evaluates"
            )
        made: Generator = Array(item, self.length)
        for modifier in reversed(self.around):
            made = replace(modifier, generator=made)
        return made

    def evaluate(self, instance: object, step: object, extra: dict[str, object]) -> object:
        bound = enclosing_bound(step)
        # Not the table's column: that may be one of the two sides of a trait, or what a hook's objects have.
        column = bound.cached(("items", self), lambda: self.array(f"{bound.plan.table}.{self.name}"))
        return ColumnDeclaration(self.name, column).evaluate(instance, step, extra)


__all__ = ["ItemsDeclaration", "array_of_rows"]
