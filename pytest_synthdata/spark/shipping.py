"""A bound table as a function that Spark's executors can run, whatever is or is not installed there.

An executor has NumPy, PyArrow and, for most distributions, SciPy. The engine's source (`columns` and `errors`)
travels with the plan and is imported there under a name that holds its hash: it neither needs an installed copy
of this package nor meets one of another version. One way serves classic Spark, Connect and Sail alike.
"""

from __future__ import annotations

import pickle
import sys
import sysconfig
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from hashlib import blake2b
from importlib import resources
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeAlias

from pytest_synthdata.errors import SynthDataError

if TYPE_CHECKING:
    import pyarrow as pa

    from pytest_synthdata.columns.plan import Bound

RowRange: TypeAlias = "Callable[[int, int], Iterator[pa.RecordBatch]]"

_PACKAGE = "pytest_synthdata"
_KEPT_PLANS = 16  # tables that a worker process keeps ready


class ShippingError(SynthDataError):
    """A table whose columns cannot be made anywhere but here."""


def row_range(bound: Bound, schema: pa.Schema) -> RowRange:
    """A function of ``start`` and ``stop`` that gives these rows, and that pickles without this package.

    Args:
        bound: the table.
        schema: what the batches are cast to.

    Raises:
        ShippingError: for columns that only factory_boy can evaluate, and for functions that cannot be pickled.
    """
    plan = _pickled(bound)
    alias, sources = _engine()
    key = blake2b(plan, digest_size=16).hexdigest()
    package, kept_plans = _PACKAGE, _KEPT_PLANS

    # Pickled by value, so it refers to nothing but its own variables and what it imports itself.
    def rows(start: int, stop: int) -> Iterator[pa.RecordBatch]:
        import importlib
        import importlib.machinery
        import io
        import pickle
        import sys

        class Engine:
            """Imports the modules that travelled along."""

            name = alias

            def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
                del path, target
                is_package = f"{name}.__init__" in sources
                if not is_package and name not in sources:
                    return None
                return importlib.machinery.ModuleSpec(name, self, is_package=is_package)

            def create_module(self, spec: Any) -> None:
                del spec

            def exec_module(self, module: Any) -> None:
                name = module.__name__ if module.__name__ in sources else f"{module.__name__}.__init__"
                exec(compile(sources[name], f"<{name}>", "exec"), vars(module))  # noqa: S102 - our own source

        class PlanReader(pickle.Unpickler):
            def find_class(self, module: str, name: str) -> Any:
                if module == package or module.startswith(f"{package}."):
                    module = alias + module[len(package) :]
                return super().find_class(module, name)

        if not any(getattr(finder, "name", None) == alias for finder in sys.meta_path):
            sys.meta_path.append(Engine())
        plans = vars(importlib.import_module(alias)).setdefault("plans", {})
        if key not in plans:
            if len(plans) >= kept_plans:
                plans.clear()
            plans[key] = PlanReader(io.BytesIO(plan)).load()
        for batch in plans[key].batches(start, stop):
            yield batch if batch.schema == schema else batch.cast(schema)

    return rows


@cache
def _engine() -> tuple[str, dict[str, str]]:
    """The engine's name on executors, and its modules' sources by the names that they have there."""
    root = Path(str(resources.files(_PACKAGE)))
    files = [root / "errors.py", *sorted((root / "columns").rglob("*.py"))]
    sources = {
        ".".join(file.relative_to(root).with_suffix("").parts): file.read_text("utf-8") for file in files
    }
    sources["__init__"] = ""
    digest = blake2b("\0".join(f"{name}\0{text}" for name, text in sources.items()).encode(), digest_size=8)
    alias = f"_synthdata_{digest.hexdigest()}"
    return alias, {f"{alias}.{name}": text.replace(_PACKAGE, alias) for name, text in sources.items()}


def _pickled(bound: Bound) -> bytes:
    try:
        return _pickle_by_value(bound)
    except ShippingError:
        raise
    except Exception as error:  # noqa: BLE001 - a user's function may hold anything, and pickle raises anything
        raise ShippingError(
            f"{_culprit(bound)} cannot be sent to Spark's executors: {error}. {_REMEDY}"
        ) from error


_REMEDY = "Write it as a @column function of whole columns, or use to_spark(spark, distributed=False)"


def _pickle_by_value(value: Any) -> bytes:
    from pyspark import cloudpickle

    with _users_modules_by_value(cloudpickle):
        data: bytes = cloudpickle.dumps(value)
    _References(BytesIO(data)).load()
    return data


def _culprit(bound: Bound) -> str:
    for table in (bound, *bound.all_parents().values()):
        for name, generator in table.plan.columns.items():
            try:
                _pickle_by_value(generator)
            except Exception:  # noqa: BLE001, PERF203 - as above; that it fails is what is asked
                return f"{table.plan.table}.{name}"
    return bound.plan.table


class _References(pickle.Unpickler):
    """Reads a pickle to see that it needs nothing of this package but the engine."""

    def find_class(self, module: str, name: str) -> Any:
        ours = module.partition(".")[0] == _PACKAGE
        if ours and not module.startswith((f"{_PACKAGE}.columns", f"{_PACKAGE}.errors")):
            raise ShippingError(f"{name} needs factory_boy, which evaluates it row by row")
        return super().find_class(module, name)


@contextmanager
def _users_modules_by_value(cloudpickle: Any) -> Iterator[None]:
    """Within, functions of the user's own modules are pickled with their code: executors have no such modules."""
    already = cloudpickle.list_registry_pickle_by_value()
    modules = [
        module for name, module in list(sys.modules.items()) if name not in already and _is_users(module)
    ]
    for module in modules:
        cloudpickle.register_pickle_by_value(module)
    try:
        yield
    finally:
        for module in modules:
            cloudpickle.unregister_pickle_by_value(module)


def _is_users(module: Any) -> bool:
    """Whether a module is neither Python's nor installed nor ours: a project's own code."""
    file = getattr(module, "__file__", None)
    if not isinstance(module, ModuleType) or not isinstance(file, str):
        return False
    return module.__name__.partition(".")[0] != _PACKAGE and not file.startswith(_installed_places())


@cache
def _installed_places() -> tuple[str, ...]:
    paths = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    return tuple(f"{place}/" for path in paths for place in {path, str(Path(path).resolve())})


__all__ = ["RowRange", "ShippingError", "row_range"]
