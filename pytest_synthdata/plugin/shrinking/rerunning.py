"""Running a test again, and again, while it is reported as one that ran once."""

from __future__ import annotations

import contextlib
import io
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

_LAST = ("last_type", "last_value", "last_traceback", "last_exc")
_KEPT = "_excinfo"  # where a TestCase's item keeps what its method raised


class Rerunner:
    """Runs a test that has just failed, and whose fixtures are still set up.

    Every run sets up and tears down the fixtures of the function; those of wider scope stay. Hooks of other plugins
    that surround a test's phases are called each time; no reports are made. At the end, the fixtures of the last
    run are still set up: they are torn down as those of the first would have been.

    Args:
        item: the test.
    """

    def __init__(self, item: pytest.Item) -> None:
        self.item: Any = item
        self._stash = dict(self.item.stash._storage)

    def run(self) -> BaseException | None:
        """Tear down the last run, and run the test again: what it raises, in its set-up too; None where it passes.

        Raises:
            KeyboardInterrupt: as the test does.
        """
        item, hook = self.item, self.item.ihook
        # With the item itself for the next one, its fixtures would stay.
        self._raised_by(lambda: hook.pytest_runtest_teardown(item=item, nextitem=item.parent))
        for key, value in self._stash.items():  # some plugins delete what the reports of a test have left there
            item.stash.setdefault(key, value)
        item._initrequest()
        item.__dict__.pop(_KEPT, None)
        with self._timer():
            error = self._raised_by(lambda: hook.pytest_runtest_setup(item=item))
            if error is None:
                error = self._raised_by(lambda: hook.pytest_runtest_call(item=item))
        kept = item.__dict__.get(_KEPT)
        return kept[0].value if error is None and kept else error

    @staticmethod
    def _raised_by(phase: Any) -> BaseException | None:
        try:
            phase()
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - pytest's outcomes are not Exceptions, and tests call sys.exit
            return error
        return None

    @contextlib.contextmanager
    def unnoticed(self) -> Iterator[None]:
        """Within it, what runs print, log and warn of is not shown, and no time is taken for the test's."""
        item = self.item
        sections = list(item._report_sections)
        last = {name: getattr(sys, name) for name in _LAST if hasattr(sys, name)}
        kept = item.__dict__.get(_KEPT)
        self._cancel_timer()
        try:
            with warnings.catch_warnings(record=True), self._silent_logs(), self._silent_output():
                yield
        finally:
            item._report_sections[:] = sections
            item.__dict__.pop(_KEPT, None)
            if kept is not None:
                item.__dict__[_KEPT] = kept
            for name, value in last.items():
                setattr(sys, name, value)

    @contextlib.contextmanager
    def _silent_logs(self) -> Iterator[None]:
        """Neither the log on the terminal nor the log file gets what the runs log; caplog does."""
        logging_plugin: Any = self.item.config.pluginmanager.get_plugin("logging-plugin")
        handlers = [getattr(logging_plugin, name, None) for name in ("log_cli_handler", "log_file_handler")]
        known = [handler for handler in handlers if handler is not None]
        for handler in known:
            handler.addFilter(_nothing)
        try:
            yield
        finally:
            for handler in known:
                handler.removeFilter(_nothing)

    def _silent_output(self) -> contextlib.AbstractContextManager[Any]:
        if self.item.config.getoption("capture", "fd") != "no":
            return contextlib.nullcontext()
        stack = contextlib.ExitStack()
        stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
        stack.enter_context(contextlib.redirect_stderr(io.StringIO()))
        return stack

    def _cancel_timer(self) -> None:
        """With pytest-timeout: the time of the test is over, as it has ended."""
        cancel = getattr(self.item.config.hook, "pytest_timeout_cancel_timer", None)
        if cancel is not None:
            cancel(item=self.item)

    @contextlib.contextmanager
    def _timer(self) -> Iterator[None]:
        """With pytest-timeout: each run has as long as the test has, where a run that takes longer can be ended."""
        timeout: Any = sys.modules.get("pytest_timeout")
        if timeout is None or not self.item.config.pluginmanager.has_plugin("timeout"):
            yield
            return
        settings = timeout._get_item_settings(self.item)
        if not settings.timeout or settings.func_only or settings.method != "signal":
            yield  # it is set by pytest-timeout itself; or its end would be the end of this process
            return
        self.item.config.hook.pytest_timeout_set_timer(item=self.item, settings=settings)
        try:
            yield
        finally:
            self._cancel_timer()


def _nothing(record: Any) -> bool:
    del record
    return False


__all__ = ["Rerunner"]
