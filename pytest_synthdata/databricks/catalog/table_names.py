"""Names of tables, checked before they enter a URL or SQL."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import quote

from pytest_synthdata.databricks.names import shown
from pytest_synthdata.errors import SynthDataError

_PART = r"(?:`(?:[^`]|``)+`|[^.`]+)"
_THREE = re.compile(rf"({_PART})\.({_PART})\.({_PART})")
_LONGEST = 255  # characters, in Unity Catalog


@dataclass(frozen=True)
class TableName:
    """A table of Unity Catalog.

    Args:
        catalog: its catalog.
        schema: its schema.
        table: its name there.

    Raises:
        SynthDataError: for a name that Unity Catalog does not allow, or that another system would read as another one.

    >>> TableName.parse("main.sales.`order-lines`").quoted
    '`main`.`sales`.`order-lines`'
    """

    catalog: str
    schema: str
    table: str

    def __post_init__(self) -> None:
        for kind, name in (("catalog", self.catalog), ("schema", self.schema), ("table", self.table)):
            if fault := _fault(name):
                raise SynthDataError(f"the name of a {kind} cannot be {shown(name)}: it {fault}")

    @classmethod
    def parse(cls, text: str) -> TableName:
        """The table that ``catalog.schema.table`` means; its parts may be quoted by backticks."""
        match = _THREE.fullmatch(text)
        if match is None:
            raise SynthDataError(f"{shown(text)} is not a table of Unity Catalog: write catalog.schema.table")
        return cls(*(part[1:-1].replace("``", "`") if part.startswith("`") else part for part in match.groups()))

    @property
    def quoted(self) -> str:
        """The name in SQL."""
        return ".".join(map(identifier, (self.catalog, self.schema, self.table)))

    @property
    def in_urls(self) -> str:
        """The name in the path of a URL."""
        return quote(str(self), safe=".")

    @property
    def parent(self) -> str:
        """The schema, with its catalog."""
        return f"{self.catalog}.{self.schema}"

    def __str__(self) -> str:
        return f"{self.catalog}.{self.schema}.{self.table}"


def is_table_name(text: str) -> bool:
    """Whether a text has three parts, as the names of tables have."""
    return _THREE.fullmatch(text) is not None and not text.startswith((".", "/"))


def identifier(name: str) -> str:
    """A name of one part in SQL, quoted."""
    return f"`{name.replace('`', '``')}`"


def _fault(name: str) -> str | None:
    if not name or len(name) > _LONGEST:
        return "is empty" if not name else f"has more than {_LONGEST} characters"
    if unicodedata.normalize("NFKC", name) != name:
        return "holds characters that have another form, and would be another name elsewhere"
    for character in name:
        # Unity Catalog has no dots, spaces, slashes and controls in names; backslashes and invisible characters are
        # nobody's names, either.
        if character in "./\\" or unicodedata.category(character)[0] in "CZ":
            return f"holds {unicodedata.name(character, f'U+{ord(character):04X}')}"
    return None


__all__ = ["TableName", "identifier", "is_table_name"]
