"""Asking again and again until something is done or time is up, and requests that must not be sent twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from pytest_synthdata.databricks.answers import describe
from pytest_synthdata.databricks.retries import with_retries

T = TypeVar("T")

_FIRST_PAUSE, _LONGEST_PAUSE, _GROWTH = 0.5, 10.0, 1.5  # seconds
_USUAL_HTTP_SECONDS = 60
_NOT_ACTED_UPON, _FORBIDDEN = (429, 503), 403

OnStatus = Callable[[str], object]


def poll_until(client: Any, ask: Callable[[], T], done: Callable[[T], bool], seconds: float) -> T | None:
    """The first answer that is the last one; None if it has not come in time.

    Args:
        client: the ``WorkspaceClient`` that is asked, whose clock counts.
        ask: asks once.
        done: whether an answer is the last one.
        seconds: how long to ask.
    """
    from requests import RequestException

    clock = client.config.clock
    clock = getattr(clock, "quiet", clock)
    deadline, pause = clock.time() + seconds, _FIRST_PAUSE
    while True:
        try:
            if done(answer := with_retries(client, ask)):
                return answer
        except (RequestException, TimeoutError):
            if clock.time() < deadline:  # else it is late, whatever it is
                raise
        left = deadline - clock.time()
        if left <= 0:
            return None
        clock.sleep(min(pause, left))
        pause = min(pause * _GROWTH, _LONGEST_PAUSE)


def state_name(state: Any) -> str:
    """The name of a state, of which the SDK knows some and gives nothing for others."""
    return "Unknown" if state is None else str(getattr(state, "value", state))


def changes(tell: OnStatus | None) -> OnStatus:
    """Tell only what has not just been told."""
    last = ""

    def told(text: str) -> None:
        nonlocal last
        if tell is not None and text != last:
            last = text
            tell(text)

    return told


def post_once(client: Any, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Send a request that does something anew each time it arrives: where it may have arrived, it is not sent again.

    The SDK would send it again after a broken connection.

    Raises:
        RuntimeError: where it may or may not have been acted upon, and for what the workspace refuses.
    """
    import requests

    config = client.config

    def send() -> dict[str, Any]:
        headers = {**config.authenticate(), "User-Agent": config.user_agent}
        if config.workspace_id:
            headers["X-Databricks-Workspace-Id"] = str(config.workspace_id)
        try:
            response = requests.post(
                f"{config.host}{path}",
                json=body,
                headers=headers,
                timeout=config.http_timeout_seconds or _USUAL_HTTP_SECONDS,
                verify=not config.skip_verify,
            )
        except requests.RequestException as error:
            raise RuntimeError(
                f"the connection broke ({type(error).__name__}); it may or may not have begun, and was not sent again"
            ) from None
        return _content(response)

    return with_retries(client, send)


def _content(response: Any) -> dict[str, Any]:
    from databricks.sdk.errors import PermissionDenied, TemporarilyUnavailable

    try:
        content = response.json()
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        message = describe(response)
        if response.ok:
            raise RuntimeError(f"{message}; it may or may not have begun, and was not sent again")
    elif response.ok:
        return content
    else:
        message = content.get("message") or content.get("error") or response.reason
    if response.status_code in _NOT_ACTED_UPON:
        raise TemporarilyUnavailable(message)
    if response.status_code == _FORBIDDEN:
        raise PermissionDenied(message)
    raise RuntimeError(message if content is None else f"{message} (HTTP {response.status_code})")


__all__ = ["OnStatus", "changes", "poll_until", "post_once", "state_name"]
