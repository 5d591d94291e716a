"""Delimited text in the form that it has: compressed or not, in any common encoding, with any common separator."""

from __future__ import annotations

import codecs
import csv as standard
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

_HEAD = 1 << 20  # bytes from which the form is told
_SEPARATORS = (",", ";", "\t", "|")
_BY_SUFFIX = {".tsv": "\t", ".tab": "\t", ".psv": "|"}
_BYTE_ORDER_MARKS = {codecs.BOM_UTF8: "utf8", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_NOTHING = ["", "NULL", "null", "NA", "N/A", "n/a", "NaN", "nan", "None", "#N/A", "\\N"]
_ZEROS = re.compile(r"[+-]?0\d+")
_COMMA = re.compile(r"[+-]?(\d{1,3}(\.\d{3})*|\d+),\d+")
_LOOKED_AT = 1_000  # values of a column


@dataclass(frozen=True)
class Form:
    """How a file of delimited text is written.

    Args:
        encoding: as Python calls it.
        separator: between the fields of a line.
        texts: columns that look like numbers and are none: codes with zeros before them.
        decimal: what stands before the decimals of a number.
    """

    encoding: str = "utf8"
    separator: str = ","
    texts: tuple[str, ...] = ()
    decimal: str = "."

    def options(self, block_size: int = 1 << 24) -> tuple[Any, Any]:
        """How PyArrow is to read it and to part it."""
        from pyarrow import csv

        parsing = csv.ParseOptions(delimiter=self.separator, newlines_in_values=True)
        return csv.ReadOptions(block_size=block_size, encoding=self.encoding), parsing

    def conversion(self, types: dict[str, pa.DataType]) -> Any:
        """How PyArrow is to read its values."""
        from pyarrow import csv

        return csv.ConvertOptions(
            column_types={**dict.fromkeys(self.texts, pa.string()), **types},
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            null_values=_NOTHING,
            decimal_point=self.decimal,
        )


def opened(file: Path) -> Any:
    """A file's bytes, decompressed."""
    return pa.input_stream(str(file), compression="detect")


def text_of(file: Path) -> str:
    """A file's text, whatever its encoding is."""
    with opened(file) as stream:
        content = stream.read()
    return str(content.decode(_encoding(content, is_whole=True), errors="replace")).lstrip("\ufeff")


def form_of(file: Path) -> Form:
    """The form of a file of delimited text, from its first lines."""
    with opened(file) as stream:
        head = stream.read(_HEAD)
    is_whole = len(head) < _HEAD
    encoding = _encoding(head, is_whole=is_whole)
    text = head.decode(encoding, errors="ignore").lstrip("\ufeff")
    lines = text.splitlines()
    if not is_whole:
        lines = lines[:-1]
    separator = _BY_SUFFIX.get(next((one for one in reversed(file.suffixes) if one in _BY_SUFFIX), "")) or _separator(
        lines
    )
    rows = list(_rows(lines, separator))
    if not rows:
        return Form(encoding, separator)
    columns = {name: [row[place] for row in rows[1:] if len(row) > place] for place, name in enumerate(rows[0])}
    texts = tuple(name for name, values in columns.items() if any(map(_ZEROS.fullmatch, values)) and _are_codes(values))
    commas = separator != "," and any(_are(_COMMA, values) for values in columns.values())
    return Form(encoding, separator, texts, "," if commas else ".")


def _encoding(head: bytes, *, is_whole: bool) -> str:
    for mark, name in _BYTE_ORDER_MARKS.items():
        if head.startswith(mark):
            return name
    try:
        codecs.getincrementaldecoder("utf8")().decode(head, final=is_whole)
    except UnicodeDecodeError:
        # UTF-16 without a mark has a zero beside most letters; what is neither is Western European.
        if head[:200].count(0) > len(head[:200]) / 4:
            return "utf-16-le" if head[1:2] == b"\0" else "utf-16-be"
        return "cp1252" if not re.search(rb"[\x81\x8d\x8f\x90\x9d]", head) else "latin-1"
    return "utf-16-le" if head[:200].count(0) > len(head[:200]) / 4 and head[1:2] == b"\0" else "utf8"


def _separator(lines: list[str]) -> str:
    """What parts the first lines into as many fields each, of which there are more than one."""
    found: list[tuple[int, str]] = []
    for separator in _SEPARATORS:
        widths = Counter(len(row) for row in _rows(lines[:50], separator))
        width, count = widths.most_common(1)[0] if widths else (1, 0)
        if width > 1 and count >= 0.9 * widths.total():
            found.append((width, separator))
    first_line = lines[0] if lines else ""
    found = [pair for pair in found if pair[1] in first_line]
    return max(found, key=lambda pair: (pair[0], -_SEPARATORS.index(pair[1])))[1] if found else ","


def _rows(lines: list[str], separator: str) -> Iterable[list[str]]:
    try:
        yield from standard.reader(lines[: _LOOKED_AT + 1], delimiter=separator)
    except standard.Error:  # which PyArrow will name
        return


def _are(pattern: re.Pattern[str], values: list[str]) -> bool:
    said = [value for value in values if value.strip() not in _NOTHING]
    return bool(said) and sum(pattern.fullmatch(value) is not None for value in said) > len(said) / 2


def _are_codes(values: list[str]) -> bool:
    """Whether all are digits: then zeros before them mean something."""
    return all(value.isdigit() or value in _NOTHING for value in values)


def read_delimited(file: Path, texts: Iterable[str] = ()) -> pa.Table:
    """A file of delimited text, its types guessed by Arrow; codes with zeros before them are texts.

    Args:
        file: the file.
        texts: columns that are read as texts.
    """
    from pyarrow import csv

    form = form_of(file)
    reading, parsing = form.options()
    types = dict.fromkeys(texts, pa.string())
    with opened(file) as stream:
        return csv.read_csv(stream, reading, parsing, form.conversion(types))


def first_names(file: Path, form: Form) -> list[str]:
    """The columns that a file of delimited text has."""
    from pyarrow import csv

    reading, parsing = form.options(1 << 20)
    with opened(file) as stream, csv.open_csv(stream, reading, parsing) as reader:
        return list(reader.schema.names)


__all__ = ["Form", "first_names", "form_of", "opened", "read_delimited", "text_of"]
