"""What the plugin keeps in pytest's stashes, by typed keys: of a run, and of a test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pytest_synthdata.plugin.data_in_test import Synth  # noqa: F401 - as above
    from pytest_synthdata.plugin.materialise import Materialiser  # noqa: F401 - named in the keys' types
    from pytest_synthdata.plugin.options import Settings  # noqa: F401 - as above

SETTINGS = pytest.StashKey["Settings"]()  # the run's
MATERIALISER = pytest.StashKey["Materialiser"]()  # the run's, from the first test on that asks for data
INTERACTING = pytest.StashKey[Any]()  # the run's: the report of a failure that a debugger may be entered for
SYNTH = pytest.StashKey["Synth"]()  # the test's
