"""How the statements and expressions of a provider's method are read."""

from __future__ import annotations

import ast
import builtins
import inspect
import linecache
import operator
import textwrap
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property, lru_cache
from types import FunctionType
from typing import Any

from pytest_synthdata.columns.providers.interpreter import Execution
from pytest_synthdata.columns.providers.operations import OPERATORS, formatted, method, operate
from pytest_synthdata.columns.providers.symbols import Symbol, Unreadable, Words, is_open

_GROWING = frozenset({"append", "insert"})  # methods of lists that may be called on those that were made here


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

    def __init__(self, run: Execution, function: FunctionType, variables: dict[str, Any]) -> None:
        self.run_ = run
        self.function = function
        self.variables: dict[str, Any] = variables

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
        self.run_.reader.step()
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
        call = node.value
        if isinstance(call, ast.Constant):
            return
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in _GROWING):
            raise Unreadable("calls for an effect")
        owner = self.value(call.func.value)
        if id(owner) not in self.run_.own or call.keywords:
            raise Unreadable("changes what it did not make")
        *place, item = map(self.value, call.args)
        if not all(isinstance(number, int) for number in place):
            raise Unreadable("a place that is drawn")
        getattr(owner, call.func.attr)(*place, item)

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
        self.assign(node.target, operate(self.run_, node.op, self.variables[node.target.id], self.value(node.value)))

    def _if(self, node: ast.If) -> None:
        self.execute(node.body if self.run_.truth(self.value(node.test)) else node.orelse)

    def _for(self, node: ast.For) -> None:
        for item in self.iterate(node.iter):
            self.assign(node.target, item)
            if self._broken(node.body):
                return
        self.execute(node.orelse)

    def _while(self, node: ast.While) -> None:
        while self.run_.truth(self.value(node.test)):
            if self._broken(node.body):
                return
        self.execute(node.orelse)

    def _broken(self, body: Sequence[ast.stmt]) -> bool:
        """Go through a loop's body once; whether it ended the loop."""
        try:
            self.execute(body)
        except _Continue:
            pass
        except _Break:
            return True
        return False

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
            return method(self.run_, receiver, node.func.attr, args, kwargs)
        return self.run_.call(self.value(node.func), args, kwargs)

    def _binary(self, node: ast.BinOp) -> Any:
        return operate(self.run_, node.op, self.value(node.left), self.value(node.right))

    def _unary(self, node: ast.UnaryOp) -> Any:
        return self.run_.apply(OPERATORS[type(node.op)], self.value(node.operand), peek=True)

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
            result = self.run_.apply(OPERATORS[type(operation)], left, right, peek=True)
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
                if is_open(spec) or part.conversion not in (-1, ord("s")):
                    raise Unreadable("an unusual format")
                pieces.append(formatted(self.run_, spec, self.value(part.value)))
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
            return method(self.run_, owner, "pop", [key], {})
        if isinstance(owner, (list, tuple)) and not isinstance(key, Symbol):
            try:
                return owner[key]
            except (IndexError, TypeError) as error:
                raise Unreadable(str(error)) from None
        return self.run_.apply(operator.getitem, owner, key)

    def _slice(self, node: ast.Slice) -> slice:
        parts = [self.value(part) if part else None for part in (node.lower, node.upper, node.step)]
        if any(map(is_open, parts)):
            raise Unreadable("an open slice")
        return slice(*parts)

    def iterate(self, node: ast.expr) -> list[Any]:
        value = self.value(node)
        self.run_.settle(value)
        if not isinstance(value, Iterable) or isinstance(value, (map, filter, set, frozenset)):
            raise Unreadable("iterates over something unknown")
        return list(value)


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


def evaluated(run: Execution, function: FunctionType, variables: dict[str, Any]) -> Any:
    """What a call of a function returns, whose arguments are its variables."""
    return Frame(run, function, variables).run()


__all__ = ["evaluated"]
