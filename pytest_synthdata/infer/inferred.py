"""A factory that was inferred: what stands in its class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

import pyarrow as pa

from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.generators.listed import Rows
from pytest_synthdata.declarations.factory_class import FactoryClass


@dataclass(frozen=True)
class Inferred:
    """A factory that was inferred, before it is a class or Python source.

    Args:
        table: the table's name.
        class_name: what the class is called.
        base: the class to inherit from.
        declarations: by attribute, in order.
        stated: types by annotation.
        rename: columns whose names no attribute can have, by attribute.
        rows: how many rows the table has, or `Rows` that are listed; None where neither is known.
        key: the columns that make up the key, where it is not the first `Key`.
        where: the condition that every row meets.
        correlations: of its columns' normal scores.
        comments: what a reader should know of columns, by attribute; of the table under an empty name.
        remarks: what the schema's own comments say of them, each on one line.
    """

    table: str
    class_name: str
    base: FactoryClass
    declarations: Mapping[str, Any]
    stated: Mapping[str, pa.DataType | str] = field(default_factory=dict)
    rename: Mapping[str, str] = field(default_factory=dict)
    rows: int | Rows | None = None
    key: str | tuple[str, ...] | None = None
    where: Generator | None = None
    correlations: Mapping[tuple[str, str], float] = field(default_factory=dict)
    comments: Mapping[str, str] = field(default_factory=dict)
    remarks: Mapping[str, str] = field(default_factory=dict)

    @property
    def options(self) -> dict[str, Any]:
        """What stands in ``Meta``."""
        options = {
            "table": self.table,
            "rows": self.rows,
            "key": self.key,
            "rename": dict(self.rename) or None,
            "where": self.where,
            "correlations": dict(self.correlations) or None,
        }
        return {name: value for name, value in options.items() if value is not None}

    def factory(self, module: str) -> FactoryClass:
        """The class.

        Args:
            module: where it says that it stands.
        """
        body: dict[str, Any] = {"__module__": module, "Meta": type("Meta", (), self.options)}
        stated = {name: Annotated[dict, type_] for name, type_ in self.stated.items()}
        metaclass: Any = type(self.base)
        made: FactoryClass = metaclass(
            self.class_name, (self.base,), {**body, "__annotations__": stated, **self.declarations}
        )
        return made


__all__ = ["Inferred"]
