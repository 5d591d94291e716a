"""What happens first on an executor: the engine that came along is imported, and the plan is read with it.

This module is pickled by value. It must therefore import nothing of this package.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import io
import pickle
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

KEPT_PLANS = 16  # that a worker process keeps read


@dataclass(frozen=True)
class Shipment:
    """A bound table and all that it takes to make its rows.

    Args:
        package: the name of this package, which the plan's pickle refers to.
        alias: the name that the engine has on executors.
        engine: the sources of the engine's modules, by their names there.
        plan: the pickled table.
        key: a hash of the plan.
        schema: what the rows are cast to.
    """

    package: str
    alias: str
    engine: Mapping[str, str]
    plan: bytes
    key: str
    schema: pa.Schema

    def module(self, name: str = "") -> Any:
        """A module of the engine that came along."""
        if not any(getattr(finder, "name", None) == self.alias for finder in sys.meta_path):
            sys.meta_path.append(EngineImporter(self.alias, self.engine))
        return importlib.import_module(f"{self.alias}.{name}" if name else self.alias)

    def view(self) -> Any:
        """The table, read once in each process."""
        plans = vars(self.module()).setdefault("plans", {})
        if self.key not in plans:
            if len(plans) >= KEPT_PLANS:
                plans.clear()
            plans[self.key] = PlanReader(self).load()
        return plans[self.key]

    def rows(self, start: Any, stop: int | None = None) -> Iterator[pa.RecordBatch]:
        """The rows from ``start`` to before ``stop``; without this, those whose numbers ``start`` is."""
        view = self.view()
        for batch in [view.record_batch(start)] if stop is None else view.batches(start, stop):
            yield batch if batch.schema == self.schema else batch.cast(self.schema)

    def write_part(self, start: int, stop: int, path: Path, options: Mapping[str, Any]) -> list[Path]:
        """Write some rows as Parquet; gives the files."""
        files: list[Path] = self.module("columns.arrow.parquet_file").write_part(
            self.view(), start, stop, path, options
        )
        return files


class EngineImporter:
    """Imports modules from their sources."""

    def __init__(self, name: str, sources: Mapping[str, str]) -> None:
        self.name = name
        self._sources = sources

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        del path, target
        is_package = f"{name}.__init__" in self._sources
        if not is_package and name not in self._sources:
            return None
        loader: Any = self
        return importlib.machinery.ModuleSpec(name, loader, is_package=is_package)

    def create_module(self, spec: Any) -> None:
        del spec

    def exec_module(self, module: Any) -> None:
        name = module.__name__ if module.__name__ in self._sources else f"{module.__name__}.__init__"
        exec(compile(self._sources[name], f"<{name}>", "exec"), vars(module))  # noqa: S102 - our own source


class PlanReader(pickle.Unpickler):
    """Reads a plan whose classes are the engine's, under its name here."""

    def __init__(self, shipment: Shipment) -> None:
        super().__init__(io.BytesIO(shipment.plan))
        self._package, self._alias = shipment.package, shipment.alias

    def find_class(self, module: str, name: str) -> Any:
        if module == self._package or module.startswith(f"{self._package}."):
            module = self._alias + module[len(self._package) :]
        return super().find_class(module, name)
