"""Runs in a Volume: how their folders are called, and how the left-overs of crashed ones are found and removed."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from functools import partial
from secrets import token_hex
from typing import Any, TypeVar

from pytest_synthdata.databricks.client import WorkspaceError, preflight
from pytest_synthdata.databricks.names import VolumePath, is_safe
from pytest_synthdata.databricks.upload import MARKER_FILE, Upload
from pytest_synthdata.databricks.volumes import Files

T = TypeVar("T")
_LOG = logging.getLogger(__name__)
_STAMP = "%Y%m%dT%H%M%SZ"
_RUN = re.compile(r"synthdata-(\d{8}T\d{6}Z)-[0-9a-f]{8}")


def new_run() -> str:
    """The name of a new run: the time, and what tells it from others of that second."""
    return f"synthdata-{datetime.now(timezone.utc).strftime(_STAMP)}-{token_hex(4)}"


def sweep(volume: str, *, older_than: timedelta, client: Any = None, dry_run: bool = False) -> list[str]:
    """Remove what crashed runs have left: folders with our note that a run has not taken away again.

    What a run kept on purpose has no such note, and stays; so does everything that is not ours.

    Args:
        volume: the Volume, or a folder in it, that runs wrote to.
        older_than: the least age of what is removed. It must be more than your longest run takes.
        client: a ``WorkspaceClient``; defaults to one with the SDK's own settings.
        dry_run: only tell what would be removed.

    Returns:
        The paths that were removed.

    Raises:
        WorkspaceError: for what the workspace refuses.
    """
    place = VolumePath.parse(volume)
    files = Files(preflight(place, client))
    limit = datetime.now(timezone.utc) - older_than
    found = list(_left_overs(files, place, limit))
    if dry_run:
        return [str(folder) for folder, _ in found]
    removed = (_attempted(partial(_remove, files, folder, whole=whole), folder) for folder, whole in found)
    return [folder for folder in removed if folder is not None]


def _attempted(work: Callable[[], T], folder: VolumePath) -> T | None:
    """What is done with a folder; that it cannot be done is told, and no reason not to look at the others."""
    try:
        return work()
    except WorkspaceError as error:
        _LOG.warning("%s is passed over: %s", folder, error)
        return None


def _remove(files: Files, folder: VolumePath, *, whole: bool) -> str:
    if whole:
        files.remove_folder(folder)
    else:
        _remove_unfinished(files, folder)
    return str(folder)


def _left_overs(files: Files, place: VolumePath, limit: datetime) -> Iterator[tuple[VolumePath, bool]]:
    """Folders, and whether the whole folder is a run's own."""
    for entry in files.entries(place):
        if not entry.is_folder or not is_safe(entry.name):
            continue
        folder = place / entry.name
        whole = _attempted(partial(_is_left_over, files, folder, entry.name, limit), folder)
        if whole is not None:
            yield folder, whole


def _is_left_over(files: Files, folder: VolumePath, name: str, limit: datetime) -> bool | None:
    """Whether a left-over folder is a run's own as a whole; None where it is not one."""
    content = {item.name for item in files.entries(folder)}
    run = _RUN.fullmatch(name)
    if MARKER_FILE in content:
        noted = _noted(files.text(folder, MARKER_FILE))
        created = noted.get("created")
        if isinstance(created, datetime) and created < limit:
            return bool(run) and noted["run"] == name
    elif run and not content and (began := _began(run[1])) is not None and began < limit:
        return True  # it crashed before its first file
    return None


def _began(stamp: str) -> datetime | None:
    """When a run began, by its name; None where that is no time."""
    try:
        return datetime.strptime(stamp, _STAMP).replace(tzinfo=timezone.utc)
    except ValueError:
        return None


def _noted(text: str | None) -> dict[str, Any]:
    try:
        note = json.loads(text or "")
        created = datetime.fromisoformat(note["created"])
        tables = list(note["tables"])
        if created.tzinfo is None or not all(isinstance(name, str) for name in tables):  # ours are otherwise
            return {}
        return {"run": note["run"], "created": created, "tables": tables}
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}


def _remove_unfinished(files: Files, folder: VolumePath) -> None:
    """From a folder of somebody's choosing, only the tables that its note says were begun and never finished."""
    upload = Upload(files, folder, run=str(folder))
    finished = upload.manifest()
    for name in _noted(files.text(folder, MARKER_FILE)).get("tables", ()):
        if is_safe(name) and name not in finished:
            upload.clear(folder / name)
    files.remove(folder, MARKER_FILE)
    if not files.entries(folder):
        files.remove_folder(folder)


__all__ = ["new_run", "sweep"]
