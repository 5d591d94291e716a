"""Relations between the columns of a row: dates that follow dates, parts of dates, hierarchies, missing together."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from pytest_synthdata.columns.arrow.kinds import is_temporal
from pytest_synthdata.columns.arrow.values import to_numpy
from pytest_synthdata.columns.distinct import distinct
from pytest_synthdata.columns.expressions.operators import FUNCTIONS, Call, col
from pytest_synthdata.columns.generators.base import Constant, Generator
from pytest_synthdata.columns.generators.numbers.distributions import Exponential
from pytest_synthdata.infer.naming import words
from pytest_synthdata.infer.relations.formulas import ALL, FEWEST, FIRST, Computed, Floats
from pytest_synthdata.infer.times.instants import floats_of
from pytest_synthdata.infer.values.fitting import Resolution
from pytest_synthdata.infer.values.numbers import law

_FEWEST_FINE = 3  # values that each belong to one of another column
_NARROW = 0.5  # of the spread of dates: what follows them at a smaller distance belongs to them
_MICROS_A_DAY = 86_400_000_000


_PARTS = ("year", "quarter", "month", "weekofyear", "dayofyear", "dayofmonth", "dayofweek", "weekday", "hour", "minute")


def parts_of_dates(
    columns: Mapping[str, tuple[pa.DataType, pa.Array]], attributes: Mapping[str, str]
) -> dict[str, Computed]:
    """Columns of whole numbers that are the year, the month, the hour and so on of a date or time of their row.

    Args:
        columns: their types and values, by name.
        attributes: what the columns are called in expressions.
    """
    days = {name: array for name, (type_, array) in columns.items() if is_temporal(type_)}
    found: dict[str, Computed] = {}
    for name, (type_, array) in columns.items():
        if not pa.types.is_integer(type_) or len(array) < FEWEST:
            continue
        whole = array.cast(pa.int64(), safe=False)  # which holds every part of a date
        few = whole.slice(0, FIRST)
        if len(few.unique()) < 2:  # noqa: PLR2004
            continue
        for (day, times), part in itertools.product(days.items(), _PARTS):
            first = FUNCTIONS[part](times.slice(0, FIRST)).cast(pa.int64())
            if first.equals(few) and FUNCTIONS[part](times).cast(pa.int64()).equals(whole):
                found[name] = Computed(Call(part, (col(attributes[day]),)), frozenset([day]))
                break
    return found


def same_texts(
    columns: Mapping[str, tuple[pa.DataType, pa.Array]], attributes: Mapping[str, str]
) -> dict[str, Computed]:
    """Columns of texts that are those of another column in all rows.

    Args:
        columns: their types and values, by name.
        attributes: what the columns are called in expressions.
    """
    seen: dict[tuple[str | None, ...], list[str]] = {}
    found: dict[str, Computed] = {}
    for name, (type_, array) in columns.items():
        few = tuple(array.slice(0, FIRST).to_pylist()) if pa.types.is_string(type_) else ()
        if len(few) < FEWEST or len(set(few) - {None}) < 2:  # noqa: PLR2004
            continue
        same = next((other for other in seen.get(few, ()) if columns[other][1].equals(array)), None)
        if same is None:
            seen.setdefault(few, []).append(name)
        else:
            found[name] = Computed(col(attributes[same]), frozenset([same]))
    return found


def following(
    columns: Mapping[str, tuple[pa.DataType, pa.Array]], attributes: Mapping[str, str]
) -> dict[str, Computed]:
    """Dates and times that never precede others of their row, as those plus what lies between.

    Args:
        columns: their types and values, by name.
        attributes: what the columns are called in expressions.
    """
    times = {
        name: (type_, floats_of(array.cast(pa.timestamp("us"))))
        for name, (type_, array) in columns.items()
        if is_temporal(type_) and len(array) - array.null_count >= FEWEST
    }
    order = sorted(times, key=lambda name: float(np.nanmean(times[name][1])))
    found: dict[str, Computed] = {}
    for number, after in enumerate(order):
        best: tuple[float, str] | None = None
        type_, later = times[after]
        for before in order[:number]:
            if times[before][0] != type_:
                continue
            distance = _distance(times[before][1], later)
            if distance is not None and (best is None or distance < best[0]):
                best = distance, before
        if best is not None:
            apart = later - times[best[1]][1]
            expression = following_at(type_, col(attributes[best[1]]), apart[np.isfinite(apart)])
            found[after] = Computed(expression, frozenset([best[1]]))
    return found


_ORDERED = (
    (("pickup",), ("dropoff",)),
    (("start", "begin", "from", "opened", "open"), ("end", "finish", "to", "closed", "close")),
    (("created", "inserted"), ("updated", "modified", "deleted")),
    (("order", "ordered"), ("ship", "shipped", "delivery", "delivered")),
    (("ship", "shipped"), ("delivered", "received", "receipt")),
    (("checkin", "arrival"), ("checkout", "departure")),
    (("hire", "hired"), ("termination", "terminated", "fired")),
    (("admission", "admitted"), ("discharge", "discharged")),
)


def following_by_name(schema: pa.Schema, attributes: Mapping[str, str]) -> dict[str, Computed]:
    """Dates and times that come after others by their names, where there are no rows: an end after its start.

    Args:
        schema: the table's columns.
        attributes: what the columns are called in expressions.
    """
    times = [one for one in schema if is_temporal(one.type)]
    found: dict[str, Computed] = {}
    for before, after in itertools.permutations(times, 2):
        if before.type != after.type or after.name in found or before.name in found:
            continue
        first, last = words(before.name), words(after.name)
        for firsts, lasts in _ORDERED:
            if _differ_by(first, last, firsts, lasts):
                apart = Call("hours", (Exponential(2).clip(0.05, 48).round(2),))
                if pa.types.is_date(before.type):
                    name = attributes[before.name]
                    later: Generator = Call("date_add", (col(name), Exponential(14).clip(0, 365).cast("int")))
                else:
                    later = col(attributes[before.name]) + apart
                found[after.name] = Computed(later, frozenset([before.name]))
                break
    return found


def _differ_by(one: Sequence[str], other: Sequence[str], firsts: Sequence[str], lasts: Sequence[str]) -> bool:
    """Whether two names are the same but for a word: of a beginning and of an end."""
    apart = [(a, b) for a, b in zip(one, other, strict=False) if a != b]
    return len(one) == len(other) and len(apart) == 1 and apart[0][0] in firsts and apart[0][1] in lasts


def _distance(earlier: Floats, later: Floats) -> float | None:
    """How far the times that follow others are from them; None where they do not, or whatever the others are."""
    both = np.isfinite(earlier) & np.isfinite(later)
    if both.sum() < max(FEWEST, ALL * np.isfinite(later).sum()):
        return None
    a, b = earlier[both], later[both]
    apart = b - a
    if apart.min() < 0 or a.max() <= b.min() or apart.min() == apart.max() == 0:
        return None
    return spread(apart) if is_narrow(apart, b) else None


def is_narrow(apart: Floats, times: Floats) -> bool:
    """Whether times belong to others, as they lie apart from these by less than they do from each other."""
    return spread(apart) <= _NARROW * spread(times)


def spread(values: Floats) -> float:
    """How far values lie apart, without the lowest and the highest twentieth."""
    return float(np.quantile(values, 0.95) - np.quantile(values, 0.05))


def following_at(type_: pa.DataType, before: Generator, apart: Floats) -> Generator:
    """A date or time after another one, at distances like some.

    Args:
        type_: its type.
        before: the other.
        apart: the distances, in microseconds.
    """
    if pa.types.is_date(type_):
        days = law(apart / _MICROS_A_DAY, Resolution(0))
        return Call("date_add", (before, days if isinstance(days, Constant) else days.cast("int")))
    for unit, micros in (("days", _MICROS_A_DAY), ("hours", 3.6e9), ("minutes", 6e7), ("seconds", 1e6)):
        if unit == "seconds" or not (apart % micros).any():
            numbers = apart / micros
            whole = not (numbers % 1).any()
            return before + Call(unit, (law(numbers, Resolution(0 if whole else 3)),))
    raise AssertionError("seconds hold all times")


def hierarchies(columns: Mapping[str, pa.Array], most: int) -> dict[str, str]:
    """Columns of texts whose values each belong to one value of another column: the other, by name.

    Args:
        columns: columns of repeated values.
        most: how many different values a column may have.
    """
    coded = {name: array.dictionary_encode() for name, array in columns.items() if not array.null_count}
    sizes = {name: len(one.dictionary) for name, one in coded.items()}
    codes = {name: to_numpy(one.indices).astype(np.int64) for name, one in coded.items()}
    found: dict[str, str] = {}
    needed: dict[str, set[str]] = {}
    for fine in sorted(sizes, key=lambda name: -sizes[name]):
        if not _FEWEST_FINE <= sizes[fine] <= most:
            continue
        # The finest of those that it belongs to, so that a city is in a state, and the state in a country.
        for coarse in sorted((one for one in sizes if one != fine), key=lambda name: -sizes[name]):
            if not 1 < sizes[coarse] <= sizes[fine] or fine in needed.get(coarse, ()) or coarse == fine:
                continue
            pairs = codes[fine] * sizes[coarse] + codes[coarse]
            if len(distinct(pairs)) == sizes[fine]:
                found[fine] = coarse
                needed[fine] = {coarse, *needed.get(coarse, ())}
                for other, needs in needed.items():
                    if fine in needs:
                        needed[other] = needs | needed[fine]
                break
    return found


def missing_with(columns: Mapping[str, pa.Array], order: Sequence[str]) -> dict[str, str]:
    """Columns that are null wherever another one before them is, if that is most of their nulls: the other, by name.

    Args:
        columns: the table's.
        order: in which they are made.
    """
    masks = {name: to_numpy(columns[name].is_null()) for name in order if columns[name].null_count}
    found: dict[str, str] = {}
    for number, name in enumerate(order):
        if name not in masks or masks[name].all():
            continue
        mine = masks[name]
        best: tuple[int, str] | None = None
        for other in order[:number]:
            if other not in masks or masks[other].all():
                continue
            theirs = masks[other]
            count = int(theirs.sum())
            together = int((mine & theirs).sum())
            if together >= ALL * count and count >= 0.3 * mine.sum() and (best is None or count > best[0]):
                best = count, other
        if best is not None and best[0] > FEWEST / 4:
            found[name] = best[1]
    return found


__all__ = [
    "following",
    "following_at",
    "following_by_name",
    "hierarchies",
    "missing_with",
    "parts_of_dates",
    "same_texts",
]
