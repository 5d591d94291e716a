"""Text from Faker's providers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from pytest_synthdata.columns.generators import Cells, Generator
from pytest_synthdata.columns.rowwise import python_values
from pytest_synthdata.columns.values import Values
from pytest_synthdata.errors import DeclarationError, nearest

if TYPE_CHECKING:
    from pytest_synthdata.columns.plan import Scope


@dataclass(frozen=True, init=False)
class Fake(Generator):
    """The values of a Faker provider, each row's from a seed of its own.

    Args:
        provider: Faker's name for it, such as ``"company"`` or ``"phone_number"``.
        locale: Faker's locale.
        arguments: what the provider takes, for example ``Fake("sentence", nb_words=4)``.
    """

    provider: str
    locale: str
    arguments: tuple[tuple[str, Any], ...]

    def __init__(self, provider: str, *, locale: str = "en_US", **arguments: Any) -> None:
        object.__setattr__(self, "provider", provider)
        object.__setattr__(self, "locale", locale)
        object.__setattr__(self, "arguments", tuple(arguments.items()))

    def values(self, cells: Cells) -> Values:
        fake = _faker(self.locale)
        arguments = dict(self.arguments)
        values = []
        for bits in cells.bits().tolist():
            fake.seed_instance(bits)
            values.append(fake.format(self.provider, **arguments))
        return python_values(values, cells)

    def type(self, scope: Scope) -> pa.DataType | None:
        del scope
        return None

    def check(self, scope: Scope) -> None:
        try:
            fake = _faker(self.locale)
        except AttributeError:
            from faker.config import AVAILABLE_LOCALES

            raise DeclarationError(
                f"{scope.place}: Faker has no locale {self.locale!r}: {nearest(self.locale, AVAILABLE_LOCALES)}"
            ) from None
        try:
            fake.get_formatter(self.provider)
        except AttributeError:
            known = [name for name in dir(fake) if not name.startswith("_")]
            raise DeclarationError(
                f"{scope.place}: Faker has no provider {self.provider!r} in {self.locale}: {nearest(self.provider, known)}"
            ) from None


@lru_cache(maxsize=32)
def _faker(locale: str) -> Any:
    """A generator of our own: Faker's shared one is reseeded by others."""
    from faker import Factory

    return Factory.create(locale)
