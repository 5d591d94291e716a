"""What tests get in place of their dataset while one of them is run again on less data; and which tables they read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_synthdata.dataset import Dataset


class StandIns:
    """Datasets that stand in for others, with the DataFrames made of them."""

    def __init__(self) -> None:
        self.read: set[str] = set()  # the tables whose DataFrames the test in hand has asked for
        self.read_all = False  # whether it had the dataset itself
        self.frames: dict[tuple[int, str], tuple[Any, Any]] = {}
        self._instead: tuple[Dataset, Dataset] | None = None
        self._without_defects: Dataset | None = None

    def forget(self) -> None:
        """From here on, the tables that are read are another test's."""
        self.read.clear()
        self.read_all = False

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


__all__ = ["StandIns"]
