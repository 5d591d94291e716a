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
    """A name, brackets, and what stands in them; in a chain after what stands before.

    Args:
        head: the name.
        items: what stands in the brackets, each after its own name.
        ends: the brackets.
        before: what it is called on.
        is_filled: whether lines hold as many of the items as fit, where one line does not hold all.
    """

    head: str
    items: tuple[tuple[str, Code], ...]
    ends: str = "()"
    before: Bracket | None = None
    is_filled: bool = False


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
    is_plain = isinstance(one, str) or (_is_text(one) and one.before is None)
    if is_plain or isinstance(one, str) or len(pad + start + flat + end) <= WIDTH:
        return [f"{pad}{start}{flat}{end}"]
    chain = list(_chain(one))
    if len(chain) > 2 or _is_text(chain[0]):  # noqa: PLR2004 - two calls after the first: each gets a line, within parentheses
        links = (laid_out(dataclasses.replace(link, before=None), indent + _INDENT, "") for link in chain)
        return [f"{pad}{start}(", *(line for link in links for line in link), f"{pad}){end}"]
    first, rest = chain[0], "".join(on_one_line(dataclasses.replace(link, before=None)) for link in chain[1:])
    inner = ", ".join(f"{name}{on_one_line(item)}" for name, item in first.items)
    opening, closing = first.ends[:1], first.ends[1:]
    lines = [f"{pad}{start}{first.head}{opening}"]
    if first.ends == "()" and not bare and len(pad) + _INDENT + len(inner) <= WIDTH:
        lines.append(f"{pad}{' ' * _INDENT}{inner}")
    elif first.is_filled:
        lines += _filled(first, indent + _INDENT, WIDTH)
    else:
        comma = "," if bare or len(first.items) > 1 else ""
        for name, item in first.items:
            lines += laid_out(item, indent + _INDENT, name, comma)
    return [*lines, f"{pad}{closing}{rest}{end}"]


def packed(one: Code, indent: int, start: str, end: str = "") -> list[str]:
    """Code whose long lists stand on as few lines as hold them, which formatters would not do."""
    pad = " " * indent
    flat = f"{pad}{start}{on_one_line(one)}{end}"
    if isinstance(one, str) or len(flat) <= WIDTH:
        return [flat]
    chain = list(_chain(one))
    longest = max(chain, key=lambda link: len(on_one_line(dataclasses.replace(link, before=None))))
    place = chain.index(longest)
    before = "".join(on_one_line(dataclasses.replace(link, before=None)) for link in chain[:place])
    after = "".join(on_one_line(dataclasses.replace(link, before=None)) for link in chain[place + 1 :])
    if not longest.items:
        return [flat]
    if max(len(f"{pad}{start}{before}{longest.head}("), len(f"{pad}){after}{end}")) > WIDTH:
        links = (packed(dataclasses.replace(link, before=None), indent + _INDENT, "") for link in chain)
        return [f"{pad}{start}(", *(line for link in links for line in link), f"{pad}){end}"]
    head = f"{before}{longest.head}{longest.ends[:1]}"
    comma = "" if longest.head and longest.ends == "[]" else ","  # which would make a tuple of what is looked up
    if longest.is_filled or (longest.ends == "{}" and all(isinstance(item, str) for _, item in longest.items)):
        inner = list(_filled(longest, indent + _INDENT, WIDTH))
    elif len(longest.items) == 1 or all(
        len(f"{name}{on_one_line(item)}") < WIDTH / 2 for name, item in longest.items[:-1]
    ):
        # All but the last stand where the bracket opens, and the last is packed there, too.
        lead = "".join(f"{name}{on_one_line(item)}, " for name, item in longest.items[:-1])
        name, item = longest.items[-1]
        lines = packed(item, indent, f"{start}{head}{lead}{name}", f"{longest.ends[1:]}{after}{end}")
        if len(lines[0]) <= WIDTH:
            return lines
        inner = [line for name, item in longest.items for line in packed(item, indent + _INDENT, name, comma)]
    else:
        inner = [line for name, item in longest.items for line in packed(item, indent + _INDENT, name, comma)]
    return [f"{pad}{start}{head}", *inner, f"{pad}{longest.ends[1:]}{after}{end}"]


def _is_text(one: Bracket) -> bool:
    return not one.ends


def _filled(one: Bracket, indent: int, width: int) -> Iterator[str]:
    """Lines that each hold as many items as fit."""
    line = ""
    for name, item in one.items:
        added = f"{name}{on_one_line(item)},"
        if line and indent + len(line) + 1 + len(added) > width:
            yield " " * indent + line
            line = added
        else:
            line = f"{line} {added}" if line else added
    yield " " * indent + line


def is_filled(one: Code, indent: int, start: str) -> bool:
    """Whether lines that formatters would break stand in the code, laid out."""
    if isinstance(one, str) or indent + len(start + on_one_line(one)) <= WIDTH:
        return False
    return (
        one.is_filled
        or _is_text(one)
        or any(is_filled(item, 0, " " * WIDTH) for _, item in one.items if not isinstance(item, str))
        or (one.before is not None and is_filled(one.before, 0, " " * WIDTH))
    )


def _chain(one: Bracket) -> Iterator[Bracket]:
    if one.before is not None:
        yield from _chain(one.before)
    yield one


__all__ = ["Bracket", "Code", "is_filled", "laid_out", "on_one_line", "packed"]
