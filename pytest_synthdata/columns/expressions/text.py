"""Functions of texts, as Spark has them: positions count from 1, a null makes the result null."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import combinations
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import arrow_array, arrow_scalar, concatenated, null_of, without_nulls
from pytest_synthdata.columns.arrow.casts.casting import cast
from pytest_synthdata.columns.arrow.casts.json_text import json_text
from pytest_synthdata.columns.arrow.values import to_arrow
from pytest_synthdata.columns.expressions.nulls import in_common_type
from pytest_synthdata.errors import DeclarationError


def text_of(array: pa.Array, name: str = "a function of texts") -> pa.Array:
    """An array as texts: as it is, or what is written for a number, date or time."""
    if pa.types.is_nested(array.type):
        raise TypeError(f"{name} takes texts, and these are {array.type}")
    return array if pa.types.is_string(array.type) else to_arrow(cast(array, pa.string()))


def by_distinct(array: pa.Array, function: Callable[[str], str | None]) -> pa.Array:
    """What a function of Python makes of each distinct text."""
    coded = array.dictionary_encode()
    made = [None if text is None else function(text) for text in coded.dictionary.to_pylist()]
    return arrow_array(made, pa.string()).take(coded.indices)


def _concat(*arrays: pa.Array) -> pa.Array:
    return concatenated(*(text_of(array, "concat") for array in arrays))


def _concat_ws(*arguments: Any) -> pa.Array:
    *arrays, separator = arguments
    pieces = []
    for array in arrays:
        text = text_of(array, "concat_ws")
        pieces.append(pc.if_else(pc.is_valid(text), concatenated(separator, text), arrow_scalar("")))
    return pc.utf8_slice_codeunits(concatenated(*pieces), len(separator), None)


def _cased(name: str) -> Callable[[pa.Array], pa.Array]:
    """Letters beyond ASCII may become several, as ß becomes SS: Python and Java do it alike, Arrow does not."""
    arrow, python = {
        "upper": (pc.ascii_upper, str.upper),
        "lower": (pc.ascii_lower, str.lower),
        "initcap": (None, _initcap),
    }[name]

    def of(array: pa.Array) -> pa.Array:
        texts = text_of(array, name)
        if arrow is not None and pc.all(pc.string_is_ascii(texts), min_count=0).as_py():
            return arrow(texts)
        return by_distinct(texts, python)

    return of


def _initcap(text: str) -> str:
    return " ".join(word[:1].upper() + word[1:].lower() for word in text.split(" "))


def _trimmed(function: Callable[..., pa.Array]) -> Callable[..., pa.Array]:
    return lambda array, characters=" ": function(text_of(array, "trim"), characters=characters)


def _substring(array: pa.Array, position: int, length: int) -> pa.Array:
    texts = text_of(array, "substring")
    if length <= 0:
        return pc.utf8_slice_codeunits(texts, 0, 0)
    if position >= 0:
        start = max(position - 1, 0)
        return pc.utf8_slice_codeunits(texts, start, start + length)
    stop = position + length
    return pc.utf8_slice_codeunits(texts, position, stop if stop < 0 else None)


def _padded(*, left: bool) -> Callable[[pa.Array, int, str], pa.Array]:
    def of(array: pa.Array, length: int, padding: str) -> pa.Array:
        texts, length = text_of(array, "lpad" if left else "rpad"), max(length, 0)
        cut = pc.utf8_slice_codeunits(texts, 0, length)
        if not padding:
            return cut
        filling = (padding * length)[:length]
        pieces = arrow_array([filling[:count] for count in range(length + 1)])
        missing = pieces.take(pc.subtract(arrow_scalar(length), pc.utf8_length(cut)))
        return concatenated(*((missing, cut) if left else (cut, missing)))

    return of


_GROUP = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\((?!\?)|\(\?P?<(?![=!])\w+>", re.DOTALL)


def only_group(pattern: str, number: int) -> str:
    """A pattern with one group, called ``g``: the one of a number, or all of it for 0.

    >>> only_group("([a-z]+)@([a-z]+)", 2)
    '(?:[a-z]+)@(?P<g>[a-z]+)'
    """
    if number == 0:
        return f"(?P<g>{only_group(pattern, -1)})"
    seen = 0

    def renamed(match: re.Match[str]) -> str:
        nonlocal seen
        if not match[0].startswith("("):
            return match[0]
        seen += 1
        return "(?P<g>" if seen == number else "(?:"

    changed = _GROUP.sub(renamed, pattern)
    if seen < number:
        raise DeclarationError(f"the pattern {pattern!r} has {seen} groups, and group {number} is asked for")
    return changed


def _regexp_extract(array: pa.Array, pattern: str, group: int) -> pa.Array:
    texts = text_of(array, "regexp_extract")
    found = pc.struct_field(pc.extract_regex(texts, pattern=only_group(pattern, group)), [0])
    return pc.if_else(pc.is_null(texts), null_of(pa.string()), without_nulls(found, ""))


_REPLACEMENT = re.compile(r"\\(.?)|\$(\d)", re.DOTALL)


def _as_re2_writes(match: re.Match[str]) -> str:
    """As RE2 writes it: a group, and what stands after a backslash, which Java takes as it is."""
    return f"\\{match[2]}" if match[2] else match[1].replace("\\", "\\\\")


def _regexp_replace(array: pa.Array, pattern: str, replacement: str) -> pa.Array:
    written = _REPLACEMENT.sub(_as_re2_writes, replacement)
    return pc.replace_substring_regex(text_of(array, "regexp_replace"), pattern=pattern, replacement=written)


def _replace(*arrays: pa.Array) -> pa.Array:
    texts, searched, replacements = (text_of(array, "replace") for array in arrays)
    rule = [one.unique().to_pylist() for one in (searched, replacements)]
    if all(len(one) == 1 and one[0] is not None for one in rule) and rule[0][0]:
        return pc.replace_substring(texts, pattern=rule[0][0], replacement=rule[1][0])
    rows = zip(*(one.to_pylist() for one in (texts, searched, replacements)), strict=True)
    made = [None if None in row else row[0].replace(*row[1:]) if row[1] else row[0] for row in rows]
    return arrow_array(made, pa.string())


def _to_json(array: pa.Array) -> pa.Array:
    if not pa.types.is_nested(array.type):
        raise TypeError(f"to_json takes structs, arrays and maps, and these are {array.type}; write F.struct(…)")
    return json_text(array)


def _struct(*arguments: Any) -> pa.Array:
    *arrays, names = arguments
    return pa.StructArray.from_arrays([to_arrow(array) for array in arrays], names=list(names))


def _create_map(*arrays: pa.Array) -> pa.Array:
    keys, items = in_common_type(arrays[::2]), in_common_type(arrays[1::2])
    if any(array.null_count for array in keys):
        raise pa.ArrowInvalid("a key of a map is null; F.coalesce(…) gives it a value")
    if any(pc.any(pc.equal(one, other)).as_py() for one, other in combinations(keys, 2)):
        raise pa.ArrowInvalid("a map has two keys that are the same")
    count, pairs = len(keys[0]), len(keys)
    row_by_row = arrow_array(np.arange(count * pairs).reshape(pairs, count).T.ravel())
    offsets = arrow_array(np.arange(count + 1, dtype=np.int32) * np.int32(pairs))
    return pa.MapArray.from_arrays(offsets, *(pa.concat_arrays(parts).take(row_by_row) for parts in (keys, items)))


def _size(array: pa.Array) -> pa.Array:
    if not (pa.types.is_list(array.type) or pa.types.is_map(array.type)):
        raise TypeError(f"size takes arrays and maps, and these are {array.type}")
    ends = array.offsets.cast(pa.int32())
    counts = pc.subtract(ends.slice(1), ends.slice(0, len(array)))
    return pc.if_else(pc.is_valid(array), counts, null_of(pa.int32()))


TEXT: Mapping[str, Callable[..., Any]] = {
    "concat": _concat,
    "concat_ws": _concat_ws,
    "create_map": _create_map,
    "contains": lambda array, piece: pc.match_substring(text_of(array, "contains"), pattern=piece),
    "endswith": lambda array, piece: pc.ends_with(text_of(array, "endswith"), pattern=piece),
    "initcap": _cased("initcap"),
    "length": lambda array: pc.utf8_length(text_of(array, "length")),
    "like": lambda array, pattern: pc.match_like(text_of(array, "like"), pattern=pattern),
    "lower": _cased("lower"),
    "lpad": _padded(left=True),
    "ltrim": _trimmed(pc.utf8_ltrim),
    "regexp_extract": _regexp_extract,
    "regexp_replace": _regexp_replace,
    "replace": _replace,
    "reverse": lambda array: pc.utf8_reverse(text_of(array, "reverse")),
    "rlike": lambda array, pattern: pc.match_substring_regex(text_of(array, "rlike"), pattern=pattern),
    "rpad": _padded(left=False),
    "rtrim": _trimmed(pc.utf8_rtrim),
    "size": _size,
    "startswith": lambda array, piece: pc.starts_with(text_of(array, "startswith"), pattern=piece),
    "struct": _struct,
    "substring": _substring,
    "to_json": _to_json,
    "trim": _trimmed(pc.utf8_trim),
    "upper": _cased("upper"),
}

__all__ = ["TEXT", "by_distinct", "only_group", "text_of"]
