"""Tables that others may refer to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.arrow.values import to_numpy
from pytest_synthdata.declarations.factory_class import FactoryClass
from pytest_synthdata.infer.relations.deciders import Predictor
from pytest_synthdata.infer.times.days import Days
from pytest_synthdata.sources.samples import Sample

_MOST_NUMBERS = 40  # keys that children's columns may depend on one by one


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
    days: tuple[Days, ...] = ()

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

    @property
    def few_numbers(self) -> list[int] | None:
        """Its keys in their order, if they are a few whole numbers, and no decider says them already."""
        keys = self.keys
        if keys is None or not pa.types.is_integer(keys.type) or not 1 < len(keys) <= _MOST_NUMBERS:
            return None
        is_said = any(len(one.categories) == len(keys) for one in self.deciders)
        return None if is_said else sorted(keys.to_pylist())

    def deciders_of(self, name: str, rows: npt.NDArray[np.int64]) -> Iterator[Predictor]:
        """The columns that a child's may depend on, row by row.

        Args:
            name: the attribute of the child's reference.
            rows: the row that each of the child's refers to.
        """
        for one in self.deciders:
            yield Predictor(f"{name}.{one.name}", one.categories, one.codes[rows], has_nulls=one.has_nulls)

    def places(self, numbers: Sequence[int]) -> npt.NDArray[np.int64]:
        """Where each row's key stands among all."""
        return np.searchsorted(np.array(numbers), to_numpy(self.keys)).astype(np.int64)


__all__ = ["Parent"]
