"""The laws of texts in ASCII letters and of slugs, where they follow from the laws of the pieces."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from pytest_synthdata.columns.providers.interpreter import Execution, Primitive
from pytest_synthdata.columns.providers.symbols import Symbol, Unreadable
from pytest_synthdata.columns.text.grammar import Draw, Joined, Law, Mixed, each


def unidecoding(unidecode: Callable[[str], str]) -> Primitive:
    def primitive(run: Execution, owner: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        del owner
        (value,) = (*args, *kwargs.values())
        return run.transform(lambda law: each(law, unidecode), value)

    return primitive


def slugifying(slugify: Callable[..., str]) -> Primitive:
    def primitive(run: Execution, owner: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        del owner
        value, *rest = args
        if isinstance(value, Symbol) and isinstance(value.law, Draw):
            return run.apply(lambda text: slugify(text, *rest, **kwargs), value)
        return run.transform(lambda law: _slug(law, partial(slugify, *rest, **kwargs)), value)

    return primitive


def _slug(law: Law, slugify: Callable[[str], str]) -> Law:
    """The slug of a text that is put together, where it is the slugs of its pieces put together."""

    def piece(text: str) -> str:
        if not text.isascii():
            raise Unreadable("a slug of letters that may melt together")
        return slugify(f"x{text}x")[1:-1]  # neither end is stripped

    slug = each(law, piece)
    begins, ends, _ = _hyphens(slug)
    if begins or ends:
        raise Unreadable("a slug that may be stripped")
    return slug


def _hyphens(law: Law) -> tuple[bool, bool, bool]:
    """Whether a text may begin with a hyphen, end with one, and be empty; raises where two may meet and become one."""
    if isinstance(law, Mixed):
        edges = [_hyphens(option) for _, option in law.options]
    elif isinstance(law, Joined):
        begins, ends, empty = False, False, True
        for part in law.parts:
            part_begins, part_ends, part_empty = _hyphens(part)
            if ends and part_begins:
                raise Unreadable("a slug whose hyphens may meet")
            begins |= empty and part_begins
            ends = part_ends or (part_empty and ends)
            empty &= part_empty
        return begins, ends, empty
    else:
        texts = law.values if isinstance(law, Draw) else [law]
        edges = [(text.startswith("-"), text.endswith("-"), not text) for text in texts]
    return tuple(any(edge) for edge in zip(*edges, strict=True))  # type: ignore[return-value]
