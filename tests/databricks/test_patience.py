"""Pauses between attempts are not silent, and not chatty."""

from __future__ import annotations

import pytest

from conftest import InstantClock
from pytest_synthdata.databricks.patience import TellingClock


def test_long_pauses_are_told_every_half_minute(capsys: pytest.CaptureFixture[str]) -> None:
    clock = TellingClock(InstantClock())
    clock.sleep(1.5)
    assert capsys.readouterr().err == ""
    for _ in range(7):
        clock.sleep(9.0)
    told = capsys.readouterr().err.splitlines()
    assert told == 2 * ["synthdata: the workspace does not answer as it should; trying again …"]
    assert clock.time() == 1e9 + 64.5
