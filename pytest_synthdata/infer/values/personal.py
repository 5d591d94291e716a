"""Columns whose values may be those of real people: they get others of the same kind."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from string import ascii_lowercase, ascii_uppercase

import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.expressions.conditions import When
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.generators.keys import Key
from pytest_synthdata.columns.generators.numbers.whole import Boolean
from pytest_synthdata.columns.providers.fake import Fake
from pytest_synthdata.columns.providers.given_names import given_names
from pytest_synthdata.columns.text.template import Email, Template
from pytest_synthdata.infer.naming import singular
from pytest_synthdata.infer.values.meanings import (
    COMPANY,
    PARTIES,
    PEOPLE,
    ColumnName,
    fakes,
    names_others,
    names_people,
    nouns,
)

_LOOKED_AT = 1_000  # texts whose shape is looked at
_MOST = 0.5  # of the texts, more than that share of which have a shape
_FEWEST_UNIQUE = 3
_NUMBERED = 6  # digits that tell unique texts apart
FEWEST_DIGITS = 7  # of a number that identifies somebody
_MOST_DIGITS = 18  # of a 64-bit integer that has any
_MOST_NAMES = 4  # words of a person's name

_FIRST = ("first_name", "firstname", "given_name", "fname", "forename", "name_first", "preferred_name", "name_given")
_LAST = (
    *("last_name", "lastname", "surname", "family_name", "lname", "name_last", "maiden_name", "birth_name"),
    *("name_family",),
)
_PERSON = ("full_name", "fullname", "contact_name", "customer_name", "user_name", "person", "contact", "employee_name")
_EMAILS = ("email", "mail", "e_mail", "email_address", "mail_address", "emailaddress", "useremail", "email_id")
_PHONES = ("phone", "telephone", "tel", "mobile", "mobile_phone", "cell", "cellphone", "cell_phone", "fax", "msisdn")
_SECRETS = ("passwd", "pwd", "passcode", "passphrase", "secret")
_CODES = (
    *("passport", "national_id", "tax_id", "tin", "driver_license", "drivers_license", "driving_license", "mrn", "nin"),
    *("national_insurance", "medical_record", "social_insurance", "identity_card", "id_card", "health_insurance"),
    *("bank_account",),
)


def _email(column: ColumnName) -> Generator:
    company = column.sibling(*COMPANY)
    first, last = column.sibling(*_FIRST), column.sibling(*_LAST)
    person = f"{{{first}}} {{{last}}}" if first and last else column.sibling(*_PERSON)
    name = column.sibling("name")
    if name and person is None and company is None:
        named = ColumnName("name", column.table, {})
        person, company = (name, None) if names_people(named) else (None, name)
    return Email(company, person=person)


_NAME = Fake("name")
_CODE = Fake("bothify", text="?########", letters="ABCDEFGHJKLMNPQRSTUVWXYZ")
_SSN, _PHONE, _USER, _ADDRESS = Fake("ssn"), Fake("phone_number"), Fake("user_name"), Fake("address")
_HALVES = {
    **dict.fromkeys(("first", "given", "middle"), Fake("first_name")),
    **dict.fromkeys(("last", "family"), Fake("last_name")),
}
_PAIRS = ({"first", "last"}, {"given", "family"})
_NUMBERS = ("phone_number", "ssn", "bothify", "credit_card_number", "iban")  # which may be stored as numbers
_COPIED = (_CODE, _SSN, _PHONE)  # whose texts keep the shape of the sample's where they must differ

PERSONAL: Mapping[str, Generator | Callable[[ColumnName], Generator]] = {
    **dict.fromkeys(_EMAILS, _email),
    **dict.fromkeys(_FIRST, Fake("first_name")),
    **dict.fromkeys(_LAST, Fake("last_name")),
    **dict.fromkeys((*_PERSON, "manager_name", "middle_name", "display_name", "name_middle"), _NAME),
    **fakes("user_name", "username", "login", "login_name", "screen_name", "nickname", "nick_name", "user_handle"),
    **fakes("phone_number", "phonenumber", "contact_number", *_PHONES, *(f"{phone}_number" for phone in _PHONES)),
    **fakes("street_address", "street", "address_line", "address_line_1", "address_1", "line_1"),
    **fakes("secondary_address", "address_line_2", "address_2", "line_2"),
    **fakes("building_number", "street_number", "house_number"),
    **fakes("address", "full_address", "home_address", "postal_address", "mailing_address"),
    **fakes("iban", "iban_number"),
    **fakes("ssn", "ssn_number", "social_security_number", "social_security"),
    **fakes("credit_card_number", "credit_card", "creditcard", "card_number", "cc_number"),
    **fakes("password", *_SECRETS),
    **fakes("sha256", "password_hash"),
    **fakes("ipv4", "ip", "ip_address"),
    **fakes("mac_address", "mac"),
    **fakes("license_plate"),
    **dict.fromkeys((*_CODES, *(f"{code}_number" for code in _CODES)), _CODE),
}  # fmt: skip

_EMAIL = r"[^@\s]+@[^@\s]+\.[^@\s]+"
_PHONE_SHAPE = r"\+\d[\d ()./-]{6,18}\d|\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}"
_SHAPES: Mapping[str, Generator] = {
    _PHONE_SHAPE: _PHONE,
    r"\d{3}-\d{2}-\d{4}": _SSN,
}
_USER_NAME = r"[^\W\d_]+([._-][^\W\d_]+)*\d{0,4}"
_GIVEN_NAME = re.compile(r"[^\W\d_]+([ '\u2019-][^\W\d_]+)?")
_ACTS = (["assigned", "to"], ["reports", "to"])
_PARTICLES = {"von", "van", "de", "der", "den", "da", "di", "del", "la", "le", "al", "el", "bin", "ibn", "zu", "dos"}
_FIRMS = {
    *("inc", "llc", "ltd", "plc", "gmbh", "ag", "corp", "corporation", "company", "co", "group", "sons", "team"),
    *("support", "sales", "marketing", "engineering", "department", "services", "solutions", "systems", "bank"),
}  # fmt: skip


def personal(column: ColumnName, values: pa.Array | None, different: pa.Array | None = None) -> Generator | None:
    """The generator of texts that may be personal, by their column's name or by their shape; None for others.

    Args:
        column: its name.
        values: its texts, without nulls; None or none where only the schema is known.
        different: each of them once, if that is known already.
    """
    by_name = _by_name(column)
    if values is None or not len(values):
        return by_name
    distinct = values.unique() if different is None else different
    some = distinct.slice(0, _LOOKED_AT).to_pylist()
    found = _contacts(column, some) if by_name is None or by_name == _NAME else by_name
    if found is None:
        found = by_name or _by_shape(column, some)
    if not isinstance(found, Fake):
        return found
    is_unique = len(distinct) == len(values) >= _FEWEST_UNIQUE
    if found == _ADDRESS and not _most(some, re.compile(r"[,\n]").search):
        return Fake("street_address")
    if is_unique and found == _USER:
        return Template("{name}_{#}", name=_USER)
    if found in _COPIED and (is_unique or found == _CODE):
        return _code(some, is_unique=is_unique)
    return found


def _by_name(column: ColumnName) -> Generator | None:
    return column.qualified.find(PERSONAL) or (_NAME if names_people(column) else None) or _half(column)


def _half(column: ColumnName) -> Generator | None:
    """Columns that are called just ``first`` and ``last``, where a table has both; fields of a person, each alone."""
    name, beside = column.name.lower(), {*column.siblings, *column.beside}
    if name not in _HALVES:
        return None
    is_person = column.struct is not None and nouns(column.table)[-1] in PEOPLE | PARTIES
    return _HALVES[name] if is_person or any(pair <= beside for pair in _PAIRS) else None


def personal_number(column: ColumnName, values: pa.Array) -> Generator | None:
    """The generator of whole numbers that identify people, by their column's name; None for others.

    Args:
        column: its name.
        values: its numbers, without nulls.
    """
    if not identifies_people(column) or pc.min(values).as_py() < 0:
        return None
    try:
        texts = values.cast(pa.int64()).cast(pa.string())
    except pa.ArrowInvalid:  # fractions
        return None
    some = [text[:_MOST_DIGITS] for text in texts.slice(0, _LOOKED_AT).to_pylist()]
    if max(map(len, some)) < FEWEST_DIGITS:
        return None
    return _code(some, is_unique=len(values.unique()) == len(values) >= _FEWEST_UNIQUE, is_number=True)


def identifies_people(column: ColumnName) -> bool:
    """Whether numbers in a column would be somebody's, by its name: a telephone number, a passport's."""
    found = column.qualified.find(PERSONAL)
    return isinstance(found, Fake) and found.provider in _NUMBERS


def holds_addresses(values: pa.Array) -> bool:
    """Whether there are e-mail addresses in some texts."""
    return bool(pc.any(pc.match_substring_regex(values, r"[^@\s]@[^@\s]+\.[A-Za-z]")).as_py())


def _contacts(column: ColumnName, some: list[str]) -> Generator | None:
    """E-mail addresses, telephone numbers or the like, or the first two mixed, if most texts look it."""
    emails = sum(re.fullmatch(_EMAIL, text.strip()) is not None for text in some)
    shaped = {pattern: sum(map(bool, map(re.compile(pattern).fullmatch, some))) for pattern in _SHAPES}
    if emails > _MOST * len(some):
        return _email(column)
    for pattern, count in shaped.items():
        if count > _MOST * len(some):
            return _SHAPES[pattern]
    phones = shaped[_PHONE_SHAPE]
    if emails and emails + phones > _MOST * len(some):
        return When((Boolean(round(emails / (emails + phones), 2)),), (_email(column), _PHONE))
    return None


def _by_shape(column: ColumnName, some: list[str]) -> Generator | None:
    """Names of people, if most texts look it and the column may hold some by its name."""
    told = column.telling
    parts = [word for word in nouns(told.name) if not word.isdigit()]
    noun = singular(parts[-1]) if parts else ""
    is_person = noun in PEOPLE or (noun == "by" and len(parts) > 1) or parts[-2:] in _ACTS
    may_be = is_person or noun in PARTIES or (parts == ["name"] and not names_others(told)) or column.name == "given"
    may_be = may_be or (told is not column and names_people(told))
    if may_be and _most(some, is_name):
        return _NAME
    if may_be and _most(some, is_given_name):
        return Fake("first_name")
    if is_person and _most(some, lambda text: re.fullmatch(_USER_NAME, text) and text != text.upper()):
        return Fake("first_name") if _most(some, str.istitle) else _USER
    return None


def _most(some: list[str], has: Callable[[str], object]) -> bool:
    return sum(bool(has(text)) for text in some) > _MOST * len(some)


def is_name(text: str) -> bool:
    """Whether a text looks like a person's name: two to four words of letters, capitalised.

    >>> [is_name(text) for text in ("Ann Lee", "Lee, Ann", "Ludwig van Beethoven", "Acme Corp", "in transit")]
    [True, True, True, False, False]
    """
    parts = [re.sub(r"['\u2019.-]", "", word) for word in text.replace(",", " ").split()]
    return (
        1 < len(parts) <= _MOST_NAMES
        and all(part.isalpha() and (not part[0].islower() or part in _PARTICLES) for part in parts)
        and not any(part.lower() in _FIRMS for part in parts)
    )


def is_given_name(text: str) -> bool:
    """Whether a text is a given name that Faker knows, in any of its languages.

    >>> [is_given_name(text) for text in ("Anna", "ANNA", "Zoë", "anna", "Widget", "Anna 2")]
    [True, True, True, False, False, False]
    """
    text = text.strip()
    if _GIVEN_NAME.fullmatch(text) is None or text[0].islower():
        return False
    return text in given_names() or text.title() in given_names()


def _code(some: list[str], *, is_unique: bool, is_number: bool = False) -> Generator:
    """Texts of the shape that most have, of which no letter and no digit is taken over."""
    shape = Counter(map(_shape, some)).most_common(1)[0][0]
    shape = f"%{shape[1:]}" if is_number else shape
    digits = len(shape) - len(shape.rstrip("#"))
    numbered = min(digits, _NUMBERED) if is_unique else 0
    start, is_upper = shape[: len(shape) - numbered], any(map(str.isupper, some))
    letters = ascii_uppercase if is_upper else ascii_lowercase
    code = Fake("bothify", text=start, letters=letters) if "?" in start else Fake("numerify", text=start)
    if not is_unique:
        return code
    # As many characters before the number in all rows: no two have the same.
    return Template("{start}{number}", start=code, number=Key(f"{{:0{numbered}d}}" if numbered else "{}"))


def _shape(text: str) -> str:
    """A text as a pattern: ``#`` for digits, ``?`` for letters."""
    return re.sub(r"[^\W\d_]", "?", re.sub(r"\d", "#", re.sub(r"[#?%!@]", "-", text)))


__all__ = ["holds_addresses", "is_given_name", "is_name", "personal", "personal_number"]
