"""Where tables are written: a place that is free, or holds a table; what is there appears complete or not at all."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from fnmatch import fnmatchcase
from glob import escape
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

from pytest_synthdata.disk.temporary import gone_after, is_owned, locked
from pytest_synthdata.errors import ArgumentError, SynthDataError, advise, advise_call, describe

_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/")  # not a drive's letter
PERIODS = "_periods"  # the file that says which periods of a table are there
SCHEMA_CHANGES = "_schema_changes.json"  # the file that says what defects change in a table's schema
# What Spark, Delta and Databricks put beside the parts of a table, and into the folders there.
_BESIDE_PARTS = re.compile(
    rf"_metadata|_common_metadata|(_started|_committed)_\d+|{PERIODS}|{re.escape(SCHEMA_CHANGES)}"
)
_IN_FOLDERS = {
    "_delta_log": re.compile(r"\.?\d{20}\..*|\.?_last_checkpoint(\..*)?|_sidecars|_commits|_staged_commits"),
    "_temporary": re.compile(r"\d+"),
}
_PART = re.compile(r"part-\d{5}.*\.(parquet|csv|json|orc|avro|txt)(\.[a-z0-9]+)?")
_TEXTS = ("csv", "json", "txt")
_BY_SPARK = re.compile(r"-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|-tid-\d+")
_SIGNATURES = frozenset({"_SUCCESS", PERIODS, "_delta_log"})
_PARQUET, _FEW, _HEAD = b"PAR1", 8, 4096
_PACKED = (b"\x1f\x8b", b"BZh", b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18")  # gzip, bzip2, zstd, lz4
_OTHER_FORMATS = {"orc": b"ORC", "avro": b"Obj\x01"}


def local_path(path: str | Path, what: str) -> Path:
    """A path as the file system has it: ``~`` is the home folder, ``file://`` is taken away.

    Raises:
        SynthDataError: for an address of another store.
    """
    if not isinstance(path, (str, os.PathLike)) or not isinstance(text := os.fspath(path), str):
        raise ArgumentError(f"{what}: {describe(path)} is not a path: write it as a text, or a pathlib.Path")
    if "\0" in text:
        raise ArgumentError(f"{what}: {text!r} is not a path: no name of a file has the character 0")
    address = _ADDRESS.match(text)
    if address is None:
        expanded = os.path.expanduser(text)  # noqa: PTH111 - pathlib takes ./~/x for ~/x
        if text.startswith("~") and expanded == text:
            user = text[1:].partition("/")[0]
            raise ArgumentError(f"{what}: {text}: there is no user {user!r}; of a file of that name, write ./{text}")
        found = Path(expanded)
        return found.absolute() if str(found).startswith("~") else found  # PyArrow would take it for a home
    url = urlsplit(text)
    if address[1].lower() == "file" and url.netloc in ("", "localhost"):
        from urllib.request import url2pathname  # with all that speaks HTTP

        return Path(url2pathname(url.path))
    other = advise_call(", save to a Volume by {}", "to_volume")
    by_spark = advise_call(", or go through Spark: {}", "table.to_spark(spark).write, spark.read")
    raise ArgumentError(f"{what}: {text} is not a path of this machine: give a local one and copy it{other}{by_spark}")


def is_address(text: str) -> bool:
    """Whether a text is an address such as ``s3://bucket/table`` or ``file:///data``."""
    return _ADDRESS.match(text) is not None


def require_free(target: Path, *, overwrite: bool, single: bool) -> None:
    """Raise `SynthDataError` where something is at the target that must not be replaced."""
    if target.name in ("", ".."):
        raise ArgumentError(f"{target or '.'} is a place for tables, not for one: name a file or a folder in it")
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return
    if not (target.is_dir() or target.is_file()):
        raise SynthDataError(f"{target} is a pipe or a device; give a file or a folder")
    if target.is_file() and target.stat().st_size == 0:
        return
    if not overwrite:
        replacing = advise(", or overwrite it: {}", overwrite=True)
        raise SynthDataError(f"{target} is not empty; write elsewhere{replacing}")
    if target.is_dir() == single:
        raise SynthDataError(f"{target} is a {'folder' if single else 'file'} and would become the other; remove it")
    if single:
        if not _is_of_format(target, target.suffix[1:]):
            raise SynthDataError(f"{target} is not a {target.suffix[1:]} file; it is not overwritten")
        return
    names = {item.name for item in target.iterdir()}
    foreign = sorted(item.name for item in target.iterdir() if not _is_of_a_table(item, names))
    if foreign:
        raise SynthDataError(f"{target} holds {foreign[0]!r}, which is not part of a table; it is not overwritten")


def _is_of_a_table(item: Path, beside: Collection[str]) -> bool:
    """Whether an item of a folder is part of a table, by its name, its contents and what is beside it."""
    if item.is_symlink():
        return False
    if item.is_dir():
        wanted = _IN_FOLDERS.get(item.name)
        return wanted is not None and all(wanted.fullmatch(inner.name) for inner in item.iterdir())
    if not item.is_file():
        return False
    if item.name == "_SUCCESS":
        return item.stat().st_size == 0
    if fnmatchcase(item.name, ".*.crc"):
        return _starts_with(item, b"crc\0")
    if _BESIDE_PARTS.fullmatch(item.name):
        return True
    part = _PART.fullmatch(item.name)
    if part is None or not _is_of_format(item, part[1]):
        return False
    # Texts could be anybody's: those that a table's writer names as nobody else does, or that it has signed.
    return part[1] not in _TEXTS or _BY_SPARK.search(item.name) is not None or not _SIGNATURES.isdisjoint(beside)


def _starts_with(file: Path, start: bytes) -> bool:
    with file.open("rb") as opened:
        return opened.read(len(start)) == start


def _is_of_format(file: Path, format_: str) -> bool:
    """Whether a file's contents are of a format, as far as a look at its ends tells."""
    with file.open("rb") as opened:
        head = opened.read(_HEAD)
        if format_ == "parquet":
            opened.seek(max(0, file.stat().st_size - len(_PARQUET)))
            return len(head) >= _FEW and head.startswith(_PARQUET) and opened.read() == _PARQUET
    if format_ in _OTHER_FORMATS:
        return head.startswith(_OTHER_FORMATS[format_])
    if head.startswith(_PACKED):
        return True
    return b"\0" not in head and (format_ != "json" or not head.strip() or head.lstrip().startswith(b"{"))


@contextmanager
def renamed_at_last(target: Path, *, overwrite: bool, single: bool) -> Iterator[Path]:
    """A path to write to, which becomes the target when all is done, and is gone when not.

    Args:
        target: a file or a folder. Of a link, what it points to is replaced.
        overwrite: whether a table that is there is replaced; else what appears there meanwhile stays.
        single: whether it is a file.

    Raises:
        SynthDataError: for what has appeared there meanwhile.
    """
    place = _place(target)
    with _unfinished(place, single=single) as unfinished:
        yield unfinished
        with locked(place.parent):
            require_free(place, overwrite=overwrite, single=single)
            _put_in_place(unfinished, place, overwrite=overwrite)


@contextmanager
def added_at_last(target: Path, add: Callable[[Path, Path], None]) -> Iterator[Path]:
    """A folder to write to, whose files a function adds to the target's when all is done; it is gone when not.

    Args:
        target: a folder.
        add: is given the folder that was written and the target, and is alone with them.
    """
    place = _place(target)
    with _unfinished(place, single=False) as unfinished:
        yield unfinished
        with locked(place.parent):
            add(unfinished, place)


def _place(target: Path) -> Path:
    """What is written: of a link, what it points to."""
    try:
        place = target.resolve(strict=False) if target.is_symlink() else target
    except RuntimeError:
        raise SynthDataError(f"{target} is a link that leads to itself") from None
    place.parent.mkdir(parents=True, exist_ok=True)
    return place


@contextmanager
def _unfinished(place: Path, *, single: bool) -> Iterator[Path]:
    """A file or folder beside a place; it is gone afterwards, unless it was moved, however this process ends."""
    unfinished = place.parent / f".{place.name}.{uuid4().hex[:8]}.unfinished"
    with ExitStack() as ending:
        with locked(place.parent):
            _clean_up_after_others(place)
            if single:
                unfinished.touch()
            else:
                unfinished.mkdir()
            ending.enter_context(locked(unfinished))
        ending.enter_context(gone_after(unfinished))
        ending.callback(_remove, unfinished)
        yield unfinished


def _clean_up_after_others(place: Path) -> None:
    """Finish what writers of the same place that were killed have left."""
    for left in place.parent.glob(f".{escape(place.name)}.*.replaced"):
        if place.exists():
            _remove(left)
        else:
            left.rename(place)  # between the two steps of a replacement
    for left in place.parent.glob(f".{escape(place.name)}.*.unfinished"):
        with suppress(OSError):
            if not is_owned(left):
                _remove(left)


def _put_in_place(unfinished: Path, target: Path, *, overwrite: bool) -> None:
    if target.exists() and target.is_dir() != unfinished.is_dir():
        # It is empty, and no system call replaces one kind by the other.
        if target.is_dir():
            target.rmdir()
        else:
            target.unlink()
    if unfinished.is_file() and not overwrite:
        target.unlink(missing_ok=True)  # it is empty
        try:
            os.link(unfinished, target)
        except FileExistsError:
            raise SynthDataError(f"{target} has appeared meanwhile; it is not overwritten") from None
        except OSError:  # a file system without links
            unfinished.replace(target)
        return
    if not target.is_dir() or not any(target.iterdir()):
        unfinished.replace(target)
        return
    # No system call replaces a folder that is not empty.
    replaced = unfinished.with_suffix(".replaced")
    target.rename(replaced)
    try:
        unfinished.rename(target)
    except OSError:
        replaced.rename(target)
        raise
    shutil.rmtree(replaced)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


__all__ = ["PERIODS", "SCHEMA_CHANGES", "added_at_last", "is_address", "local_path", "renamed_at_last", "require_free"]
