"""Markers that no fixture reads: their names are checked, and what they say of `synth_session` is warned of."""

from __future__ import annotations

from contextlib import suppress

import pytest

from pytest_synthdata.errors import SynthDataError, describe
from pytest_synthdata.plugin.data_of_test import data_of_tests
from pytest_synthdata.plugin.markers import OPTIONS, SHOWN, markers_of, merged
from pytest_synthdata.plugin.stash import MATERIALISER, SETTINGS

_REACH_THE_SESSION = ("seeds", "shrink")  # of a marker's arguments


class UnreadMarkers:
    """A plugin for tests that have a marker, and not the fixture `synth` which reads it."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """After marks have had a test skipped, and before its fixtures are made: refuse what `synth` would refuse."""
        markers = markers_of(item)
        if not markers or "synth" in getattr(item, "fixturenames", ()):
            return
        try:
            if not set(merged(markers)) <= set(OPTIONS):
                self._check_tables(markers)
        except SynthDataError as error:
            pytest.fail(f"@pytest.mark.synth: {error}", pytrace=False)

    def _check_tables(self, markers: list[tuple[tuple[object, ...], dict[str, object]]]) -> None:
        from pytest_synthdata.plugin.materialise import Materialiser

        known = self.config.stash.get(MATERIALISER, None) or Materialiser(self.config.stash[SETTINGS])
        known.check_tables(markers)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> None:
        """When it is known which fixtures a test has asked for: warn where its marker has decided nothing."""
        said = {}
        if data_of_tests(self.config).has_only_the_sessions(item):
            with suppress(SynthDataError):  # the set-up has failed with it
                said = merged(markers_of(item))
        if said := {name: value for name, value in said.items() if name not in _REACH_THE_SESSION}:
            shown = ", ".join(f"{name}={describe(value, SHOWN)}" for name, value in said.items())
            item.warn(
                pytest.PytestWarning(
                    f"@pytest.mark.synth({shown}) decides nothing here: the test has the data of synth_session, the "
                    "same for all tests; take synth, in fixtures of scope='function'"
                )
            )


__all__ = ["UnreadMarkers"]
