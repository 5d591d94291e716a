"""Faker's providers with a clock that stands: what is relative to today in Faker is the same tomorrow, everywhere."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator, Mapping
from functools import lru_cache, update_wrapper
from types import CodeType, FunctionType, SimpleNamespace
from typing import Any

TODAY = dt.datetime(2024, 12, 31, 23, 59, 59)  # noqa: DTZ001 - Faker's are naive, too


class _Like(type):
    """The class of classes that stand for the standard library's: its instances are theirs."""

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, cls.__mro__[1])


class _DateTime(dt.datetime, metaclass=_Like):
    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return dt.datetime(*args, **kwargs)  # noqa: DTZ001

    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> Any:
        return TODAY if tz is None else TODAY.replace(tzinfo=dt.timezone.utc).astimezone(tz)

    @classmethod
    def today(cls) -> Any:
        return TODAY

    @classmethod
    def utcnow(cls) -> Any:
        return TODAY


class _Date(dt.date, metaclass=_Like):
    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return dt.date(*args, **kwargs)

    @classmethod
    def today(cls) -> Any:
        return TODAY.date()


_STANDS_FOR: tuple[tuple[Any, Any], ...] = (
    (dt.datetime, _DateTime),
    (dt.date, _Date),
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
    clocks = {name: other for name, value in names.items() for real, other in _STANDS_FOR if value is real}
    if "_get_local_timezone" in names:
        clocks["_get_local_timezone"] = lambda: dt.timezone.utc
    found = -1
    while found != len(clocks):  # functions that use such functions
        found = len(clocks)
        for name, value in names.items():
            if name not in clocks and getattr(value, "__module__", "") == module and _looks_at(value, clocks):
                clocks[name] = _with(value, clocks)
    return clocks


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
