"""What type checkers and editors know of the public names is what a file says of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
USAGE = ROOT / "tests" / "data" / "typed_usage.py"
MYPY = """
[mypy]
strict = true
ignore_missing_imports = true
follow_imports = silent

; In none of the types that users see, and large.
[mypy-databricks.*,matplotlib.*,scipy.*]
follow_imports = skip
"""
WRONG = """
from pytest_synthdata import Dataset
from pytest_synthdata.plugin.data_in_test import Synth


def test(synth: Synth) -> None:
    synth.orders.limit("all")
    Dataset(seed=1).orders.num_row
"""


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_editors_complete_what_tests_hold(tmp_path: Path, checker: str) -> None:
    wrong = tmp_path / "wrong.py"
    wrong.write_text(WRONG)
    settings = tmp_path / "mypy.ini"  # as a user has it, whose settings are not this project's
    settings.write_text(MYPY)
    options = {
        "mypy": [f"--config-file={settings}", f"--cache-dir={ROOT / '.mypy_cache' / 'usage'}"],
        "pyright": [f"--pythonpath={sys.executable}"],
    }
    command = [sys.executable, "-m", checker, *options[checker], str(USAGE), str(wrong)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    errors = [line for line in result.stdout.splitlines() if " error: " in line]
    assert not [line for line in errors if USAGE.name in line]
    assert [line.split("wrong.py:")[1].split(":")[0] for line in errors] == ["7", "8"], result.stdout + result.stderr
