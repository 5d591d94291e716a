"""What can be written between generators and after them: ``+``, ``<``, ``&``, ``.isin(…)``, as Spark's columns do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_synthdata.errors import DeclarationError

if TYPE_CHECKING:
    from pytest_synthdata.columns.expressions.operators import Call, Operation


class Fluent:
    """Operators of generators. ``==`` and ``!=`` are only those of `col` and of what is made from it.

    A quotient is a double, that of decimals a decimal; ``//`` is Spark's ``div``, a bigint towards zero; ``%`` has the
    sign of the dividend. All three are null where the divisor is 0. Whole numbers that leave their type are an error.
    """

    def _operation(self, name: str, *operands: Any) -> Operation:
        from pytest_synthdata.columns.expressions.operators import Operation
        from pytest_synthdata.columns.generators.base import literal

        return Operation(name, tuple(literal(operand) for operand in operands))

    def _call(self, name: str, *options: Any) -> Call:
        from pytest_synthdata.columns.expressions.operators import Call

        return Call(name, (self,), options)  # type: ignore[arg-type]

    def __add__(self, other: Any) -> Operation:
        return self._operation("add", self, other)

    def __radd__(self, other: Any) -> Operation:
        return self._operation("add", other, self)

    def __sub__(self, other: Any) -> Operation:
        return self._operation("subtract", self, other)

    def __rsub__(self, other: Any) -> Operation:
        return self._operation("subtract", other, self)

    def __mul__(self, other: Any) -> Operation:
        return self._operation("multiply", self, other)

    def __rmul__(self, other: Any) -> Operation:
        return self._operation("multiply", other, self)

    def __truediv__(self, other: Any) -> Operation:
        return self._operation("divide", self, other)

    def __rtruediv__(self, other: Any) -> Operation:
        return self._operation("divide", other, self)

    def __floordiv__(self, other: Any) -> Operation:
        return self._operation("floor_divide", self, other)

    def __rfloordiv__(self, other: Any) -> Operation:
        return self._operation("floor_divide", other, self)

    def __mod__(self, other: Any) -> Operation:
        return self._operation("remainder", self, other)

    def __rmod__(self, other: Any) -> Operation:
        return self._operation("remainder", other, self)

    def __neg__(self) -> Call:
        return self._call("negative")

    def __abs__(self) -> Call:
        return self._call("abs")

    def __lt__(self, other: Any) -> Operation:
        return self._operation("less", self, other)

    def __le__(self, other: Any) -> Operation:
        return self._operation("less_equal", self, other)

    def __gt__(self, other: Any) -> Operation:
        return self._operation("greater", self, other)

    def __ge__(self, other: Any) -> Operation:
        return self._operation("greater_equal", self, other)

    def __and__(self, other: Any) -> Operation:
        return self._operation("and_kleene", self, other)

    def __rand__(self, other: Any) -> Operation:
        return self._operation("and_kleene", other, self)

    def __or__(self, other: Any) -> Operation:
        return self._operation("or_kleene", self, other)

    def __ror__(self, other: Any) -> Operation:
        return self._operation("or_kleene", other, self)

    def __invert__(self) -> Operation:
        return self._operation("invert", self)

    def between(self, low: Any, high: Any) -> Operation:
        """Whether low ≤ value ≤ high."""
        from pytest_synthdata.columns.expressions.operators import Between

        return Between.comparing(self, low, high)  # type: ignore[arg-type]

    def isin(self, *values: Any) -> Operation:
        """Whether the value is one of a list."""
        from pytest_synthdata.columns.expressions.operators import Operation
        from pytest_synthdata.columns.generators.base import Constant

        listed = values[0] if len(values) == 1 and isinstance(values[0], (list, tuple, set)) else values
        return Operation("is_in", (self, Constant(list(listed))))  # type: ignore[arg-type]

    def is_null(self) -> Operation:
        """Whether there is no value."""
        return self._operation("is_null", self)

    def is_not_null(self) -> Operation:
        """Whether there is a value."""
        return self._operation("is_valid", self)

    def isNull(self) -> Operation:  # noqa: N802 - Spark's name
        """As `is_null`."""
        return self.is_null()

    def isNotNull(self) -> Operation:  # noqa: N802 - Spark's name
        """As `is_not_null`."""
        return self.is_not_null()

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            instead = _INSTEAD.get(name)
            if instead is None:
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            raise AttributeError(f".{name}(…) of Spark is not here: {instead}")

    def contains(self, text: str) -> Call:
        """Whether a text holds another."""
        return self._call("contains", _text(text, "contains"))

    def startswith(self, text: str) -> Call:
        """Whether a text begins with another."""
        return self._call("startswith", _text(text, "startswith"))

    def endswith(self, text: str) -> Call:
        """Whether a text ends with another."""
        return self._call("endswith", _text(text, "endswith"))

    def like(self, pattern: str) -> Call:
        """Whether a text matches a pattern of SQL, in which % is any text and _ any letter."""
        return self._call("like", _text(pattern, "like"))

    def rlike(self, pattern: str) -> Call:
        """Whether a regular expression is found in a text; without backward references and look-around."""
        return self._call("rlike", _text(pattern, "rlike"))

    def substr(self, position: int, length: int) -> Call:
        """A part of a text: ``length`` letters from ``position`` on, from 1; from the end where it is negative."""
        return self._call("substring", position, length)


# What to write for methods of Spark's columns that generators do not have.
_INSTEAD = {
    "alias": "a column has the name of the attribute that it is assigned to: total = col('net') * 2",
    "astype": "write .cast(…)",
    "eqNullSafe": "write F.coalesce(col('a') == col('b'), col('a').is_null() & col('b').is_null())",
    "getField": "write the field after a dot, as in col('address.city')",
    "getItem": "write the item in braces, as in Template('{tags[0]}'), or take it in a @column function",
    "name": "a column has the name of the attribute that it is assigned to: total = col('net') * 2",
    "otherwise": "write when(condition, value).otherwise(…)",
}


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise DeclarationError(f".{name}({value!r}): write a text")
    return value


__all__ = ["Fluent"]
