"""Processes that make and write parts of a table side by side.

Python's own pools would import the user's main script again in each process, or fork a process that has threads (a
Spark session's, say). These are started afresh, know where to import from, and get their work through a pipe.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager, suppress
from queue import SimpleQueue
from typing import Any, BinaryIO

from pytest_synthdata.errors import SynthDataError

Job = Callable[[Any], Any]

# An interrupt is the parent's to answer, from the first moment on.
_COMMAND = (
    "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); "
    "from pytest_synthdata.files.workers import work; work()"
)


def in_processes(job: Job, shipped: bytes, items: Sequence[Any], count: int) -> Iterator[Any]:
    """What a job gives for each item, as each is done, by this process and ``count - 1`` more.

    Args:
        job: a function of one item, for this process: it has all loaded, and works while the others start.
        shipped: the same, pickled, for the others.
        items: what it is called with; anything that can be pickled.
        count: the number of processes, from 2. They end when this does, however it ends.

    Raises:
        Exception: the first that a process raises.
    """
    with ExitStack() as stack:
        idle: SimpleQueue[tuple[subprocess.Popen[bytes], bytes]] = SimpleQueue()
        threads = stack.enter_context(ThreadPoolExecutor(count - 1))
        for _ in range(count - 1):
            idle.put((stack.enter_context(_worker()), shipped))

        def send(item: Any) -> Any:
            # The job goes ahead of the first item: a worker takes it when it has started, and none waits for another.
            worker, ahead = idle.get()
            try:
                return _ask(worker, ahead, item)
            finally:
                idle.put((worker, b""))

        stack.callback(threads.shutdown, wait=False, cancel_futures=True)
        # The others begin with the first items, this process with the last, until they meet.
        futures = deque(threads.submit(send, item) for item in items)
        for item in reversed(items):
            if not futures[-1].cancel():
                break
            futures.pop()
            yield job(item)
            while futures and futures[0].done():
                yield futures.popleft().result()
            if not futures:
                return
        for future in as_completed(futures):
            yield future.result()


@contextmanager
def _worker() -> Iterator[subprocess.Popen[bytes]]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path)}  # noqa: PTH109
    with subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-c", _COMMAND], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    ) as process:
        try:
            yield process
        finally:
            process.kill()
            with suppress(BrokenPipeError):  # of what it was not yet told
                _stream(process.stdin).close()


def _ask(process: subprocess.Popen[bytes], ahead: bytes, item: Any) -> Any:
    stdin, stdout = _stream(process.stdin), _stream(process.stdout)
    try:
        stdin.write(ahead)
        pickle.dump(item, stdin)
        stdin.flush()
        done, result = pickle.load(stdout)  # noqa: S301 - our own process
    except (EOFError, BrokenPipeError, pickle.UnpicklingError):
        raise SynthDataError(
            f"a worker process ended with code {process.wait()}; was there too little memory?"
        ) from None
    if not done:
        raise result
    return result


def _stream(stream: Any) -> BinaryIO:
    assert stream is not None  # noqa: S101 - both ends were asked to be pipes
    checked: BinaryIO = stream
    return checked


def work() -> None:
    """A worker process: reads a job, then items, and answers each."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends its workers
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a user's function prints is not an answer
    questions = sys.stdin.buffer
    job: Job = pickle.load(questions)  # noqa: S301 - the parent's
    for item in _items(questions):
        pickle.dump(_answer(job, item), answers)
        answers.flush()


def _answer(job: Job, item: Any) -> tuple[bool, Any]:
    try:
        return True, job(item)
    except Exception as error:  # noqa: BLE001 - all that a user's function raises goes to the parent
        return False, _portable(error)


def _items(questions: BinaryIO) -> Iterator[Any]:
    with suppress(EOFError):
        while True:
            yield pickle.load(questions)  # noqa: S301 - the parent's


def _portable(error: Exception) -> Exception:
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    except Exception:  # noqa: BLE001 - anything can be wrong with it
        return SynthDataError(f"{type(error).__name__}: {error}")
    return error


__all__ = ["in_processes", "work"]
