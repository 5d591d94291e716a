"""Names of Volumes and folders, checked before they enter a path, a URL or SQL."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import quote

from pytest_synthdata.errors import ArgumentError, SynthDataError

# Not here: / \ ' " ` %, which could end a name or be decoded into what does; * ? [ ] { } :, which Spark's paths give a
# meaning; =, of which Spark makes a partition column.
_IN_FOLDERS = " _-.#+@,~()&$!"
_IN_CATALOGS = "_-#+@,~()&$!"  # Unity Catalog's objects have no dots and no spaces
_NAMES = 3  # catalog, schema, volume
_LONGEST = 255  # bytes, in Unity Catalog and on every file system beneath it
_SHOWN = 80


@dataclass(frozen=True)
class VolumePath:
    """A Volume, or a folder in one.

    Args:
        catalog: its catalog.
        schema: its schema.
        volume: its name.
        folders: the names of the folders below it, outermost first.

    Raises:
        SynthDataError: for a name that is not safe in a path, a URL or SQL.

    >>> str(VolumePath.parse("main.sales.raw/daily runs") / "orders")
    '/Volumes/main/sales/raw/daily runs/orders'
    """

    catalog: str
    schema: str
    volume: str
    folders: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for kind, name in (("catalog", self.catalog), ("schema", self.schema), ("Volume", self.volume)):
            _check(name, kind, _IN_CATALOGS)
        for name in self.folders:
            _check(name, "folder", _IN_FOLDERS)

    @classmethod
    def parse(cls, text: str) -> VolumePath:
        """The Volume and folder that ``catalog.schema.volume[/folder…]`` or ``/Volumes/…`` means."""
        if not isinstance(text, str):
            raise ArgumentError(f"{text!r} is not a Volume; write 'catalog.schema.volume/folder'")
        path = re.sub(r"^(dbfs:)?/Volumes/", "", text)
        if path == text:
            name, _, rest = text.partition("/")
            names = name.split(".")
        else:
            names = path.split("/")[:_NAMES]
            rest = "".join(path.split("/", _NAMES)[_NAMES:])
        folders = rest.removesuffix("/").split("/") if rest.strip("/") else []
        if len(names) != _NAMES:
            raise ArgumentError(
                f"{shown(text)} is not a Volume; write catalog.schema.volume, catalog.schema.volume/folder "
                "or /Volumes/catalog/schema/volume/folder"
            )
        catalog, schema, volume = names
        return cls(catalog, schema, volume, tuple(folders))

    @property
    def full_name(self) -> str:
        """The Volume's name as Unity Catalog has it: ``catalog.schema.volume``."""
        return f"{self.catalog}.{self.schema}.{self.volume}"

    @property
    def in_urls(self) -> str:
        """The same in the path of a URL."""
        return quote(self.full_name, safe=".")

    @property
    def root(self) -> VolumePath:
        """The Volume itself."""
        return VolumePath(self.catalog, self.schema, self.volume)

    def __truediv__(self, name: str) -> VolumePath:
        return VolumePath(self.catalog, self.schema, self.volume, (*self.folders, name))

    def __str__(self) -> str:
        return "/".join(("/Volumes", self.catalog, self.schema, self.volume, *self.folders))


def is_safe(name: str) -> bool:
    """Whether a name can stand for a file or folder."""
    try:
        _check(name, "folder", _IN_FOLDERS)
    except SynthDataError:
        return False
    return True


def _check(name: str, kind: str, punctuation: str) -> None:
    fault = _fault(name, punctuation)
    if fault:
        raise ArgumentError(
            f"the name of a {kind} cannot be {shown(name)}: it {fault}. Use letters, digits"
            f"{', spaces' if ' ' in punctuation else ''} and {' '.join(punctuation.strip())}, to which neither paths "
            "nor URLs nor SQL give a meaning"
        )


def _fault(name: str, punctuation: str) -> str | None:
    if not name:
        return "is empty"
    if len(name.encode("utf-8", "surrogatepass")) > _LONGEST:
        return f"has more than {_LONGEST} bytes"
    if set(name) <= {"."}:
        return "leads to another folder"
    if name != name.strip() or name.endswith("."):
        return "ends or begins in what some systems drop"
    if unicodedata.normalize("NFKC", name) != name:
        return "holds characters that have another form, and would be another name elsewhere"
    for character in name:
        # Letters, their marks and digits of every script; no controls, no invisible or turning characters, no
        # look-alikes of a slash.
        if character not in punctuation and unicodedata.category(character)[0] not in "LMN":
            return f"holds {unicodedata.name(character, f'U+{ord(character):04X}')}"
    return None


def shown(text: str) -> str:
    """A name in a message: not too long, and nothing that a terminal would act on."""
    short = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    return ascii(short)


__all__ = ["VolumePath", "is_safe", "shown"]
