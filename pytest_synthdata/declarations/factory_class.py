"""What declarations ask of the factories that they stand in, and of those that they refer to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from factory.base import BaseFactory
from factory.errors import AssociatedClassError, FactoryError

from pytest_synthdata.errors import DeclarationError

Hook = TypeVar("Hook", bound=Callable[..., object])


class FactoryClass(Protocol):
    """A `TableFactory`, as its declarations see it."""

    __name__: str
    __module__: str

    @property
    def _meta(self) -> Any: ...
    @property
    def build(self) -> Callable[..., object]: ...


Factory = TypeVar("Factory", bound=FactoryClass)


def has_table(factory_class: object) -> bool:
    """Whether a factory's rows are a table, as those of a plain factory of factory_boy are not."""
    return getattr(getattr(factory_class, "_meta", None), "table", None) is not None


class NotAFactoryError(DeclarationError, AssociatedClassError):  # type: ignore[misc]
    """A declaration names a class that is not a factory; an error of factory_boy's, too."""


class AbstractFactoryError(DeclarationError, FactoryError):  # type: ignore[misc]
    """An abstract factory is asked for rows; an error of factory_boy's, too."""


class MissingFactoryError(DeclarationError, ImportError):
    """A factory that is named as text is not where the text says; an error of imports, too."""


class EndlessNestingError(DeclarationError):
    """A factory nests itself, or others that nest it, without end."""


def require_factory(found: object, place: str) -> object:
    """What a `SubFactory` names, if that is a factory."""
    if isinstance(found, type) and issubclass(found, BaseFactory):
        return found
    raise NotAFactoryError(
        f"{place}: {getattr(found, '__name__', found)!r} is not a factory; name a subclass of Factory"
    )


def keeps_rows(hook: Hook) -> Hook:
    """Mark a hook of factory_boy that leaves a row's columns as they are declared."""
    hook.keeps_rows = True  # type: ignore[attr-defined]
    return hook


__all__ = [
    "AbstractFactoryError",
    "EndlessNestingError",
    "Factory",
    "FactoryClass",
    "MissingFactoryError",
    "NotAFactoryError",
    "has_table",
    "keeps_rows",
    "require_factory",
]
