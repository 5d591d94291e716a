"""What users write and build (UUIDs, enums, NumPy's and pandas' scalars, objects with fields) as values of columns."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import ipaddress
import uuid
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePath
from types import FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from pytest_synthdata.errors import GenerationError

_AS_TEXT = (
    uuid.UUID,
    PurePath,
    ipaddress.IPv4Address,
    ipaddress.IPv6Address,
    ipaddress.IPv4Network,
    ipaddress.IPv6Network,
)
_DEEPEST = 50
_OF_DAYS = ("Y", "M", "W", "D")
_PANDAS_COLUMNS = ("Series", "Index", "Categorical", "DatetimeIndex", "RangeIndex")
_PANDAS_NULLS = ("NAType", "NaTType")
_NO_FIELDS = (type, FunctionType, MethodType, ModuleType, enum.EnumMeta, np.ndarray)
_TIMES = (dt.date, dt.time, dt.timedelta, dt.tzinfo)  # pandas' are Python's, too


def plain(value: Any, depth: int = 0) -> Any:
    """A value as a column can hold it: enums as their values, UUIDs as text, objects with fields as dicts.

    >>> import uuid
    >>> plain([uuid.UUID(int=5)])
    ['00000000-0000-0000-0000-000000000005']

    Raises:
        GenerationError: for objects that hold themselves.
    """
    if type(value) in _PLAIN:
        return value
    if isinstance(value, enum.Enum):
        return plain(value.value)
    if isinstance(value, _AS_TEXT):
        return str(value)
    if isinstance(value, (np.generic, Decimal)):
        return _of_numpy(value) if isinstance(value, np.generic) else _finite(value)
    if type(value).__name__ in _PANDAS_NULLS and type(value).__module__.startswith("pandas."):
        return None
    if depth > _DEEPEST:
        raise GenerationError(f"an object of {type(value).__name__} holds itself, which no column can")
    if isinstance(value, Mapping):
        # A row may have a column that is called `items`.
        items = dict.items(value) if isinstance(value, dict) else value.items()
        return {plain(key): plain(item, depth + 1) for key, item in items}
    if (isinstance(value, (list, tuple)) and not hasattr(value, "_asdict")) or _is_of_pandas(value):
        return [plain(item, depth + 1) for item in value]
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return _in_utc(value)
    fields = _fields(value)
    return value if fields is None else {name: plain(item, depth + 1) for name, item in fields.items()}


def _in_utc(time: dt.datetime) -> dt.datetime:
    """A time as columns have it. In an hour that comes twice, Python takes times of two zones never for equal."""
    try:
        return time.astimezone(dt.timezone.utc)
    except OverflowError:  # at the ends of Python's years
        return time


def _is_of_pandas(value: Any) -> bool:
    return type(value).__name__ in _PANDAS_COLUMNS and type(value).__module__.partition(".")[0] == "pandas"


def _of_numpy(value: np.generic) -> Any:
    """One of NumPy's scalars: times as Python's, where they have no part of a microsecond."""
    if not isinstance(value, (np.datetime64, np.timedelta64)):
        return value.item()
    if np.isnat(value):
        return None
    unit, _ = np.datetime_data(value.dtype)
    if isinstance(value, np.datetime64) and unit in _OF_DAYS:
        return value.astype("M8[D]").item()
    exact = unit not in ("generic", "M", "Y")
    same = value.astype(f"{value.dtype.kind}8[us]") if exact else value
    return same.item() if exact and same == value else value


def _finite(value: Decimal) -> Decimal:
    if value.is_finite():
        return value
    raise GenerationError(
        f"{value!r} is not a number that a column of decimals can hold; float('inf') and float('nan') are values of "
        "columns of floats"
    )


_PLAIN = frozenset({str, int, float, bool, bytes, type(None)})


def _fields(value: Any) -> dict[str, Any] | None:
    """The fields of an object by name; None for what has none."""
    class_ = type(value)
    if class_.__module__.startswith(_OURS):
        return None  # a declaration where a value should be
    if hasattr(value, "_asdict"):  # a named tuple
        return dict(value._asdict())
    if dataclasses.is_dataclass(class_):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if hasattr(class_, "__attrs_attrs__"):
        return {field.name: getattr(value, field.name) for field in class_.__attrs_attrs__}
    if isinstance(getattr(class_, "model_fields", None), dict):  # pydantic's
        return {name: getattr(value, name) for name in class_.model_fields}
    if isinstance(value, (*_NO_FIELDS, *_TIMES)) or not hasattr(value, "__dict__"):
        return None
    module = class_.__module__
    if module in _STORED or (module.startswith(_DECLARED) and class_.__name__ != "StubObject"):
        return None
    # An object without anything to store stays what it is, which no column can hold.
    return {name: item for name, item in vars(value).items() if not name.startswith("_")} or None


_OURS = "pytest_synthdata.columns.generators", "pytest_synthdata.columns.expressions", "pytest_synthdata.declarations"
_DECLARED = ("factory.",)
_STORED = frozenset({"datetime", "decimal", "pandas._libs.tslibs.timestamps", "pyarrow.lib", "freezegun.api"})


def as_number(value: Any) -> Any:
    """A parameter as a number that NumPy takes: Decimals and fractions as floats, all else as it is."""
    return float(value) if isinstance(value, (Decimal, Fraction)) else value


__all__ = ["as_number", "plain"]
