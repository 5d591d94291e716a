"""Rows a second of text columns, one core: ours against Faker, mimesis and the Rust generators, in one run.

    python benchmarks/text.py [--seconds 1] [--distinct]

Ours are Arrow arrays, the others' lists of Python strings; what ours cost as such lists is a line of its own.
Rivals that are not installed are named and left out: ``pip install mimesis seedfaker faker2``.
``--distinct`` also counts the different names among a million of Faker's and of ours (two minutes).
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.metadata import version

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.values import to_arrow
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.plan import Plan
from pytest_synthdata.columns.providers.fake import Fake
from pytest_synthdata.columns.tables.bound_table import BoundTable
from pytest_synthdata.columns.text.template import Email

FIELDS = ("name", "company", "email")
BATCH = 262_144
Make = Callable[[int], object]

# The complete example, 35,500 rows, in a process that has imported all that it needs.
EXAMPLE = """
import time
import pandas, scipy.special  # PyArrow imports pandas where there is one
from pytest_synthdata import Dataset, factories
for _ in range(6):
    begun = time.perf_counter()
    tables = [table.to_arrow() for table in Dataset()]
    print(time.perf_counter() - begun)
"""


def ours(generator: Generator, **others: Generator) -> Callable[[int], pa.Array]:
    bound = BoundTable(Plan("people", {**others, "text": generator}), seed=1, num_rows=10**9)
    start = 0

    def make(count: int) -> pa.Array:
        nonlocal start
        start += count
        return to_arrow(bound.at(np.arange(start - count, start, dtype=np.uint64)).read("text"))

    return make


def as_list(make: Callable[[int], pa.Array]) -> Make:
    return lambda count: make(count).to_pylist()


def one_by_one(function: Callable[[], str]) -> Make:
    return lambda count: [function() for _ in range(count)]


def contenders() -> Iterator[tuple[str, dict[str, Make], int]]:
    """Name, what makes each field, and the rows of a call."""
    yield "pytest-synthdata", {name: ours(Fake(name)) for name in FIELDS}, BATCH
    coherent = {"email": ours(Email("name"), name=Fake("company"))}
    yield "  e-mail of its company, unique; company made, too", coherent, BATCH
    listed = {name: as_list(ours(Fake(name))) for name in FIELDS}
    yield "  as lists of Python strings", listed, BATCH
    german = {name: ours(Fake(name, locale="de_DE")) for name in FIELDS}
    yield "  de_DE", german, BATCH
    faker = import_module("faker")
    for title, weighting in (("Faker", True), ("Faker, use_weighting=False", False)):
        fake = faker.Faker("en_US", use_weighting=weighting)
        fake.seed_instance(1)
        yield title, {name: one_by_one(getattr(fake, name)) for name in FIELDS}, 1_000
    if mimesis := installed("mimesis"):
        person, finance = mimesis.Person(seed=1), mimesis.Finance(seed=1)
        functions = {"name": person.full_name, "company": finance.company, "email": person.email}
        yield "mimesis", {name: one_by_one(function) for name, function in functions.items()}, 1_000
    if seedfaker := installed("seedfaker"):
        source = seedfaker.SeedFaker(seed="1", locale="en")
        fields = {"name": "name", "company": "company-name", "email": "email"}
        yield "seedfaker (Rust)", {
            name: lambda count, field=field: source.records([field], n=count) for name, field in fields.items()
        }, 20_000  # fmt: skip
    if faker2 := installed("faker2"):
        fake2 = faker2.Faker(1)
        yield "faker2 (Rust)", {name: one_by_one(getattr(fake2, name)) for name in FIELDS}, 20_000


def installed(name: str) -> object:
    try:
        module = import_module(name)
    except ImportError:
        print(f"{name}: not installed, left out")
        return None
    return module


def rate(make: Make, size: int, seconds: float) -> float:
    """Rows a second of processor time in the best of the calls that fit into so many seconds."""
    make(size)
    best, until = 0.0, time.process_time() + seconds
    while time.process_time() < until:
        begun = time.process_time()
        make(size)
        best = max(best, size / (time.process_time() - begun))
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--distinct", action="store_true")
    options = parser.parse_args()
    print(f"Faker {version('faker')}, NumPy {np.__version__}, PyArrow {pa.__version__}; rows a second of a core\n")
    print(f"{'':52}" + "".join(f"{name:>13}" for name in FIELDS))
    for title, makes, size in contenders():
        rates = [f"{rate(makes[name], size, options.seconds):13,.0f}" if name in makes else " " * 13 for name in FIELDS]
        print(f"{title:52}" + "".join(rates), flush=True)
    print("\nCompiling, the locale loaded:")
    for name in ("name", "company", "email", "address", "phone_number", "sentence"):
        Fake("first_name", locale="fr_FR").prepared()
        begun = time.perf_counter()
        Fake(name, locale="fr_FR").prepared()
        print(f"  {name:16}{1e3 * (time.perf_counter() - begun):6.1f} ms")
    first, *again = map(float, subprocess.check_output([sys.executable, "-c", EXAMPLE]).split())
    print(f"\nThe complete example as Arrow, imports apart: {1e3 * first:.0f} ms, then {1e3 * min(again):.0f} ms")
    if options.distinct:
        fake = import_module("faker").Faker("en_US")
        fake.seed_instance(1)
        theirs = len({fake.name() for _ in range(10**6)})
        mine = pc.count_distinct(ours(Fake("name"))(10**6)).as_py()
        print(f"\nDifferent names in a million: {mine:,}; Faker's {theirs:,}")


if __name__ == "__main__":
    main()
