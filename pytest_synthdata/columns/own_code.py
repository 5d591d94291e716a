"""Code that users wrote, called: an error in it says where it was called, and what for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pytest_synthdata.errors import GenerationError, SynthDataError, cause

_HINTS = {
    "truth value of an array": ". It gets whole columns: write np.where(condition, a, b) in place of if, & and | in "
    "place of and/or",
    "read-only": ". The columns that it gets are other columns' own: write a = a * 2 in place of a *= 2",
}


@contextmanager
def own_code(place: str) -> Iterator[None]:
    """Name the place in errors that are not ours.

    >>> with own_code("orders.amount: the defect 'late'"):
    ...     {}["hours"]
    Traceback (most recent call last):
    pytest_synthdata.errors.GenerationError: orders.amount: the defect 'late': KeyError: 'hours'
    """
    try:
        yield
    except SynthDataError:
        raise
    except Exception as error:
        hint = next((hint for words, hint in _HINTS.items() if words in str(error)), "")
        raise GenerationError(f"{place}: {type(error).__name__}: {cause(error)}{hint}") from error


__all__ = ["own_code"]
