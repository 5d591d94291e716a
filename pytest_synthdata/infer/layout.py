"""Source in the shape that code formatters give it: on one line where it fits, else what is in brackets on its own."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

WIDTH = 88
_INDENT = 4


@dataclass(frozen=True)
class Bracket:
    """A name, brackets, and what stands in them; in a chain after what stands before."""

    head: str
    items: tuple[tuple[str, Code], ...]
    ends: str = "()"
    before: Bracket | None = None


Code: TypeAlias = "str | Bracket"


def on_one_line(one: Code) -> str:
    """Code on one line."""
    if isinstance(one, str):
        return one
    before = "" if one.before is None else on_one_line(one.before)
    opening, closing = (one.ends[:1], one.ends[1:])
    return f"{before}{one.head}{opening}{', '.join(f'{name}{on_one_line(item)}' for name, item in one.items)}{closing}"


def laid_out(one: Code, indent: int, start: str, end: str = "", *, bare: bool = False) -> list[str]:
    """Code on one line where it fits, else what stands in its brackets on lines of its own."""
    pad, flat = " " * indent, on_one_line(one)
    if bare and isinstance(one, Bracket):
        flat = flat[1:-1]
    if isinstance(one, str) or len(pad + start + flat + end) <= WIDTH:
        return [f"{pad}{start}{flat}{end}"]
    chain = list(_chain(one))
    if len(chain) > 2:  # noqa: PLR2004 - two calls after the first: each gets a line, within parentheses
        links = (laid_out(dataclasses.replace(link, before=None), indent + _INDENT, "") for link in chain)
        return [f"{pad}{start}(", *(line for link in links for line in link), f"{pad}){end}"]
    first, rest = chain[0], "".join(on_one_line(dataclasses.replace(link, before=None)) for link in chain[1:])
    inner = ", ".join(f"{name}{on_one_line(item)}" for name, item in first.items)
    opening, closing = first.ends[:1], first.ends[1:]
    lines = [f"{pad}{start}{first.head}{opening}"]
    if first.ends == "()" and not bare and len(pad) + _INDENT + len(inner) <= WIDTH:
        lines.append(f"{pad}{' ' * _INDENT}{inner}")
    else:
        comma = "," if bare or len(first.items) > 1 else ""
        for name, item in first.items:
            lines += laid_out(item, indent + _INDENT, name, comma)
    return [*lines, f"{pad}{closing}{rest}{end}"]


def _chain(one: Bracket) -> Iterator[Bracket]:
    if one.before is not None:
        yield from _chain(one.before)
    yield one


__all__ = ["Bracket", "Code", "laid_out", "on_one_line"]
