"""The first rows of a message, with a sign where there are more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pytest_synthdata.validation.messages import aligned, short

SHOWN = 5  # rows of each sort in a message
_WIDTH = 110  # letters of a line
_MORE = "…"


def listed(names: Sequence[str], rows: Sequence[Mapping[str, Any]], *, more: bool) -> list[str]:
    """Rows as indented lines under their columns' names: as many columns as a line holds, ``…`` for the others.

    Args:
        names: the columns, the most telling ones first.
        rows: the first rows.
        more: whether there are more rows.

    >>> listed(["id", "amount"], [{"id": 1, "amount": 2.5}], more=True)
    ['  id  amount', '  1   2.5', '  …']
    """
    columns = [[name, *(short(row[name]) for row in rows)] for name in names]
    ends, width = [], 0
    for cells in columns:
        width += 2 + max(map(len, cells))
        ends.append(width)
    fitting = max(1, sum(end <= _WIDTH for end in ends))
    if fitting < len(columns):
        columns = [*columns[:fitting], [_MORE, *("" for _ in rows)]]
    lines = aligned(list(zip(*columns, strict=True)))
    return [f"  {line}" for line in (*lines, *([_MORE] if more else []))]


__all__ = ["SHOWN", "listed"]
