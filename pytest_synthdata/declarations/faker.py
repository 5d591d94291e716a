"""`factory.Faker`, read when it is used: by then its default locale and its providers may be others."""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache
from typing import Any

import factory
import pyarrow as pa
from factory import declarations as boy
from factory import enums
from faker.providers import DynamicProvider

from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.generators.modifiers import Cast
from pytest_synthdata.columns.providers.fake import Fake
from pytest_synthdata.declarations.one_row.building import ColumnDeclaration


class FakerDeclaration(ColumnDeclaration):
    """A `factory.Faker` as a column: in the locale, and with the providers, that factory_boy has at the moment."""

    def __init__(self, name: str, declared: Any, type_: pa.DataType | None = None) -> None:
        boy.BaseDeclaration.__init__(self)
        self.name = name
        self.substream = None
        self.declared = declared
        self.type = type_
        self._generators: dict[Hashable, Generator] = {}

    @property
    def generator(self) -> Generator:  # type: ignore[override]
        """The column; the very same one as long as locale and providers are the same."""
        arguments = dict(self.declared._defaults)
        locale = arguments.pop("locale", None) or default_locale()
        providers = _added_providers(locale)
        key = locale, tuple(map(id, providers))
        if key not in self._generators:
            fake: Generator = Fake(self.declared.provider, locale=locale, providers=providers, **arguments)
            self._generators[key] = fake if self.type is None else Cast(fake, self.type)
        return self._generators[key]

    def stated(self, type_: pa.DataType | None) -> FakerDeclaration:
        """The same in a type, or in its own."""
        return FakerDeclaration(self.name, self.declared, type_)


def is_column(declared: Any) -> bool:
    """Whether a `factory.Faker` is a column: not one whose arguments are declarations, too."""
    return not any(enums.get_builder_phase(argument) for argument in declared._defaults.values())


def default_locale() -> str:
    """The locale of a `factory.Faker` that states none."""
    return str(factory.Faker._DEFAULT_LOCALE)


def state() -> Hashable:
    """What decides how factories with a `factory.Faker` compile: its default locale, and the providers it was given."""
    registry = factory.Faker._FAKER_REGISTRY
    return (default_locale(), *((locale, *map(id, _added_providers(locale))) for locale in registry))


def _added_providers(locale: str) -> tuple[object, ...]:
    """What a project gave to `factory.Faker.add_provider`."""
    providers = getattr(factory.Faker._FAKER_REGISTRY.get(locale), "providers", ())
    return _added(locale, tuple(providers))


@lru_cache(maxsize=64)
def _added(locale: str, providers: tuple[object, ...]) -> tuple[object, ...]:
    del locale
    added: list[object] = []
    for provider in reversed(providers):
        if isinstance(provider, DynamicProvider):
            added.append(provider)
        elif not f"{type(provider).__module__}.".startswith("faker.providers."):
            added.append(type(provider))
    return tuple(added)


__all__ = ["FakerDeclaration", "is_column", "state"]
