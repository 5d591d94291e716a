"""A fixture ``<table>_df`` for each table of a project's own, made when a test or a fixture first asks for it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from pytest_synthdata.plugin.stash import SETTINGS

if TYPE_CHECKING:
    from pytest_synthdata.plugin.data_in_test import Synth

_ENDING = "_df"


class FrameFixtures:
    """A plugin that knows which tables the settings' factories and the markers make; it imports them when it must."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self._known: set[str] | None = None
        self._looked_at = 0

    @pytest.hookimpl(tryfirst=True)
    def pytest_pycollect_makeitem(self, collector: Any, obj: object) -> None:
        """Before pytest looks for the fixtures of a test: make those that are missing."""
        if not inspect.isroutine(obj):
            return
        missing = [name for name in _lacking(obj, collector) if name.endswith(_ENDING)]
        if missing:
            marked = {*_tables_of(getattr(obj, "pytestmark", ())), *_tables_of(collector.iter_markers("synth"))}
            for name in missing:
                if name.removesuffix(_ENDING) in marked or name.removesuffix(_ENDING) in self._registered():
                    self._define(name)

    def _registered(self) -> set[str]:
        """The tables of the settings' factories; a module that cannot be imported is the failure of whoever asks."""
        if self._known is None:
            self._known = set()
            if self.config.stash[SETTINGS].factories:
                from pytest_synthdata.errors import SynthDataError
                from pytest_synthdata.factories.discovery import load_factories

                try:
                    found = list(load_factories(self.config.stash[SETTINGS].factories))
                except SynthDataError as error:
                    raise pytest.Collector.CollectError(f"synth_factories: {error}") from None
                self._known = {factory._meta.table for factory in found}
        return self._known

    def _define(self, name: str) -> None:
        module = ModuleType(f"synthdata-{name}")  # as pytest looks for fixtures in plugins, on every version
        setattr(module, name, pytest.fixture(name=name)(_frame_of(name.removesuffix(_ENDING))))
        self.config.pluginmanager.register(module, module.__name__)


def _lacking(function: Any, collector: Any) -> Iterator[str]:
    """The fixtures that a test and its fixtures ask for, and nobody defines."""
    manager: Any = collector.session._fixturemanager
    pending, seen = list(_asked_for_by(function)), set[str]()
    while pending:
        name = pending.pop()
        if name not in seen:
            seen.add(name)
            definitions = manager.getfixturedefs(name, collector) or ()
            pending += [argument for one in definitions for argument in one.argnames]
            if not definitions:
                yield name


def _frame_of(table: str) -> Callable[..., Any]:
    def frame(synth: Synth) -> Any:
        from pytest_synthdata.errors import SynthDataError

        try:
            return synth[table]
        except SynthDataError as error:
            problem = pytest.fail.Exception(f"{table}{_ENDING}: {error}", pytrace=False)
        raise problem

    frame.__doc__ = f"The table {table!r} of the test's data as a Spark DataFrame."
    return frame


def _asked_for_by(function: Any) -> Iterable[str]:
    code = getattr(inspect.unwrap(function), "__code__", None)
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount] if code is not None else ()


def _tables_of(marks: Any) -> Iterator[str]:
    for mark in marks if isinstance(marks, (list, tuple)) or hasattr(marks, "__next__") else (marks,):
        if getattr(mark, "name", None) == "synth":
            factories = mark.kwargs.get("factories", ())
            for factory in factories if isinstance(factories, (list, tuple)) else ():  # the test is told what is wrong
                if hasattr(factory, "_meta"):
                    yield factory._meta.table


__all__ = ["FrameFixtures"]
