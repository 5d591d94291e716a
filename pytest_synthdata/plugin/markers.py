"""What the markers of a test say together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pytest_synthdata.errors import DeclarationError, describe

OPTIONS = ("seed", "seeds", "scale", "factories", "at", "take", "defects", "upload", "feeds", "shrink")
SHOWN = 80  # letters of a value
_PASTED = "a marker that --synth-shrink prints goes in the place of the test's own"


def markers_of(test: Any) -> list[tuple[tuple[Any, ...], dict[str, Any]]]:
    """The arguments of a test's markers, positional and by name, the nearest first."""
    own = getattr(getattr(test, "callspec", None), "marks", ())  # of pytest.param, which pytest names last
    nearest = [marker for marker in own if marker.name == "synth"]
    others = [marker for marker in test.iter_markers("synth") if marker not in nearest]
    return [(marker.args, marker.kwargs) for marker in (*nearest, *others)]


def merged(markers: Sequence[tuple[tuple[Any, ...], Mapping[str, Any]]]) -> dict[str, Any]:
    """The arguments of markers, the nearest first: what it says goes before what the next says.

    Args:
        markers: their arguments, positional and by name.

    Raises:
        DeclarationError: for positional ones, and for a seed and seeds in one marker.
    """
    arguments: dict[str, Any] = {}
    for args, kwargs in reversed(markers):
        if args:
            raise DeclarationError(f"takes keyword arguments only, such as orders=5_000; got {args[0]!r}")
        refuse_both(kwargs)
        if "seed" in kwargs:
            arguments.pop("seeds", None)
        if "seeds" in kwargs:
            arguments.pop("seed", None)
        arguments |= kwargs
    return arguments


def refuse_both(marker: Mapping[str, Any]) -> None:
    """Raise `DeclarationError` for a seed and seeds in one marker."""
    if "seed" in marker and "seeds" in marker:
        raise DeclarationError(f"seed={marker['seed']!r} and seeds={marker['seeds']!r}; give one of them")


def refuse_contradictions(function: Any, *names: str) -> None:
    """Raise `DeclarationError` where two markers of one function give an argument that only one of them can.

    Args:
        function: the test's; markers of its class, its module and its parameters may say something else.
        names: of the arguments, of which there may be one.
    """
    said = [
        (name, mark.kwargs[name])
        for mark in _marks_of(function)
        for name in names
        if name in mark.kwargs and (len(names) == 1 or not {*names} <= {*mark.kwargs})
    ]
    for name, value in said[1:]:
        first, other = said[0]
        if (name, describe(value)) != (first, describe(other)):
            raise DeclarationError(
                f"{name}={describe(value, SHOWN)} and {first}={describe(other, SHOWN)} in two markers of this test; "
                f"keep one of them ({_PASTED})"
            )


def _marks_of(function: Any) -> Iterable[Any]:
    marks = getattr(function, "pytestmark", ())
    return [mark for mark in marks if getattr(mark, "name", None) == "synth"] if isinstance(marks, list) else ()


__all__ = ["OPTIONS", "SHOWN", "markers_of", "merged", "refuse_both", "refuse_contradictions"]
