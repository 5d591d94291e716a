"""The given names that Faker knows, in all of its languages."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from importlib import import_module
from pkgutil import iter_modules


@cache
def given_names() -> frozenset[str]:
    """Given names of all of Faker's locales, as they are written there.

    >>> {"Anna", "Jürgen", "José"} <= given_names()
    True
    """
    from faker.providers import person

    found: set[str] = set()
    for locale in iter_modules(person.__path__):
        for name, value in vars(import_module(f"{person.__name__}.{locale.name}").Provider).items():
            if name.startswith("first_name") and isinstance(value, Collection):
                found.update(one for one in value if isinstance(one, str))
    return frozenset(found)


__all__ = ["given_names"]
