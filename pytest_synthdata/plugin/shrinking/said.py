"""What a failure says, in a line or a few: those that tell one failure from another."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pytest_synthdata.errors import printable
from pytest_synthdata.plugin.shrinking.failures import message_of

_LONGEST_LINE = 200  # letters
_MOST_LINES = 4
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_REWRITTEN = "assert "  # how the line begins that pytest makes of an assertion
_SPARKS = "*** "  # how the halves of pyspark's comparison begin; rows that differ are marked
_MARKED = ("*** ", "! ", "+ ", "- ")
_SIDES = 2


def said_by(error: BaseException) -> str:
    """What an exception says: the line that pytest ends a run with, and what a heading or a table has below it."""
    lines = [_COLOUR.sub("", line).strip() for line in message_of(error).splitlines()]
    lines = [line for line in lines if any(map(str.isalnum, line))]
    first, name = next(iter(lines), ""), type(error).__name__
    if isinstance(error, AssertionError) and first.startswith(_REWRITTEN):
        return _cut(first)
    shown = lines[:1]
    if differing := _differing(lines):
        shown = differing if first.startswith("|") else [first, *differing]
    elif isinstance(error, AssertionError):
        at = next((at for at, line in enumerate(lines) if line.startswith(_REWRITTEN)), len(lines))
        shown = [*_few(lines[:at]), *lines[at : at + 1]]
    text = "\n".join(map(_cut, _few(shown, _MOST_LINES + 2)))
    return f"{name}{': ' * bool(text)}{text}"


def _differing(lines: Sequence[str]) -> list[str]:
    """The rows that differ, where two frames are compared side by side or one below the other."""
    if any(line.startswith(_SPARKS) for line in lines):
        return _few([line for line in lines if line.startswith(_MARKED)])
    table = [[" ".join(cell.split()) for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    if not table or any(len(row) != _SIDES for row in table):
        return []
    (left, right), *rows = table
    return _few([f"{left}: {one} | {right}: {other}" for one, other in rows if one != other])


def _few(lines: list[str], most: int = _MOST_LINES) -> list[str]:
    return lines if len(lines) <= most else [*lines[:most], f"… ({len(lines) - most:,} more lines)"]


def _cut(line: str) -> str:
    line = printable(line)
    return line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}…"


__all__ = ["said_by"]
