"""The declaration of a text column from one of Faker's providers, and its three ways to values."""

from __future__ import annotations

import inspect
import threading
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from pytest_synthdata.columns.arrow.values import Values
from pytest_synthdata.columns.cells import Cells, Scope
from pytest_synthdata.columns.generators.base import Constant, Generator
from pytest_synthdata.columns.generators.numbering import Numbered, numbered
from pytest_synthdata.columns.generators.rowwise import borrowed_generators, python_values
from pytest_synthdata.columns.providers.counted_codes import counted_codes
from pytest_synthdata.columns.providers.primitives import reader
from pytest_synthdata.columns.providers.symbols import Inline, Unreadable
from pytest_synthdata.columns.text.grammar import Draw
from pytest_synthdata.columns.text.phrases import Phrases, compiled
from pytest_synthdata.errors import DeclarationError, nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_synthdata.columns.text.tokens import TokenizedText


@dataclass(frozen=True, init=False)
class Fake(Generator):
    """The values of a Faker provider, as likely as in Faker.

    Most providers put texts together from lists; these are compiled into a column of their own, hundreds of times
    as fast, which needs no Faker where it runs. Others are asked row by row, each with a seed of its own. Which of
    them it is shows in `repr` of what `prepared` gives.

    Args:
        provider: Faker's name for it, such as ``"company"`` or ``"phone_number"``.
        locale: Faker's locale.
        pool: for a provider that cannot be compiled: so many values are drawn from Faker once, always the same
            ones, and rows pick from these. It repeats values, is fast, and needs no Faker where it runs.
        providers: Faker provider classes (or instances, as of Faker's ``DynamicProvider``) beside Faker's own.
        arguments: what the provider takes, for example ``Fake("sentence", nb_words=4)``.

    >>> Fake("company", locale="de_DE")
    Fake('company', locale='de_DE')
    """

    provider: str
    locale: str
    pool: int | None
    providers: tuple[Any, ...]
    arguments: tuple[tuple[str, Any], ...]

    def __init__(
        self,
        provider: str,
        *,
        locale: str = "en_US",
        pool: int | None = None,
        providers: Sequence[Any] | type = (),
        **arguments: Any,
    ) -> None:
        fields = {
            "provider": provider,
            "locale": locale,
            "pool": pool,
            "providers": (providers,) if isinstance(providers, type) else tuple(providers),
            "arguments": tuple(arguments.items()),
        }
        for name, value in fields.items():
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        shown = [repr(self.provider)]
        shown += [f"locale={self.locale!r}"] * (self.locale != "en_US")
        shown += [f"pool={self.pool}"] * (self.pool is not None)
        shown += [f"providers={[_name(provider) for provider in self.providers]}"] * bool(self.providers)
        return f"Fake({', '.join([*shown, *(f'{name}={value!r}' for name, value in self.arguments)])})"

    def __copy__(self) -> Fake:
        return self

    def __deepcopy__(self, memo: Any) -> Fake:
        return self

    def __reduce__(self) -> Any:
        # What arrives elsewhere, at a Spark executor say, needs no Faker there.
        return _itself, (self.prepared(),)

    def prepared(self) -> Generator:
        """The column that gives the values: compiled where that is possible. Faker is needed here, not later."""
        try:
            return _prepared(self)
        except TypeError:  # unhashable arguments
            return _prepare(self)

    def values(self, cells: Cells) -> Values:
        return self.prepared().values(cells)

    def tokens(self, cells: Cells) -> TokenizedText | None:
        return self.prepared().tokens(cells)

    def type(self, scope: Scope) -> pa.DataType | None:
        return self.prepared().type(scope)

    def domain(self, scope: Scope) -> Sequence[Any] | None:
        return self.prepared().domain(scope)

    def check(self, scope: Scope) -> None:
        if not isinstance(self.locale, str):
            raise DeclarationError(
                f"{scope.place}: {self!r}: a locale is a text such as 'de_DE'; for several, mix columns: "
                "Given(\"country\", {'DE': Fake(…, locale='de_DE'), …})"
            )
        _check_providers(self.providers, scope.place)
        try:
            fake = faker(self.locale, self.providers)
        except AttributeError as error:
            from faker.config import AVAILABLE_LOCALES

            if "faker locale" not in str(error):
                raise DeclarationError(f"{scope.place}: {self!r}: a provider cannot be used: {error}") from error
            raise DeclarationError(
                f"{scope.place}: Faker has no locale {self.locale!r}: {nearest(self.locale, AVAILABLE_LOCALES)}"
            ) from None
        try:
            method = fake.get_formatter(self.provider)
        except AttributeError:
            known = fake.all_formatters()
            raise DeclarationError(
                f"{scope.place}: Faker has no provider {self.provider!r} in {self.locale}: "
                f"{nearest(self.provider, known)}"
            ) from None
        try:
            inspect.signature(method).bind(**dict(self.arguments))
        except TypeError as error:
            raise DeclarationError(f"{scope.place}: {self!r}: {error}") from None
        if self.pool is not None and not (type(self.pool) is int and self.pool > 0):
            raise DeclarationError(f"{scope.place}: {self!r}: a pool has a whole number of values, at least 1")


def _check_providers(providers: Sequence[Any], place: str) -> None:
    for provider in providers:
        if isinstance(provider, (str, ModuleType)):
            raise DeclarationError(f"{place}: providers=[…] takes classes or objects, and {provider!r} is neither")


@lru_cache(maxsize=512)
def _prepared(declared: Fake) -> Generator:
    return _prepare(declared)


def _prepare(declared: Fake) -> Generator:
    fake, methods = _reader(declared.locale, declared.providers)
    try:
        law = methods.law(fake.get_formatter(declared.provider), (), dict(declared.arguments))
    except (Unreadable, Inline):
        generator = None
    else:
        generator = compiled(law)
    if generator is not None:
        return Compiled(repr(declared), generator)
    row_by_row = RowByRow(repr(declared), declared.provider, declared.locale, declared.providers, declared.arguments)
    return row_by_row if declared.pool is None else Pooled(repr(declared), row_by_row.pool(declared.pool))


def _itself(generator: Generator) -> Generator:
    return generator


@dataclass(frozen=True, eq=False)
class Compiled(Generator):
    """A provider as plain arrays."""

    declared: str
    generator: Generator

    def __repr__(self) -> str:
        how = f": {self.generator.describe()}" if isinstance(self.generator, Phrases) else ""
        return f"<{self.declared} compiled{how}>"

    def values(self, cells: Cells) -> Values:
        return self.generator.values(cells)

    def tokens(self, cells: Cells) -> TokenizedText | None:
        return self.generator.tokens(cells)

    def type(self, scope: Scope) -> pa.DataType | None:
        return self.generator.type(scope)

    def domain(self, scope: Scope) -> Sequence[Any] | None:
        return self.generator.domain(scope)

    def bounds(self, scope: Scope) -> tuple[Any, Any] | None:
        return self.generator.bounds(scope)


class Pooled(Compiled):
    """A provider's values that were drawn once."""

    def __repr__(self) -> str:
        return f"<{self.declared} from a pool>"


_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class RowByRow(Generator):
    """A provider that Faker itself is asked for, once a row."""

    declared: str
    provider: str
    locale: str
    providers: tuple[Any, ...]
    arguments: tuple[tuple[str, Any], ...]

    def __repr__(self) -> str:
        return f"<{self.declared} row by row>"

    def values(self, cells: Cells) -> Values:
        return python_values(self._drawn(cells.bits().tolist()), cells)

    def _drawn(self, seeds: list[int]) -> list[Any]:
        fake = faker(self.locale, self.providers)
        arguments = dict(self.arguments)

        def drawn(seed: int) -> Any:
            fake.seed_instance(seed)
            return fake.format(self.provider, **arguments)

        if not self.providers:
            with _one_at_a_time:  # the generator is everybody's
                return list(map(drawn, seeds))
        with borrowed_generators() as reseed:  # a user's provider may draw from any
            return [(reseed(seed), drawn(seed))[1] for seed in seeds]

    def pool(self, size: int) -> Generator:
        """Values drawn once, to be picked from."""
        names = repr((self.provider, self.locale, self.arguments))
        key = int.from_bytes(blake2b(names.encode(), digest_size=8).digest(), "little")
        values = tuple(self._drawn([(key + number) % 2**64 for number in range(size)]))
        generator = compiled(Draw(values)) if len(values) > 1 else Constant(values[0])
        if generator is None:
            raise DeclarationError(f"{self.declared}: values that no column can hold")
        return generator

    def type(self, scope: Scope) -> pa.DataType | None:
        del scope
        return None


@numbered.register(Fake)
def _(generator: Fake, scope: Scope) -> Numbered | None:
    codes = counted_codes(generator.provider, dict(generator.arguments))
    return codes if codes is not None else numbered(generator.prepared(), scope)


@numbered.register(Compiled)
def _(generator: Compiled, scope: Scope) -> Numbered | None:
    return numbered(generator.generator, scope)


@lru_cache(maxsize=32)
def faker(locale: str, providers: tuple[Any, ...] = ()) -> Any:
    """A Faker generator of our own: the shared one is reseeded by others. Raises AttributeError for unknown locales."""
    from pytest_synthdata.columns.providers.lazy_faker import LazyGenerator

    generator = LazyGenerator(locale=locale)
    generator.seed_instance(0)
    generator.adopt(providers)
    return generator


@lru_cache(maxsize=32)
def _reader(locale: str, providers: tuple[Any, ...]) -> tuple[Any, Any]:
    fake = faker(locale, providers)
    return fake, reader(fake)


def _name(provider: Any) -> str:
    return provider.__name__ if isinstance(provider, type) else type(provider).__name__
