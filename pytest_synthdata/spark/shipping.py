"""A bound table as a function that Spark's executors can run, whatever is or is not installed there.

An executor has NumPy, PyArrow and, for most distributions, SciPy. The engine's source (`columns` and
`errors`) travels with the plan and is imported there under a name that holds its hash: it neither needs an
installed copy of this package nor meets one of another version. One way serves classic Spark, Connect and Sail.
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
from pytest_synthdata.spark import arrival

if TYPE_CHECKING:
    import pyarrow as pa

    from pytest_synthdata.columns.plan import Bound

RowRange: TypeAlias = "Callable[[int, int], Iterator[pa.RecordBatch]]"

_PACKAGE = "pytest_synthdata"
_ENGINE = ("columns", "errors")


class ShippingError(SynthDataError):
    """A table whose columns cannot be made anywhere but here."""


def row_range(bound: Bound, schema: pa.Schema) -> RowRange:
    """A function of ``start`` and ``stop`` that gives these rows, and that pickles without this package.

    Args:
        bound: the table.
        schema: what the batches are cast to.

    Raises:
        ShippingError: for columns that only factory_boy can evaluate, and functions that cannot be pickled.
    """
    plan = _pickled_plan(bound)
    alias, sources = _engine()
    key = blake2b(plan, digest_size=16).hexdigest()
    shipment = _pickled(arrival.Shipment(_PACKAGE, alias, sources, plan, key, schema))

    # A nested function that refers to nothing else is pickled by value, by whomever.
    def rows(start: int, stop: int) -> Iterator[pa.RecordBatch]:
        import pickle

        made: Iterator[pa.RecordBatch] = pickle.loads(shipment).rows(start, stop)  # noqa: S301 - our own
        return made

    return rows


@cache
def _engine() -> tuple[str, dict[str, str]]:
    """The engine's name on executors, and its modules' sources by the names that they have there."""
    root = Path(str(resources.files(_PACKAGE)))
    files = [root / "errors.py", *sorted((root / "columns").rglob("*.py"))]
    sources = {".".join(file.relative_to(root).with_suffix("").parts): file.read_text("utf-8") for file in files}
    sources["__init__"] = ""
    digest = blake2b("\0".join(f"{name}\0{text}" for name, text in sources.items()).encode(), digest_size=8)
    alias = f"_synthdata_{digest.hexdigest()}"
    return alias, {f"{alias}.{name}": text.replace(_PACKAGE, alias) for name, text in sources.items()}


def _pickled_plan(bound: Bound) -> bytes:
    try:
        return _pickled_checked(bound)
    except Exception as error:
        place = _culprit(bound)
        raise ShippingError(
            f"{place} cannot be made on Spark's executors: {error}. Write it as a @column function of whole "
            "columns, or use to_spark(spark, distributed=False)"
        ) from error


def _culprit(bound: Bound) -> str:
    for table in (bound, *bound.all_parents().values()):
        for name, generator in table.plan.columns.items():
            try:
                _pickled_checked(generator)
            except Exception:  # noqa: BLE001, PERF203 - a function may hold anything; that it fails is what is asked
                return f"{table.plan.table}.{name}"
    return bound.plan.table


def _pickled_checked(value: Any) -> bytes:
    data = _pickled(value)
    _EngineOnly(BytesIO(data)).load()
    return data


class _EngineOnly(pickle.Unpickler):
    """Reads a pickle to see that it needs nothing of this package but the engine."""

    def find_class(self, module: str, name: str) -> Any:
        package, _, rest = module.partition(".")
        if package == _PACKAGE and rest.partition(".")[0] not in _ENGINE:
            raise ShippingError(f"{name} needs factory_boy, which evaluates it row by row")
        return super().find_class(module, name)


def _pickled(value: Any) -> bytes:
    """A pickle with the code of the user's own modules in it: executors have no such modules."""
    from pyspark import cloudpickle

    with _by_value(cloudpickle, [module for module in list(sys.modules.values()) if _travels(module)]):
        data: bytes = cloudpickle.dumps(value)
    return data


@contextmanager
def _by_value(cloudpickle: Any, modules: list[ModuleType]) -> Iterator[None]:
    already = cloudpickle.list_registry_pickle_by_value()
    new = [module for module in modules if module.__name__ not in already and module.__name__ in sys.modules]
    for module in new:
        cloudpickle.register_pickle_by_value(module)
    try:
        yield
    finally:
        for module in new:
            cloudpickle.unregister_pickle_by_value(module)


def _travels(module: Any) -> bool:
    """Whether a module is a project's own code: neither Python's nor installed nor ours, but for the arrival."""
    file = getattr(module, "__file__", None)
    if module is arrival or not isinstance(module, ModuleType) or not isinstance(file, str):
        return module is arrival
    return module.__name__.partition(".")[0] != _PACKAGE and not file.startswith(_installed_places())


@cache
def _installed_places() -> tuple[str, ...]:
    paths = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    return tuple(f"{place}/" for path in paths for place in {path, str(Path(path).resolve())})


__all__ = ["RowRange", "ShippingError", "row_range"]
