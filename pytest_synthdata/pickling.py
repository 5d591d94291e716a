"""Pickles of tables for other processes, which have none of the modules that a project's factories stand in."""

from __future__ import annotations

import pickle
import sys
import sysconfig
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, partial
from io import BytesIO
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING, Any

from pytest_synthdata.columns.generators.left_behind import LeftBehind
from pytest_synthdata.columns.references.foreign_keys import ForeignKeyColumn
from pytest_synthdata.errors import SynthDataError

if TYPE_CHECKING:
    from pytest_synthdata.columns.generators.base import Generator
    from pytest_synthdata.columns.tables.table_view import TableView

PACKAGE = "pytest_synthdata"
# What is shipped to executors: it needs NumPy, Arrow and SciPy alone.
ENGINE = ("columns", "defects", "errors", "history")
_TRIED = 1024  # rows that are made to see that they can be
_EVERYWHERE = frozenset({PACKAGE, "numpy", "pandas", "py4j", "pyarrow", "pyspark", "scipy"})  # wherever they lie
_NOTHING: Mapping[int, Callable[[], Any]] = MappingProxyType({})
_INSTALLED = frozenset({"site-packages", "dist-packages"})  # of another Python's, too, on the search path of this one


class PicklingError(SynthDataError):
    """A table whose rows cannot be made anywhere but in this process."""


def pickled_table(view: TableView, cloudpickle: Any) -> bytes:
    """A table's rows as bytes: the user's functions with their code, the engine's classes by their names.

    What cannot be pickled in a parent's column stays here where no row of the table reads it.

    Args:
        view: the rows.
        cloudpickle: the module of that name that there is where the table shall be read.

    Raises:
        PicklingError: for columns that only factory_boy can evaluate, and functions that cannot be pickled.
    """
    try:
        return _checked(view, cloudpickle)
    except Exception as error:
        obstacles = _obstacles(view, cloudpickle)
        if (without := _without_unread(view, cloudpickle, obstacles)) is not None:
            return without
        _, place, reason = obstacles[0] if obstacles else (None, view.name, error)
        raise PicklingError(
            f"{place} cannot be made by another process: {reason}. Write it as a @column function of whole columns; or "
            "have this process make the rows: to_spark(spark, distributed=False), write(…) without spark="
        ) from error


def pickled(
    value: Any,
    cloudpickle: Any,
    modules: Iterable[ModuleType] = (),
    instead: Mapping[int, Callable[[], Any]] = _NOTHING,
) -> bytes:
    """A pickle that holds the code of the user's own modules, and of these.

    Args:
        value: anything.
        cloudpickle: as above.
        modules: more modules whose code is pickled.
        instead: what makes the objects that stand in the pickle for others, by the ids of these.
    """
    loaded = [module for module in list(sys.modules.values()) if _is_users(module)]
    file = BytesIO()
    with _by_value(cloudpickle, [*loaded, *modules]):
        pickler = _pickler(cloudpickle)(file)
        pickler.instead = instead
        pickler.dump(value)
    return file.getvalue()


@cache
def _pickler(cloudpickle: Any) -> Any:
    """A pickler to which a global random generator is that of the process where it is read, and no copy."""
    import random

    import numpy as np

    places = ((random, "_inst"), (np.random.mtrand, "_rand"))
    generators = {id(getattr(*place)): place for place in places}

    class Pickler(cloudpickle.Pickler):  # type: ignore[misc]
        instead: Mapping[int, Callable[[], Any]]

        def reducer_override(self, value: Any) -> Any:
            if id(value) in self.instead:
                return self.instead[id(value)], ()
            place = generators.get(id(value))
            return super().reducer_override(value) if place is None else (getattr, place)

    return Pickler


def _checked(value: Any, cloudpickle: Any, instead: Mapping[int, Callable[[], Any]] = _NOTHING) -> bytes:
    data = pickled(value, cloudpickle, instead=instead)
    _EngineOnly(BytesIO(data)).load()
    return data


def _obstacles(view: TableView, cloudpickle: Any) -> list[tuple[Generator, str, Exception]]:
    """The columns that cannot be sent, where they stand, and why: references last, which hold their parents'."""
    columns = [
        (f"{table.plan.table}.{name}", generator)
        for table in (view.bound, *view.bound.all_parents().values())
        for name, generator in table.plan.columns.items()
    ]
    found = []
    for place, generator in sorted(columns, key=lambda column: isinstance(column[1], ForeignKeyColumn)):
        try:
            _checked(generator, cloudpickle)
        except Exception as error:  # noqa: BLE001, PERF203 - a function may hold anything; that it fails is what is asked
            found.append((generator, place, error))
    return found


def _without_unread(
    view: TableView, cloudpickle: Any, obstacles: Iterable[tuple[Generator, str, Exception]]
) -> bytes | None:
    """The pickle without what cannot be sent, where that is parents' columns which no row reads; None elsewhere."""
    instead = {
        id(column): partial(LeftBehind, place, str(error))
        for column, place, error in obstacles
        if not isinstance(column, ForeignKeyColumn)
    }
    if not instead or not instead.keys().isdisjoint(map(id, view.bound.plan.columns.values())):
        return None
    try:
        data = _checked(view, cloudpickle, instead)
        cloudpickle.loads(data).batch(0, min(view.num_rows, _TRIED))
    except Exception:  # noqa: BLE001 - whatever stands in the way, nothing can be sent
        return None
    return data


class _EngineOnly(pickle.Unpickler):
    """Reads a pickle to see that it needs nothing of this package but the engine."""

    def find_class(self, module: str, name: str) -> Any:
        package, _, rest = module.partition(".")
        if package == PACKAGE and rest.partition(".")[0] not in ENGINE:
            raise PicklingError("only factory_boy can evaluate it, row by row")
        return super().find_class(module, name)


@contextmanager
def _by_value(cloudpickle: Any, modules: list[ModuleType]) -> Iterator[None]:
    already = cloudpickle.list_registry_pickle_by_value()
    # A module may stand in sys.modules under several names.
    named = {module.__name__: module for module in modules if module.__name__ in sys.modules}
    new = [module for name, module in named.items() if name not in already]
    for module in new:
        cloudpickle.register_pickle_by_value(module)
    try:
        yield
    finally:
        for module in new:
            cloudpickle.unregister_pickle_by_value(module)


def _is_users(module: Any) -> bool:
    """Whether a module is a project's own code: neither Python's nor installed nor ours."""
    file = getattr(module, "__file__", None)
    if not isinstance(module, ModuleType) or not isinstance(file, str):
        return False
    if module.__name__.partition(".")[0] in _EVERYWHERE or file.startswith(_installed_places()):
        return False
    return not _INSTALLED.intersection(Path(file).parts)


@cache
def _installed_places() -> tuple[str, ...]:
    paths = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    return tuple(f"{place}/" for path in paths for place in {path, str(Path(path).resolve())})


__all__ = ["ENGINE", "PACKAGE", "PicklingError", "pickled", "pickled_table"]
