# ruff: noqa: RUF001 - letters that look like others are what folding is about
"""Texts made of other columns: what templates, filters, addresses and places promise."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from faker.providers.geo import Provider as GeoProvider

from pytest_synthdata.columns.arrow.values import to_arrow
from pytest_synthdata.columns.distinct import distinct
from pytest_synthdata.columns.expressions.operators import col
from pytest_synthdata.columns.generators.arrays import Array
from pytest_synthdata.columns.generators.base import Constant, Generator
from pytest_synthdata.columns.generators.categories import Categorical
from pytest_synthdata.columns.generators.keys import Key
from pytest_synthdata.columns.generators.numbers.distributions import Poisson
from pytest_synthdata.columns.plan import Plan
from pytest_synthdata.columns.providers.fake import Fake
from pytest_synthdata.columns.references.foreign_keys import ForeignKeyColumn
from pytest_synthdata.columns.scope import check_plan
from pytest_synthdata.columns.tables.bound_table import BoundTable
from pytest_synthdata.columns.text.filters import FILTERS, base36
from pytest_synthdata.columns.text.folding import ascii_fold, label, slug
from pytest_synthdata.columns.text.grammar import digits, listed
from pytest_synthdata.columns.text.place import Place
from pytest_synthdata.columns.text.template import Email, Template
from pytest_synthdata.columns.text.tokens import Vocabulary
from pytest_synthdata.errors import DeclarationError, GenerationError

COMPANIES = Plan("companies", {"name": Fake("company"), "domain": Template("{name|label}.example")})
COLUMNS: dict[str, Generator] = {
    "first_name": Fake("first_name"),
    "last_name": Fake("last_name"),
    "count": Poisson(3),
    "maybe": Fake("job").nulls(0.5),
    "pair": Fake("first_name_pair", locale="ja_JP"),
    "place": Place("de_DE"),
    "company": ForeignKeyColumn("company", COMPANIES),
}
LOCALES = ("en_US", "de_DE", "fr_FR", "ja_JP", "pt_BR")


def rows(generator: Generator, count: int = 100) -> list[dict[str, Any]]:
    plan = Plan("people", {**COLUMNS, "text": generator})
    check_plan(plan)
    bound = BoundTable(plan, 3, count, {"companies": BoundTable(COMPANIES, 3, 10)})
    batch = bound.at(np.arange(count, dtype=np.uint64))
    names = [*plan.columns, "company.name", "company.domain"]
    columns = {name: to_arrow(batch.read(name)).to_pylist() for name in names}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def test_columns_parents_structs_lists_and_row_numbers_are_filled_in() -> None:
    text = "{{{first_name}}} {last_name}, {company.name} × {count}: {pair[2]}, {place[city]} {place.postcode} #{#}"
    for number, row in enumerate(rows(Template(text))):
        assert row["text"] == (
            f"{{{row['first_name']}}} {row['last_name']}, {row['company.name']} × {row['count']}: {row['pair'][2]}, "
            f"{row['place']['city']} {row['place']['postcode']} #{number}"
        )


def test_texts_of_few_words_are_the_same_as_codes() -> None:
    parts = {"colour": Categorical(["red", "blue", ""]), "thing": Categorical(["a}", "ball", "häuschen 🙂"])}
    plan = Plan("toys", {"text": Template("<{colour} {thing|upper}, {colour}>", **parts)})
    many, few = (BoundTable(plan, 3, count, {}) for count in (40_000, 10))
    codes = many.at(np.arange(40_000, dtype=np.uint64)).read("text")
    assert isinstance(codes, pa.DictionaryArray)
    assert len(codes.dictionary) == 3 * 3 * 3
    texts = few.at(np.arange(10, dtype=np.uint64)).read("text")
    assert pa.types.is_string(texts.type)
    assert to_arrow(codes)[:10].to_pylist() == texts.to_pylist()
    # Each part is chosen for itself: nine texts, as both places of a colour have one substream; the standard deviation
    # of each count is sqrt(40,000 / 9 * 8 / 9) = 63.
    counts = Counter(to_arrow(codes).to_pylist())
    assert len(counts) == 9
    assert all(abs(count - 40_000 / 9) < 5 * 63 for count in counts.values())


def test_a_null_in_a_place_is_a_null() -> None:
    made = rows(Template("{first_name}: {maybe|upper}"), 500)
    assert {row["maybe"] is None for row in made} == {True, False}
    for row in made:
        job = row["maybe"]
        assert row["text"] == (None if job is None else f"{row['first_name']}: {job.upper()}")


def test_filters_follow_each_other() -> None:
    for row in rows(Template("{last_name|initial|lower}.{first_name|upper|slug}")):
        assert row["text"] == f"{row['last_name'][0].lower()}.{row['first_name'].lower()}"


def test_users_bring_filters_and_generators() -> None:
    template = Template(
        "{first_name|backwards} {title} {first_name}",
        backwards=pc.utf8_reverse,
        title=Categorical({"Dr": 0.5, "Mr": 0.5}),
    )
    made = rows(template, 300)
    assert {row["text"].split()[1] for row in made} == {"Dr", "Mr"}
    assert all(row["text"].split()[0][::-1] == row["first_name"] for row in made)


def test_a_filter_may_give_numpy_values() -> None:
    template = Template("{count|double}", double=lambda numbers: numbers.to_numpy() * 2)
    assert all(row["text"] == str(row["count"] * 2) for row in rows(template))


def test_a_template_without_places_is_a_constant() -> None:
    assert {row["text"] for row in rows(Template("as it {{is}}"))} == {"as it {is}"}


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{frist_name}", "people.text: there is no column 'frist_name'.* did you mean 'first_name'"),
        (
            "{company.nmae}",
            "people.text: 'company.nmae': the table 'companies' has no column 'nmae': did you mean 'name'",
        ),
        ("{first_name|sluq}", "people.text: .*there is no filter 'sluq': did you mean 'slug'"),
        ("{place[ctiy]}", "people.text: .*place has no field 'ctiy': did you mean 'city'"),
        ("{first_name[0]}", r"people.text: .*first_name is string, which has no \[0\]"),
    ],
)
def test_what_a_template_cannot_have_is_named(template: str, message: str) -> None:
    with pytest.raises(DeclarationError, match=message):
        rows(Template(template))


@pytest.mark.parametrize("text", ["{first name}", "{", "a}", "{}", "{name|}"])
def test_what_is_no_template_is_refused_at_once(text: str) -> None:
    with pytest.raises(DeclarationError, match=r"is not a field; write \{column\}"):
        Template(text)


def test_a_part_that_is_not_used_is_named() -> None:
    with pytest.raises(DeclarationError, match="does not use 'shout'"):
        rows(Template("{first_name}", shout=pc.utf8_upper))


FOLDED = {
    "Zoë Müller-Łukasiewicz": "Zoe Muller-Lukasiewicz",
    "Straße Ærøskøbing þing œuvre": "Strasse AEroskobing thing oeuvre",
    "Ελλάδα Ώρα": "Ellada Ora",
    "Ёлка Йод щука Київ": "Elka Iod shchuka Kiiv",
    "İstanbul ışık": "Istanbul isik",
    "D’Arcy – “x”": 'D\'Arcy - "x"',
    "東京 Tokyo": " Tokyo",
    "ＡＢ１ ﬁn 😀": "AB1 fin ",
    "": "",
}


def test_letters_are_folded_to_ascii() -> None:
    assert ascii_fold(pa.array([*FOLDED, None])).to_pylist() == [*FOLDED.values(), None]
    assert ascii_fold(pa.array(["x", *FOLDED]).slice(1)).to_pylist() == list(FOLDED.values())


SLUGS = {
    "Smith, Jones & Sons": "smith-jones-sons",
    "O'Neill-Müller  GmbH": "oneill-muller-gmbh",
    "--a--": "a",
    " -& ": "",
    "東京": "",
    "": "",
    "U.S. 24/7": "us-24-7",
    "é": "e",
}


def test_slugs_are_letters_digits_and_single_hyphens() -> None:
    assert slug(pa.array([*SLUGS, None])).to_pylist() == [*SLUGS.values(), None]
    assert slug(pa.array([], pa.string())).to_pylist() == []


def test_slugs_of_random_texts_agree_with_a_plain_definition() -> None:
    letters = np.array(list("aB9 -.&'éß東"))
    rng = np.random.default_rng(1)
    texts = ["".join(rng.choice(letters, rng.integers(0, 9))) for _ in range(5_000)]
    plain = [text.replace("é", "e").replace("ß", "ss").replace("東", "") for text in texts]
    expected = [re.sub(r"[^a-z0-9]+", "-", re.sub("['.]", "", text.lower())).strip("-") for text in plain]
    assert slug(pa.array(texts)).to_pylist() == expected


def test_a_label_fits_into_an_address() -> None:
    made = label(pa.array(["x" * 47 + " yz", "東京", "A b"])).to_pylist()
    assert made == ["x" * 47, "x", "a-b"]


def test_base_36_is_pythons() -> None:
    numbers = [0, 35, 36, 1295, 1296, 1297, 46_656, 36**4 - 1, 36**4, 10**10, 2**63]
    assert [int(text, 36) for text in base36(pa.array(numbers, pa.uint64())).to_pylist()] == numbers
    assert all(text == "0" or text[0] != "0" for text in base36(pa.array(numbers, pa.uint64())).to_pylist())
    assert base36(pa.array([7], pa.uint64())).to_pylist() == ["7"]


ADDRESS = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*@([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+(example|com|net|org)")


def assert_valid(addresses: list[str]) -> None:
    """RFC 5321, sections 4.1.2 and 4.5.3.1; RFC 2606 for the domains."""
    for address in addresses:
        assert ADDRESS.fullmatch(address), address
        local, _, domain = address.partition("@")
        assert len(local) <= 64
        assert len(domain) <= 255
        assert len(address) <= 254
        assert max(map(len, domain.split("."))) <= 63
        assert domain.endswith(".example") or domain in ("example.com", "example.net", "example.org")


@pytest.mark.parametrize("locale", LOCALES)
def test_addresses_fit_their_rows_and_are_valid(locale: str) -> None:
    plan = Plan(
        "customers",
        {
            "name": Fake("company", locale=locale),
            "person": Fake("name", locale=locale),
            "email": Email("name"),
            "contact": Email("name", person="person"),
            "private": Email(person="{person} jr"),
        },
    )
    check_plan(plan)
    for number, row in enumerate(BoundTable(plan, 1, 2_000).batch(0, 2_000).to_pylist()):
        assert_valid([row["email"], row["contact"], row["private"]])
        suffix = np.base_repr(number, 36).lower()
        company, person = (label(pa.array([row[name]]))[0].as_py() for name in ("name", "person"))
        assert row["email"].split("@")[1] == f"{company}-{suffix}.example"
        assert row["contact"] == f"{person.replace('-', '.')}@{company}-{suffix}.example"
        assert (
            row["private"].split("@")[0]
            == (f"{person.replace('-', '.')}" if person != "x" else "")
            + ("." if person != "x" else "")
            + f"jr.{suffix}"
        )


def test_addresses_of_the_longest_names_are_valid() -> None:
    plan = Plan("t", {"name": Constant("Ærø " * 40), "email": Email("name", person="name")})
    rows = np.array([0, 10**7, 2**64 - 1], np.uint64)
    addresses = to_arrow(BoundTable(plan, 1, 10).at(rows).read("email")).to_pylist()
    assert_valid(addresses)
    assert len(set(addresses)) == 3


def test_an_address_can_be_at_the_domain_of_a_parent() -> None:
    for number, row in enumerate(rows(Email(person="{first_name} {last_name}", domain="company.domain"))):
        local = f"{row['first_name']}.{row['last_name']}".lower()
        assert row["text"] == f"{local}.{np.base_repr(number, 36).lower()}@{row['company.domain']}"


@pytest.mark.parametrize("email", [Email("name"), Email(person="name"), Email("name", person="name")])
def test_addresses_are_unique_at_any_size(email: Email) -> None:
    """A million rows of one name, and rows as far apart as there are: the row number alone makes them unique."""
    bound = BoundTable(Plan("customers", {"name": Constant("Smith-1 & Sons"), "email": email}), 1, 10**7)
    rows = np.concatenate([np.arange(10**6), 36 ** np.arange(12), 36 ** np.arange(12) - 1]).astype(np.uint64)
    addresses = to_arrow(bound.at(distinct(rows)).read("email"))
    assert pc.count_distinct(addresses).as_py() == len(addresses)


def test_company_and_domain_cannot_both_be_given() -> None:
    with pytest.raises(DeclarationError, match="give a company, of which the domain is made, or a domain"):
        Email("name", domain="domain")


@pytest.mark.parametrize("locale", LOCALES)
def test_the_columns_of_a_place_agree(locale: str) -> None:
    plan = Plan("t", {"id": Key("{}"), "place": Place(locale), "city": col("place.city")})
    check_plan(plan)
    made = BoundTable(plan, 1, 5_000).batch(0, 5_000).to_pylist()
    pick_statistics: dict[str, set[Any]] = {}
    for row in made:
        place = row["place"]
        assert row["city"] == place["city"]
        fixed = (place["state"], place["state_code"], place["postcode"][:2], place["country_code"])
        pick_statistics.setdefault(place["city"], set()).add((*fixed, re.sub(r"\D", "", place["phone"])[:2]))
    assert len(pick_statistics) > 10
    assert {len(fact) for fact in pick_statistics.values()} == {1}
    assert len({row["place"]["phone"] for row in made}) > 1_000


# The five countries from west to east and south to north, without what lies overseas; islands of Japan included.
COUNTRIES = {
    "en_US": (-125, -66.9, 24.5, 49.4),
    "de_DE": (5.8, 15.1, 47.2, 55.1),
    "fr_FR": (-4.8, 8.3, 42.3, 51.1),
    "ja_JP": (129, 145.9, 30, 45.6),
    "pt_BR": (-73.9, -34.7, -33.8, 5.3),
}


@pytest.mark.parametrize("locale", LOCALES)
def test_places_lie_where_they_are(locale: str) -> None:
    plan = Plan("t", {"place": Place(locale), "north": col("place.latitude")})
    check_plan(plan)
    table = BoundTable(plan, 1, 20_000)
    assert table.schema.field("north").type == pa.float64()
    west, east, south, north = COUNTRIES[locale]
    of_city: dict[str, list[tuple[float, float]]] = {}
    for row in table.batch(0, 20_000).to_pylist():
        place = row["place"]
        assert row["north"] == place["latitude"] == round(place["latitude"], 5)
        assert west < place["longitude"] < east
        assert south < place["latitude"] < north
        of_city.setdefault(place["city"], []).append((place["latitude"], place["longitude"]))
    known = {
        name: (float(latitude), float(longitude))
        for latitude, longitude, name, code, _ in GeoProvider.land_coords
        if code == locale[-2:]
    }
    for city, points in of_city.items():
        assert len(set(points)) > 0.9 * len(points)
        spans = [max(one) - min(one) for one in zip(*points, strict=True)]
        assert max(spans) < 0.1, city  # 5 km to each side of the centre at the most, along a diagonal
        for latitude, longitude in points[:1] if city in known else []:
            # GeoNames's points stand for the same cities: ten kilometres are a tenth of a degree.
            assert abs(latitude - known[city][0]) < 0.1
            assert abs(longitude - known[city][1]) < 0.1


def test_large_cities_come_more_often() -> None:
    cities = Counter(row["place"]["city"] for row in rows(Constant("x"), 20_000))
    share = cities["Berlin"] / 20_000
    assert share == pytest.approx(3_755 / 14_166, abs=0.013)  # four standard deviations


def test_a_place_in_a_country_that_we_do_not_know_is_named() -> None:
    with pytest.raises(DeclarationError, match="no places for 'de_AT': did you mean 'de_DE'"):
        rows(Place("de_AT"))


FILTER_CHAINS = ("label", "slug", "dotted", "ascii|lower", "upper|ascii", "lower|slug", "slug|upper")


@pytest.mark.parametrize("locale", ["en_US", "de_DE", "ja_JP", "ru_RU", "el_GR"])
@pytest.mark.parametrize("provider", ["company", "name", "street_address", "phone_number"])
def test_what_is_done_to_words_is_what_is_done_to_texts(provider: str, locale: str) -> None:
    for chain in FILTER_CHAINS:
        columns = {"text": Fake(provider, locale=locale), "made": Template(f"{{text|{chain}}}")}
        batch = BoundTable(Plan("texts", columns), 3, 2_000).at(np.arange(2_000, dtype=np.uint64))
        want = to_arrow(batch.read("text"))
        for name in chain.split("|"):
            want = FILTERS[name](want)
        assert to_arrow(batch.read("made")).equals(want), chain


def test_words_make_a_slug_only_where_their_separators_stay_apart() -> None:
    def slugs(words: list[str], *sequences: tuple[slice, ...], longest: int | None = None) -> list[str] | None:
        found = Vocabulary(pa.array(words), sequences).slugs("-", longest)
        return None if found is None else found.words.to_pylist()

    words = ["Ann", " & ", "Bo", "", "!"]
    ann, between, bo, nothing, sign = (slice(place, place + 1) for place in range(5))
    made = ["ann", "-", "bo", "", "-"]
    assert slugs(words, (ann, between, bo)) == made
    assert slugs(words, (ann, between, nothing, bo)) == made
    assert slugs(words, (ann,), (bo, ann), longest=5) == made
    assert slugs(words, (ann,), (bo, ann), longest=4) is None
    assert slugs(words, (ann, between, nothing, sign, bo)) is None  # they would meet
    assert slugs(words, (ann, bo), (nothing, between, ann)) is None  # one would stand first
    assert slugs(words, (ann, between, nothing)) is None  # one would stand last
    assert slugs(words, (nothing, nothing)) is None  # nothing would be left
    assert slugs(words, (ann, slice(1, 3))) is None  # only one of both ends in a separator
    assert Vocabulary(pa.array(words)).slugs("-") is None  # who follows whom is not known


def test_addresses_are_made_of_words_where_they_can_be() -> None:
    bound = BoundTable(Plan("people", {"name": Fake("company"), "email": Email("name")}), 3, 100_000)
    batch = bound.at(np.arange(70_000, dtype=np.uint64))
    assert bound.plan.tokenized_columns == {"name"}
    tokens = batch.tokens("name")
    assert tokens is not None
    assert tokens.texts().equals(to_arrow(batch.read("name")))
    assert bound.at(batch.rows[60_000:]).read("email").equals(to_arrow(batch.read("email"))[60_000:])


def test_a_place_beyond_a_short_list_is_null() -> None:
    columns = {"tags": Array(Fake("word"), length=Poisson(1)), "text": Template("#{tags[1]}")}
    batch = BoundTable(Plan("texts", columns), 3, 100).at(np.arange(100, dtype=np.uint64))
    tags, texts = (to_arrow(batch.read(name)).to_pylist() for name in ("tags", "text"))
    assert texts == [f"#{words[1]}" if len(words) > 1 else None for words in tags]
    assert None in texts


def test_a_filter_that_fails_is_named_with_its_column() -> None:
    for text, message in (
        ("{first_name|base36}", "people.text: .*'base36' failed on first_name: ValueError: base36 is of whole numbers"),
        ("{below|base36}", "'base36' failed on below: ValueError: base36 is of whole numbers ≥ 0"),
        ("{count|odd}", "'odd' failed on count: ZeroDivisionError"),
    ):
        own = {"odd": lambda _: 1 / 0} if "odd" in text else {}
        with pytest.raises(GenerationError, match=message):
            rows(Template(text, **own, **({"below": Constant(-4)} if "below" in text else {})))


@pytest.mark.parametrize(
    ("numbers", "width", "base"),
    [(range(5, 15), 1, 10), (range(98, 1_203), 3, 10), (range(300), 1, 16), (range(50_250), 1, 10)],
)
def test_digits_of_a_range_are_its_numbers_each_as_often(numbers: range, width: int, base: int) -> None:
    law = digits(numbers, width, base)
    form = "x" if base == 16 else "d"
    assert dict(listed(law).pairs()) == pytest.approx({f"{n:0{width}{form}}": 1 / len(numbers) for n in numbers})
