"""Numbers and times as the texts that Spark's casts make of them."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import arrow_array, numpy_of

_PLAIN_FROM, _PLAIN_TO = 1e-3, 1e7  # where Java writes a float without an exponent


def as_text(array: pa.Array, target: pa.DataType) -> pa.Array:
    """Values as texts: ``2.0``, ``1.0E10``, ``2024-01-01 08:00:00``."""
    test = pa.types
    if test.is_floating(array.type):
        return _numbers(array).cast(target)
    if test.is_timestamp(array.type):
        text = array.cast(pa.timestamp("us")).cast(pa.string())
        return pc.replace_substring_regex(text, r"\.?0*$", "").cast(target)
    return array.cast(target)


def _numbers(array: pa.Array) -> pa.Array:
    coded = array.dictionary_encode()
    # float32 prints with the digits that tell it from its neighbours, which NumPy knows and Python does not.
    texts = [_number(str(value), float(value)) for value in numpy_of(coded.dictionary)]
    return arrow_array(texts, pa.string()).take(coded.indices)


def _number(text: str, value: float) -> str:
    """A number as Java's `Double.toString` writes it, from the shortest digits that Python finds."""
    if value != value or value in (float("inf"), float("-inf")):  # noqa: PLR0124 - not a number
        return "NaN" if value != value else ("Infinity" if value > 0 else "-Infinity")  # noqa: PLR0124
    sign, digits, exponent = _parts(text)
    if value == 0 or _PLAIN_FROM <= abs(value) < _PLAIN_TO:
        whole = digits[: max(exponent + 1, 0)].ljust(exponent + 1, "0") or "0"
        fraction = digits[exponent + 1 :] if exponent >= 0 else "0" * (-exponent - 1) + digits
        return f"{sign}{whole}.{fraction or '0'}"
    return f"{sign}{digits[0]}.{digits[1:] or '0'}E{exponent}"


def _parts(text: str) -> tuple[str, str, int]:
    """The sign, the significant digits, and the exponent of the first of them."""
    sign, text = ("-", text[1:]) if text.startswith("-") else ("", text)
    mantissa, _, exponent = text.partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    leading = len(whole) - 1 - (len(whole + fraction) - len(digits))
    return sign, digits.rstrip("0") or "0", (int(exponent or 0) + leading) if digits else 0


__all__ = ["as_text"]
