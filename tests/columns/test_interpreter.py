"""Providers of users are compiled where their methods can be read, and never guessed at where not."""

from __future__ import annotations

import copy
import datetime as dt
import os
import pickle
import random
import re
import subprocess
import sys
from collections import Counter, OrderedDict
from typing import Any
from uuid import RFC_4122, UUID

import factory
import numpy as np
import pytest
from faker.providers import BaseProvider, DynamicProvider
from scipy import stats

from pytest_synthdata import Dataset, TableFactory
from pytest_synthdata.columns.arrow.values import to_arrow
from pytest_synthdata.columns.plan import Plan
from pytest_synthdata.columns.providers.fake import Compiled, Fake, RowByRow
from pytest_synthdata.columns.scope import ColumnScope, check_plan
from pytest_synthdata.columns.tables.bound_table import BoundTable
from pytest_synthdata.errors import DeclarationError

COUNT = 20_000


class Cloud(BaseProvider):
    """Methods in the ways that providers are written."""

    __use_weighting__ = True
    regions = OrderedDict([("eu", 3.0), ("us", 1.0)])  # noqa: RUF012 - as Faker writes them
    zones = ("a", "b", "c")
    formats = ("{{region}}-{{zone}}", "{{region}}-central")

    def region(self) -> str:
        return self.random_element(self.regions)

    def zone(self) -> str:
        return self.random_element(self.zones)

    def place(self) -> str:
        return self.generator.parse(self.random_element(self.formats))

    def twice_the_same(self) -> str:
        zone = self.zone()
        return f"{zone}/{zone.upper()}"

    def branches(self) -> str:
        number = self.generator.random.randint(1, 6)
        if number == 6:
            return "six"
        return "low" if number < 4 else f"{number}"

    def retries(self) -> str:
        while True:
            zone = self.zone()
            if zone != "b":
                return zone

    def loops(self) -> str:
        return "".join([self.random_element("xy") for _ in range(self.random_int(1, 2))])

    def padded(self) -> str:
        return "%s:%03d" % (self.zone(), self.random_int(95, 1_104)) + f"/{self.random_int(0, 4_095):03x}"  # noqa: UP031

    def digits(self) -> str:
        return self.bothify("%#?", letters="AB").lower()

    def shouted(self, mark: str = "!") -> str:
        return self.place().upper() + mark

    def appended(self) -> str:
        parts = []
        for _ in range(2):
            parts.append(self.zone())  # noqa: PERF401 - lists that grow are what is tested
        parts.insert(0, self.region())
        return ":".join(parts)

    def counted(self) -> int:
        return len(self.place())

    def marked(self, zone: str) -> str:
        return zone + self.random_element("xy") + self.random_element("xy")

    def settled_late(self) -> str:
        first, second = self.region(), self.zone()
        marked = self.marked(second)
        third, fourth = self.random_element("ef"), self.random_element("gh")
        # The last draw is settled before the second one is, whose mark then takes a draw less.
        if first == "eu" and third == "e" and second == "c":
            return fourth + marked
        return first + second + third + fourth

    # What must not be read, because the outcome would be another

    def stateful(self) -> str:
        self.calls = getattr(self, "calls", 0) + 1
        return str(self.calls)

    def remembering(self) -> str:
        self.seen.append(self.zone())
        return str(len(self.seen))

    seen: list[str] = []  # noqa: RUF012

    def endless(self) -> int:
        return self.random_int(0, 10 ** self.random_int(1, 9))

    def unordered(self) -> str:
        return self.random_element(list({"a", "b"}))

    def foreign(self) -> str:
        return sorted(self.zones, key=lambda zone: zone)[0] + self.zone()  # noqa: FURB192

    def named_argument(self) -> str:
        return "{zone}!".format(zone=self.zone())  # noqa: UP032

    def list_as_text(self) -> str:
        return str([self.zone(), "d"])

    def gaussian(self) -> str:
        return f"{self.generator.random.gauss(0, 1):.1f}"


READABLE = (
    "region", "zone", "place", "twice_the_same", "branches", "loops", "padded", "digits", "shouted", "counted",
    "appended", "settled_late",
)  # fmt: skip
UNREADABLE = (
    "stateful", "remembering", "unordered", "foreign", "gaussian", "retries", "endless", "named_argument",
    "list_as_text",
)  # fmt: skip


def declared(name: str, **arguments: Any) -> Fake:
    return Fake(name, providers=[Cloud], **arguments)


def drawn(generator: Fake, count: int = COUNT) -> list[Any]:
    bound = BoundTable(Plan("t", {"x": generator}), seed=1, num_rows=count)
    return to_arrow(bound.at(np.arange(count, dtype=np.uint64)).read("x")).to_pylist()


@pytest.mark.parametrize("name", READABLE)
def test_a_method_that_can_be_read_has_its_law(name: str) -> None:
    assert type(declared(name).prepared()) is Compiled
    ours = Counter(drawn(declared(name)))
    theirs = Counter(drawn_by_faker(name))
    values = [value for value in {**ours, **theirs} if ours[value] + theirs[value] > 20]
    table = np.array([[ours[value] for value in values], [theirs[value] for value in values]])
    if name != "padded":  # a million values
        assert table.sum() == 2 * COUNT
        assert stats.chi2_contingency(table).pvalue > 1e-4


def drawn_by_faker(name: str) -> list[Any]:
    from faker import Factory

    fake = Factory.create("en_US")
    fake.add_provider(Cloud)
    fake.seed_instance(3)
    return [fake.format(name) for _ in range(COUNT)]


def test_numbers_keep_their_range_and_padding() -> None:
    values = drawn(declared("padded"), 200_000)
    numbers = [int(value[2:].partition("/")[0]) for value in values]
    assert (min(numbers), max(numbers)) == (95, 1_104)
    assert {len(value.partition("/")[0]) for value in values if int(value[2:].partition("/")[0]) < 1_000} == {5}
    assert stats.chisquare(list(Counter(numbers).values())).pvalue > 1e-4
    assert stats.chisquare(list(Counter(int(value[-3:], 16) for value in values).values())).pvalue > 1e-4


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_method_that_cannot_be_read_is_asked_row_by_row(name: str) -> None:
    assert type(declared(name).prepared()) is RowByRow


def test_lists_of_drawn_values_are_asked_row_by_row() -> None:
    assert type(Fake("words", nb=2).prepared()) is RowByRow
    assert {len(value) for value in drawn(Fake("words", nb=2), 20)} == {2}


@pytest.mark.parametrize("name", ["bothify", "numerify", "hexify", "lexify"])
def test_patterns_are_compiled(name: str) -> None:
    generator = Fake(name, text="AB-^??##")
    assert type(generator.prepared()) is Compiled
    hexadecimal = "[0-9a-f]" if name == "hexify" else r"\^"
    letters = "[a-zA-Z]{2}" if name in ("bothify", "lexify") else r"\?\?"
    digits = "[0-9]{2}" if name in ("bothify", "numerify") else "##"
    assert all(re.fullmatch(f"AB-{hexadecimal}{letters}{digits}", value) for value in drawn(generator, 200))


def test_uuids_are_compiled_and_valid() -> None:
    values = [UUID(value) for value in drawn(Fake("uuid4"), 5_000)]
    assert type(Fake("uuid4").prepared()) is Compiled
    assert {(value.version, value.variant) for value in values} == {(4, RFC_4122)}
    assert len(set(values)) == 5_000
    ones = sum(np.array([value.int >> place & 1 for place in range(128)]) for value in values)
    free = np.delete(ones, [62, 63, 76, 77, 78, 79])  # all but the variant and the version
    assert stats.chi2.sf(((free - 2_500) ** 2 / 1_250).sum(), len(free)) > 1e-4


def test_arguments_reach_the_method() -> None:
    assert {value[-1] for value in drawn(declared("shouted", mark="?"), 100)} == {"?"}
    assert all(len(text.split()) == 4 for text in drawn(Fake("sentence", nb_words=4, variable_nb_words=False), 100))


def test_an_overridden_method_is_the_one_that_is_read() -> None:
    class Loud(Cloud):
        def zone(self) -> str:
            return super().zone().upper()

    class Fixed(Cloud):
        def zone(self) -> str:
            return "z"

    assert {text[-1] for text in drawn(Fake("place", providers=[Fixed]), 500)} == {"z", "l"}
    assert {text[-1] for text in drawn(Fake("place", providers=[Loud]), 500)} == {"A", "B", "C", "l"}


def test_a_dynamic_provider_is_left_as_it_was() -> None:
    provider = DynamicProvider(provider_name="skill", elements=["SQL", "Python"])
    owner = provider.generator
    before = random.getstate()
    generator = Fake("skill", providers=[provider])
    assert type(generator.prepared()) is Compiled
    assert set(drawn(generator, 100)) == {"SQL", "Python"}
    assert provider.generator is owner
    assert random.getstate() == before


def test_providers_that_factory_boy_was_given_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(factory.Faker, "_FAKER_REGISTRY", {})
    factory.Faker.add_provider(Cloud)
    factory.Faker.add_provider(DynamicProvider(provider_name="skill", elements=["SQL", "Python"]))

    class Server(TableFactory):
        region = factory.Faker("region")
        skill = factory.Faker("skill")
        name = factory.Faker("first_name")

    server = Server.build()
    assert server.region in Cloud.regions
    assert server.skill in ("SQL", "Python")
    assert server == Dataset({Server: 2}).servers.to_arrow().to_pylist()[0]


def test_a_compiled_column_needs_no_faker() -> None:
    """As on an executor that has NumPy and PyArrow."""
    data = pickle.dumps([Fake("company_email", locale="fr_FR"), Fake("address").prepared()])
    code = (
        "import pickle, sys; sys.modules['faker'] = None\n"
        "import numpy as np\n"
        "from pytest_synthdata.columns.plan import Plan\n"
        "from pytest_synthdata.columns.tables.bound_table import BoundTable\n"
        "generators = pickle.loads(sys.stdin.buffer.read())\n"
        "plan = Plan('t', {f'c{n}': generator for n, generator in enumerate(generators)})\n"
        "print(BoundTable(plan, 1, 10).batch(0, 10).to_pylist()[9])"
    )
    done = subprocess.run([sys.executable, "-c", code], input=data, capture_output=True, check=True)
    plan = Plan("t", {"c0": Fake("company_email", locale="fr_FR"), "c1": Fake("address")})
    assert done.stdout.decode().strip() == str(BoundTable(plan, 1, 10).batch(0, 10).to_pylist()[9])


def test_a_declaration_is_itself_when_copied() -> None:
    generator = Fake("name", providers=[Cloud])
    assert copy.copy(generator) is generator
    assert copy.deepcopy([generator]) == [generator]


def test_what_is_asked_row_by_row_can_be_sent() -> None:
    sent = pickle.loads(pickle.dumps(Fake("iban", locale="de_DE")))
    assert drawn(sent, 20) == drawn(Fake("iban", locale="de_DE"), 20)


def test_any_piece_in_any_order_is_the_same() -> None:
    plan = Plan("t", {name: Fake(name) for name in ("name", "address", "job", "email", "random_int")})
    whole = BoundTable(plan, 5, 100_000).batch(0, 100_000)
    piece = BoundTable(plan, 5, 100_000).batch(40_000, 40_010)
    assert piece == whole.slice(40_000, 10)
    rows = np.array([99_999, 3, 40_005, 3], np.uint64)
    for name in plan.columns:
        scattered = to_arrow(BoundTable(plan, 5, 100_000).at(rows, scattered=True).read(name))
        assert scattered == whole.column(name).take(rows.astype(np.int64)), name


class Broken(BaseProvider):
    def __init__(self, generator: Any) -> None:
        super().__init__(generator)
        self.x = self.missing


@pytest.mark.parametrize(
    ("generator", "message"),
    [
        (Fake("compani"), "no provider 'compani' in en_US: did you mean 'company'"),
        (Fake("name", locale="de_ED"), "no locale 'de_ED': did you mean 'de_DE'"),
        (Fake("sentence", nb_wrds=3), "unexpected keyword argument 'nb_wrds'"),
        (Fake("name", locale=["en_US", "ja_JP"]), "a locale is a text such as 'de_DE'"),  # type: ignore[arg-type]
        (Fake("name", providers=["faker_vehicle"]), "takes classes or objects, and 'faker_vehicle' is neither"),
        (Fake("name", providers=Broken), "a provider cannot be used: .* has no attribute 'missing'"),
        (Fake("name", pool=True), "a pool has a whole number of values, at least 1"),
        (Fake("name", pool=0), "a pool has a whole number of values, at least 1"),
    ],
)
def test_what_faker_does_not_have_is_named(generator: Fake, message: str) -> None:
    with pytest.raises(DeclarationError, match=message) as caught:
        generator.check(ColumnScope(Plan("people", {"x": generator}), "x"))
    assert str(caught.value).startswith("people.x: ")


CLOCKS = (
    "date_time_between",
    "date_of_birth",
    "past_datetime",
    "date_time_this_year",
    "date_this_month",
    "date_time",
    "unix_time",
)


def test_todays_date_and_the_time_zone_of_the_machine_change_nothing() -> None:
    script = (
        "import datetime as dt, faker.providers.date_time, sys\n"
        "from pytest_synthdata.columns.providers.fake import Fake\n"
        f"for name in {CLOCKS}:\n"
        "    print(name, repr(Fake(name).prepared()), Fake(name).prepared()._drawn([1, 2, 3]))\n"
        "assert faker.providers.date_time.datetime is dt.datetime\n"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", script], check=True, capture_output=True, text=True, env={**os.environ, "TZ": zone}
        ).stdout
        for zone in ("UTC", "Asia/Tokyo", "America/New_York")
    }
    assert len(seen) == 1
    values = drawn(Fake("date_time_this_year"), 50)
    assert {value.year for value in values} == {2024}
    assert len(set(values)) == 50
    assert max(drawn(Fake("past_date"), 50)) < dt.date(2024, 12, 31)


def test_a_providers_own_draws_belong_to_the_row_too() -> None:
    class Dice(BaseProvider):
        def rolled(self) -> float:
            return random.random() + len(list(iter(range(1))))

    generator = Fake("rolled", providers=[Dice])
    assert type(generator.prepared()) is RowByRow
    assert drawn(generator, 20) == drawn(generator, 20)
    assert len(set(drawn(generator, 20))) == 20


def test_compiled_numbers_can_be_unique() -> None:
    plan = Plan("t", {"x": Fake("random_int", min=5, max=54).unique()})
    check_plan(plan)
    assert sorted(to_arrow(BoundTable(plan, 1, 50).at(np.arange(50, dtype=np.uint64)).read("x")).to_pylist()) == [
        *range(5, 55)
    ]
