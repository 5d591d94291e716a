"""What tests get in place of their dataset while one of them is run again on less data; and which tables they read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_synthdata.dataset import Dataset


@dataclass
class Reading:
    """What is read of data, by a test or while a fixture is set up.

    Args:
        has_begun: whether anything is.
        all_tables: whether the dataset itself is asked for.
        tables: those that are asked for, where the dataset tells.
    """

    has_begun: bool = False
    all_tables: bool = False
    tables: set[str] = field(default_factory=set)


class StandIns:
    """Datasets that stand in for others, with the DataFrames made of them."""

    def __init__(self) -> None:
        self.reading = Reading()
        self.frames: dict[tuple[int, str], tuple[Any, Any]] = {}
        self._instead: tuple[Dataset, Dataset] | None = None
        self._without_defects: Dataset | None = None

    def start_reading(self, reading: Reading | None = None) -> Reading:
        """From here on, what is read is another's; gives what was read so far.

        Args:
            reading: what the other has read before, if anything.
        """
        before, self.reading = self.reading, reading or Reading()
        return before

    def read(self, table: str) -> None:
        """A table is read."""
        self.reading.tables.add(table)

    @contextmanager
    def not_reading(self) -> Iterator[None]:
        """Within it, what is asked for is not read by a test or a fixture."""
        before = self.start_reading()
        try:
            yield
        finally:
            self.start_reading(before)

    def current(self, dataset: Dataset) -> Dataset:
        """The dataset, or what stands in for it."""
        return self._instead[1] if self._instead is not None and self._instead[0] is dataset else dataset

    def clean(self, dataset: Dataset) -> Dataset | None:
        """What stands in for a dataset, without its defects; None where nothing does."""
        if self._instead is None or self._instead[0] is not dataset:
            return None
        if self._without_defects is None:
            self._without_defects = self._instead[1].clean
        return self._without_defects

    def is_one(self, dataset: Dataset) -> bool:
        """Whether a dataset stands in for another."""
        return self._instead is not None and (dataset is self._instead[1] or dataset is self._without_defects)

    @contextmanager
    def instead(self, dataset: Dataset, other: Dataset) -> Iterator[None]:
        """Within it, whoever asks for a dataset gets another one; its DataFrames are let go at the end."""
        self._instead = (dataset, other)
        try:
            yield
        finally:
            self._instead = self._without_defects = None
            self.frames = {}


__all__ = ["Reading", "StandIns"]
