"""A column of texts: keys, categories, what its name says, or texts of the same shape."""

from __future__ import annotations

import itertools
import re
import statistics
from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.values import to_numpy
from pytest_synthdata.columns.expressions.conditions import When
from pytest_synthdata.columns.generators.base import Constant, Generator
from pytest_synthdata.columns.generators.categories import Categorical
from pytest_synthdata.columns.generators.keys import Key
from pytest_synthdata.columns.generators.numbers.whole import Boolean
from pytest_synthdata.columns.providers.fake import Fake
from pytest_synthdata.columns.text.template import Template
from pytest_synthdata.infer.relations.needs import evenly
from pytest_synthdata.infer.times.moments import spread_out
from pytest_synthdata.infer.times.written_times import pattern_of, read_times, written
from pytest_synthdata.infer.values.fitting import rounded_shares
from pytest_synthdata.infer.values.grouped import is_grouped
from pytest_synthdata.infer.values.meanings import TEXTS, ColumnName, is_identifier, key_prefix, points_elsewhere
from pytest_synthdata.infer.values.patterned import escaped, patterned, usual_measure
from pytest_synthdata.infer.values.personal import holds_addresses, is_given_name, is_name, personal
from pytest_synthdata.infer.values.unique import drawn_once, key_of_numbers, unique_codes

_LOOKED_AT = 1_000  # texts whose shape is looked at
_LONGEST_SHAPE = 40
_MOST_UNIQUE = 0.99
MOST_LISTED = 50  # different texts that are a list whatever they say
MOST_TEXTS = 1_000
_TIMES = 1.5  # that each comes on average, at least
_MOST_AGAIN = 20  # that a number comes on average, at most
_FEWEST_KEYS = 3
_SELDOM = 0.1  # of codes, that may have digits where the others have letters
_SHAPES = {
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}": Fake("uuid4"),
    r"https?://\S+": Fake("url"),
    r"\d{1,3}(\.\d{1,3}){3}": Fake("ipv4"),
}


def text(column: ColumnName, values: pa.Array | None, *, is_first: bool) -> Generator:
    """The generator of a column of texts.

    Args:
        column: its name.
        values: its values without nulls; None or none where only the schema is known.
        is_first: whether it is the table's first column.
    """
    if values is None or not len(values):
        return _by_name(column, is_first=is_first)
    counted = values.value_counts()
    distinct, counts = counted.field("values"), counted.field("counts")
    if (found := personal(column, values, distinct)) is not None:
        return found
    may_be_shown = not holds_addresses(distinct)
    if may_be_shown and len(distinct) == len(values) and (key := key_of(values)) is not None:
        return key
    if may_be_shown and (found := _listed_or_written(values, distinct, counts)) is not None:
        return found
    if may_be_shown and len(distinct) < len(values) and (found := _mixed(column, values, distinct)) is not None:
        return found
    some = evenly(distinct, _LOOKED_AT).to_pylist()
    for pattern, generator in _SHAPES.items():
        if _share(pattern, some) > _MOST_UNIQUE:
            return generator
    found = by_name = column.find(TEXTS)
    is_code = isinstance(found, Fake) and found.provider == "bothify"
    if may_be_shown and (found is None or is_code):  # codes look like those that are there
        found = patterned(values, len(distinct))
    if found is None:
        found = _of_shape(some) or by_name or _of_words(some)
    return unique_codes(found, len(values)) if len(distinct) == len(values) else found


def remark_on(found: Generator, values: pa.Array) -> str | None:
    """What a reader should know of how texts were understood.

    Args:
        found: their generator.
        values: the texts, without nulls.
    """
    if is_grouped(found):
        return "Numbers with separators of thousands, written as in the source."
    is_word = isinstance(found, Fake) and found.provider == "word"
    if is_word and _share(r".*\d.*", evenly(values, _LOOKED_AT).to_pylist()) > _SELDOM:
        return "Its texts have no form that was recognised: words stand for them."
    return None


def _listed_or_written(values: pa.Array, distinct: pa.Array, counts: pa.Array) -> Generator | None:
    """Texts that are a list to choose from, or written dates."""
    is_list = is_listed(distinct, len(values))
    if is_list and len(distinct) == 1:
        return Constant(distinct[0].as_py())
    if is_list and len(distinct) <= MOST_LISTED:
        return listed(distinct.to_pylist(), counts.to_pylist(), len(values))
    if (pattern := pattern_of(values)) is not None:
        return written(spread_out(read_times(values, pattern)), pattern)
    return listed(distinct.to_pylist(), counts.to_pylist(), len(values)) if is_list else None


def _mixed(column: ColumnName, values: pa.Array, distinct: pa.Array) -> Generator | None:
    """Texts most of which are numbers, and now and then a word; None of others."""
    measure = usual_measure(evenly(distinct, _LOOKED_AT).to_pylist())
    if measure is None:
        return None
    are_numbers = pc.match_substring_regex(values, f"^({measure})$")
    numbers, others = values.filter(are_numbers), values.filter(pc.invert(are_numbers))
    made = patterned(numbers, len(numbers.unique()))
    if made is None or not len(others):
        return made
    share = rounded_shares([len(numbers), len(others)], len(values))[0]
    return When((Boolean(share),), (made, text(column, others, is_first=False)))


def is_listed(distinct: pa.Array, count: int) -> bool:
    """Whether texts are a list to choose from: so few that most come again, and if many, not the names of people."""
    few = len(distinct)
    if few > MOST_TEXTS or few * _TIMES > count:
        return False
    if few <= MOST_LISTED:
        return True
    texts = distinct.to_pylist()
    if few * _MOST_AGAIN > count and usual_measure(texts) is not None:  # codes of digits come more often
        return False
    # Names of people have about as many words as there are people; descriptions repeat theirs.
    is_of_few_words = len({word for text in texts for word in text.split()}) < few / 2
    return is_of_few_words or sum(is_name(text) or is_given_name(text) for text in texts) < few / 2


def listed(names: list[str], counts: list[int], total: int) -> Categorical:
    """Texts by their shares, the usual first."""
    shares = dict(zip(names, rounded_shares(counts, total), strict=True))
    return Categorical(dict(sorted(shares.items(), key=lambda item: (-item[1], item[0]))))


def _share(pattern: str, texts: list[str]) -> float:
    return sum(re.fullmatch(pattern, one, re.IGNORECASE) is not None for one in texts) / len(texts)


def _by_name(column: ColumnName, *, is_first: bool) -> Generator:
    if (known := personal(column, None)) is not None:
        return known
    if is_identifier(column.name, column.table) or (is_first and points_elsewhere(column.name)):
        return Fake("uuid4") if "uuid" in column.name.lower() else Key(f"{key_prefix(column.table)}{{:06d}}")
    found = column.find(TEXTS)
    if found is None and points_elsewhere(column.name):
        return Fake("bothify", text=f"{column.name[:3].upper()}-######")
    return found or Fake("word")


def key_of(values: pa.Array) -> Generator | None:
    """The pattern of keys that differ in one number only, which may be padded with zeros."""
    if len(values) < _FEWEST_KEYS:
        return None
    # What the least and the greatest begin with, all begin with.
    ends = zip(pc.min(values).as_py(), pc.max(values).as_py(), strict=False)
    prefix = "".join(one for one, _ in itertools.takewhile(lambda pair: pair[0] == pair[1], ends)).rstrip("0123456789")
    first = re.fullmatch(r"([0-9]+)([^0-9]*)", values[0].as_py()[len(prefix) :], re.DOTALL)
    if first is None:
        return None
    suffix = first[2]
    matched = pc.extract_regex(values, rf"^{escaped(prefix)}(?P<number>[0-9]{{1,18}}){escaped(suffix)}$")
    if matched.null_count:
        return None
    numbers = pc.struct_field(matched, "number")
    shortest, longest = (int(end(pc.utf8_length(numbers)).as_py()) for end in (pc.min, pc.max))
    is_padded = shortest > 1 and (shortest == longest or pc.any(pc.starts_with(numbers, "0")).as_py())
    before, after = (part.replace("{", "{{").replace("}", "}}") for part in (prefix, suffix))
    place = f"{{:0{shortest}d}}" if is_padded else "{}"
    found = to_numpy(numbers.cast(pa.int64())).astype(np.int64)
    key = key_of_numbers(found, f"{before}{place}{after}")
    return key or Template(f"{before}{{number}}{after}", number=drawn_once(found, longest if is_padded else None))


def _of_shape(texts: list[str]) -> Generator | None:
    """Texts of one length whose letters and digits stand at the same places."""
    length = len(texts[0])
    if not 0 < length <= _LONGEST_SHAPE or any(len(one) != length for one in texts):
        return None
    if sum(any(one.isdigit() for one in text) for text in texts) < _SELDOM * len(texts):
        texts = [text for text in texts if not any(one.isdigit() for one in text)]
    shape, letters = "", set[str]()
    for place in range(length):
        seen = {one[place] for one in texts}
        if len(seen) == 1 and not seen & {"#", "?", "%", "!", "@"}:
            shape += seen.pop()
        elif all(one.isdigit() for one in seen):
            shape += "#"
        elif all(one.isascii() and one.isalnum() for one in seen):
            shape, letters = f"{shape}?", letters | seen
        else:
            return None
    return Fake("bothify", text=shape, letters="".join(sorted(letters))) if letters else Fake("bothify", text=shape)


def _of_words(texts: list[str]) -> Generator:
    """Texts of as many words."""
    counts = Counter(len(one.split()) for one in texts)
    usual = round(statistics.fmean(counts.elements()))
    if usual <= 1:
        return Fake("word")
    return Fake("sentence", nb_words=min(usual, 100))


__all__ = ["MOST_LISTED", "is_listed", "key_of", "listed", "remark_on", "text"]
