"""Texts made of the other columns of a row: templates, and e-mail addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import arrow_scalar, null_of, without_nulls
from pytest_synthdata.columns.arrow.values import Values, to_arrow
from pytest_synthdata.columns.cells import Cells, Scope
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.generators.categories import Categorical
from pytest_synthdata.columns.own_code import own_code
from pytest_synthdata.columns.text.filters import BY_LETTER, FILTERS, SLUGS, base36_tokens, filtered
from pytest_synthdata.columns.text.tokens import TokenizedText, combined, joined
from pytest_synthdata.errors import DeclarationError, GenerationError, nearest

_TOKEN = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|([{}])")
_FIELD = re.compile(r"\s*(#|\w+(?:\.\w+)*)((?:\[\w+\])*)\s*((?:\|\s*\w+\s*)*)")


@dataclass(frozen=True)
class Field:
    """A place in a template: a column (``#`` for the row number), a way into its value, and filters."""

    name: str
    path: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()


_NUMBER = Field("#", (), ("base36",))


def _is_by_words(field: Field, own: Mapping[str, Any]) -> bool:
    """Whether a field's filters could be applied to the words of a column instead of to its texts."""
    return (
        bool(field.filters)
        and not field.path
        and field.name not in own
        and all((name in BY_LETTER or name in SLUGS) and name not in own for name in field.filters)
    )


@dataclass(frozen=True, init=False, eq=False)
class Template(Generator):
    """A text with other columns of the row in it.

    Args:
        text: with columns in braces: ``{first_name}``, a parent's or a struct's as ``{customer.name}``, a list's item
            as ``{pair[0]}`` (a struct's field as ``{place[city]}``, too), the row number as ``{#}``; ``{{`` for a
            brace. Filters follow after bars: ``{name|ascii|lower}``. There are ascii, lower, upper, title, initial (the
            first letter), slug, label (a slug of 1 to 48 characters, for domains), dotted (a label with dots, for the
            part of an address before the @), base36 (of a number), and json (of anything).
        parts: what the template brings along, by name: filters of your own, functions of an Arrow array that give
            one value for each of its values, whatever its length; and generators, to be used like columns.

    A row in which one of the columns is null has a null.

    >>> Template("{first_name|initial}.{last_name|slug}@{company|domain}", domain=lambda names: names)
    Template('{first_name|initial}.{last_name|slug}@{company|domain}')
    """

    text: str
    parts: tuple[tuple[str, Any], ...]
    pieces: tuple[str | Field, ...]

    def __init__(self, text: str, **parts: Any) -> None:
        object.__setattr__(self, "text", text)
        object.__setattr__(self, "parts", tuple(parts.items()))
        object.__setattr__(self, "pieces", tuple(_parse(text)))

    def __repr__(self) -> str:
        return f"Template({self.text!r})"

    @property
    def fields(self) -> list[Field]:
        """The places to be filled."""
        return [piece for piece in self.pieces if isinstance(piece, Field)]

    def values(self, cells: Cells) -> Values:
        own = dict(self.parts)
        columns: list[Any] = []
        valid: Any = None
        for piece in self.pieces:
            if isinstance(piece, str):
                columns.append(piece)
                continue
            tokens = self._tokens(piece, own, cells)
            if tokens is not None:
                columns.append(tokens)
                continue
            column = self._column(piece, own, cells)
            nulls = column.indices.null_count if isinstance(column, pa.DictionaryArray) else column.null_count
            if nulls:
                valid = pc.is_valid(column) if valid is None else pc.and_(valid, pc.is_valid(column))
                column = without_nulls(to_arrow(column), "")
            columns.append(column)
        if not self.fields:
            return pa.repeat(arrow_scalar("".join(columns)), len(cells.rows))
        if (texts := combined(columns)) is None:
            texts = joined(columns)
        return texts if valid is None else pc.if_else(valid, texts, null_of(texts.type))

    def _tokens(self, field: Field, own: dict[str, Any], cells: Cells) -> TokenizedText | None:
        if field == _NUMBER and "base36" not in own:
            return base36_tokens(cells.rows)
        tokens = cells.tokens(field.name) if _is_by_words(field, own) else None
        words = None if tokens is None else filtered(tokens.vocabulary, field.filters)
        return None if tokens is None or words is None else TokenizedText(words, tokens.codes)

    def _column(self, field: Field, own: dict[str, Any], cells: Cells) -> Any:
        values: Any
        if field.name == "#":
            values = cells.rows
        elif isinstance(own.get(field.name), Generator):
            values = own[field.name].values(cells.substream(field.name))
        else:
            values = cells.read(field.name)
        coded = isinstance(values, pa.DictionaryArray) and not field.path and values.dictionary.null_count == 0
        if coded and field.filters and values.indices.null_count:
            coded = False  # a filter may give null a text, as json does
        array = values.dictionary if coded else to_arrow(values)
        for key in field.path:
            array = pc.struct_field(array, key) if pa.types.is_struct(array.type) else _items(array, int(key))
        for name in field.filters:
            with own_code(f"{cells.place}: {self!r}: the filter {name!r} failed on {field.name}"):
                made = to_arrow((own.get(name) or FILTERS[name])(array))
            if len(made) != len(array):
                raise GenerationError(
                    f"{cells.place}: {self!r}: the filter {name!r} gave {len(made)} values for {len(array)}"
                )
            array = made
        array = to_arrow(array, pa.string())
        if not coded:
            return array
        if array.null_count:
            return array.take(values.indices)
        return pa.DictionaryArray.from_arrays(values.indices, array, safe=False)

    def children(self) -> Iterator[Generator]:
        yield from (part for _, part in self.parts if isinstance(part, Generator))

    def reads(self) -> Iterator[str]:
        own = dict(self.parts)
        yield from (field.name for field in self.fields if field.name != "#" and field.name not in own)
        yield from super().reads()

    def reads_tokens(self) -> Iterator[str]:
        own = dict(self.parts)
        yield from (field.name for field in self.fields if _is_by_words(field, own))
        yield from super().reads_tokens()

    def type(self, scope: Scope) -> pa.DataType:
        del scope
        return pa.string()

    def check(self, scope: Scope) -> None:
        own = dict(self.parts)
        for piece in self.pieces:
            if isinstance(piece, str):
                continue
            for name in piece.filters:
                if not callable(own.get(name)) and name not in FILTERS:
                    known = [*FILTERS, *(part for part, value in self.parts if callable(value))]
                    raise DeclarationError(
                        f"{scope.place}: {self!r}: there is no filter {name!r}: {nearest(name, known)}"
                    )
            if piece.path and piece.name != "#" and piece.name not in own:
                self._check_path(piece, scope)
        unused = [name for name, _ in self.parts if not any(name in (f.name, *f.filters) for f in self.fields)]
        if unused:
            raise DeclarationError(f"{scope.place}: {self!r} does not use {unused[0]!r}")

    def _check_path(self, field: Field, scope: Scope) -> None:
        type_ = scope.type(field.name)
        for key in field.path:
            if type_ is None:
                return
            place = f"{scope.place}: {self!r}: {field.name}"
            if pa.types.is_struct(type_):
                names = [type_.field(number).name for number in range(type_.num_fields)]
                if key not in names:
                    raise DeclarationError(f"{place} has no field {key!r}: {nearest(key, names)}")
                type_ = type_.field(key).type
            elif pa.types.is_list(type_) and key.isdigit():
                type_ = type_.value_type
            else:
                raise DeclarationError(f"{place} is {type_}, which has no [{key}]")


def _items(lists: pa.Array, place: int) -> pa.Array:
    """The items of lists in one place; null where a list is shorter."""
    is_shorter = pc.less_equal(pc.list_value_length(lists), arrow_scalar(place))
    if pc.any(is_shorter).as_py():
        lists = pc.if_else(is_shorter, null_of(lists.type), lists)
    return pc.list_element(lists, arrow_scalar(place))


def _parse(text: str) -> Iterator[str | Field]:
    literal, end = "", 0
    for token in _TOKEN.finditer(text):
        literal += text[end : token.start()]
        end = token.end()
        if token[0] in ("{{", "}}"):
            literal += token[0][0]
            continue
        field = None if token[2] else _FIELD.fullmatch(token[1])
        if field is None:
            raise DeclarationError(
                f"Template({text!r}): {token[0]!r} is not a field; write {{column}}, {{column|filter}}, {{#}} for the "
                "row number, and {{ for a brace"
            )
        if literal:
            yield literal
        literal = ""
        yield Field(
            field[1],
            tuple(re.findall(r"\[(\w+)\]", field[2])),
            tuple(name.strip() for name in field[3].split("|")[1:]),
        )
    if literal + text[end:]:
        yield literal + text[end:]


# Who answers at a company of which no person is known.
ROLES = ("contact", "info", "office", "hello", "sales", "billing", "accounts", "support")
# Domains that can belong to nobody (RFC 2606).
_RESERVED = ("example.com", "example.net", "example.org")


class Email(Template):
    """An e-mail address that fits its row: lower-case ASCII, valid by RFC 5321, at a reserved domain, and unique.

    It is unique in its table by construction, however long that is: the row number is in it, in base 36.

    Args:
        company: the column (or a template) that the domain is made from: "Smith & Sons" in row 17 has its address
            at ``smith-sons-h.example``.
        person: the column (or a template) that the part before the @ is made from, ``"{first_name} {last_name}"``;
            defaults to a role such as ``info``.
        domain: the column (or a template) with a ready domain, as of the company that a contact refers to. Without
            domain and company it is one of example.com, example.net, example.org.

    >>> Email("name").text
    '{role}@{name|label}-{#|base36}.example'
    """

    def __init__(self, company: str | None = None, *, person: str | None = None, domain: str | None = None) -> None:
        if company is not None and domain is not None:
            raise DeclarationError("Email: give a company, of which the domain is made, or a domain")
        parts: dict[str, Any] = {}

        def field(source: str, *filters: str) -> str:
            name = source
            if "{" in source:
                name = f"text_{len(parts)}"
                parts[name] = Template(source)
            return f"{{{'|'.join([name, *filters])}}}"

        if person is None:
            parts["role"] = Categorical(dict.fromkeys(ROLES, 1 / len(ROLES)))
        local = "{role}" if person is None else field(person, "dotted")
        if company is not None:
            text = f"{local}@{field(company, 'label')}-{{#|base36}}.example"
        elif domain is not None:
            text = f"{local}.{{#|base36}}@{field(domain)}"
        else:
            parts["domain"] = Categorical(dict.fromkeys(_RESERVED, 1 / len(_RESERVED)))
            text = f"{local}.{{#|base36}}@{{domain}}"
        super().__init__(text, **parts)
