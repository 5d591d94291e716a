"""Faker's generator as it is used here: providers are loaded when they are needed, and their clock stands."""

from __future__ import annotations

import copy
from importlib import import_module
from types import MethodType
from typing import Any

from faker import Factory
from faker.config import PROVIDERS
from faker.generator import Generator

from pytest_synthdata.columns.providers.clock import stop_clock


class LazyGenerator(Generator):
    """Faker's generator, which loads a locale's providers when one of their methods is first asked for.

    Loading all 25 takes as long as making thousands of rows, and a table needs two or three.
    """

    def __init__(self, locale: str) -> None:
        super().__init__(locale=locale)  # type: ignore[arg-type]
        self._locale = locale
        self._adopted: tuple[Any, ...] = ()
        self._waiting = [path for path in PROVIDERS if path != "faker.providers"]
        Factory.create(locale, providers=["faker.providers.misc"], generator=self)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or not self._waiting:
            raise AttributeError(name)
        having = [path for path in self._waiting if hasattr(import_module(path).Provider, name)]
        self.load(having)
        if not having:  # a method that only the locale has
            self.load(self._waiting)
        return getattr(self, name)

    def add_provider(self, provider: Any) -> None:
        stop_clock(provider)
        super().add_provider(provider)

    def load(self, paths: list[str]) -> None:
        """Add some of Faker's providers; those of the user still come first."""
        self._waiting = [path for path in self._waiting if path not in paths]
        for path in paths:
            Factory.create(self._locale, providers=[path], generator=self)
        self.adopt(())

    def adopt(self, providers: tuple[Any, ...]) -> None:
        """Add the user's providers."""
        self._adopted += tuple(
            provider(self) if isinstance(provider, type) else _adopted(provider, self) for provider in providers
        )
        for provider in self._adopted:
            self.add_provider(provider)

    def all_formatters(self) -> list[str]:
        """The names of all that can be asked for."""
        self.load(self._waiting)
        return [name for name in vars(self) if not name.startswith("_")]


def _adopted(provider: Any, generator: Any) -> Any:
    """A provider object as a part of our generator, the original left as it is."""
    adopted = copy.copy(provider)
    adopted.generator = generator
    for name, value in vars(provider).items():
        if isinstance(value, MethodType) and value.__self__ is provider:
            setattr(adopted, name, MethodType(value.__func__, adopted))
    return adopted
