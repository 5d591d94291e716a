"""Values from opaque Python functions, one row at a time: slow, never wrong, and as reproducible as the rest."""

from __future__ import annotations

import os
import random
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
from pytest_synthdata.errors import DeclarationError, GenerationError, cause

# Who has the generators: nobody, the rows of a column, or a function of a row, which may be amid its draws.
_FOR_ROWS, _FOR_A_FUNCTION = "rows", "function"
_borrower: ContextVar[str | None] = ContextVar("borrower", default=None)
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
        try:
            objects = self.objects(cells)
        except DeclarationError:
            raise
        except Exception as error:
            raise GenerationError(f"{cells.place}: {type(error).__name__}: {error}") from error
        return python_values(objects, cells)

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
            yield self.function(*arguments)

    def type(self, scope: Scope) -> pa.DataType | None:
        del scope
        return None


def _may_draw(function: Callable[..., Any]) -> bool:
    try:
        return may_use_randomness(function)
    except TypeError:  # not hashable
        return True


def python_values(values: list[Any], cells: Cells) -> Values:
    """Python objects as an Arrow array, objects as `plain` makes them; or an error that names the column."""
    try:
        return arrow_array([plain(value) for value in values])
    except (pa.ArrowException, GenerationError, OverflowError, TypeError, ValueError) as error:
        raise GenerationError(f"{cells.place}: values that no column can hold: {cause(error)}") from None


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
