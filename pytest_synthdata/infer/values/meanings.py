"""What a column's name says about what it holds, where no rows say more."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.generators.categories import Categorical
from pytest_synthdata.columns.generators.numbers.distributions import Exponential, LogNormal, Normal, Poisson, Uniform
from pytest_synthdata.columns.providers.fake import Fake
from pytest_synthdata.columns.time.dates import Dates
from pytest_synthdata.infer.naming import singular, words
from pytest_synthdata.sources.ddl import paths_in

YEAR = ("2024-01-01", "2024-12-31")
_SHORT = {"addr": "address", "adr": "address", "no": "number", "nr": "number", "num": "number"}
_VAGUE = {  # names of fields that say nothing of whose they are
    *("display", "text", "full", "first", "last", "given", "family", "middle", "preferred", "legal", "official"),
}
_KINDS = {"home", "work", "private", "business", "primary", "secondary", "main", "old", "new", "raw", "original"}


@dataclass(frozen=True)
class ColumnName:
    """The name of a column in its table, or of a field in its struct.

    Args:
        name: of the column.
        table: of its table; of a field, the name of the struct.
        siblings: the text columns of the table, by the name that a factory gives them.
        struct: of a field, the name of what it is in.
        beside: of a field, the names of all fields of its struct.
        not_null: the paths of what is never null in it by its table's schema, as in a definition.
    """

    name: str
    table: str
    siblings: Mapping[str, str]
    struct: ColumnName | None = None
    beside: frozenset[str] = frozenset()
    not_null: frozenset[str] = frozenset()

    def field(self, name: str, beside: Collection[str]) -> ColumnName:
        """The name of a field of this column.

        Args:
            name: of the field.
            beside: the names of all fields.
        """
        return ColumnName(name, self.name, {}, self, frozenset(one.lower() for one in beside), self._not_null(name))

    @property
    def items(self) -> ColumnName:
        """The name of the items of an array, which is that of the array."""
        return replace(self, not_null=self._not_null("[]"))

    def _not_null(self, part: str) -> frozenset[str]:
        return paths_in(self.not_null, part)

    @property
    def qualified(self) -> ColumnName:
        """A field with the name of its struct before its own: `line` in `addresses` is an `address_line`."""
        struct = words(self.table)
        if self.struct is None or not struct or words(self.name) == ["name"]:
            return self
        return replace(self, name="_".join([*struct[:-1], singular(struct[-1]), *words(self.name)]))

    @property
    def telling(self) -> ColumnName:
        """The name that says whose a value is: the struct's, where a field's own says nothing (`patient.full`)."""
        struct = self.struct
        if struct is not None and (nouns(self.table)[-1:] == ["name"] or _VAGUE.issuperset(words(self.name))):
            return struct.telling
        return self

    def find(self, meanings: Mapping[str, Generator | Callable[[ColumnName], Generator]]) -> Generator | None:
        """The meaning of the whole name, or else of its last words, whatever number or kind follows them."""
        parts = [_SHORT.get(word, word) for word in words(self.name)]
        while parts:
            for start in range(len(parts)):
                found = meanings.get("_".join(parts[start:])) or meanings.get(singular("_".join(parts[start:])))
                if found is not None:
                    return found if isinstance(found, Generator) else found(self)
            if not parts[-1].isdigit() and parts[-1] not in _KINDS:
                break
            parts.pop()
        return None

    def sibling(self, *names: str) -> str | None:
        """Another text column of the table that has one of these names."""
        found = (self.siblings[name] for name in names if name in self.siblings)
        return next((one for one in found if one != self.name), None)


COMPANY = ("company", "company_name", "organization", "organisation", "employer", "business_name", "account_name")
# Nouns that only people go by, and those that teams, companies and programs go by, too.
PEOPLE = {
    *("person", "people", "employee", "patient", "student", "author", "staff", "manager", "supervisor", "boss"),
    *("teacher", "doctor", "physician", "nurse", "assignee", "reviewer", "approver", "applicant", "candidate"),
    *("practitioner",),
    *("spouse", "instructor", "tenant", "cardholder", "insured", "beneficiary", "attendee", "passenger", "user"),
}
_MEMBERS = {"contact", "member", "agent"}
PARTIES = {
    *(*_MEMBERS, "owner", "customer", "client", "holder", "sender", "recipient", "buyer", "seller", "lead", "operator"),
    *("creator", "editor", "representative", "rep", "subscriber", "payer", "payee", "reporter", "requester", "guest"),
    *("signatory", "visitor", "consultant", "borrower", "driver", "salesperson"),
    *("performer", "participant", "guarantor"),
}
_THINGS = {"product", "item", "article", "service", "plan", "campaign", "project"}
_PLACES = {
    *("city", "country", "region", "state", "place", "store", "shop", "company", "brand", "department", "team", "tag"),
    *("category", "event", "file", "color", "colour", "currency", "language", "group", "role", "type", "status"),
    *("airport", "airline", "station", "hotel", "restaurant", "school", "university", "hospital", "museum", "venue"),
    *("county", "district", "neighborhood", "neighbourhood", "island", "river", "mountain", "lake", "park", "street"),
    *("nation", "species", "car", "vehicle", "plane", "ship", "model", "movie", "film", "book", "song", "album"),
    *("game", "course", "part", "warehouse", "site", "facility", "stadium", "club", "port", "bank", "branch"),
}


def nouns(name: str) -> list[str]:
    """The words of a name, the last of them in the singular."""
    parts = words(name)
    return [*parts[:-1], *map(singular, parts[-1:])]


def bearer(column: ColumnName) -> str:
    """Whose name a column holds: what stands before ``name``, or the table."""
    parts = words(column.name)
    before = parts[:-1] or words(column.table)
    return singular(before[-1]) if before else ""


def names_people(column: ColumnName) -> bool:
    """Whether a column holds the names of people, by its own and its table's name."""
    parts, owner = nouns(column.name), bearer(column)
    return parts[-1:] == ["name"] and owner in PEOPLE | (PARTIES if len(parts) > 1 else _MEMBERS)


def names_others(column: ColumnName) -> bool:
    """Whether a column called ``name`` holds the names of things or places, by its table's name."""
    return nouns(column.name) == ["name"] and bearer(column) in _THINGS | _PLACES


def _name(column: ColumnName) -> Generator:
    if names_people(column):
        return Fake("name")
    return Fake("catch_phrase") if bearer(column) in _THINGS else Fake("company")


def fakes(provider: str, *names: str) -> dict[str, Generator]:
    """What columns of some names get: values of a provider."""
    return dict.fromkeys((provider, *names), Fake(provider))


TEXTS: Mapping[str, Generator | Callable[[ColumnName], Generator]] = {
    "name": _name,
    **dict.fromkeys((*COMPANY, "vendor", "supplier", "merchant", "brand", "manufacturer"), Fake("company")),
    **fakes("city", "town", "locality"),
    **fakes("state", "province", "region"),
    **fakes("state_abbr", "state_code"),
    **fakes("postcode", "postal_code", "zip", "zip_code", "zipcode"),
    **fakes("country"),
    **fakes("country_code", "country_iso", "nationality", "iso_country"),
    **fakes("job", "job_title", "occupation", "profession", "position"),
    **fakes("url", "website", "homepage", "link", "web"),
    **fakes("domain_name", "domain", "host", "hostname"),
    **fakes("currency_code", "currency"),
    **fakes("language_code", "language", "lang"),
    **fakes("locale"),
    **fakes("timezone", "time_zone", "tz"),
    **fakes("color_name", "color", "colour"),
    **fakes("file_name", "filename", "file"),
    **fakes("mime_type", "content_type"),
    **fakes("user_agent"),
    **fakes("uuid4", "uuid", "guid"),
    **fakes("catch_phrase", "slogan", "tagline", "product", "product_name", "item_name"),
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

NUMBERS: Mapping[str, Generator | Callable[[ColumnName], Generator]] = {
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

DAYS: Mapping[str, Generator | Callable[[ColumnName], Generator]] = {
    **dict.fromkeys(("birth_date", "date_of_birth", "dob", "birthday", "birthdate"), Dates("1945-01-01", "2005-12-31")),
    **dict.fromkeys(
        ("expiry", "expiry_date", "expires_at", "expires_on", "valid_until", "valid_to", "due_date", "end_date"),
        Dates("2025-01-01", "2026-12-31"),
    ),
}


def is_identifier(name: str, table: str) -> bool:
    """Whether a column's name is that of its table's own key."""
    parts, owner = words(name), words(table)
    if parts and parts[-1] in ("id", "key", "uuid", "number", "no", "nr", "sk"):
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
    return len(parts) > 1 and parts[-1] in ("id", "key", "fk", "ref", "sk")


def siblings(names: Collection[str]) -> dict[str, str]:
    """Column names by the words that meanings are looked up by."""
    return {"_".join(words(name)): name for name in names}


__all__ = [
    "COMPANY",
    "DAYS",
    "NUMBERS",
    "PARTIES",
    "PEOPLE",
    "TEXTS",
    "YEAR",
    "ColumnName",
    "bearer",
    "fakes",
    "is_identifier",
    "key_prefix",
    "names_others",
    "names_people",
    "nouns",
    "points_elsewhere",
    "siblings",
]
