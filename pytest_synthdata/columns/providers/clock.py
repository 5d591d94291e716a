"""Faker's providers with a clock that stands: what is relative to today in Faker is the same tomorrow, everywhere."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator, Mapping
from functools import lru_cache, update_wrapper
from types import CodeType, FunctionType, SimpleNamespace
from typing import Any

# The standard library's own classes, also where a test has stopped the clock by putting others into their places. They
# stand in a tuple, because freezegun exchanges whatever is a name of a module.
_OWN = tuple(
    next(base for base in class_.__mro__ if base.__module__ == "datetime") for class_ in (dt.datetime, dt.date)
)

TODAY = _OWN[0](2024, 12, 31, 23, 59, 59)  # naive, as Faker's are


class _Like(type):
    """The class of classes that stand for the standard library's: its instances are theirs."""

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, cls.__mro__[1])


class _DateTime(_OWN[0], metaclass=_Like):  # type: ignore[misc, valid-type]
    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return _OWN[0](*args, **kwargs)

    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> Any:
        return TODAY if tz is None else TODAY.replace(tzinfo=dt.timezone.utc).astimezone(tz)

    @classmethod
    def today(cls) -> Any:
        return TODAY

    @classmethod
    def utcnow(cls) -> Any:
        return TODAY


class _Date(_OWN[1], metaclass=_Like):  # type: ignore[misc, valid-type]
    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return _OWN[1](*args, **kwargs)

    @classmethod
    def today(cls) -> Any:
        return TODAY.date()


_STANDS_FOR: tuple[tuple[Any, Any], ...] = (
    (_OWN[0], _DateTime),
    (_OWN[1], _Date),
    (dt, SimpleNamespace(**{**vars(dt), "datetime": _DateTime, "date": _Date})),
)


def stop_clock(provider: Any) -> None:
    """Let a provider object of Faker's look at a clock that stands at the end of 2024, in UTC."""
    class_: Any = type(provider)
    provider.__class__ = _stopped_class(class_)


@lru_cache(maxsize=512)
def _stopped_class(class_: Any) -> Any:
    functions: dict[str, Any] = {}
    for base in reversed(class_.__mro__):
        if base.__module__.startswith("faker.providers."):
            clocks = _clocks(base.__module__)
            functions |= {name: _with(value, clocks) for name, value in vars(base).items() if _looks_at(value, clocks)}
    return type(class_.__name__, (class_,), {"__module__": class_.__module__, **functions}) if functions else class_


@lru_cache(maxsize=512)
def _clocks(module: str) -> dict[str, Any]:
    """The names by which a module's functions see the time, with what they shall see."""
    names = vars(sys.modules[module])
    clocks = {name: other for name, value in names.items() for real, other in _STANDS_FOR if _is_clock(value, real)}
    if "_get_local_timezone" in names:
        clocks["_get_local_timezone"] = lambda: dt.timezone.utc
    found = -1
    while found != len(clocks):  # functions that use such functions
        found = len(clocks)
        for name, value in names.items():
            if name not in clocks and getattr(value, "__module__", "") == module and _looks_at(value, clocks):
                clocks[name] = _with(value, clocks)
    return clocks


def _is_clock(value: Any, real: Any) -> bool:
    """Whether a name's value is a class of the standard library's, or what a test has put into its place."""
    if value is real:
        return True
    is_class = isinstance(value, type) and isinstance(real, type)
    return is_class and value.__module__.startswith("freezegun") and value.__mro__[1] is real


def _looks_at(value: Any, clocks: Mapping[str, Any]) -> bool:
    """Whether a function uses one of the names."""
    function = getattr(value, "__func__", value)
    return isinstance(function, FunctionType) and not clocks.keys().isdisjoint(_names(function.__code__))


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _with(value: Any, clocks: dict[str, Any]) -> Any:
    """A function that sees other things by some of its global names."""
    if isinstance(value, (classmethod, staticmethod)):
        return type(value)(_with(value.__func__, clocks))
    names = {**value.__globals__, **clocks}
    made = FunctionType(value.__code__, names, value.__name__, value.__defaults__, value.__closure__)
    made.__kwdefaults__ = value.__kwdefaults__
    return update_wrapper(made, value)
