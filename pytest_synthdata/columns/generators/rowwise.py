"""Values from opaque Python functions, one row at a time: slow, never wrong, and as reproducible as the rest."""

from __future__ import annotations

import os
import random
import re
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from pytest_synthdata.columns.arrow.arrays import arrow_array
from pytest_synthdata.columns.arrow.plain import plain
from pytest_synthdata.columns.arrow.values import Values
from pytest_synthdata.columns.cells import Cells, Scope
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.randomness import may_use_randomness
from pytest_synthdata.errors import DeclarationError, GenerationError, SynthDataError, cause, describe

# Who has the generators: nobody, the rows of a column, or a function of a row, which may be amid its draws.
_FOR_ROWS, _FOR_A_FUNCTION = "rows", "function"
_borrower: ContextVar[str | None] = ContextVar("borrower", default=None)
_PLACE = re.compile(r"[^\s:]+\.[^\s:]+: ")  # how our messages begin that say where
_one_at_a_time = threading.RLock()
# Only where somebody imported factory_boy or Faker, which this module must not.
_OTHERS = (("factory.random", "randgen"), ("faker.generator", "random"))


@contextmanager
def borrowed_generators(*, for_rows: bool = False) -> Iterator[Callable[[int], None]]:
    """Lend the global random generators to a user's function, and give them back as they were.

    What `uuid`, `secrets` and NumPy's unseeded generators take from the operating system is lent, too, to this thread
    alone. Other threads that ask for generators wait until these are back.

    Yields a function that seeds them all. Nothing outside notices: other plugins reseed these generators too.

    Args:
        for_rows: whether many functions will borrow them, one after the other: then they are given back only once.
    """
    with _one_at_a_time, ExitStack() as returning:
        is_lent = _borrower.get() == _FOR_ROWS
        returning.callback(_borrower.reset, _borrower.set(_FOR_ROWS if for_rows else _FOR_A_FUNCTION))
        generators: list[Any] = []

        def borrow() -> None:
            others = [getattr(sys.modules.get(module), name, None) for module, name in _OTHERS]
            for generator in [random._inst, *others]:
                if generator is not None and generator not in generators:
                    generators.append(generator)
                    if not is_lent:
                        returning.callback(generator.setstate, generator.getstate())

        def seed(number: int) -> None:
            borrow()  # a function may have imported others
            for generator in generators:
                generator.seed(number)
            np.random.seed(number & 0xFFFFFFFF)  # noqa: NPY002

        borrow()
        if not is_lent:
            returning.callback(np.random.set_state, np.random.get_state())  # noqa: NPY002
        _lend_entropy(random._inst, returning)
        yield seed


def _lend_entropy(generator: random.Random, returning: ExitStack) -> None:
    """Let this thread have a generator's bytes in place of the operating system's."""
    borrower = threading.get_ident()

    def urandom(size: int) -> bytes:
        return generator.randbytes(size) if threading.get_ident() == borrower else os.urandom(size)

    for module, name, source in ((random, "_urandom", urandom), (uuid, "os", _System(urandom))):
        returning.callback(setattr, module, name, getattr(module, name))
        setattr(module, name, source)


class _System:
    """The module `os` with other random bytes."""

    def __init__(self, urandom: Callable[[int], bytes]) -> None:
        self.urandom = urandom

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)


@dataclass(frozen=True)
class RowFunction(Generator):
    """A Python function called for every row.

    Args:
        function: gets the row (with ``takes_row``), then the row number (with ``takes_number``).
        seeded: whether the global random generators are seeded for each call, if the function might draw from them.
    """

    function: Callable[..., Any]
    takes_row: bool = False
    takes_number: bool = False
    seeded: bool = True

    vectorised = False

    def values(self, cells: Cells) -> Values:
        return python_values(self.objects(cells), cells)

    def objects(self, cells: Cells) -> list[Any]:
        """What the function gives, one object a row."""
        # A single row may be one that a factory builds, with objects in it whose methods draw.
        if not self.seeded or (len(cells.rows) > 1 and not _may_draw(self.function)):
            return list(self._calls(cells, lambda _: None))
        with borrowed_generators() as seed:
            return list(self._calls(cells, seed))

    def _calls(self, cells: Cells, seed: Callable[[int], None]) -> Iterator[Any]:
        for position, (number, bits) in enumerate(zip(cells.rows.tolist(), cells.bits().tolist(), strict=True)):
            arguments: list[Any] = [cells.reader.row(position)] if self.takes_row else []
            if self.takes_number:
                arguments.append(number)
            seed(bits)
            try:
                value = self.function(*arguments)
            except Exception as error:
                raise failed_at(number, cells, error) from error
            yield value

    def type(self, scope: Scope) -> pa.DataType | None:
        del scope
        return None


def _may_draw(function: Callable[..., Any]) -> bool:
    try:
        return may_use_randomness(function)
    except TypeError:  # not hashable
        return True


def failed_at(row: int, cells: Cells, error: Exception) -> SynthDataError:
    """An error of what makes one row's value, with its place: where it is ours and has one, as it is."""
    if isinstance(error, DeclarationError) or (isinstance(error, SynthDataError) and _PLACE.match(str(error))):
        return error
    said = cause(error).partition(" Evaluated attributes are ")[0]  # factory_boy tells all that it knows of the row
    kind = "" if isinstance(error, SynthDataError) else f"{type(error).__name__}: "
    return GenerationError(f"{cells.place}: row {row}: {kind}{said}")


def python_values(values: list[Any], cells: Cells) -> Values:
    """Python objects as an Arrow array, objects as `plain` makes them; or an error that names the column and a row."""
    made = _together(values)
    if isinstance(made, Exception):
        raise GenerationError(f"{cells.place}: {_unheld(values, cells.rows.tolist(), made)}") from None
    return made


def _together(values: list[Any]) -> pa.Array | Exception:
    """Values as an array, or why they cannot stand in one."""
    try:
        return arrow_array([plain(value) for value in values])
    except (pa.ArrowException, GenerationError, OverflowError, TypeError, ValueError) as error:
        return error


def _unheld(values: list[Any], rows: list[int], error: Exception) -> str:
    """Which of some values cannot stand in a column, or not beside those before it."""
    for row, value in zip(rows, values, strict=True):
        if isinstance(alone := _together([value]), Exception):
            return f"row {row}: {_shown(value)}: a value that no column can hold: {cause(alone)}"
    able, unable = 0, len(values)  # so many from the first on can stand together, and so many cannot
    while unable - able > 1:
        middle = (able + unable) // 2
        if isinstance(_together(values[:middle]), Exception):
            unable = middle
        else:
            able = middle
    before = next((at for at in range(able) if values[at] is not None), None)
    if before is None:
        return f"values that no column can hold: {cause(error)}"
    return (
        f"row {rows[able]}: {_shown(values[able])}: a value that no column can hold beside {_shown(values[before])} of "
        f"row {rows[before]}; give values of one type"
    )


def _shown(value: Any) -> str:
    return f"{describe(value, 60)} ({type(value).__name__})"


@dataclass(frozen=True)
class Cycle(Generator):
    """The items of a list in turn, beginning again when they are used up."""

    items: tuple[Any, ...]

    def values(self, cells: Cells) -> Values:
        items = self._array()
        return items.take(arrow_array(cells.rows % np.uint64(len(self.items))))

    def type(self, scope: Scope) -> pa.DataType:
        del scope
        return self._array().type

    def _array(self) -> pa.Array:
        return arrow_array([plain(item) for item in self.items])
