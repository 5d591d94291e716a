"""Tables that others may refer to."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from pytest_synthdata.declarations.factory_class import FactoryClass
from pytest_synthdata.infer.relations.deciders import Predictor
from pytest_synthdata.sources.samples import Sample


@dataclass(frozen=True)
class Parent:
    """A table that others may refer to.

    Args:
        factory: its factory.
        sample: what is known of it; nothing of factories that were there before.
        deciders: columns that its children's may depend on.
        days: its columns of dates and times.
    """

    factory: FactoryClass
    sample: Sample | None = None
    deciders: tuple[Predictor, ...] = ()
    days: tuple[str, ...] = ()

    @property
    def table(self) -> str:
        """The table's name."""
        return str(self.factory._meta.table)

    @property
    def key(self) -> str | None:
        """The attribute of its key."""
        return self.factory._meta.key_column()

    @property
    def keys(self) -> pa.Array | None:
        """All its keys, if they are known."""
        key = self.key
        if key is None or self.sample is None or not self.sample.is_whole:
            return None
        return self.sample.column(self.factory._meta.rename.get(key, key))


__all__ = ["Parent"]
