"""Reads the law of a Faker provider's method from its source, by running it with random values left open.

The interpreter knows the small part of Python that such methods are made of. A value that the method draws stays
a law as long as the method only puts it together with others. Where the method looks at it (an index, a condition,
a second use), every value that it can have is tried in turn and the outcomes are mixed. What the interpreter does
not know is never guessed: it raises `Unreadable`, and the provider is asked row by row.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import linecache
import operator
import re
import textwrap
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

from pytest_synthdata.columns.text.laws import (
    FINITE,
    Draw,
    Law,
    digits,
    each,
    first_word,
    is_random,
    is_text,
    join,
    listed,
    mix,
    size,
)

_STEPS = 30_000  # expressions looked at for one provider, tens of milliseconds
_VALUES_A_STEP = 10
_DEPTH = 40
_WIDE = 1 << 17  # numbers that are written out, such as postcodes

_PURE = frozenset(
    {abs, all, any, bool, chr, dict, divmod, enumerate, float, frozenset, getattr, hasattr, int, isinstance, len, list}
    | {max, min, ord, pow, range, repr, reversed, round, set, sorted, str, sum, tuple, zip, OrderedDict}
)
_PURE_METHODS: dict[type, frozenset[str]] = {
    str: frozenset(name for name in dir(str) if not name.startswith("_")),
    dict: frozenset({"keys", "values", "items", "get"}),
    list: frozenset({"index", "count", "copy"}),
    tuple: frozenset({"index", "count"}),
}
_PIECEWISE = frozenset({"upper", "casefold", "swapcase"})  # per character, whatever stands beside it
_NUMBER = re.compile(r"(?:0(\d+))?([dxX]?)")
_OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Mod: operator.mod,
    ast.Div: operator.truediv, ast.FloorDiv: operator.floordiv, ast.Pow: operator.pow, ast.BitXor: operator.xor,
    ast.BitAnd: operator.and_, ast.BitOr: operator.or_, ast.LShift: operator.lshift, ast.RShift: operator.rshift,
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge, ast.Is: operator.is_, ast.IsNot: operator.is_not,
    ast.In: lambda a, b: a in b, ast.NotIn: lambda a, b: a not in b,
    ast.Not: operator.not_, ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Invert: operator.invert,
}  # fmt: skip


class Unreadable(Exception):  # noqa: N818
    """A method does something that the interpreter does not know."""


@dataclass(eq=False)
class Root:
    """A value as it was drawn, by its number in the run."""

    number: int
    law: Law


@dataclass(eq=False)
class Symbol:
    """A value that is left open: its law, and what was drawn to make it. It may be used once.

    ``of`` gives it from the value that was drawn, where that is one of a list.
    """

    law: Law
    roots: tuple[Root, ...]
    of: Callable[[Any], Any] | None = None
    used: bool = False


@dataclass(eq=False)
class Words:
    """A text that was split at its spaces."""

    symbol: Symbol


class _Fork(Exception):  # noqa: N818
    """What was drawn must be settled: to one value after the other, or to classes of values."""

    def __init__(self, root: Root, classes: Callable[[Any], Any] | None = None) -> None:
        self.root = root
        self.classes = classes

    def options(self) -> list[tuple[float, Law]]:
        law = self.root.law
        if self.classes is None:
            if size(law) > FINITE:
                raise Unreadable("a value with too many possibilities is looked at")
            return [(share, value) for value, share in listed(law).without_repetition().pairs()]
        groups: dict[Any, list[tuple[float, Any]]] = {}
        for value, share in law.pairs():
            groups.setdefault(self.classes(value), []).append((share, value))
        return [(sum(share for share, _ in group), mix(group)) for group in groups.values()]


class _Inline(Exception):  # noqa: N818
    """A method gives a list of drawn values: it is read as part of its caller."""


Primitive = Callable[["Run", Any, "list[Any]", "dict[str, Any]"], Any]


class Reader:
    """Reads the methods of one set of providers.

    Args:
        primitives: functions whose law is known rather than read, by function object: one that is overridden
            is another object and is read like any other.
        primitive_of: the same for methods of objects, such as a random generator's; None where it is not known.
    """

    def __init__(self, primitives: Mapping[Any, Primitive], primitive_of: Callable[[Any], Primitive | None]) -> None:
        self.primitives = primitives
        self.primitive_of = primitive_of
        self.depth = 0
        self.steps = 0
        self._known: dict[Any, Law | Exception] = {}
        self._held: list[Any] = []  # what the keys' ids belong to

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
            except (Unreadable, _Inline) as error:
                known = error
            self._known[key] = known
            self._held.append(owner)
        if isinstance(known, (Unreadable, _Inline)):
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
            run = Run(self, settled)
            return run.close(run.enter(function, list(args), kwargs))
        except _Fork as raised:
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
            except _Fork as raised:
                fork = raised


@dataclass
class Run:
    """One reading of a method, with the values of some of its draws settled."""

    reader: Reader
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
        return Symbol(law, (Root(number, law),), _itself)

    def use(self, symbol: Symbol) -> Law:
        """The law of an open value, which is thereby used up: two uses of one value are not independent."""
        if symbol.used:
            self.settle(symbol)
        symbol.used = True
        return symbol.law

    def settle(self, value: Any) -> None:
        """Have an open value tried out, one after the other; nothing where it is not open."""
        if isinstance(value, Symbol):
            raise _Fork(value.roots[0])
        if isinstance(value, Words):
            raise Unreadable("a split text is looked at")

    def apply(self, function: Callable[..., Any], *arguments: Any, peek: bool = False) -> Any:
        """A pure function of values of which some may be open."""
        open_ = [number for number, argument in enumerate(arguments) if isinstance(argument, Symbol)]
        if not open_:
            try:
                return function(*arguments)
            except Exception as error:
                raise Unreadable(f"{type(error).__name__}: {error}") from None
        place, symbol = open_[0], arguments[open_[0]]
        if len(open_) > 1 or not isinstance(symbol.law, Draw) or len(symbol.law.values) > _WIDE:
            self.settle(symbol)
        self.reader.steps += len(symbol.law.values) // _VALUES_A_STEP

        def filled(value: Any) -> Any:
            return function(*arguments[:place], value, *arguments[place + 1 :])

        try:
            law = symbol.law.map(filled)
        except Exception as error:
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
                raise _Fork(value.roots[0], value.of)
        return bool(value)

    def close(self, value: Any) -> Law:
        """The law of a method's result."""
        if isinstance(value, Symbol):
            return self.use(value)
        if isinstance(value, Words) or (isinstance(value, (list, tuple)) and any(map(_is_open, value))):
            raise _Inline
        return value

    def call(self, function: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """A call of anything."""
        self.settle(function)
        primitive = self.reader.primitive(function)
        if primitive is not None:
            return primitive(self, getattr(function, "__self__", None), args, kwargs)
        if isinstance(function, (FunctionType, MethodType)):
            if any(map(_is_open, [*args, *kwargs.values()])):
                return self.enter(function, args, kwargs)
            try:
                return self.source(self.reader.law(function, args, kwargs))
            except _Inline:
                return self.enter(function, args, kwargs)
        if not (_is_pure_method(function) or (_hashable(function) and function in _PURE)):
            raise Unreadable(f"calls {getattr(function, '__qualname__', type(function).__qualname__)}")
        if function is list and len(args) == 1 and isinstance(args[0], (list, tuple)):
            return self.fresh(list(args[0]))
        if kwargs and any(map(_is_open, kwargs.values())):
            raise Unreadable("open keyword arguments")
        if any(isinstance(argument, (list, tuple)) and any(map(_is_open, argument)) for argument in args):
            if function is len:
                return len(args[0])
            if isinstance(function, BuiltinFunctionType) and function.__name__ == "join":
                return self.join(function.__self__, args[0])
            raise Unreadable("a function of several drawn values")
        if any(isinstance(argument, Words) for argument in args):
            if isinstance(function, BuiltinFunctionType) and function.__name__ == "join":
                return self.join(function.__self__, args[0])
            raise Unreadable("a split text is looked at")
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
            return Frame(self, plain, dict(bound.arguments)).run()
        finally:
            self.reader.depth -= 1


def _itself(value: Any) -> Any:
    return value


def _is_open(value: Any) -> bool:
    return isinstance(value, (Symbol, Words)) or (isinstance(value, (list, tuple)) and any(map(_is_open, value)))


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


@lru_cache(maxsize=1024)
def _source(code: Any) -> ast.FunctionDef:
    lines = linecache.getlines(code.co_filename)
    if not lines:
        raise Unreadable(f"{code.co_name}: no source")
    block = inspect.getblock(lines[code.co_firstlineno - 1 :])
    try:
        parsed = ast.parse(textwrap.dedent("".join(block))).body[0]
    except (SyntaxError, IndexError):
        raise Unreadable(f"{code.co_name}: no source of its own") from None
    if not isinstance(parsed, ast.FunctionDef) or parsed.name != code.co_name:
        raise Unreadable(f"{code.co_name}: no plain function")
    return parsed


class _Return(Exception):  # noqa: N818
    def __init__(self, value: Any) -> None:
        self.value = value


class _Break(Exception):  # noqa: N818
    pass


class _Continue(Exception):  # noqa: N818
    pass


class Frame:
    """A function call: its variables, and how its statements and expressions are read."""

    def __init__(self, run: Run, function: FunctionType, variables: dict[str, Any]) -> None:
        self.run_ = run
        self.function = function
        self.variables = variables

    def run(self) -> Any:
        """What the function returns."""
        try:
            self.execute(_source(self.function.__code__).body)
        except _Return as returned:
            return returned.value
        return None

    @cached_property
    def cells(self) -> dict[str, Any]:
        """The variables of enclosing functions."""
        return {
            name: cell.cell_contents
            for name, cell in zip(self.function.__code__.co_freevars, self.function.__closure__ or (), strict=True)
        }

    def execute(self, statements: Sequence[ast.stmt]) -> None:
        for statement in statements:
            handler = _STATEMENTS.get(type(statement))
            if handler is None:
                raise Unreadable(f"a {type(statement).__name__} statement")
            handler(self, statement)

    def value(self, node: ast.expr) -> Any:
        self.run_.reader.steps += 1
        if self.run_.reader.steps > _STEPS:
            raise Unreadable("too long")
        handler = _EXPRESSIONS.get(type(node))
        if handler is None:
            raise Unreadable(f"a {type(node).__name__} expression")
        return handler(self, node)

    def assign(self, target: ast.expr, value: Any) -> None:
        if isinstance(target, ast.Name):
            self.variables[target.id] = value
        elif isinstance(target, (ast.Tuple, ast.List)):
            self.run_.settle(value)
            values = self.run_.apply(list, value) if not isinstance(value, list) else value
            if len(values) != len(target.elts):
                raise Unreadable("a starred assignment")
            for part, item in zip(target.elts, values, strict=True):
                self.assign(part, item)
        elif isinstance(target, ast.Subscript):
            owner, key = self.value(target.value), self.value(target.slice)
            if id(owner) not in self.run_.own or not isinstance(key, int):
                raise Unreadable("changes what it did not make")
            owner[key] = value
        else:
            raise Unreadable("assigns to an attribute")

    # Statements

    def _expression(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):
            raise Unreadable("calls for an effect")

    def _return(self, node: ast.Return) -> None:
        raise _Return(self.value(node.value) if node.value else None)

    def _assign(self, node: ast.Assign) -> None:
        value = self.value(node.value)
        for target in node.targets:
            self.assign(target, value)

    def _annotated(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.assign(node.target, self.value(node.value))

    def _augmented(self, node: ast.AugAssign) -> None:
        if not isinstance(node.target, ast.Name):
            raise Unreadable("changes a part")
        self.assign(node.target, self.operate(node.op, self.variables[node.target.id], self.value(node.value)))

    def _if(self, node: ast.If) -> None:
        self.execute(node.body if self.run_.truth(self.value(node.test)) else node.orelse)

    def _for(self, node: ast.For) -> None:
        for item in self.iterate(node.iter):
            self.assign(node.target, item)
            try:
                self.execute(node.body)
            except _Continue:
                continue
            except _Break:
                return
        self.execute(node.orelse)

    def _while(self, node: ast.While) -> None:
        while self.run_.truth(self.value(node.test)):
            try:
                self.execute(node.body)
            except _Continue:
                continue
            except _Break:
                return
        self.execute(node.orelse)

    def _break(self, _: ast.Break) -> None:
        raise _Break

    def _continue(self, _: ast.Continue) -> None:
        raise _Continue

    def _pass(self, _: ast.Pass) -> None:
        pass

    # Expressions

    def _constant(self, node: ast.Constant) -> Any:
        return node.value

    def _name(self, node: ast.Name) -> Any:
        for scope in (self.variables, self.cells, self.function.__globals__, vars(builtins)):
            if node.id in scope:
                return scope[node.id]
        raise Unreadable(f"the name {node.id}")

    def _attribute(self, node: ast.Attribute) -> Any:
        owner = self.value(node.value)
        self.run_.settle(owner)
        for class_ in type(owner).__mro__:
            if isinstance(vars(class_).get(node.attr), (property, cached_property)) and not (
                class_.__module__ == "faker.generator" and node.attr == "random"
            ):
                raise Unreadable(f"the property {node.attr}")
        try:
            return getattr(owner, node.attr)
        except AttributeError as error:
            raise Unreadable(str(error)) from None

    def _call(self, node: ast.Call) -> Any:
        receiver: Any = None
        if isinstance(node.func, ast.Attribute):
            receiver = self.value(node.func.value)
        args: list[Any] = []
        for argument in node.args:
            if isinstance(argument, ast.Starred):
                args += self.iterate(argument.value)
            else:
                args.append(self.value(argument))
        kwargs: dict[str, Any] = {}
        for keyword in node.keywords:
            value = self.value(keyword.value)
            kwargs |= value if keyword.arg is None else {keyword.arg: value}
        if isinstance(receiver, (Symbol, Words)):
            assert isinstance(node.func, ast.Attribute)  # noqa: S101
            return self.method(receiver, node.func.attr, args, kwargs)
        return self.run_.call(self.value(node.func), args, kwargs)

    def method(self, owner: Symbol | Words, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """A method of an open value."""
        run = self.run_
        if isinstance(owner, Words):
            if name == "pop" and args == [0]:
                return run.transform(first_word, owner.symbol)
            raise Unreadable("a split text is looked at")
        if any(map(_is_open, args)) or kwargs or not is_text(owner.law) or name.startswith("_"):
            run.settle(owner)
        if name == "split" and args == [" "]:
            return Words(owner)
        if name == "split":
            run.settle(owner)
        if isinstance(owner.law, Draw):
            return run.apply(lambda value: getattr(value, name)(*args), owner)
        if name in _PIECEWISE or (name == "lower" and not args) or (name == "replace" and len(args[0]) == 1):
            return run.transform(lambda law: each(law, lambda text: _piecewise(text, name, args)), owner)
        run.settle(owner)
        raise Unreadable(name)

    def operate(self, operation: ast.AST, left: Any, right: Any) -> Any:
        run = self.run_
        if isinstance(operation, ast.Mod) and isinstance(left, str):
            return self.percent(left, right)
        if isinstance(operation, ast.Add) and any(
            isinstance(side, str) or (isinstance(side, Symbol) and is_text(side.law)) for side in (left, right)
        ):
            return run.text([left, right])
        if any(isinstance(side, (Words, list, tuple)) and _is_open(side) for side in (left, right)):
            raise Unreadable("arithmetic with drawn lists")
        return run.apply(_OPERATORS[type(operation)], left, right)

    def percent(self, pattern: str, values: Any) -> Any:
        """``pattern % values``."""
        pieces = re.split(r"(%0?\d*[dsxX%])", pattern)
        if any("%" in piece for piece in pieces[::2]):
            raise Unreadable("an unusual pattern")
        items = list(values) if isinstance(values, tuple) else [values]
        filled = []
        for piece in pieces:
            if piece == "%%" or not piece.startswith("%"):
                filled.append("%" if piece == "%%" else piece)
            elif not items:
                raise Unreadable("too few values for a pattern")
            else:
                filled.append(self.formatted(piece.lstrip("%").replace("s", ""), items.pop(0)))
        return self.run_.text(filled)

    def formatted(self, spec: str, value: Any) -> Any:
        """One value as text."""
        if isinstance(value, Symbol):
            if not spec and is_text(value.law):
                return value
            number = _NUMBER.fullmatch(spec)
            if number and isinstance(value.law, Draw) and isinstance(value.law.values, range):
                width, base = int(number[1] or 0), 16 if number[2] in ("x", "X") else 10
                law = digits(value.law.values, width, base)
                if law is not None:
                    run = self.run_
                    return run.transform(lambda _: each(law, str.upper) if number[2] == "X" else law, value)
        return self.run_.apply(lambda item: format(item, spec), value)

    def _binary(self, node: ast.BinOp) -> Any:
        return self.operate(node.op, self.value(node.left), self.value(node.right))

    def _unary(self, node: ast.UnaryOp) -> Any:
        return self.run_.apply(_OPERATORS[type(node.op)], self.value(node.operand), peek=True)

    def _boolean(self, node: ast.BoolOp) -> Any:
        wanted = isinstance(node.op, ast.Or)
        value: Any = None
        for operand in node.values[:-1]:
            value = self.value(operand)
            if self.run_.truth(value) == wanted:
                return value
        return self.value(node.values[-1])

    def _compare(self, node: ast.Compare) -> Any:
        left = self.value(node.left)
        result: Any = True
        for operation, comparator in zip(node.ops, node.comparators, strict=True):
            right = self.value(comparator)
            result = self.run_.apply(_OPERATORS[type(operation)], left, right, peek=True)
            if len(node.ops) > 1 and not self.run_.truth(result):
                return False
            left = right
        return result

    def _conditional(self, node: ast.IfExp) -> Any:
        return self.value(node.body if self.run_.truth(self.value(node.test)) else node.orelse)

    def _formatted_string(self, node: ast.JoinedStr) -> Any:
        pieces = []
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                spec = self.value(part.format_spec) if part.format_spec else ""
                if _is_open(spec) or part.conversion not in (-1, ord("s")):
                    raise Unreadable("an unusual format")
                pieces.append(self.formatted(spec, self.value(part.value)))
            else:
                pieces.append(self.value(part))
        return self.run_.text(pieces)

    def _list(self, node: ast.List | ast.Tuple | ast.Set) -> Any:
        if any(isinstance(item, ast.Starred) for item in node.elts):
            raise Unreadable("a starred list")
        items = [self.value(item) for item in node.elts]
        if isinstance(node, ast.List):
            return self.run_.fresh(items)
        if isinstance(node, ast.Set):
            return self.run_.apply(set, items)
        return tuple(items)

    def _comprehension(self, node: ast.ListComp | ast.GeneratorExp) -> list[Any]:
        outer = dict(self.variables)
        items: list[Any] = []

        def nest(generators: Sequence[ast.comprehension]) -> None:
            if not generators:
                items.append(self.value(node.elt))
                return
            for item in self.iterate(generators[0].iter):
                self.assign(generators[0].target, item)
                if all(self.run_.truth(self.value(condition)) for condition in generators[0].ifs):
                    nest(generators[1:])

        nest(node.generators)
        self.variables = outer
        return self.run_.fresh(items)

    def _subscript(self, node: ast.Subscript) -> Any:
        owner, key = self.value(node.value), self.value(node.slice)
        if isinstance(owner, Words):
            return self.method(owner, "pop", [key], {})
        if isinstance(owner, (list, tuple)) and not isinstance(key, Symbol):
            try:
                return owner[key]
            except (IndexError, TypeError) as error:
                raise Unreadable(str(error)) from None
        return self.run_.apply(operator.getitem, owner, key)

    def _slice(self, node: ast.Slice) -> slice:
        parts = [self.value(part) if part else None for part in (node.lower, node.upper, node.step)]
        if any(map(_is_open, parts)):
            raise Unreadable("an open slice")
        return slice(*parts)

    def iterate(self, node: ast.expr) -> list[Any]:
        value = self.value(node)
        self.run_.settle(value)
        if not isinstance(value, Iterable) or isinstance(value, (map, filter)):
            raise Unreadable("iterates over something unknown")
        return list(value)


def _piecewise(text: str, name: str, args: list[Any]) -> str:
    if name == "lower" and "\N{GREEK CAPITAL LETTER SIGMA}" in text:
        raise Unreadable("its lower case depends on its place")
    changed: str = getattr(text, name)(*args)
    return changed


_STATEMENTS: dict[type[ast.AST], Callable[[Frame, Any], None]] = {
    ast.Expr: Frame._expression, ast.Return: Frame._return, ast.Assign: Frame._assign,
    ast.AnnAssign: Frame._annotated, ast.AugAssign: Frame._augmented, ast.If: Frame._if, ast.For: Frame._for,
    ast.While: Frame._while, ast.Break: Frame._break, ast.Continue: Frame._continue, ast.Pass: Frame._pass,
}  # fmt: skip
_EXPRESSIONS: dict[type[ast.AST], Callable[[Frame, Any], Any]] = {
    ast.Constant: Frame._constant, ast.Name: Frame._name, ast.Attribute: Frame._attribute, ast.Call: Frame._call,
    ast.BinOp: Frame._binary, ast.UnaryOp: Frame._unary, ast.BoolOp: Frame._boolean, ast.Compare: Frame._compare,
    ast.IfExp: Frame._conditional, ast.JoinedStr: Frame._formatted_string, ast.List: Frame._list,
    ast.Tuple: Frame._list, ast.Set: Frame._list, ast.ListComp: Frame._comprehension,
    ast.GeneratorExp: Frame._comprehension, ast.Subscript: Frame._subscript, ast.Slice: Frame._slice,
}  # fmt: skip
