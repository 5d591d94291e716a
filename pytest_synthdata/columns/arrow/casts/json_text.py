"""Values as JSON texts, as Spark's `to_json` writes them: no blanks, no fields that are null."""

from __future__ import annotations

import json
from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import arrow_array, arrow_scalar, concatenated, null_of, without_nulls
from pytest_synthdata.columns.arrow.casts.casting import cast
from pytest_synthdata.columns.arrow.casts.printing import as_text
from pytest_synthdata.columns.arrow.values import Values, to_arrow

_ESCAPED = r'["\\\x00-\x1f]'
# What Python writes by number in small letters, and Java in capitals.
_OTHERWISE = {f"\\u{number:04x}": f"\\u{number:04X}" for number in range(32)}


def json_text(array: pa.Array) -> pa.Array:
    """Each value as JSON; null stays null.

    Structs and maps become objects, lists arrays; dates and times are in ISO 8601, in UTC where they have a zone; not
    a number and the infinities are texts.

    >>> json_text(pa.array([{"id": 1, "tags": ["a", None], "note": None}])).to_pylist()
    ['{"id":1,"tags":["a",null]}']
    """
    if isinstance(array, pa.DictionaryArray):
        return json_text(array.dictionary).take(array.indices)
    for is_such, written in _FORMS:
        if is_such(array.type):
            return written(array)
    raise TypeError(f"JSON cannot hold {array.type}; cast it to text")


def cast_or_json(values: Values, target: pa.DataType) -> pa.Array:
    """Values in another type, as `cast` gives them; nested ones as JSON where they become texts."""
    array = to_arrow(values)
    if pa.types.is_nested(array.type) and pa.types.is_string(target):
        return json_text(array)
    return to_arrow(cast(values, target), target)


def quoted(texts: pa.Array, escaped: Callable[[str], str] | None = None) -> pa.Array:
    """Texts between quotation marks, with what JSON does not allow in them escaped.

    Args:
        texts: the texts; null stays null.
        escaped: writes a text that has such letters; by default as Spark does.
    """
    if pc.any(pc.match_substring_regex(texts, _ESCAPED)).as_py():
        coded, write = texts.dictionary_encode(), escaped or _as_java
        written = [None if text is None else write(text) for text in coded.dictionary.to_pylist()]
        return arrow_array(written, pa.string()).take(coded.indices)
    return concatenated('"', texts, '"')


def as_json(text: str) -> str:
    """A text as JSON, letters beyond ASCII as they are."""
    return json.dumps(text, ensure_ascii=False)


def _as_java(text: str) -> str:
    written = as_json(text)
    for python, java in _OTHERWISE.items():
        written = written.replace(python, java) if python in written else written
    return written


def _plain(array: pa.Array) -> pa.Array:
    return array.cast(pa.string())


def _object(array: pa.Array) -> pa.Array:
    pairs = [
        without_nulls(concatenated(f",{as_json(field.name)}:", json_text(values)), "")
        for field, values in zip(array.type, array.flatten(), strict=True)
    ]
    nothing = pc.if_else(array.is_valid(), arrow_scalar(""), null_of(pa.string()))
    if not pairs:
        return concatenated("{", nothing, "}")
    return concatenated("{", nothing, pc.utf8_slice_codeunits(concatenated(*pairs), 1, None), "}")


def _list(array: pa.Array) -> pa.Array:
    lists = array.cast(pa.list_(array.type.value_type))
    return concatenated("[", _joined(lists.offsets, without_nulls(json_text(lists.values), "null"), lists), "]")


def _map(array: pa.Array) -> pa.Array:
    keys = json_text(array.keys)
    keys = pc.if_else(pc.starts_with(keys, '"'), keys, concatenated('"', keys, '"'))
    pairs = concatenated(keys, ":", without_nulls(json_text(array.items), "null"))
    return concatenated("{", _joined(array.offsets, pairs, array), "}")


def _joined(offsets: pa.Array, items: pa.Array, array: pa.Array) -> pa.Array:
    texts = pc.binary_join(pa.ListArray.from_arrays(offsets, items), arrow_scalar(","))
    return pc.if_else(array.is_valid(), texts, null_of(pa.string()))


def _number(array: pa.Array) -> pa.Array:
    texts = as_text(array, pa.string())
    return pc.if_else(pc.is_finite(array), texts, concatenated('"', texts, '"'))


def _instant(array: pa.Array) -> pa.Array:
    """Spark writes thousandths of a second, and Z for times with a zone."""
    texts = pc.strftime(array.cast(pa.timestamp("ms"), safe=False), format="%Y-%m-%dT%H:%M:%S")
    return concatenated('"', texts, 'Z"' if array.type.tz else '"')


# What each type becomes; the first that fits.
_FORMS: tuple[tuple[Callable[[pa.DataType], bool], Callable[[pa.Array], pa.Array]], ...] = (
    (pa.types.is_string, quoted),
    (pa.types.is_large_string, lambda array: quoted(_plain(array))),
    (pa.types.is_floating, _number),
    (pa.types.is_timestamp, _instant),
    (lambda type_: pa.types.is_date(type_) or pa.types.is_time(type_), lambda array: quoted(_plain(array))),
    (pa.types.is_struct, _object),
    (pa.types.is_map, _map),
    (pa.types.is_list, _list),
    (pa.types.is_large_list, _list),
    (pa.types.is_fixed_size_list, _list),
    (lambda type_: pa.types.is_primitive(type_) or pa.types.is_decimal(type_) or pa.types.is_null(type_), _plain),
)

__all__ = ["as_json", "cast_or_json", "json_text", "quoted"]
