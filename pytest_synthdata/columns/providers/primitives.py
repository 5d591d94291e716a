"""The laws of what Faker's providers are built from: drawing, filling patterns, parsing formats, identifiers."""

from __future__ import annotations

import math
import random
import re
import string
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Any

from pytest_synthdata.columns.providers.evaluator import evaluated
from pytest_synthdata.columns.providers.interpreter import Execution, Interpreter, Primitive
from pytest_synthdata.columns.providers.slugs import slugifying, unidecoding
from pytest_synthdata.columns.providers.symbols import Symbol, Unreadable
from pytest_synthdata.columns.text.grammar import Draw, Law, expand, is_random, is_text, join, mix

_DIGIT = Draw(tuple("0123456789"))
_PLACEHOLDERS: dict[str, Law] = {
    "#": _DIGIT,
    "%": Draw(tuple("123456789")),
    "$": Draw(tuple("23456789")),
    "!": Draw(("", *"0123456789"), (0.5, *(0.05,) * 10)),
    "@": Draw(("", *"123456789"), (0.5, *(0.5 / 9,) * 9)),
}
_WORDS = 1 << 16  # whose ASCII letters are known for a while: the same lists come again and again
_PATTERN, _LETTER, _HEX_DIGIT = re.compile(r"[#%$!@]"), re.compile(r"\?"), re.compile(r"\^")


def reader(generator: Any) -> Interpreter:
    """A reader of the providers of a Faker generator."""
    from faker.decode import unidecode
    from faker.generator import Generator
    from faker.providers import BaseProvider, internet, misc
    from faker.utils.datasets import add_ordereddicts
    from faker.utils.text import slugify

    def law_of(formatter: str, *args: Any, **kwargs: Any) -> Law:
        try:
            method = generator.get_formatter(formatter)
        except AttributeError as error:
            raise Unreadable(str(error)) from None
        return read.law(method, args, kwargs)

    def format_(run: Execution, owner: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        del owner
        for value in (*args, *kwargs.values()):
            run.settle(value)
        return run.source(law_of(*args, **kwargs))

    tokens = re.compile(r"\{\{\s*(\w+)(:\s*\w+?)?\s*\}\}")

    def parsed(pattern: str) -> Law:
        pieces: list[Law] = []
        end = 0
        for token in tokens.finditer(pattern):
            if token[2]:
                raise Unreadable("an argument group")
            pieces += [pattern[end : token.start()], _as_text(law_of(token[1]))]
            end = token.end()
        return join([*pieces, pattern[end:]])

    def parse(run: Execution, owner: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        del owner
        (pattern,) = (*args, *kwargs.values())
        return _texts(run, parsed, pattern)

    table: dict[Any, Primitive] = {
        Generator.format: format_,
        Generator.parse: parse,
        BaseProvider.random_elements: _random_elements,
        BaseProvider.numerify: _filling(lambda: numerified, "###"),
        BaseProvider.lexify: _filling(_lexified, "????", letters=string.ascii_letters),
        BaseProvider.bothify: _filling(_bothified, "## ??", letters=string.ascii_letters),
        BaseProvider.hexify: _filling(_hexified, "^^^^", upper=False),
        misc.Provider.uuid4: _uuid4,
        getattr(internet.Provider, "_get_all_networks_and_weights", None): _networks,
        getattr(internet.Provider, "_random_ipv4_address_from_subnets", None): _address,
        unidecode: unidecoding(lru_cache(_WORDS)(unidecode)),
        slugify: slugifying(lru_cache(_WORDS)(slugify)),
        add_ordereddicts: lambda run, _, args, __: run.apply(add_ordereddicts, *args),
    }
    read = Interpreter(table, _of_random, evaluated)
    return read


def _as_text(law: Law) -> Law:
    if is_text(law):
        return law
    if isinstance(law, Draw):
        return law.map(str)
    if is_random(law):
        raise Unreadable("a format of something that is not a text")
    return str(law)


def _texts(run: Execution, function: Callable[[str], Law], value: Any) -> Any:
    """A random function of an open or settled text, applied to each of its pieces."""
    if isinstance(value, Symbol):
        if not is_text(value.law):
            raise Unreadable("a pattern that is not a text")
        return Symbol(expand(run.use(value), function), value.roots)
    if not isinstance(value, str):
        raise Unreadable("a pattern that is not a text")
    return run.source(function(value))


def _filling(make: Callable[..., Callable[[str], Law]], text: str, **defaults: Any) -> Primitive:
    """A method that fills the placeholders of a pattern."""

    def primitive(run: Execution, owner: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        del owner
        names = ("text", *defaults)
        given = {"text": text, **defaults, **dict(zip(names, args, strict=False)), **kwargs}
        for name in defaults:
            run.settle(given[name])
        return _texts(run, make(**{name: given[name] for name in defaults}), given["text"])

    return primitive


def _filled(text: str, placeholders: re.Pattern[str], law: Callable[[str], Law]) -> Law:
    pieces: list[Law] = []
    end = 0
    for match in placeholders.finditer(text):
        pieces += [text[end : match.start()], law(match[0])]
        end = match.end()
    return join([*pieces, text[end:]]) if pieces else text


def numerified(text: str) -> Law:
    """A pattern with digits in the places of ``# % $ ! @``."""
    return _filled(text, _PATTERN, _PLACEHOLDERS.__getitem__)


def _lexified(letters: str) -> Callable[[str], Law]:
    drawn = _letters(letters)
    return lambda text: _filled(text, _LETTER, lambda _: drawn)


def _bothified(letters: str) -> Callable[[str], Law]:
    lexified = _lexified(letters)
    return lambda text: expand(numerified(text), lexified)


def _hexified(upper: bool) -> Callable[[str], Law]:
    letters = string.hexdigits[:-6]
    drawn = _letters(letters.upper() if upper else letters)
    return lambda text: _filled(text, _HEX_DIGIT, lambda _: drawn)


def _uuid4(run: Execution, owner: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """Random bits but for the version, 4, and the variant, binary 10 (RFC 9562, section 5.4)."""
    del owner
    if (*args, *kwargs.values()) not in ((), (str,)):
        raise Unreadable("a UUID that is not a text")
    return run.source(
        join(
            [_hexified(upper=False)("^^^^^^^^-^^^^-4^^^-"), _letters("89ab"), _hexified(upper=False)("^^^-" + "^" * 12)]
        )
    )


def _networks(run: Execution, owner: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """The networks that addresses may be of, and their sizes; nothing is drawn."""
    for value in (*args, *kwargs.values()):
        run.settle(value)
    return owner._get_all_networks_and_weights(*args, **kwargs)


def _address(run: Execution, owner: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """One of the addresses of some networks."""
    del owner
    given = {
        "weights": None,
        "network": False,
        **dict(zip(("subnets", "weights", "network"), args, strict=False)),
        **kwargs,
    }
    subnets, weights = given["subnets"], given["weights"]
    if given["network"] is not False or not weights:
        raise Unreadable("a network, or networks without weights")
    return run.source(
        mix((weight / math.fsum(weights), _addresses(net)) for net, weight in zip(subnets, weights, strict=True))
    )


def _addresses(network: Any) -> Law:
    first, left = list(network.network_address.packed), network.num_addresses
    octets: list[Law] = []
    for octet in reversed(first):
        count = min(left, 256)
        left //= count
        octets += [_octet(octet, count), "."]
    return join(octets[-2::-1])


@lru_cache(maxsize=1024)
def _octet(first: int, count: int) -> Law:
    return _list(tuple(str(number) for number in range(first, first + count)), None)


@lru_cache(maxsize=64)
def _letters(letters: str) -> Draw:
    return Draw(tuple(letters))


def _random_elements(run: Execution, owner: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    names = ("elements", "length", "unique", "use_weighting")
    given: dict[str, Any] = {"elements": ("a", "b", "c"), "length": None, "unique": False, "use_weighting": None}
    given |= {**dict(zip(names, args, strict=False)), **kwargs}
    elements, length, weighted = given["elements"], given["length"], given["use_weighting"]
    for name in names[1:]:
        run.settle(given[name])
    if given["unique"] or not isinstance(length, int):
        raise Unreadable("draws values without repetition, or any number of them")
    if weighted is None:
        weighted = owner.__use_weighting__
    if isinstance(elements, Symbol):
        if length != 1 or not isinstance(elements.law, Draw):
            raise Unreadable("draws several values from a drawn list")
        law = run.use(elements)
        return run.fresh([run.source(mix((share, drawn(list_, weighted)) for list_, share in law.pairs()))])
    law = drawn(elements, weighted)
    return run.fresh([run.source(law) for _ in range(length)])


def drawn(elements: Any, weighted: bool) -> Law:
    """The law of one of some elements, in Faker's ways of writing them."""
    if isinstance(elements, dict):
        if not isinstance(elements, OrderedDict):
            raise Unreadable("an unordered dict of elements")
        weights = tuple(elements.values()) if weighted else None
        return _list(tuple(elements), weights)
    if isinstance(elements, (set, frozenset)):
        raise Unreadable("elements in no order")
    try:
        return _list(tuple(elements), None)
    except TypeError:
        raise Unreadable("elements that are not a list") from None


def _list(values: tuple[Any, ...], weights: tuple[float, ...] | None) -> Law:
    if not values or (weights is not None and not math.fsum(weights) > 0):
        raise Unreadable("an empty list")
    if len(values) == 1:
        return values[0]
    try:
        return _distinct(values, weights)
    except TypeError:
        return Draw(values, weights)


@lru_cache(maxsize=1024)
def _distinct(values: tuple[Any, ...], weights: tuple[float, ...] | None) -> Draw:
    return Draw(values, weights).without_repetition()


def _of_random(function: Any) -> Primitive | None:
    """The methods of a random generator."""
    owner = getattr(function, "__self__", None)
    if not isinstance(owner, random.Random):
        return None
    name = function.__name__
    if name not in _RANDOM:
        raise Unreadable(f"random.{name}")
    return partial(_random, _RANDOM[name])


def _random(method: Callable[..., Any], run: Execution, owner: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    del owner
    for value in (*args, *kwargs.values()):
        run.settle(value)
    try:
        return method(run, *args, **kwargs)
    except TypeError as error:
        raise Unreadable(str(error)) from None


def _between(run: Execution, a: int, b: int) -> Any:
    return _range(run, a, b + 1)


def _range(run: Execution, start: int, stop: int | None = None, step: int = 1) -> Any:
    values = range(start) if stop is None else range(start, stop, step)
    if not values or values[-1] - values[0] >= 1 << 62:
        raise Unreadable("a range that is empty or endless")
    return run.source(Draw(values) if len(values) > 1 else values[0])


def _choice(run: Execution, seq: Sequence[Any]) -> Any:
    return run.source(drawn(seq, weighted=False))


def _choices(run: Execution, population: Any, weights: Any = None, *, k: int = 1) -> Any:
    law = _list(tuple(population), None if weights is None else tuple(weights))
    return run.fresh([run.source(law) for _ in range(k)])


_RANDOM: dict[str, Callable[..., Any]] = {
    "randint": _between, "randrange": _range, "choice": _choice, "choices": _choices,
}  # fmt: skip
