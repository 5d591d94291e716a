"""The profile of the SDK's settings that is asked for: whether it is there, in words."""

from __future__ import annotations

import configparser
import os
from pathlib import Path

from pytest_synthdata.errors import nearest

_VARIABLE = "DATABRICKS_CONFIG_PROFILE"


def wrong_settings() -> str | None:
    """What is wrong with the file of settings, or with the profile that is asked for; None where nothing is."""
    name, shown = os.environ.get(_VARIABLE), os.environ.get("DATABRICKS_CONFIG_FILE") or "~/.databrickscfg"
    file = Path(shown).expanduser()
    if not file.exists():
        missing = f"{_VARIABLE} is {name!r}, and there is no file {shown}; run `databricks auth login --profile {name}`"
        return missing if name else None
    settings = configparser.ConfigParser(interpolation=None)
    try:
        settings.read(file)
    except (configparser.Error, OSError, UnicodeDecodeError) as error:
        return f"{shown} cannot be read: {' '.join(str(error).split())}"
    known = [one for one in settings.sections() if not one.startswith("__")] + ["DEFAULT"] * bool(settings.defaults())
    if not name or name in known:
        return None
    return f"there is no profile {name!r} in {shown}: {nearest(name, known)} ({_VARIABLE})"


def profile(preposition: str, name: str | None = None) -> str:
    """The profile in words, that of the environment by default; nothing where there is none.

    >>> profile("of", "bank")
    " of the profile 'bank'"
    """
    name = name or os.environ.get(_VARIABLE)
    return f" {preposition} the profile {name!r}" if name else ""


__all__ = ["profile", "wrong_settings"]
