"""Texts that a regular expression describes, as templates of letters and digits."""

from __future__ import annotations

import re
import string
import sys
from importlib import import_module
from typing import Any

from pytest_synthdata.columns.expressions.conditions import When
from pytest_synthdata.columns.generators.base import Constant, Generator
from pytest_synthdata.columns.generators.categories import Categorical
from pytest_synthdata.columns.generators.numbers.whole import Boolean
from pytest_synthdata.columns.providers.fake import Fake
from pytest_synthdata.columns.text.template import Template

_ALL = string.ascii_letters + string.digits
_CLASSES = {"CATEGORY_DIGIT": string.digits, "CATEGORY_WORD": _ALL + "_", "CATEGORY_SPACE": " "}
_LONGEST = 200
_MORE = 8  # letters, where there may be any number


class _OutOfReachError(Exception):
    """What no template can say."""


def regular(pattern: str, shortest: int = 0, longest: float = _LONGEST) -> Generator | None:
    """The generator of texts that a regular expression matches; None for those that are out of reach.

    What may come several times comes as often as it must or as it may, up to eight times more.

    Args:
        pattern: as Python writes it.
        shortest: the fewest letters of a text.
        longest: the most.

    >>> regular("^[A-Z]{3}-[0-9]{4}$")
    Template('{a}-{b}')

    Raises:
        re.error: for what is no regular expression.
    """
    try:
        pieces = _pieces(_parsed(pattern), shortest, longest)
    except _OutOfReachError:
        return None
    if len(pieces) == 1 and isinstance(pieces[0], Generator):
        return pieces[0]
    text, parts = "", dict[str, Generator]()
    for piece in pieces:
        if isinstance(piece, str):
            text += piece.replace("{", "{{").replace("}", "}}")
            continue
        name = string.ascii_lowercase[len(parts) % 26] * (1 + len(parts) // 26)
        parts[name] = piece
        text += f"{{{name}}}"
    return Template(text, **parts) if parts else Constant(text.replace("{{", "{").replace("}}", "}"))


def _parsed(pattern: str) -> Any:
    re.compile(pattern)
    parser = import_module("re._parser" if sys.version_info >= (3, 11) else "sre_parse")
    return parser.parse(pattern)


def _pieces(parsed: Any, shortest: int, longest: float) -> list[str | Generator]:
    found: list[str | Generator] = []
    for operation, value in parsed:
        kind = str(operation)
        if kind == "LITERAL":
            found.append(chr(value))
        elif kind in ("IN", "ANY", "NOT_LITERAL"):
            found.append(_letters(_of(kind, value), 1))
        elif kind in ("MAX_REPEAT", "MIN_REPEAT"):
            found += _repeated((value[0], value[1]), value[2], shortest, longest)
        elif kind == "SUBPATTERN":
            found += _pieces(value[-1], shortest, longest)
        elif kind == "BRANCH":
            found.append(_branch(value[1], shortest, longest))
        elif kind != "AT" or "BOUNDARY" in str(value):
            raise _OutOfReachError
    return found


def _repeated(times: tuple[int, Any], inner: Any, shortest: int, longest: float) -> list[str | Generator]:
    fewest, most = times
    if int(most) > _LONGEST:
        fewest = max(fewest, min(shortest, _LONGEST)) if len(inner) == 1 else fewest
        most = max(fewest, min(fewest + _MORE, int(min(longest, _LONGEST))))
    if fewest > _LONGEST:
        raise _OutOfReachError
    kind = str(inner[0][0]) if len(inner) == 1 else ""
    if kind in ("IN", "ANY", "NOT_LITERAL"):
        letters = _of(kind, inner[0][1])
        some: list[list[str | Generator]] = [[_letters(letters, count)] if count else [""] for count in (fewest, most)]
    else:
        some = [_pieces(list(inner) * int(count), shortest, longest) for count in (fewest, min(int(most), fewest + 2))]
    if fewest == most:
        return some[0]
    few, many = (_joined(one) for one in some)
    return [When((Boolean(0.5),), (many, few))]


def _joined(pieces: list[str | Generator]) -> Generator:
    if len(pieces) == 1 and isinstance(pieces[0], Generator):
        return pieces[0]
    if all(isinstance(one, str) for one in pieces):
        return Constant("".join(str(one) for one in pieces))
    raise _OutOfReachError


def _branch(branches: Any, shortest: int, longest: float) -> Generator:
    texts = []
    for one in branches:
        pieces = _pieces(one, shortest, longest)
        if any(isinstance(piece, Generator) for piece in pieces):
            raise _OutOfReachError
        texts.append("".join(map(str, pieces)))
    return Categorical(list(dict.fromkeys(texts)))


def _letters(letters: str, count: int) -> Generator:
    if letters == string.digits:
        return Fake("bothify", text="#" * count)
    return Fake("bothify", text="?" * count, letters=letters)


def _of(kind: str, value: Any) -> str:
    """The letters that a class of them allows, in ASCII."""
    if kind == "ANY":
        return _ALL
    if kind == "NOT_LITERAL":
        return _ALL.replace(chr(value), "")
    allowed, is_negated = "", False
    for operation, one in value:
        match str(operation):
            case "NEGATE":
                is_negated = True
            case "LITERAL":
                allowed += chr(one)
            case "RANGE":
                allowed += "".join(chr(code) for code in range(one[0], min(one[1], one[0] + 200) + 1))
            case "CATEGORY" if str(one) in _CLASSES:
                allowed += _CLASSES[str(one)]
            case _:
                raise _OutOfReachError
    letters = "".join(dict.fromkeys(allowed))
    found = "".join(one for one in _ALL if one not in letters) if is_negated else letters
    if not found:
        raise _OutOfReachError
    return found


__all__ = ["regular"]
