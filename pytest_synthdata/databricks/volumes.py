"""Files in a Volume by the Files API: put and compared, listed, read, removed. Nothing above a folder is touched."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pytest_synthdata.databricks.client import WorkspaceError, explained
from pytest_synthdata.databricks.names import VolumePath, is_safe
from pytest_synthdata.databricks.retries import with_retries

IN_FLIGHT = 5  # the services answer 429 to more
_CHUNK = 1 << 20
_JSON = {"Accept": "application/json"}
_MOST_ENTRIES = 1_000_000  # of a folder
_MOST_TEXT = 16 << 20  # bytes of a manifest or a note


@dataclass(frozen=True)
class Stored:
    """A file as it is stored: its name, size in bytes, and SHA-256."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Entry:
    """What a folder holds: a name, whether it is a folder, its size in bytes."""

    name: str
    is_folder: bool
    size: int


class _NotAsSentError(RuntimeError):
    """A stored file is not what was sent."""


class Files:
    """A workspace's files. What fails in passing is tried again, with growing pauses.

    Args:
        client: a ``WorkspaceClient``.
    """

    def __init__(self, client: Any) -> None:
        self.client = client

    def put_all(self, sources: list[Path], folder: VolumePath, progress: Callable[[int], object]) -> list[Stored]:
        """Store files, at most five at a time; each is read back and compared. A folder must be there."""
        pool = ThreadPoolExecutor(IN_FLIGHT)
        try:
            coming = [pool.submit(self.put, source, folder, progress) for source in sources]
            return [future.result() for future in coming]
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def put(self, source: Path, folder: VolumePath, progress: Callable[[int], object] = lambda _: None) -> Stored:
        """Store a file, replacing what is there, and compare it with what was sent."""
        target = str(folder / source.name)
        size, digest = source.stat().st_size, _digest(source)

        def send() -> None:
            # From a file, never a stream: the SDK can send it again. One connection each: five in all.
            self.client.files.upload_from(target, str(source), overwrite=True, use_parallel=False)
            self._compare(target, size, digest)

        with explained(f"uploading {target}", self.client):
            with_retries(self.client, send, _NotAsSentError)
        progress(size)
        return Stored(source.name, size, digest)

    def put_text(self, text: str, folder: VolumePath, name: str) -> None:
        """Store a small text as a file."""
        target, content = str(folder / name), text.encode()
        digest = sha256(content).hexdigest()

        def send() -> None:
            self.client.files.upload(target, BytesIO(content), overwrite=True, use_parallel=False)
            self._compare(target, len(content), digest)

        with explained(f"uploading {target}", self.client):
            with_retries(self.client, send, _NotAsSentError)

    def text(self, folder: VolumePath, name: str) -> str | None:
        """A small file's text; None where there is no such file."""
        from databricks.sdk.errors import NotFound

        path = str(folder / name)

        def read() -> str | None:
            try:
                with self.client.files.download(path).contents as stream:
                    content: bytes = stream.read(_MOST_TEXT + 1)
            except NotFound:
                return None
            if len(content) > _MOST_TEXT:
                raise ValueError(f"it is larger than {_MOST_TEXT >> 20} MB, and none of ours")
            return content.decode()

        with explained(f"reading {path}", self.client):
            return with_retries(self.client, read)

    def make(self, folder: VolumePath) -> None:
        """Make a folder, and those above it up to the Volume."""
        with explained(f"making {folder}", self.client):
            with_retries(self.client, lambda: self.client.files.create_directory(str(folder)))

    def entries(self, folder: VolumePath) -> list[Entry]:
        """What a folder holds; nothing where there is no such folder."""
        from databricks.sdk.errors import NotFound

        def read() -> list[Entry]:
            found: list[Entry] = []
            query: dict[str, str] = {}
            seen, names = set[str](), set[str]()
            while True:
                try:
                    page = self.client.api_client.do("GET", address, query=query, headers=_JSON)
                except NotFound:
                    return []
                if not isinstance(page, dict) or not isinstance(page.get("contents", []), list):
                    raise ValueError(f"an answer that is not a list of files: {str(page)[:100]}")  # noqa: TRY004
                try:
                    items = [_entry(one) for one in page.get("contents", [])]
                except (TypeError, ValueError, KeyError, AttributeError):
                    raise ValueError(f"an answer that is not a list of files: {str(page)[:100]}") from None
                new = {one.name for one in items} - names
                found += items
                token = str(page.get("next_page_token") or "")
                if not token:
                    return found
                if token in seen or not new or len(found) > _MOST_ENTRIES:
                    raise RuntimeError("the workspace repeats its pages without end")
                seen.add(token)
                names |= new
                query = {"page_token": token}

        address = f"/api/2.0/fs/directories{quote(str(folder), safe='/')}"
        with explained(f"listing {folder}", self.client):
            return with_retries(self.client, read)

    def remove(self, folder: VolumePath, name: str) -> None:
        """Remove a file. That it is gone already is not an error."""
        with explained(f"removing {folder / name}", self.client):
            with_retries(self.client, lambda: self._unless_gone(self.client.files.delete, str(folder / name)))

    def remove_folder(self, folder: VolumePath) -> None:
        """Remove a folder with all that it holds. Its place is never the Volume itself.

        Raises:
            WorkspaceError: for the Volume itself, and for a name that leads elsewhere.
        """
        if not folder.folders:
            raise WorkspaceError(f"{folder} is a whole Volume; only folders in one are removed")
        for entry in self.entries(folder):
            # By its name, below this folder, whatever path the answer states.
            if not is_safe(entry.name):
                raise WorkspaceError(f"{folder} holds {entry.name!r}, which no upload of ours has written; remove it")
            if entry.is_folder:
                self.remove_folder(folder / entry.name)
            else:
                self.remove(folder, entry.name)
        with explained(f"removing {folder}", self.client):
            with_retries(self.client, lambda: self._unless_gone(self.client.files.delete_directory, str(folder)))

    @staticmethod
    def _unless_gone(delete: Callable[[str], Any], path: str) -> None:
        from databricks.sdk.errors import NotFound

        with suppress(NotFound):
            delete(path)

    def _compare(self, target: str, size: int, digest: str) -> None:
        found = self.client.files.get_metadata(target).content_length
        if found != size:
            raise _NotAsSentError(f"{found} bytes are stored of {size:,} that were sent")
        if self._stored_digest(target) != digest:
            raise _NotAsSentError("checksum mismatch after upload")

    def _stored_digest(self, target: str) -> str:
        digest = sha256()
        with self.client.files.download(target).contents as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
        return digest.hexdigest()


def _entry(found: Any) -> Entry:
    return Entry(str(found["name"]), bool(found.get("is_directory")), int(found.get("file_size") or 0))


def _digest(path: Path) -> str:
    digest = sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


__all__ = ["Entry", "Files", "Stored"]
