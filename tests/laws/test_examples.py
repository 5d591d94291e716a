"""The examples are repositories of their own, whose tests pass. More of those that need Spark run in the matrix."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.parametrize("name", ["cases", "outage", "revenue"])
def test_the_tests_of_an_example_pass(name: str) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:asyncio"]
    run = subprocess.run(command, cwd=EXAMPLES / name, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout
