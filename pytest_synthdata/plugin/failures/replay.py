"""The command that brings a failed test's data back."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING, Any

from pytest_synthdata.plugin.failures.reasons import text_or_reason
from pytest_synthdata.plugin.stash import SETTINGS

if TYPE_CHECKING:
    import pytest

    from pytest_synthdata.plugin.data_in_test import Synth

# Of an ini file; others decide how a test is run, and not on which data.
_DECIDING_SETTINGS = frozenset(
    ("synth_factories", "synth_shipped", "pythonpath", "python_files", "python_classes", "python_functions")
)


def how_to_replay(item: pytest.Item, synth: Synth) -> str:
    """Which data a test had, and the command that runs it on the same."""
    settings = item.config.stash[SETTINGS]
    taken = [f"--synth-take={table}:{','.join(map(str, rows))}" for table, rows in settings.take.items()]
    data = text_or_reason("the data of this test cannot be described", synth.describe)
    return f"{data}\nreplay: {shlex.join([*command_for(item), *taken])}"


def command_for(item: pytest.Item) -> list[str]:
    """The command that runs a test on the data that it has, whichever rows of it are taken."""
    settings = item.config.stash[SETTINGS]
    node: Any = getattr(item, "id", item.nodeid)  # structured from pytest 9.2 on
    command = ["pytest", str(item.config.cwd_relative_nodeid(node)), f"--synth-seed={settings.seed}"]
    if settings.scale != 1:
        command.append(f"--synth-scale={written_scale(settings.scale)}")
    if settings.seeds:
        command.append(f"--synth-seeds={settings.seeds}")
    if settings.remote:
        command.append(f"--synth-remote={settings.remote}")
    return [*command, *_deciding_options(item.config)]


def _deciding_options(config: pytest.Config) -> list[str]:
    """Pytest's own options of this run that decide which tables and tests there are, but for those of every run."""
    option: Any = config.option
    always = [*config.getini("addopts"), *shlex.split(os.environ.get("PYTEST_ADDOPTS", ""))]
    given = [("-c", [option.inifilename]), ("--rootdir", [option.rootdir])]
    given.append(("-p", [name for name in option.plugins or () if not name.startswith("no:")]))
    settings = option.override_ini or ()
    given.append(("-o", [one for one in settings if one.partition("=")[0] in _DECIDING_SETTINGS]))
    return [
        part
        for name, values in given
        for value in values
        if value and not any(one in (value, f"{name}{value}", f"{name}={value}") for one in always)
        for part in (name, value)
    ]


def written_scale(scale: float) -> str:
    """A scale as it can be read again, without a digit lost."""
    short = f"{scale:g}"
    return short if float(short) == scale else repr(scale)


__all__ = ["command_for", "how_to_replay", "written_scale"]
