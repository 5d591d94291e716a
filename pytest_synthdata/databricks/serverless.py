"""A Python file on serverless compute, as a one-time run: no cluster, and dependencies of its own."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import Any

from pytest_synthdata.databricks.client import WorkspaceError, connect, explained, impatient, scrubbed
from pytest_synthdata.databricks.polling import OnStatus, changes, poll_until, state_name
from pytest_synthdata.databricks.results import ExecutionResult, script, seconds
from pytest_synthdata.databricks.retries import with_retries

ENVIRONMENT_VERSION = "4"
_NOTEBOOK = "# Databricks notebook source"  # by which an import takes a file for a notebook
_CANCEL_SECONDS = 60
_ENDED = ("TERMINATED", "SKIPPED", "INTERNAL_ERROR")


def run_on_serverless(
    file_path: str | Path,
    args: Iterable[str] = (),
    dependencies: Iterable[str] = (),
    *,
    timeout: float = 1800,
    environment_version: str = ENVIRONMENT_VERSION,
    idempotency_token: str | None = None,
    on_status: OnStatus | None = None,
    client: Any = None,
) -> ExecutionResult:
    """Run a local Python file on serverless compute, and wait for what it prints.

    The file is put in your workspace folder for as long as it runs.

    Args:
        file_path: the file. It is read before anything is sent.
        args: its command-line arguments.
        dependencies: what pip shall install for it, such as ``"faker>=30"`` or the path of a wheel in a Volume.
        timeout: how many seconds it may take, waiting for compute included. Then the run is cancelled.
        environment_version: the version of the serverless environment, which decides the versions of Python and Spark.
        idempotency_token: text of yours; a second run with the same is the first one. One is made by default,
            so that a request that is sent again starts no second run.
        on_status: is called with what happens meanwhile, as text.
        client: a ``databricks.sdk.WorkspaceClient``; defaults to one with the SDK's own settings.

    Returns:
        Its success, output and error, and the address of its page.

    Raises:
        SynthDataError: for a file that is not there, or is empty.
        WorkspaceError: for what the workspace refuses.
    """
    text, limit, on_status = script(file_path), seconds(timeout, "timeout"), changes(on_status)
    users: list[str] = []
    client = connect(lambda reached: users.append(str(reached.current_user.me().user_name)), "its user", client)
    token = idempotency_token or token_hex(16)
    with _put(client, text, f"/Workspace/Users/{users[-1]}/.synthdata") as path:
        number, page = _submit(
            client,
            path,
            args=list(args),
            dependencies=list(dependencies),
            environment_version=environment_version,
            token=token,
        )
        return _Run(client, number, page).wait(limit, on_status)


@contextmanager
def _put(client: Any, text: str, folder: str) -> Iterator[str]:
    """A file in the workspace, removed at the end."""
    from databricks.sdk.service.workspace import ImportFormat

    path = f"{folder}/{token_hex(8)}.py"
    # RAW keeps what looks like a notebook a file.
    format_ = ImportFormat.RAW if text.startswith(_NOTEBOOK) else ImportFormat.AUTO
    content = b64encode(text.encode()).decode()
    with explained(f"putting the file in {folder}", client):
        with_retries(client, lambda: client.workspace.mkdirs(folder))
        with_retries(client, lambda: client.workspace.import_(path, content=content, format=format_, overwrite=True))
    try:
        yield path
    finally:
        with explained(f"removing {path}", client):
            with_retries(client, lambda: _unless_gone(client, path))


def _unless_gone(client: Any, path: str) -> None:
    from databricks.sdk.errors import NotFound

    with suppress(NotFound):
        client.workspace.delete(path)


def _submit(
    client: Any, path: str, *, args: list[str], dependencies: list[str], environment_version: str, token: str
) -> tuple[int, str]:
    from databricks.sdk.service.compute import Environment
    from databricks.sdk.service.jobs import JobEnvironment, SparkPythonTask, SubmitTask

    task = SubmitTask(
        task_key="run",
        environment_key="default",
        spark_python_task=SparkPythonTask(python_file=path, parameters=args or None),
    )
    environment = Environment(environment_version=environment_version, dependencies=dependencies or None)
    submit = partial(
        client.jobs.submit,
        run_name="pytest-synthdata",
        tasks=[task],
        environments=[JobEnvironment(environment_key="default", spec=environment)],
        idempotency_token=token,
    )
    with explained("submitting a serverless run", client):
        # With its token, a request that is sent again gives the same run.
        number = int(with_retries(client, submit).response.run_id)
        return number, str(with_retries(client, lambda: client.jobs.get_run(number)).run_page_url or "")


class _Run:
    def __init__(self, client: Any, number: int, page: str) -> None:
        self.client, self.number, self.page = client, number, page

    def wait(self, limit: float, on_status: OnStatus) -> ExecutionResult:
        on_status(f"run {self.number}: {self.page}")
        with explained(f"waiting for the run {self.page or self.number}", self.client):
            try:
                hurried = _Run(impatient(self.client, limit), self.number, self.page)
                run = poll_until(hurried.client, partial(hurried._ask, on_status), _has_ended, limit)
            except BaseException:
                with suppress(OSError, RuntimeError, ValueError, WorkspaceError):  # the first error is the one to see
                    self._cancel()
                raise
            if run is not None:
                return self._result(run)
            self._cancel()
            ended = poll_until(self.client, partial(self._ask, on_status), _has_ended, _CANCEL_SECONDS) is not None
        how = "it was cancelled" if ended else "it was told to stop"
        error = f"the run took more than {limit:g} s: {how}. Give it longer: timeout=…"
        return ExecutionResult(success=False, error=error, page=self.page)

    def _ask(self, on_status: OnStatus) -> Any:
        run = self.client.jobs.get_run(self.number)
        state = run.state
        message = f" ({state.state_message})" if state is not None and state.state_message else ""
        on_status(f"run {self.number}: {_stage(run)}{message}")
        return run

    def _cancel(self) -> None:
        hurried = impatient(self.client, _CANCEL_SECONDS)
        with_retries(hurried, lambda: hurried.jobs.cancel_run(self.number))

    def _result(self, run: Any) -> ExecutionResult:
        result = run.state.result_state
        success = result is not None and result.value == "SUCCESS"
        output, errors = "", [] if success else [run.state.state_message]
        if run.tasks:
            written = with_retries(self.client, lambda: self.client.jobs.get_run_output(run.tasks[0].run_id))
            output = written.logs or ""
            if written.logs_truncated:
                output += "\n(Databricks has cut the rest off)"
            if not success:
                errors += [written.error, written.error_trace]
        error = "\n".join(dict.fromkeys(part for part in errors if part))
        if not success and not error:
            error = f"the run ended as {state_name(result or run.state.life_cycle_state)}"
        return ExecutionResult(
            success, scrubbed(output, self.client), scrubbed(error, self.client) if not success else None, self.page
        )


def _has_ended(run: Any) -> bool:
    return _stage(run) in _ENDED


def _stage(run: Any) -> str:
    return state_name(run.state.life_cycle_state if run.state is not None else None)


__all__ = ["ENVIRONMENT_VERSION", "run_on_serverless"]
