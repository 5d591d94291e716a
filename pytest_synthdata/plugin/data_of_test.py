"""Which data a test has, and which fixtures of wider scope have read some of it, for this test or an earlier one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from pytest_synthdata.plugin.stash import MATERIALISER, SYNTH

if TYPE_CHECKING:
    from pytest_synthdata.plugin.data_in_test import Synth
    from pytest_synthdata.plugin.stand_ins import StandIns


class DataOfTests:
    """A plugin that tells what tests read from what fixtures of wider scope read from `synth_session`, and may keep."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self._keepers: dict[Any, set[str]] = {}  # the tables that each of these fixtures asked for

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self) -> None:
        """From here on, what is read and asked for is another test's."""
        if MATERIALISER in self.config.stash:
            self.config.stash[MATERIALISER].next_test()

    @pytest.hookimpl(hookwrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any, request: pytest.FixtureRequest) -> Iterator[None]:
        """Notice whether a fixture of wider scope reads data: of what it returns, a run on less data sees nothing."""
        if fixturedef.scope == "function":
            yield
            return
        stand_ins, asked = self._stand_ins, _asked(request.session)
        reading = None if stand_ins is None else stand_ins.start_reading()
        before = set(asked)
        asked.clear()
        yield
        asked = _asked(request.session)
        if self._stand_ins is not None and self._stand_ins.start_reading(reading).has_begun:
            self._keepers[fixturedef] = set(asked)
        asked |= before

    @property
    def _stand_ins(self) -> StandIns | None:
        return self.config.stash[MATERIALISER].stand_ins if MATERIALISER in self.config.stash else None

    def keepers(self, item: pytest.Item) -> list[Any]:
        """The fixtures of a test that have a wider scope and were made of data."""
        return [fixture for fixture in _fixtures(item).values() if fixture in self._keepers]

    def data(self, item: pytest.Item) -> Synth | None:
        """The data that a test has: its own, or else the session's, where it or one of its fixtures has that."""
        asked = _asked(item.session)
        for fixture in self.keepers(item):
            asked |= self._keepers[fixture]
        return item.stash.get(SYNTH, item.session.stash.get(SYNTH, None) if self._has_the_sessions(item) else None)

    def has_only_the_sessions(self, item: pytest.Item) -> bool:
        """Whether a test has the session's data, and no other."""
        return "synth" not in {*getattr(item, "fixturenames", ()), *_fixtures(item)} and self._has_the_sessions(item)

    def _has_the_sessions(self, item: pytest.Item) -> bool:
        return bool(self.keepers(item)) or "synth_session" in {*getattr(item, "fixturenames", ()), *_fixtures(item)}


def _fixtures(item: pytest.Item) -> dict[str, Any]:
    """The fixtures that are set up for a test, by name; also those that were asked for by `getfixturevalue`."""
    found: dict[str, Any] = getattr(getattr(item, "_request", None), "_fixture_defs", {})
    return found


def _asked(session: pytest.Session) -> set[str]:
    """The tables that were asked for of the session's data, by the test in hand."""
    dataset: Any = session.stash[SYNTH].asked_for if SYNTH in session.stash else None
    asked: set[str] = set() if dataset is None else dataset.asked
    return asked


def data_of(item: pytest.Item) -> Synth | None:
    """The data that a test has; None where it has none."""
    return data_of_tests(item.config).data(item)


def data_of_tests(config: pytest.Config) -> DataOfTests:
    """The run's plugin."""
    plugin: Any = config.pluginmanager.get_plugin("synthdata-data-of-tests")
    return plugin


__all__ = ["DataOfTests", "data_of", "data_of_tests"]
