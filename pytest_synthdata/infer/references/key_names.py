"""Names as hints: how much a column is called as another table's key."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pytest_synthdata.infer.naming import singular, words

REFERRING = frozenset({"id", "key", "fk", "ref", "uuid", "code", "no", "nr", "number", "sk"})
_GENERIC = frozenset({
    *("id", "key", "code", "name", "no", "nr", "number", "uuid", "guid", "index", "row", "date", "year"),
    *("pk", "sk", "oid"),
})  # fmt: skip
SAME, ALIKE, NONE = 2, 1, 0


def names(column: str, table: str, key: str) -> bool:
    """Whether a column's name is that of a table's key.

    >>> names("billing_customer_id", "customers", "id"), names("customer_id", "orders", "order_id")
    (True, False)
    """
    parts, owner = words(column), words(table)
    if not parts or not owner:
        return False
    if column.lower() == key.lower() and (len(parts) > 1 or parts[0] not in _GENERIC):
        return True
    own = [*owner[:-1], singular(owner[-1])]
    return parts[-1] in REFERRING and parts[:-1][-len(own) :] in (own, owner)


def likeness(column: str, table: str, key: str) -> int:
    """How much a column's name says that it holds a table's key.

    >>> likeness("o_custkey", "customer", "c_custkey"), likeness("origin", "airports", "faa")
    (2, 0)
    """
    if names(column, table, key):
        return SAME
    parts, of_key, owner = words(column), words(key), words(table)
    if not parts or not of_key or not owner:
        return NONE
    # c_custkey and o_custkey: one word after a prefix of its table's first letters.
    if len(of_key) > 1 and parts[-1] == of_key[-1] and len(parts[-1]) > 3 and parts[-1] not in _GENERIC:  # noqa: PLR2004
        prefixed = _is_prefix(of_key[0], owner)
        return SAME if prefixed and len(parts) <= 2 else ALIKE  # noqa: PLR2004
    own = [*owner[:-1], singular(owner[-1])]
    if parts[-len(of_key) :] == of_key and len(of_key) > 1:
        return SAME  # billing_customer_id and customer_id
    if parts[-1] in (own[-1], owner[-1]) or (parts[-1:] == of_key[-1:] and of_key[-1] not in _GENERIC):
        return ALIKE
    squeezed = re.sub(r"[^a-z]", "", column.lower())
    return ALIKE if squeezed.startswith(own[-1]) and squeezed[len(own[-1]) :] in REFERRING else NONE


def _is_prefix(prefix: str, owner: Sequence[str]) -> bool:
    """Whether a key's first word abbreviates its table's name, as ``ps`` does ``partsupp``."""
    joined = iter("".join(owner))
    return len(prefix) <= 3 and all(letter in joined for letter in prefix)  # noqa: PLR2004


__all__ = ["ALIKE", "NONE", "REFERRING", "SAME", "likeness", "names"]
