"""What a column's name says about what it holds, where no rows say more."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from pytest_synthdata.columns.calendar import Dates
from pytest_synthdata.columns.categories import Categorical
from pytest_synthdata.columns.distributions import Exponential, LogNormal, Normal, Poisson, Uniform
from pytest_synthdata.columns.generators import Generator
from pytest_synthdata.columns.text import Email, Fake
from pytest_synthdata.infer.naming import singular, words

YEAR = ("2024-01-01", "2024-12-31")


@dataclass(frozen=True)
class Named:
    """A column's name, in its table.

    Args:
        name: of the column.
        table: of its table.
        siblings: the text columns of the table, by the name that a factory gives them.
    """

    name: str
    table: str
    siblings: Mapping[str, str]

    def find(self, meanings: Mapping[str, Generator | Callable[[Named], Generator]]) -> Generator | None:
        """The meaning of the whole name, or else of its last words."""
        parts = words(self.name)
        for start in range(len(parts)):
            found = meanings.get("_".join(parts[start:])) or meanings.get(singular("_".join(parts[start:])))
            if found is not None:
                return found if isinstance(found, Generator) else found(self)
        return None

    def sibling(self, *names: str) -> str | None:
        """A text column of the table that has one of these names."""
        return next((self.siblings[name] for name in names if name in self.siblings), None)


_FIRST = ("first_name", "firstname", "given_name", "fname", "forename")
_LAST = ("last_name", "lastname", "surname", "family_name", "lname")
_PERSON = ("full_name", "fullname", "contact_name", "customer_name", "user_name", "person", "contact", "employee_name")
_COMPANY = ("company", "company_name", "organization", "organisation", "employer", "business_name", "account_name")
_PEOPLE = {
    "user",
    "person",
    "people",
    "employee",
    "contact",
    "member",
    "patient",
    "student",
    "author",
    "agent",
    "staff",
}
_THINGS = {"product", "item", "article", "service", "plan", "campaign", "project"}


def _email(column: Named) -> Generator:
    company = column.sibling(*_COMPANY)
    first, last = column.sibling(*_FIRST), column.sibling(*_LAST)
    person = f"{{{first}}} {{{last}}}" if first and last else column.sibling(*_PERSON)
    name = column.sibling("name")
    if name and person is None and company is None:
        person, company = (name, None) if _owner(column) in _PEOPLE else (None, name)
    return Email(company, person=person)


def _owner(column: Named) -> str:
    parts = words(column.table)
    return singular(parts[-1]) if parts else ""


def _name(column: Named) -> Generator:
    parts = words(column.name)
    owner = singular(parts[-2]) if len(parts) > 1 else _owner(column)
    if owner in _PEOPLE:
        return Fake("name")
    return Fake("catch_phrase") if owner in _THINGS else Fake("company")


def _fakes(provider: str, *names: str) -> dict[str, Generator]:
    return dict.fromkeys((provider, *names), Fake(provider))


# Columns whose values may be those of real people: these are never taken over from a sample.
PERSONAL: Mapping[str, Generator | Callable[[Named], Generator]] = {
    **dict.fromkeys(("email", "mail", "e_mail", "email_address"), _email),
    **dict.fromkeys(_FIRST, Fake("first_name")),
    **dict.fromkeys(_LAST, Fake("last_name")),
    **dict.fromkeys((*_PERSON, "manager_name", "middle_name"), Fake("name")),
    **_fakes("user_name", "username", "login", "screen_name", "nickname"),
    **_fakes("phone_number", "phone", "telephone", "tel", "mobile", "mobile_number", "cell", "fax"),
    **_fakes("street_address", "street", "address_line", "address_line_1", "address_1", "line_1"),
    **_fakes("secondary_address", "address_line_2", "address_2", "line_2"),
    **_fakes("address", "full_address"),
    **_fakes("iban"),
    **_fakes("ssn", "social_security_number"),
    **_fakes("credit_card_number", "card_number"),
    **_fakes("ipv4", "ip", "ip_address"),
    **_fakes("license_plate"),
    "user_name": Fake("user_name"),
}

TEXTS: Mapping[str, Generator | Callable[[Named], Generator]] = {
    "name": _name,
    **dict.fromkeys((*_COMPANY, "vendor", "supplier", "merchant", "brand", "manufacturer"), Fake("company")),
    **_fakes("city", "town", "locality"),
    **_fakes("state", "province", "region"),
    **_fakes("state_abbr", "state_code"),
    **_fakes("postcode", "postal_code", "zip", "zip_code", "zipcode"),
    **_fakes("country"),
    **_fakes("country_code", "country_iso", "nationality", "iso_country"),
    **_fakes("job", "job_title", "occupation", "profession", "position"),
    **_fakes("url", "website", "homepage", "link", "web"),
    **_fakes("domain_name", "domain", "host", "hostname"),
    **_fakes("currency_code", "currency"),
    **_fakes("language_code", "language", "lang"),
    **_fakes("locale"),
    **_fakes("timezone", "time_zone", "tz"),
    **_fakes("color_name", "color", "colour"),
    **_fakes("file_name", "filename", "file"),
    **_fakes("mime_type", "content_type"),
    **_fakes("user_agent"),
    **_fakes("uuid4", "uuid", "guid"),
    **_fakes("catch_phrase", "slogan", "tagline", "product", "product_name", "item_name"),
    **dict.fromkeys(("title", "subject", "headline", "topic"), Fake("sentence", nb_words=5)),
    **dict.fromkeys(
        ("description", "comment", "note", "remark", "message", "body", "text", "summary", "review", "feedback", "bio"),
        Fake("paragraph"),
    ),
    **dict.fromkeys(("sku", "code"), Fake("bothify", text="???-#####", letters="ABCDEFGHJKLMNPQRSTUVWXYZ")),
    **dict.fromkeys(("gender", "sex"), Categorical({"F": 0.5, "M": 0.5})),
    **dict.fromkeys(("status",), Categorical({"active": 0.8, "pending": 0.15, "closed": 0.05})),
    **dict.fromkeys(("tier", "plan", "segment"), Categorical({"Free": 0.6, "Pro": 0.3, "Enterprise": 0.1})),
    **dict.fromkeys(
        ("priority", "severity"), Categorical({"Low": 0.3, "Medium": 0.45, "High": 0.2, "Critical": 0.05})
    ),
    **dict.fromkeys(("type", "category", "kind", "group", "class"), Categorical({"A": 0.5, "B": 0.3, "C": 0.2})),
}  # fmt: skip

NUMBERS: Mapping[str, Generator | Callable[[Named], Generator]] = {
    "age": Normal(38, 14).clip(18, 95).round(),
    **dict.fromkeys(("quantity", "qty", "count", "items", "attempt", "retry"), Poisson(3)),
    **dict.fromkeys(
        ("price", "cost", "fee", "tax", "shipping", "discount_amount", "unit_price"), LogNormal(3, 0.8).round(2)
    ),
    **dict.fromkeys(
        ("amount", "total", "subtotal", "balance", "payment", "value", "spend"), LogNormal(4.5, 0.8).round(2)
    ),
    **dict.fromkeys(("revenue", "salary", "income", "arr", "budget", "turnover"), LogNormal(10.8, 0.5).round(2)),
    **dict.fromkeys(
        ("rate", "ratio", "share", "probability", "confidence", "discount"), Normal(0.3, 0.15).clip(0, 1).round(3)
    ),
    **dict.fromkeys(("percent", "percentage", "pct"), Normal(30, 15).clip(0, 100).round(1)),
    **dict.fromkeys(("rating", "star", "csat", "csat_score"), Categorical({1: 0.05, 2: 0.1, 3: 0.2, 4: 0.35, 5: 0.3})),
    "score": Normal(60, 18).clip(0, 100).round(1),
    **dict.fromkeys(("second", "minute", "hour", "duration", "latency", "ms", "elapsed"), Exponential(30).round(1)),
    **dict.fromkeys(("latitude", "lat"), Uniform(-90, 90).round(6)),
    **dict.fromkeys(("longitude", "lon", "lng"), Uniform(-180, 180).round(6)),
    "year": Uniform(2015, 2025),
    "month": Uniform(1, 13),
    "temperature": Normal(15, 8).round(1),
    **dict.fromkeys(("version", "level", "revision"), Poisson(2)),
}  # fmt: skip

DAYS: Mapping[str, Generator | Callable[[Named], Generator]] = {
    **dict.fromkeys(("birth_date", "date_of_birth", "dob", "birthday", "birthdate"), Dates("1945-01-01", "2005-12-31")),
    **dict.fromkeys(
        ("expiry", "expiry_date", "expires_at", "expires_on", "valid_until", "valid_to", "due_date", "end_date"),
        Dates("2025-01-01", "2026-12-31"),
    ),
}


def is_identifier(name: str, table: str) -> bool:
    """Whether a column's name is that of its table's own key."""
    parts, owner = words(name), words(table)
    if parts and parts[-1] in ("id", "key", "uuid", "number", "no", "nr"):
        own = owner and [*owner[:-1], singular(owner[-1])]
        return parts[:-1] in ([], owner, own, own and own[-1:])
    return False


def key_prefix(table: str) -> str:
    """How the keys of a table begin: ``ORD-`` for orders."""
    owner = words(table) or ["row"]
    return f"{singular(owner[-1])[:3].upper()}-"


def points_elsewhere(name: str) -> bool:
    """Whether a column's name is that of another table's key."""
    parts = words(name)
    return len(parts) > 1 and parts[-1] in ("id", "key", "fk", "ref")


def siblings(names: Collection[str]) -> dict[str, str]:
    """Column names by the words that meanings are looked up by."""
    return {"_".join(words(name)): name for name in names}


__all__ = [
    "DAYS",
    "NUMBERS",
    "PERSONAL",
    "TEXTS",
    "YEAR",
    "Named",
    "is_identifier",
    "key_prefix",
    "points_elsewhere",
    "siblings",
]
