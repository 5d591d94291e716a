"""Profiles of the SDK's settings: a name that is misspelt is told, with the right one."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_synthdata.databricks.client import MissingCredentialsError, connect

SETTINGS = "[__settings__]\ndefault_profile = none\n[DEFAULT]\n[bankprof]\nhost = https://bank.example\n"


@pytest.mark.parametrize(
    ("profile", "settings", "message"),
    [
        ("bankprf", SETTINGS, r"there is no profile 'bankprf' in \S+cfg: did you mean 'bankprof'\? Known: bankprof \("),
        (
            "bankprf",
            None,
            r"PROFILE is 'bankprf', and there is no file \S+cfg; run `databricks auth login --pro",
        ),
        ("bankprf", "host = x", r"cfg cannot be read: File contains no section headers"),
        (
            "empty",
            "[empty]\nregion = eu\n",
            "host is missing in the profile 'empty': set DATABRICKS_HOST",
        ),
    ],
)
def test_a_profile_that_is_not_there(
    profile: str, settings: str | None, message: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABRICKS_CONFIG_FILE", str(tmp_path / "cfg"))
    monkeypatch.setenv("DATABRICKS_CONFIG_PROFILE", profile)
    if settings is not None:
        (tmp_path / "cfg").write_text(settings)
    with pytest.raises(MissingCredentialsError, match=message):
        connect(lambda client: None, "a Volume")
