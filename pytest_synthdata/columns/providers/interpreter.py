"""Reads the law of a Faker provider's method from its source, by running it with random values left open.

The interpreter knows the small part of Python that such methods are made of. A value that the method draws stays
a law as long as the method only puts it together with others. Where the method looks at it (an index, a condition,
a second use), every value that it can have is tried in turn and the outcomes are mixed. What the interpreter does
not know is never guessed: it raises `Unreadable`, and the provider is asked row by row.
"""

from __future__ import annotations

import inspect
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

from pytest_synthdata.columns.providers.symbols import Fork, Inline, Root, Symbol, Unreadable, Words, is_open, itself
from pytest_synthdata.columns.text.grammar import Draw, Law, each, is_random, is_text, join, mix

_STEPS = 30_000  # expressions looked at for one provider, tens of milliseconds
_VALUES_A_STEP = 10
_DEPTH = 40
_WIDE = 1 << 17  # numbers that are written out, such as postcodes

_PURE = frozenset(
    {abs, all, any, bool, chr, dict, divmod, enumerate, float, frozenset, getattr, hasattr, int, isinstance, len, list}
    | {max, min, ord, pow, range, repr, reversed, round, set, sorted, str, sum, tuple, zip, OrderedDict}
)
_ORDERLESS = frozenset({len, isinstance, sorted, min, max, sum, all, any, set, frozenset})
_PURE_METHODS: dict[type, frozenset[str]] = {
    str: frozenset(name for name in dir(str) if not name.startswith("_")),
    dict: frozenset({"keys", "values", "items", "get"}),
    list: frozenset({"index", "count", "copy"}),
    tuple: frozenset({"index", "count"}),
}

Primitive = Callable[["Execution", Any, "list[Any]", "dict[str, Any]"], Any]


class Interpreter:
    """Reads the methods of one set of providers.

    Args:
        primitives: functions whose law is known rather than read, by function object: one that is overridden
            is another object and is read like any other.
        primitive_of: the same for methods of objects, such as a random generator's; None where it is not known.
        evaluate: gives what a call of a Python function returns, whose arguments are its variables.
    """

    def __init__(
        self,
        primitives: Mapping[Any, Primitive],
        primitive_of: Callable[[Any], Primitive | None],
        evaluate: Callable[[Execution, FunctionType, dict[str, Any]], Any],
    ) -> None:
        self.primitives = primitives
        self.primitive_of = primitive_of
        self.evaluate = evaluate
        self.depth: int = 0
        self.steps: int = 0
        self._known: dict[Any, Law | Exception] = {}
        self._held: list[Any] = []  # what the keys' ids belong to

    def step(self, count: int = 1) -> None:
        """Note what was looked at; raises where it becomes too much."""
        self.steps += count
        if self.steps > _STEPS:
            raise Unreadable("too long")

    def primitive(self, function: Any) -> Primitive | None:
        """The known law of a function, if there is one."""
        plain = getattr(function, "__func__", function)
        known = self.primitives.get(plain) if _hashable(plain) else None
        return known or self.primitive_of(function)

    def law(
        self, function: Callable[..., Any], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Law:
        """The law of what a method returns; raises `Unreadable`."""
        arguments = tuple((kwargs or {}).items())
        if self.depth == 0:
            self.steps = 0
        owner = getattr(function, "__self__", None)
        key: Any = (getattr(function, "__func__", function), id(owner), tuple(args), arguments)
        try:
            known = self._known.get(key)
        except TypeError:
            return self._explore(function, args, dict(arguments), {})
        if known is None:
            try:
                known = self._explore(function, args, dict(arguments), {})
            except (Unreadable, Inline) as error:
                known = error
            self._known[key] = known
            self._held.append(owner)
        if isinstance(known, (Unreadable, Inline)):
            raise known
        return known

    def _explore(
        self, function: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any], settled: dict[int, Any]
    ) -> Law:
        """The law given the values of some draws; the others are settled one by one, earliest first."""
        if self.depth > _DEPTH:
            raise Unreadable("calls too deep")
        self.depth += 1
        try:
            run = Execution(self, settled)
            primitive = self.primitive(function)
            if primitive is None:
                return run.close(run.enter(function, list(args), kwargs))
            return run.close(primitive(run, getattr(function, "__self__", None), list(args), kwargs))
        except Fork as raised:
            fork = raised
        finally:
            self.depth -= 1
        while True:
            number = fork.root.number
            if settled and number < max(settled):
                raise fork
            try:
                return mix(
                    (share, self._explore(function, args, kwargs, {**settled, number: value}))
                    for share, value in fork.options()
                )
            except Fork as raised:
                fork = raised


@dataclass
class Execution:
    """One reading of a method, with the values of some of its draws settled."""

    reader: Interpreter
    settled: Mapping[int, Any]
    drawn: int = 0
    own: dict[int, Any] = field(default_factory=dict)  # lists that were made here and may be changed

    def source(self, law: Law) -> Any:
        """A fresh value of a law."""
        number = self.drawn
        self.drawn += 1
        law = self.settled.get(number, law)
        if not is_random(law):
            return law
        return Symbol(law, (Root(number, law),), itself)

    def use(self, symbol: Symbol) -> Law:
        """The law of an open value, which is thereby used up: two uses of one value are not independent."""
        if symbol.used:
            self.settle(symbol)
        symbol.used = True
        return symbol.law

    def settle(self, value: Any) -> None:
        """Have an open value tried out, one after the other; nothing where it is not open."""
        if isinstance(value, Symbol):
            raise Fork(value.roots[0])
        if isinstance(value, Words):
            raise Unreadable("a split text is looked at")

    def apply(self, function: Callable[..., Any], *arguments: Any, peek: bool = False) -> Any:
        """A pure function of values of which some may be open."""
        open_ = [number for number, argument in enumerate(arguments) if isinstance(argument, Symbol)]
        if not open_:
            try:
                return function(*arguments)
            except Exception as error:  # noqa: BLE001 - whatever it is, Faker will raise it itself
                raise Unreadable(f"{type(error).__name__}: {error}") from None
        place, symbol = open_[0], arguments[open_[0]]
        if len(open_) > 1 or not isinstance(symbol.law, Draw) or len(symbol.law.values) > _WIDE:
            self.settle(symbol)
        self.reader.step(len(symbol.law.values) // _VALUES_A_STEP)

        def filled(value: Any) -> Any:
            return function(*arguments[:place], value, *arguments[place + 1 :])

        try:
            law = symbol.law.map(filled)
        except Exception as error:  # noqa: BLE001
            raise Unreadable(f"{type(error).__name__}: {error}") from None
        if peek and len(law.values) == 1:
            return law.values[0]
        self.use(symbol)
        inner = symbol.of
        return Symbol(law, symbol.roots, inner and (lambda value: filled(inner(value))))

    def transform(self, function: Callable[[Law], Law], value: Any) -> Any:
        """A function of a law, applied to an open or a settled text."""
        if isinstance(value, Symbol):
            return Symbol(function(self.use(value)), value.roots)
        return function(value)

    def text(self, values: Iterable[Any]) -> Any:
        """Values as one text."""
        laws: list[Law] = []
        roots: list[Root] = []
        for value in values:
            if isinstance(value, Symbol):
                laws.append(self.use(value))
                roots += value.roots
            else:
                laws.append(value)
        if not all(is_text(law) for law in laws):
            raise Unreadable("text of something that is none")
        return Symbol(join(laws), tuple(roots)) if roots else join(laws)

    def truth(self, value: Any) -> bool:
        """A condition."""
        if isinstance(value, Symbol):
            value = self.apply(bool, value, peek=True)
            if isinstance(value, Symbol):
                raise Fork(value.roots[0], value.of)
        return bool(value)

    def close(self, value: Any) -> Law:
        """The law of a method's result."""
        if isinstance(value, Symbol):
            return self.use(value)
        if isinstance(value, Words) or (isinstance(value, (list, tuple)) and any(map(is_open, value))):
            raise Inline
        return value

    def call(self, function: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """A call of anything."""
        self.settle(function)
        primitive = self.reader.primitive(function)
        if primitive is not None:
            return primitive(self, getattr(function, "__self__", None), args, kwargs)
        if isinstance(function, (FunctionType, MethodType)):
            if any(map(is_open, [*args, *kwargs.values()])):
                return self.enter(function, args, kwargs)
            try:
                return self.source(self.reader.law(function, args, kwargs))
            except Inline:
                return self.enter(function, args, kwargs)
        return self._builtin(function, args, kwargs)

    def _builtin(self, function: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """A call of one of the functions of Python itself that only depend on their arguments."""
        name = getattr(function, "__name__", "")
        if not (_is_pure_method(function) or (_hashable(function) and function in _PURE)):
            raise Unreadable(f"calls {name or type(function).__name__}")
        if any(isinstance(argument, (set, frozenset)) for argument in args) and function not in _ORDERLESS:
            raise Unreadable("depends on the order of a set")
        if function is list and len(args) == 1 and isinstance(args[0], (list, tuple)):
            return self.fresh(list(args[0]))
        parts = [argument for argument in args if is_open(argument) and not isinstance(argument, Symbol)]
        if parts and name == "join" and isinstance(function, BuiltinFunctionType):
            return self.join(function.__self__, args[0])
        if parts and function is len and not isinstance(parts[0], Words):
            return len(parts[0])
        if parts or any(map(is_open, kwargs.values())):
            raise Unreadable("a function of several drawn values")
        return self.apply(lambda *values: function(*values, **kwargs), *args)

    def join(self, separator: Any, items: Any) -> Any:
        """``separator.join(items)``."""
        if isinstance(items, Words):
            if separator != "":
                raise Unreadable("words joined anew")
            return self.transform(lambda law: each(law, lambda text: text.replace(" ", "")), items.symbol)
        return self.text(piece for number, item in enumerate(items) for piece in ([separator] * (number > 0) + [item]))

    def fresh(self, items: list[Any]) -> list[Any]:
        """Note a list as made here."""
        self.own[id(items)] = items
        return items

    def enter(self, function: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """The result of a Python function, read with the arguments that it gets."""
        self.reader.depth += 1
        try:
            if self.reader.depth > _DEPTH:
                raise Unreadable("calls too deep")
            plain = getattr(function, "__func__", function)
            if not isinstance(plain, FunctionType):
                return self.call(function, args, kwargs)
            if isinstance(function, MethodType):
                args = [function.__self__, *args]
            try:
                bound = inspect.Signature.from_callable(plain, follow_wrapped=False).bind(*args, **kwargs)
            except TypeError as error:
                raise Unreadable(str(error)) from None
            bound.apply_defaults()
            return self.reader.evaluate(self, plain, dict(bound.arguments))
        finally:
            self.reader.depth -= 1


def _hashable(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


def _is_pure_method(function: Any) -> bool:
    owner = getattr(function, "__self__", None)
    return isinstance(function, BuiltinFunctionType) and any(
        isinstance(owner, type_) and function.__name__ in names for type_, names in _PURE_METHODS.items()
    )
