"""``python -m pytest`` as forks of one process that has the libraries loaded: most of a short run goes into imports.

It reads a run in a line from its standard input, as JSON: arguments, folder, environment, and the files for the output;
it answers with the exit code when that run has ended.
"""

from __future__ import annotations

import gc
import json
import os
import runpy
import sys
from contextlib import suppress
from importlib import import_module
from typing import Any

# Of the plugin nothing: pytest rewrites the assertions of plugins when they are imported. And not pyspark, which it
# looks for among the modules.
LIBRARIES = (
    "_pytest.config",
    "execnet.gateway",
    "factory",
    "faker",
    "numpy",
    "pyarrow.compute",
    "pyarrow.parquet",
    "pytest",
    "pytest_synthdata.dataset",
    "pytest_synthdata.factories",
    "scipy.special",
)


def serve() -> None:
    """Make the runs that are asked for, one after another."""
    for name in LIBRARIES:
        with suppress(ImportError):
            import_module(name)
    for module in list(sys.modules.values()):
        if "." not in module.__name__ and not module.__name__.startswith("_"):
            # Of a library that brings a plugin, pytest would warn that it is too late to rewrite it.
            module.__doc__ = f"{module.__doc__} PYTEST_DONT_REWRITE"
    gc.freeze()  # else each fork's first collection copies the pages of all that is loaded
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        if (child := os.fork()) == 0:
            be(json.loads(line))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), file=answers, flush=True)


def be(run: dict[str, Any]) -> None:
    """Become what ``python -m pytest`` would be; ends with its exit."""
    for number, file in ((1, run["stdout"]), (2, run["stderr"])):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.clear()
    os.environ.update(run["environment"])
    os.chdir(run["folder"])
    sys.path[0] = run["folder"]
    sys.argv = ["pytest", *run["arguments"]]
    runpy.run_module("pytest", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    serve()
