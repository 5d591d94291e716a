"""A workspace client by the SDK's own settings, and every refusal with what to do about it."""

from __future__ import annotations

import configparser
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as Late
from contextlib import contextmanager
from contextvars import copy_context
from threading import Thread
from typing import Any, TypeVar
from urllib.parse import quote

from pytest_synthdata.databricks.answers import tell_foreign_answers
from pytest_synthdata.databricks.names import VolumePath
from pytest_synthdata.databricks.patience import TellingClock
from pytest_synthdata.databricks.profiles import profile, wrong_settings
from pytest_synthdata.databricks.retries import with_retries
from pytest_synthdata.errors import SynthDataError, advise, nearest

T = TypeVar("T")

PREFLIGHT_SECONDS = 10.0
# The SDK tries an unreachable host for 300 s before its client is even made: too long for a first look.
_QUICK = {"retry_timeout_seconds": 2, "http_timeout_seconds": 4}
_AT_ONCE = {"retry_timeout_seconds": 1, "http_timeout_seconds": 4}  # while it is made; nothing depends on an answer
_PATIENT = {"retry_timeout_seconds": 300, "http_timeout_seconds": 60}
_HOW_TO_AUTHENTICATE = (
    "set DATABRICKS_HOST=https://… and DATABRICKS_TOKEN, or run `databricks auth login --host https://…` and set "
    "DATABRICKS_CONFIG_PROFILE to the profile that it makes"
)
_HOW_TO_PERMIT = (
    "a permission is missing: let an owner GRANT you USE CATALOG, USE SCHEMA, and READ VOLUME and WRITE VOLUME on the "
    "Volume (CREATE SCHEMA and CREATE VOLUME to create them)"
)
_HOW_TO_REACH = "check DATABRICKS_HOST, or the host of the profile, and whether a proxy or VPN is missing"
_HOW_TO_FIND = "check the name; it may have been renamed or removed meanwhile"
_HOW_TO_GO_ON = "the workspace failed, several times; run the same again, and what is there is not sent again"
_FAULT = 500  # from here on, a status is the workspace's own fault


class WorkspaceError(SynthDataError):
    """What a workspace, or the way to it, refused."""


class MissingCredentialsError(WorkspaceError):
    """There is no host, or nothing to authenticate with."""


def connect(ask: Callable[[Any], object], about: str, client: Any = None) -> Any:
    """A workspace client that has answered a first question. An answer, this way or that, comes within 10 seconds.

    Args:
        ask: gets a client, and asks what has to be asked.
        about: what the question is about.
        client: a ``WorkspaceClient``; defaults to one with the SDK's own settings (environment, profile).

    Raises:
        MissingCredentialsError: where the SDK finds no host or no credentials, or these are refused.
        WorkspaceError: for what the workspace says instead, or if it says nothing.
    """

    def look() -> Any:
        if client is not None:
            tell_foreign_answers(client)
            _asked(ask, about, client)
            return client
        config = _config()
        _asked(ask, about, _client(config, _QUICK))
        return _client(config, _PATIENT)

    _require_sdk()
    return _within(PREFLIGHT_SECONDS, look, f"no answer from the workspace about {about}")


def preflight(volume: VolumePath, client: Any = None, *, create: bool = False) -> Any:
    """A client for a Volume that is there.

    Args:
        volume: the Volume, or a folder in it.
        client: a ``WorkspaceClient``; defaults to one with the SDK's own settings.
        create: make the schema and the Volume where they are missing. A catalog is never made.

    Raises:
        WorkspaceError: for what is missing, and how to get it.
    """
    return connect(lambda found: _require(found, volume, create=create), volume.full_name, client)


def scrubbed(text: str, client: Any) -> str:
    """A text without the client's tokens and passwords."""
    for secret in _secrets(client):
        text = text.replace(secret, "***")
    return text


@contextmanager
def explained(doing: str, client: Any = None) -> Iterator[None]:
    """Within it, what the SDK raises is a `WorkspaceError` that says what was being done.

    Args:
        doing: such as "uploading /Volumes/…".
        client: whose secrets the message must not have.
    """
    try:
        yield
    except SynthDataError:
        raise
    except (OSError, RuntimeError, ValueError, TypeError, KeyError, RecursionError) as error:
        # All that the SDK and requests raise, also for answers that are not as they expect them.
        # Without the SDK's own traceback, which may show a URL that is signed.
        raise WorkspaceError(scrubbed(f"{doing}: {_reason(error)}", client)) from None


def _reason(error: BaseException) -> str:
    chain = [error]
    while chain[-1].__cause__ is not None:
        chain.append(chain[-1].__cause__)
    parts = dict.fromkeys(_words(one) for one in chain)
    return "; ".join([*parts, *dict.fromkeys(filter(None, map(_advice, chain)))])


def _words(error: BaseException) -> str:
    """What an error says, and with which status."""
    from requests import RequestException

    if isinstance(error, KeyError):
        return f"the answer has no {error}"
    if isinstance(error, RequestException):  # of urllib3's chain of reasons the first, without the addresses of objects
        inner = error.args[0] if error.args else error
        return str(getattr(inner, "reason", None) or error).rpartition("): ")[2] or type(error).__name__
    said, status = str(error) or type(error).__name__, _status(error)
    code = getattr(error, "error_code", None)
    if status is None or f"HTTP {status}" in said:
        return said
    return f"{said} (HTTP {status}{f', {code}' if code else ''})"


def _status(error: BaseException) -> int | None:
    from databricks.sdk.errors.platform import STATUS_CODE_MAPPING

    return next((status for status, kind in STATUS_CODE_MAPPING.items() if isinstance(error, kind)), None)


def _advice(error: BaseException) -> str | None:
    from databricks.sdk.errors import NotFound, PermissionDenied
    from requests import ConnectionError as NoConnection
    from requests import Timeout

    if isinstance(error, PermissionDenied):
        return _HOW_TO_PERMIT
    if isinstance(error, NotFound):
        return _HOW_TO_FIND
    if isinstance(error, (NoConnection, Timeout)):
        return _HOW_TO_REACH
    return _HOW_TO_GO_ON if (_status(error) or 0) >= _FAULT else None


def _require_sdk() -> None:
    try:
        import databricks.sdk  # noqa: F401 - takes its time, which is none of the workspace's
    except ImportError:
        raise WorkspaceError("Databricks needs its SDK here: pip install 'pytest-synthdata[databricks]'") from None


def _config() -> Any:
    from databricks.sdk.clock import RealClock
    from databricks.sdk.core import Config

    try:
        return Config(
            product="pytest-synthdata", product_version=_version(), clock=TellingClock(RealClock()), **_AT_ONCE
        )
    except (ValueError, OSError, configparser.Error) as error:
        if (problem := wrong_settings()) is not None:
            raise MissingCredentialsError(problem) from None
        has_host = "host=" in str(error)
        missing = "the workspace's credentials are missing" if has_host else "the workspace's host is missing"
        raise MissingCredentialsError(f"{missing}{profile('in')}: {_HOW_TO_AUTHENTICATE}") from None


def _client(config: Any, limits: Mapping[str, float]) -> Any:
    from databricks.sdk import WorkspaceClient

    for name, seconds in limits.items():
        setattr(config, name, seconds)
    client = WorkspaceClient(config=config)
    tell_foreign_answers(client)
    return client


def impatient(client: Any, seconds: float) -> Any:
    """The same client, whose requests and their repetitions end after some seconds."""
    config = client.config.copy()
    config._inner = dict(config._inner)  # which copies share, their settings
    patience = config.retry_timeout_seconds or _PATIENT["retry_timeout_seconds"]
    limits = {
        "retry_timeout_seconds": min(seconds, patience),
        "http_timeout_seconds": min(seconds, config.http_timeout_seconds or _PATIENT["http_timeout_seconds"]),
    }
    return _client(config, limits)


def _version() -> str:
    from importlib.metadata import version

    return version("pytest-synthdata")


def _asked(ask: Callable[[Any], object], about: str, client: Any) -> None:
    from databricks.sdk.errors import Unauthenticated

    with explained(f"asking the workspace {client.config.host} about {about}", client):
        try:
            with_retries(client, lambda: ask(client))
        except Unauthenticated:
            of = profile("of", client.config.profile)
            raise MissingCredentialsError(
                f"the workspace {client.config.host} refuses the credentials{of}: {_HOW_TO_AUTHENTICATE}"
            ) from None


def _require(client: Any, volume: VolumePath, *, create: bool) -> None:
    from databricks.sdk.errors import NotFound

    try:
        client.volumes.read(volume.in_urls)
    except NotFound:
        _find_out(client, volume, create=create)


def _find_out(client: Any, volume: VolumePath, *, create: bool) -> None:
    """What of a Volume's name is missing; it is made where that is allowed."""
    from databricks.sdk.errors import NotFound
    from databricks.sdk.service.catalog import VolumeType

    schema = f"{volume.catalog}.{volume.schema}"
    remedy = f"create it{advise(', or allow it to be created: {}', create=True)}"
    with explained(f"looking for the catalog {volume.catalog}", client):
        try:
            client.catalogs.get(quote(volume.catalog, safe=""))
        except NotFound:
            known = [str(catalog.name) for catalog in client.catalogs.list()]
            raise WorkspaceError(
                f"there is no catalog {volume.catalog!r} ({nearest(volume.catalog, known)}); catalogs are never "
                "created here: name another, or ask an administrator for it"
            ) from None
    with explained(f"looking for the schema {schema}", client):
        try:
            client.schemas.get(quote(schema, safe="."))
        except NotFound:
            if not create:
                raise WorkspaceError(f"there is no schema {schema}: {remedy}") from None
            _unless_there(client.schemas.create, name=volume.schema, catalog_name=volume.catalog)
    if not create:
        raise WorkspaceError(f"there is no Volume {volume.full_name}: {remedy}")
    with explained(f"creating the Volume {volume.full_name}", client):
        _unless_there(
            client.volumes.create,
            catalog_name=volume.catalog,
            schema_name=volume.schema,
            name=volume.volume,
            volume_type=VolumeType.MANAGED,
        )


def _unless_there(create: Callable[..., Any], **arguments: Any) -> None:
    """Create something; losing the race to another process is as good."""
    from databricks.sdk.errors import AlreadyExists, BadRequest

    try:
        create(**arguments)
    except AlreadyExists:
        pass
    except BadRequest as error:
        if "already exists" not in str(error).lower():
            raise


def _secrets(client: Any) -> list[str]:
    config = getattr(client, "config", None)
    if config is None:
        return []
    values = [getattr(config, attribute.name) for attribute in config.attributes() if attribute.sensitive]
    # A secret of few characters would blot out ordinary words.
    return [str(value) for value in values if value and len(str(value)) > len("secret")]


def _within(seconds: float, work: Callable[[], T], late: str) -> T:
    """What a function gives, if it does in time. In a daemon thread, since a socket's wait cannot be ended."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 - is raised where the result is asked for
            future.set_exception(error)

    Thread(target=copy_context().run, args=(run,), daemon=True).start()  # what errors say is the caller's, too
    try:
        return future.result(seconds)
    except Late:
        raise WorkspaceError(f"{late} within {seconds:g} s: is the host right, is a proxy or VPN missing?") from None


__all__ = ["MissingCredentialsError", "WorkspaceError", "connect", "explained", "impatient", "preflight", "scrubbed"]
