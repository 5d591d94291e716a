"""What declarations ask of the factories that they stand in, and of those that they refer to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

Hook = TypeVar("Hook", bound=Callable[..., Any])


class FactoryClass(Protocol):
    """A `TableFactory`, as its declarations see it."""

    __name__: str
    __module__: str

    @property
    def _meta(self) -> Any: ...
    @property
    def build(self) -> Callable[..., Any]: ...


Factory = TypeVar("Factory", bound=FactoryClass)


def has_table(factory_class: Any) -> bool:
    """Whether a factory's rows are a table, as those of a plain factory of factory_boy are not."""
    return getattr(getattr(factory_class, "_meta", None), "table", None) is not None


def keeps_rows(hook: Hook) -> Hook:
    """Mark a hook of factory_boy that leaves a row's columns as they are declared."""
    hook.keeps_rows = True  # type: ignore[attr-defined]
    return hook


__all__ = ["Factory", "FactoryClass", "has_table", "keeps_rows"]
