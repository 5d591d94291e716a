"""``python -m pytest`` as forks of one process that has the libraries loaded: most of a short run goes into imports.

It reads a run in a line from its standard input, as JSON: arguments, folder, environment, and the files for the output;
it answers with the exit code when that run has ended. Workers of pytest-xdist that a run starts are forks too.
"""

from __future__ import annotations

import atexit
import gc
import inspect
import json
import os
import runpy
import signal
import sys
import threading
from collections.abc import Callable, Collection
from contextlib import suppress
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

from execnet import gateway_io

# And not pyspark, which the plugin looks for among the modules.
LIBRARIES = (
    "_pytest.config",
    "execnet.gateway",
    "factory",
    "faker",
    "numpy",
    "pandas",
    "pdb",
    "pyarrow.dataset",
    "pyarrow.parquet",
    "pytest",
    "pytest_synthdata.assertions",
    "pytest_synthdata.plugin.materialise",
    "pytest_synthdata.plugin.shrinking.hooks",
    "pytest_synthdata.plugin.shrinking.shrunk_text",
    "pytest_synthdata.written_defects",
    "scipy.special",
)
# What runs with an option need besides.
OF_OPTIONS = {
    "--synth-report": ("matplotlib.figure", "pytest_synthdata.report"),
    "--synth-upload": ("databricks.sdk", "pytest_synthdata.databricks.upload"),
}


def serve() -> None:
    """Make the runs that are asked for, one after another."""
    load(LIBRARIES)
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        run = json.loads(line)
        given = {argument.partition("=")[0] for argument in run["arguments"]}
        load([name for option, names in OF_OPTIONS.items() if option in given for name in names])
        if (child := os.fork()) == 0:
            be(run)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), file=answers, flush=True)


def load(names: Collection[str]) -> None:
    """Import modules that the next forks have then."""
    if all(name in sys.modules for name in names):
        return
    for name in names:
        with suppress(ImportError):
            import_module(name)
    for module in list(sys.modules.values()):
        if "." not in module.__name__ and not module.__name__.startswith("_"):
            # Of a library that brings a plugin, pytest would warn that it is too late to rewrite it.
            module.__doc__ = f"{module.__doc__} PYTEST_DONT_REWRITE"
    inspect.getmodule(serve.__code__)  # finds the files of all modules, which else each failure would do
    gc.freeze()  # else each fork's first collection copies the pages of all that is loaded


def be(run: dict[str, Any]) -> None:
    """Become what ``python -m pytest`` would be; ends with its exit."""
    for number, file in ((1, run["stdout"]), (2, run["stderr"])):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    move(run)
    workers: list[Worker] = []
    for _ in range(workers_of(run["arguments"])):
        workers.append(Worker(workers))
    use(workers)
    sys.path[0] = run["folder"]
    sys.argv = ["pytest", *run["arguments"]]
    end(lambda: runpy.run_module("pytest", run_name="__main__", alter_sys=True))


def end(task: Callable[[], object]) -> None:
    """Make a last thing, and end as Python does, but for taking down the modules, most of which are not this fork's."""
    code: Any = 0
    try:
        task()
    except SystemExit as exit_:
        code = exit_.code
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(int(code or 0))


def move(run: dict[str, Any]) -> None:
    """Go to the run's folder and environment."""
    os.environ.clear()
    os.environ.update(run["environment"])
    os.chdir(run["folder"])


def workers_of(arguments: list[str]) -> int:
    """How many workers a run asks for."""
    return next((int(number) for name, number in pairwise(arguments) if name == "-n"), 0)


class Worker:
    """A fork that knows nothing of the run, and waits to be what execnet would start: a `subprocess.Popen` for it."""

    def __init__(self, others: list[Worker]) -> None:
        told, self._tell = os.pipe()
        read, self._write = os.pipe()
        self._read, write = os.pipe()
        self._ends = (self._tell, self._write, self._read)
        self.pid = os.fork()
        if self.pid == 0:
            for end in (*self._ends, *(end for other in others for end in other._ends)):
                os.close(end)
            self._be(told, read, write)
        for end in (told, read, write):
            os.close(end)
        self.stdin, self.stdout = os.fdopen(self._write, "wb"), os.fdopen(self._read, "rb")

    def _be(self, told: int, read: int, write: int) -> None:
        with os.fdopen(told) as orders:
            run = orders.read()
        if not run:
            os._exit(0)  # the run ended without a need for it
        os.dup2(read, 0)
        os.dup2(write, 1)
        move(json.loads(run))
        sys.stdin = os.fdopen(0)
        sys.argv, sys.path[0] = ["-c"], ""
        main = sys.modules["__main__"] = ModuleType("__main__")
        end(lambda: exec(eval(sys.stdin.readline()), vars(main)))

    def start(self) -> Worker:
        """Start it in this process's folder and environment."""
        with os.fdopen(self._tell, "w") as orders:
            json.dump({"folder": str(Path.cwd()), "environment": dict(os.environ)}, orders)
        return self

    def wait(self) -> int:
        """Its exit code."""
        _, status = os.waitpid(self.pid, 0)
        return os.waitstatus_to_exitcode(status)

    def kill(self) -> None:
        """End it at once."""
        os.kill(self.pid, signal.SIGKILL)


def use(workers: list[Worker]) -> None:
    """Have execnet take these first for what it starts."""
    new_process = gateway_io.Popen2IOMaster.__init__

    def start(self: Any, args: Any, execmodel: Any) -> None:
        if workers:
            self.popen = worker = workers.pop(0).start()
            super(gateway_io.Popen2IOMaster, self).__init__(worker.stdin, worker.stdout, execmodel=execmodel)
        else:
            new_process(self, args, execmodel)

    gateway_io.Popen2IOMaster.__init__ = start  # type: ignore[method-assign]


if __name__ == "__main__":
    serve()
