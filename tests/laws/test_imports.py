"""Nothing is imported before it is needed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).with_name("without_pandas.py")


def test_no_capability_imports_pandas(tmp_path: Path) -> None:
    """PyArrow does it in most of its ways from Python to Arrow and back, and it takes longer than most tests."""
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(
        [sys.executable, str(SCRIPT)], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
