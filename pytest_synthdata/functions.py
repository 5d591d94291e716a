"""Functions of columns under pyspark's names: ``from pytest_synthdata import functions as F``.

As in pyspark, a text that is given for a column is its name (``F.upper("city")``), numbers are themselves, and texts
that are meant as such stand in `lit`: ``F.concat("city", F.lit(", "), col("customer.country"))``. Any generator can be
given, too. Types, nulls and rounding are those of Spark's ANSI mode with the session's time zone UTC.
"""

from __future__ import annotations

from typing import Any

from pytest_synthdata.columns.expressions.conditions import when
from pytest_synthdata.columns.expressions.operators import Call, Column, col
from pytest_synthdata.columns.generators.base import Constant, Generator, literal
from pytest_synthdata.columns.generators.modifiers import Cast, Rounded
from pytest_synthdata.errors import DeclarationError

ColumnOrName = Any


def _column(value: Any) -> Generator:
    return Column(value) if isinstance(value, str) else literal(value)


def _call(name: str, *columns: Any, options: tuple[Any, ...] = ()) -> Call:
    return Call(name, tuple(_column(column) for column in columns), options)


def lit(value: Any) -> Constant:
    """A value that is the same in every row.

    >>> lit("x")
    Constant(value='x')
    """
    return Constant(value)


def days(count: ColumnOrName) -> Call:
    """An interval of days, whole or not.

    ``col("ordered_on") + days(Poisson(3))`` is a date; with fractions of days it is a timestamp. Numbers with
    ``.round()`` are whole ones, too.

    >>> days(3)
    F.days(F.lit(3))
    """
    whole = isinstance(count, Rounded) and isinstance(count.digits, int) and count.digits <= 0
    return _call("days", Cast(count, "bigint") if whole else count)


def hours(count: ColumnOrName) -> Call:
    """An interval of hours, fractions of them too.

    >>> hours(1.5)
    F.hours(F.lit(1.5))
    """
    return _call("hours", count)


def minutes(count: ColumnOrName) -> Call:
    """An interval of minutes, fractions of them too.

    >>> minutes(1.5)
    F.minutes(F.lit(1.5))
    """
    return _call("minutes", count)


def seconds(count: ColumnOrName) -> Call:
    """An interval of seconds, fractions of them too.

    >>> seconds(1.5)
    F.seconds(F.lit(1.5))
    """
    return _call("seconds", count)


def concat(*columns: ColumnOrName) -> Call:
    """Texts one after the other; null where one of them is.

    >>> concat("city", lit(", "), "country")
    F.concat(col('city'), F.lit(', '), col('country'))
    """
    return _call("concat", *columns)


def concat_ws(separator: str, *columns: ColumnOrName) -> Call:
    """Texts with a separator between them; those that are null are left out."""
    return _call("concat_ws", *columns, options=(separator,))


def struct(*columns: ColumnOrName, **named: ColumnOrName) -> Call:
    """A struct of columns, under their own names or under those that are given.

    A parent's column has the last part of its name (``customer.tier`` is ``tier``); what has none is called by its
    place, as in Spark: ``col2``.

    >>> struct("order_id", tier="customer.tier")
    F.struct(order_id=col('order_id'), tier=col('customer.tier'))

    Raises:
        DeclarationError: for no field, and for two of one name.
    """
    fields = [_column(value) for value in (*columns, *named.values())]
    names = [
        field.name.rpartition(".")[2] if isinstance(field, Column) else f"col{place}"
        for place, field in enumerate(fields[: len(columns)], start=1)
    ]
    names += named
    if not names or len(set(names)) < len(names):
        wrong = "it has none" if not names else f"these are {', '.join(names)}"
        raise DeclarationError(f"F.struct: each field has a name of its own, and {wrong}; write name=column")
    return Call("struct", tuple(fields), (tuple(names),))


def create_map(*columns: ColumnOrName) -> Call:
    """A map of keys and values, which follow each other; a value that is null keeps its key, as in Spark.

    >>> create_map(lit("vip"), "is_vip", lit("gdpr"), "agreed")
    F.create_map(F.lit('vip'), col('is_vip'), F.lit('gdpr'), col('agreed'))

    Raises:
        DeclarationError: for no key, and for one without a value.
    """
    if not columns or len(columns) % 2:
        raise DeclarationError(
            f"F.create_map: {len(columns)} arguments; write each key and its value: F.create_map(F.lit('vip'), 'vip')"
        )
    return _call("create_map", *columns)


def to_json(column: ColumnOrName) -> Call:
    """A struct, an array or a map as a JSON text, as Spark writes it: without blanks, and without fields that are null.

    >>> to_json(struct("sku", price=1.5))
    F.to_json(F.struct(sku=col('sku'), price=F.lit(1.5)))
    """
    return _call("to_json", column)


def upper(column: ColumnOrName) -> Call:
    """A text in capitals."""
    return _call("upper", column)


def lower(column: ColumnOrName) -> Call:
    """A text in small letters."""
    return _call("lower", column)


def initcap(column: ColumnOrName) -> Call:
    """A text whose words begin with a capital; all else is small."""
    return _call("initcap", column)


def length(column: ColumnOrName) -> Call:
    """The number of a text's characters."""
    return _call("length", column)


def size(column: ColumnOrName) -> Call:
    """The number of an array's items or of a map's keys; null where there is no array or map, as in ANSI mode.

    >>> size("tags")
    F.size(col('tags'))
    """
    return _call("size", column)


def reverse(column: ColumnOrName) -> Call:
    """A text from its end to its beginning."""
    return _call("reverse", column)


def trim(column: ColumnOrName) -> Call:
    """A text without the spaces around it."""
    return _call("trim", column)


def ltrim(column: ColumnOrName) -> Call:
    """A text without the spaces before it."""
    return _call("ltrim", column)


def rtrim(column: ColumnOrName) -> Call:
    """A text without the spaces after it."""
    return _call("rtrim", column)


def substring(column: ColumnOrName, pos: int, len: int) -> Call:  # noqa: A002 - pyspark's names
    """A part of a text.

    Args:
        column: the text.
        pos: the number of its first character, from 1; from the end where it is negative.
        len: how many characters.
    """
    return _call("substring", column, options=(pos, len))


def lpad(column: ColumnOrName, len: int, pad: str) -> Call:  # noqa: A002 - pyspark's names
    """A text filled up from the left to ``len`` characters, or cut to them.

    >>> lpad("number", 6, "0")
    F.lpad(col('number'), 6, '0')
    """
    return _call("lpad", column, options=(len, pad))


def rpad(column: ColumnOrName, len: int, pad: str) -> Call:  # noqa: A002 - pyspark's names
    """A text filled up from the right to ``len`` characters, or cut to them."""
    return _call("rpad", column, options=(len, pad))


def replace(src: ColumnOrName, search: ColumnOrName, replace: ColumnOrName | None = None) -> Call:
    """A text in which another is replaced wherever it stands.

    Args:
        src: the text.
        search: what is replaced, a column as well; a text that is meant as such stands in `lit`.
        replace: what takes its place; nothing by default.

    >>> replace("phone", lit("-"), lit(" "))
    F.replace(col('phone'), F.lit('-'), F.lit(' '))
    """
    return _call("replace", src, search, literal("") if replace is None else replace)


def regexp_extract(column: ColumnOrName, pattern: str, idx: int) -> Call:
    """What a group of a regular expression matches first; the empty text where nothing does.

    Args:
        column: the text.
        pattern: a regular expression without backward references and look-around.
        idx: the number of the group; 0 for all of the match.
    """
    return _call("regexp_extract", column, options=(pattern, idx))


def regexp_replace(column: ColumnOrName, pattern: str, replacement: str) -> Call:
    """A text in which all matches of a regular expression are replaced; ``$1`` stands for its first group."""
    return _call("regexp_replace", column, options=(pattern, replacement))


def abs(column: ColumnOrName) -> Call:  # noqa: A001 - pyspark's name
    """A number without its sign."""
    return _call("abs", column)


def ceil(column: ColumnOrName) -> Call:
    """The least whole number that is not below a number."""
    return _call("ceil", column)


def floor(column: ColumnOrName) -> Call:
    """The greatest whole number that is not above a number."""
    return _call("floor", column)


def pmod(dividend: ColumnOrName, divisor: ColumnOrName) -> Call:
    """The remainder of a division that is never negative."""
    return _call("pmod", dividend, divisor)


def sqrt(column: ColumnOrName) -> Call:
    """The square root of a number."""
    return _call("sqrt", column)


def greatest(*columns: ColumnOrName) -> Call:
    """The greatest of several values; nulls do not count."""
    return _call("greatest", *columns)


def least(*columns: ColumnOrName) -> Call:
    """The least of several values; nulls do not count."""
    return _call("least", *columns)


def coalesce(*columns: ColumnOrName) -> Call:
    """The first of several values that is not null.

    >>> coalesce("nickname", "name")
    F.coalesce(col('nickname'), col('name'))
    """
    return _call("coalesce", *columns)


def nullif(column: ColumnOrName, other: ColumnOrName) -> Call:
    """A value; null where it equals another."""
    return _call("nullif", column, other)


def isnull(column: ColumnOrName) -> Call:
    """Whether there is no value."""
    return _call("isnull", column)


def isnotnull(column: ColumnOrName) -> Call:
    """Whether there is a value."""
    return _call("isnotnull", column)


def date_add(start: ColumnOrName, days: ColumnOrName) -> Call:
    """The date that is some whole days after another."""
    return _call("date_add", start, days)


def date_sub(start: ColumnOrName, days: ColumnOrName) -> Call:
    """The date that is some whole days before another."""
    return _call("date_sub", start, days)


def add_months(start: ColumnOrName, months: ColumnOrName) -> Call:
    """The date that is some months after another, on the same day or the last of its month."""
    return _call("add_months", start, months)


def last_day(date: ColumnOrName) -> Call:
    """The last day of a date's month."""
    return _call("last_day", date)


def datediff(end: ColumnOrName, start: ColumnOrName) -> Call:
    """The number of days from one date to another.

    >>> datediff("shipped_on", "ordered_on")
    F.datediff(col('shipped_on'), col('ordered_on'))
    """
    return _call("datediff", end, start)


def date_trunc(format: str, timestamp: ColumnOrName) -> Call:  # noqa: A002 - pyspark's names
    """The time at which the year, quarter, month, week, day, hour, minute or second of another begins."""
    return _call("date_trunc", timestamp, options=(format,))


def trunc(date: ColumnOrName, format: str) -> Call:  # noqa: A002 - pyspark's names
    """The date on which the year, quarter, month or week of another begins."""
    return _call("trunc", date, options=(format,))


def date_format(date: ColumnOrName, format: str) -> Call:  # noqa: A002 - pyspark's names
    """A date or time as text, in a pattern such as ``"yyyy-MM-dd HH:mm"``."""
    return _call("date_format", date, options=(format,))


def to_date(column: ColumnOrName, format: str | None = None) -> Call:  # noqa: A002 - pyspark's names
    """The date that a text says, in a pattern such as ``"dd.MM.yyyy"``, or the day of a time."""
    return _call("to_date", column, options=() if format is None else (format,))


def to_timestamp(column: ColumnOrName, format: str | None = None) -> Call:  # noqa: A002 - pyspark's names
    """The time that a text says, in a pattern such as ``"dd.MM.yyyy HH:mm:ss"``, or the midnight of a date."""
    return _call("to_timestamp", column, options=() if format is None else (format,))


def year(column: ColumnOrName) -> Call:
    """The year of a date or time."""
    return _call("year", column)


def quarter(column: ColumnOrName) -> Call:
    """The quarter of a date or time, from 1."""
    return _call("quarter", column)


def month(column: ColumnOrName) -> Call:
    """The month of a date or time, from 1."""
    return _call("month", column)


def weekofyear(column: ColumnOrName) -> Call:
    """The week of the year by ISO 8601."""
    return _call("weekofyear", column)


def dayofyear(column: ColumnOrName) -> Call:
    """The day of the year, from 1."""
    return _call("dayofyear", column)


def dayofmonth(column: ColumnOrName) -> Call:
    """The day of the month, from 1."""
    return _call("dayofmonth", column)


def dayofweek(column: ColumnOrName) -> Call:
    """The day of the week: Sunday is 1."""
    return _call("dayofweek", column)


def weekday(column: ColumnOrName) -> Call:
    """The day of the week: Monday is 0."""
    return _call("weekday", column)


def hour(column: ColumnOrName) -> Call:
    """The hour of a time, from 0."""
    return _call("hour", column)


def minute(column: ColumnOrName) -> Call:
    """The minute of a time, from 0."""
    return _call("minute", column)


def second(column: ColumnOrName) -> Call:
    """The second of a time, from 0."""
    return _call("second", column)


__all__ = [
    "abs",
    "add_months",
    "ceil",
    "coalesce",
    "col",
    "concat",
    "concat_ws",
    "create_map",
    "date_add",
    "date_format",
    "date_sub",
    "date_trunc",
    "datediff",
    "dayofmonth",
    "dayofweek",
    "dayofyear",
    "days",
    "floor",
    "greatest",
    "hour",
    "hours",
    "initcap",
    "isnotnull",
    "isnull",
    "last_day",
    "least",
    "length",
    "lit",
    "lower",
    "lpad",
    "ltrim",
    "minute",
    "minutes",
    "month",
    "nullif",
    "pmod",
    "quarter",
    "regexp_extract",
    "regexp_replace",
    "replace",
    "reverse",
    "rpad",
    "rtrim",
    "second",
    "seconds",
    "size",
    "sqrt",
    "struct",
    "substring",
    "to_date",
    "to_json",
    "to_timestamp",
    "trim",
    "trunc",
    "upper",
    "weekday",
    "weekofyear",
    "when",
    "year",
]
