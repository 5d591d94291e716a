"""Keys of two columns that refer to nothing themselves are listed, and others refer to them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from test_infer import inferred

from pytest_synthdata import Dataset

RNG = np.random.default_rng(2)
SITES = ["NOR", "OST", "SUD"]
WARDS = {
    "site": [site for site in SITES for _ in range(40)],
    "ward_no": [number for _ in SITES for number in range(101, 141)],
    "beds": RNG.integers(5, 20, 120).tolist(),
}
WARDS |= {"chairs": [2 * beds for beds in WARDS["beds"]]}
PICKS = RNG.integers(0, 120, 2_000)
VISITS = {
    "visit_id": list(range(2_000)),
    "site": [WARDS["site"][pick] for pick in PICKS],
    "ward_no": [WARDS["ward_no"][pick] for pick in PICKS],
}


def tables(wards: Any, visits: Any) -> tuple[str, dict[str, pa.Table]]:
    _, classes, source = inferred({"wards": pa.table(wards), "visits": pa.table(visits)})
    dataset = Dataset({classes["wards"]: None, classes["visits"]: None})
    return source, {table.name: table.to_arrow() for table in dataset}


def pairs(table: pa.Table, *names: str) -> list[Any]:
    return list(zip(*(table[name].to_pylist() for name in names), strict=True))


def test_every_row_refers_to_one_of_the_pairs() -> None:
    source, made = tables(WARDS, VISITS)
    assert 'key = ("site", "ward_no")' in source
    keys = pairs(made["wards"], "site", "ward_no")
    assert len(set(keys)) == len(keys) == 120
    assert set(pairs(made["visits"], "site", "ward_no")) <= set(keys)


def test_other_columns_are_generated_as_usual() -> None:
    source, made = tables(WARDS, VISITS)
    assert "beds = Rows" not in source
    assert all(chairs == 2 * beds for beds, chairs in pairs(made["wards"], "beds", "chairs"))


@pytest.mark.parametrize(
    ("wards", "visits"),
    [
        (WARDS, {"visit_id": VISITS["visit_id"]}),
        (WARDS, {**VISITS, "ward_no": (PICKS + 500).tolist()}),
        ({**WARDS, "ward_id": list(range(120))}, VISITS),
        ({**WARDS, "site": ["NOR"] * 120}, {**VISITS, "site": ["NOR"] * 2_000}),
    ],
)
def test_what_is_no_key_of_two_is_not_listed(wards: Any, visits: Any) -> None:
    source, _ = tables(wards, visits)
    assert "key = (" not in source
    assert "rows = Rows" not in source


def test_names_of_people_are_not_listed() -> None:
    names = dict(zip(SITES, ("Ann Lee", "Bob Ray", "Cy Fox"), strict=True))
    wards, visits = ({**one, "name": [names[site] for site in one["site"]]} for one in (WARDS, VISITS))
    del wards["site"], visits["site"]
    assert "Ann Lee" not in tables(wards, visits)[0]
