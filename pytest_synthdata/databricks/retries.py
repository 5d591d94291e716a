"""Trying again what fails in passing, with growing pauses. For requests that may safely be sent twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

T = TypeVar("T")

_ATTEMPTS = 5
_USUAL_SECONDS = 300  # the SDK's own, where its configuration says nothing


def with_retries(client: Any, work: Callable[[], T], *also: type[Exception]) -> T:
    """What a function gives. The SDK tries again after 429 and 503; this does after other passing faults.

    Args:
        client: the ``WorkspaceClient`` that the function uses: its clock and patience count.
        work: the function. It is called at most five times.
        also: errors of the caller's own that pass, too.
    """
    from databricks.sdk.errors import DatabricksError, DeadlineExceeded, InternalError, TemporarilyUnavailable
    from databricks.sdk.retries import retried
    from requests import RequestException

    attempts = 0

    def passing(error: BaseException) -> str | None:
        nonlocal attempts
        attempts += 1
        kinds = (*also, InternalError, DeadlineExceeded, TemporarilyUnavailable, RequestException)
        gateway = isinstance(error, DatabricksError) and type(error) is DatabricksError  # a 502 has no class
        if attempts < _ATTEMPTS and (isinstance(error, kinds) or gateway):
            return type(error).__name__
        return None

    limit = timedelta(seconds=client.config.retry_timeout_seconds or _USUAL_SECONDS)
    return retried(is_retryable=passing, timeout=limit, clock=client.config.clock)(work)()


__all__ = ["with_retries"]
