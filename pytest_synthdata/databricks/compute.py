"""Code on a cluster by the command execution API: waited for, cancelled when it is late, its context destroyed."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from pytest_synthdata.databricks.client import WorkspaceError, explained, impatient, scrubbed
from pytest_synthdata.databricks.clusters import START_SECONDS, running
from pytest_synthdata.databricks.polling import OnStatus, changes, poll_until, post_once, state_name
from pytest_synthdata.databricks.results import ExecutionResult, script, seconds
from pytest_synthdata.databricks.retries import with_retries
from pytest_synthdata.errors import SynthDataError, nearest

_LOG = logging.getLogger(__name__)
_LANGUAGES = ("python", "sql", "scala", "r")
_CONTEXT_SECONDS = 300  # that a context may take to be ready
_CANCEL_SECONDS = 10
_SEND_SECONDS = 5  # that telling it to stop may take
_DESTROY_SECONDS = 60  # that destroying a context may take, if there is time


def execute_databricks_command(
    cluster_id: str | None = None,
    language: str = "python",
    code: str = "",
    timeout: float = 120,
    *,
    context_id: str | None = None,
    destroy_context_on_completion: bool = False,
    start: bool = False,
    start_timeout: float = START_SECONDS,
    on_status: OnStatus | None = None,
    client: Any = None,
) -> ExecutionResult:
    """Run code on a cluster, and wait for what it gives.

    Args:
        cluster_id: the cluster; defaults to ``DATABRICKS_CLUSTER_ID``.
        language: python, sql, scala or r.
        code: the code.
        timeout: how many seconds it may take. Then it is cancelled, and the result says so.
        context_id: an execution context of your own, with what was defined in it. Where not given, one is made, and
            destroyed whatever happens.
        destroy_context_on_completion: destroy yours, too.
        start: start the cluster if it is stopped.
        start_timeout: how many seconds that may take.
        on_status: is called with what happens meanwhile, as text.
        client: a ``databricks.sdk.WorkspaceClient``; defaults to one with the SDK's own settings.

    Returns:
        Its success, output and error. What the code raises is an error in the result, nothing raised here.

    Raises:
        SynthDataError: for a language that there is not, and for no code.
        ClusterNotRunningError: where the cluster is stopped and shall not be started; it gives the choices.
        WorkspaceError: for what the workspace refuses, and where a broken connection leaves open what happened.
    """
    if str(language).lower() not in _LANGUAGES:
        raise SynthDataError(f"no language {language!r} on Databricks: {nearest(str(language).lower(), _LANGUAGES)}")
    if not code.strip():
        raise SynthDataError("there is no code to run: code='print(1)'")
    limit, start_limit, on_status = (
        seconds(timeout, "timeout"),
        seconds(start_timeout, "start_timeout"),
        changes(on_status),
    )
    cluster, client = running(cluster_id, client, start=start, start_timeout=start_limit, on_status=on_status)
    if context_id is not None and not destroy_context_on_completion:
        return _Command(client, cluster, context_id, language.lower()).run(code, limit, on_status)
    with _context(client, cluster, language.lower(), context_id, limit=limit, on_status=on_status) as context:
        return _Command(client, cluster, context, language.lower()).run(code, limit, on_status)


def run_python_file_on_databricks(
    cluster_id: str | None = None,
    file_path: str | Path | None = None,
    timeout: float = 600,
    *,
    context_id: str | None = None,
    destroy_context_on_completion: bool = False,
    start: bool = False,
    start_timeout: float = START_SECONDS,
    on_status: OnStatus | None = None,
    client: Any = None,
) -> ExecutionResult:
    """Run a local Python file on a cluster; the arguments and errors are those of `execute_databricks_command`.

    Args:
        cluster_id: the cluster; defaults to ``DATABRICKS_CLUSTER_ID``.
        file_path: the file. It is read before anything is sent.
        timeout: how many seconds it may take.
        context_id: an execution context of your own.
        destroy_context_on_completion: destroy it at the end.
        start: start the cluster if it is stopped.
        start_timeout: how many seconds that may take.
        on_status: is called with what happens meanwhile, as text.
        client: a ``databricks.sdk.WorkspaceClient``.

    Raises:
        SynthDataError: for a file that is not there, or is empty.
    """
    return execute_databricks_command(
        cluster_id,
        "python",
        script(file_path),
        timeout,
        context_id=context_id,
        destroy_context_on_completion=destroy_context_on_completion,
        start=start,
        start_timeout=start_timeout,
        on_status=on_status,
        client=client,
    )


@contextmanager
def _context(
    client: Any, cluster: str, language: str, given: str | None, *, limit: float, on_status: OnStatus
) -> Iterator[str]:
    context, begin = given or _made(client, cluster, language), client.config.clock.time()
    try:
        with explained(f"waiting for the execution context on the cluster {cluster}", client):
            _await_context(client, cluster, context, on_status)
        begin = client.config.clock.time()
        yield context
    finally:
        try:
            with explained(f"destroying the execution context {context} on the cluster {cluster}", client):
                is_late = client.config.clock.time() - begin >= limit
                hurried = impatient(client, _SEND_SECONDS if is_late else _DESTROY_SECONDS)
                with_retries(hurried, partial(hurried.command_execution.destroy, cluster, context))
        except WorkspaceError as error:
            # Not raised, and no warning that might be: it must hide neither a result nor what is being raised.
            _LOG.warning("%s. The cluster destroys it when it stops", error)


def _made(client: Any, cluster: str, language: str) -> str:
    from databricks.sdk.service.compute import Language

    create = partial(client.command_execution.create, cluster_id=cluster, language=Language(language))
    with explained(f"making an execution context on the cluster {cluster}", client):
        return str(with_retries(client, create).context_id)


def _await_context(client: Any, cluster: str, context: str, on_status: OnStatus) -> None:
    def ask() -> str:
        state = state_name(client.command_execution.context_status(cluster, context).status)
        on_status(f"context: {state}")
        return state

    state = poll_until(client, ask, lambda now: now in ("Running", "Error"), _CONTEXT_SECONDS)
    if state != "Running":
        raise WorkspaceError(f"the execution context on the cluster {cluster} is not ready: {state or 'Pending'}")


@dataclass(frozen=True)
class _Command:
    client: Any
    cluster: str
    context: str
    language: str

    def run(self, code: str, limit: float, on_status: OnStatus) -> ExecutionResult:
        body = {"clusterId": self.cluster, "contextId": self.context, "language": self.language, "command": code}
        with explained(f"running code on the cluster {self.cluster}", self.client):
            command = str(post_once(self.client, "/api/1.2/commands/execute", body)["id"])
            try:
                hurried = replace(self, client=impatient(self.client, limit))
                answer = poll_until(hurried.client, partial(hurried._ask, command, on_status), _is_done, limit)
                if answer is None:
                    return self._late(command, limit)
            except BaseException:
                with suppress(OSError, RuntimeError, ValueError, WorkspaceError):  # the first error is the one to see
                    self._cancel(command)
                raise
            return self._result(answer)

    def _ask(self, command: str, on_status: OnStatus) -> Any:
        answer = self.client.command_execution.command_status(self.cluster, self.context, command)
        on_status(f"command: {state_name(answer.status)}")
        return answer

    def _cancel(self, command: str) -> None:
        hurried = impatient(self.client, _SEND_SECONDS)
        where = {"cluster_id": self.cluster, "context_id": self.context, "command_id": command}
        with_retries(hurried, partial(hurried.command_execution.cancel, **where))

    def _late(self, command: str, limit: float) -> ExecutionResult:
        try:
            with explained("cancelling it", self.client):
                self._cancel(command)
        except WorkspaceError as error:
            return ExecutionResult(
                success=False,
                error=f"the code took more than {limit:g} s, or the cluster did not answer in that time; cancelling it "
                f"failed: {error}",
            )
        hurried = replace(self, client=impatient(self.client, _CANCEL_SECONDS))
        answer = poll_until(hurried.client, partial(hurried._ask, command, lambda _: None), _is_done, _CANCEL_SECONDS)
        if answer is not None and state_name(answer.status) == "Finished":
            return self._result(answer)  # it was quicker than its end
        ended = "it was cancelled" if answer is not None else "it was told to stop, and its context is destroyed"
        return ExecutionResult(
            success=False, error=f"the code took more than {limit:g} s: {ended}. Give it longer: timeout=…"
        )

    def _result(self, answer: Any) -> ExecutionResult:
        results = answer.results
        kind = results.result_type.value if results is not None and results.result_type is not None else None
        if state_name(answer.status) == "Finished" and kind != "error":
            return ExecutionResult(success=True, output=scrubbed(_text(results, kind), self.client))
        told = [results.summary, results.cause] if results is not None else []
        error = "\n".join(dict.fromkeys(part for part in told if part))
        return ExecutionResult(
            success=False, error=scrubbed(error or f"the code ended as {state_name(answer.status)}", self.client)
        )


def _is_done(answer: Any) -> bool:
    return state_name(answer.status) in ("Finished", "Error", "Cancelled")


def _text(results: Any, kind: str | None) -> str:
    if results is None:
        return ""
    if kind == "table":
        lines = [[column["name"] for column in results.schema or ()], *(results.data or ())]
        text = "\n".join("\t".join("" if value is None else str(value) for value in line) for line in lines)
    elif kind in ("image", "images"):
        text = "\n".join(results.file_names or [results.file_name])
    else:
        text = "" if results.data is None else str(results.data)
    return f"{text}\n(Databricks has cut the rest off)" if results.truncated else text


__all__ = ["execute_databricks_command", "run_python_file_on_databricks"]
