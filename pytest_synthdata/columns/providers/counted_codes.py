"""All codes that a pattern of letters and digits gives, by number: those of Faker's ``bothify`` and its like."""

from __future__ import annotations

import math
import string
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from pytest_synthdata.columns.generators.numbering import Numbered
from pytest_synthdata.columns.random import Bits

_PROVIDERS = {"bothify": "## ??", "numerify": "###", "lexify": "????"}
_MOST = 2**63


def counted_codes(provider: str, arguments: Mapping[str, Any]) -> Numbered | None:
    """All codes of a provider, by number; None for other providers, and where places may be left out.

    Args:
        provider: its name.
        arguments: what it is given.
    """
    if provider not in _PROVIDERS or any(not isinstance(value, str) for value in arguments.values()):
        return None
    text, letters = arguments.get("text", _PROVIDERS[provider]), arguments.get("letters", string.ascii_letters)
    if not (text.isascii() and letters.isascii()) or not text or (provider != "lexify" and set(text) & set("!@")):
        return None
    choices: dict[str, str] = {} if provider == "lexify" else {"#": string.digits, "%": string.digits[1:]}
    choices |= {} if provider == "numerify" else {"?": "".join(dict.fromkeys(letters))}
    places = [np.frombuffer(choices.get(letter, letter).encode(), np.uint8) for letter in text]
    count = math.prod(map(len, places))

    def at(numbers: Bits) -> pa.Array:
        made, rest = np.empty((len(numbers), len(places)), np.uint8), numbers.astype(np.uint64)
        for place in range(len(places) - 1, -1, -1):
            size = np.uint64(len(places[place]))
            made[:, place] = places[place][(rest % size).astype(np.intp)]
            rest = rest // size
        offsets = np.arange(0, made.size + 1, len(places), dtype=np.int32)
        return pa.Array.from_buffers(pa.string(), len(made), [None, pa.py_buffer(offsets), pa.py_buffer(made)])

    return Numbered(count, at) if 0 < count < _MOST else None


__all__ = ["counted_codes"]
