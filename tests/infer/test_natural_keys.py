"""Keys of other tables keep the look that they have, and stay unique: codes, numbers with gaps, parts."""

from __future__ import annotations

import re
import uuid
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from test_infer import inferred

from pytest_synthdata import Dataset

COUNT = 400
PARTS = r"2013-[A-Z][A-Z0-9]-\d{4,}"


def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def codes(form: str, count: int = COUNT) -> list[str]:
    """Different texts in a form of letters (A) and digits (0)."""
    random, found = rng(), dict[str, None]()
    while len(found) < count:
        found["".join(
            chr(65 + random.integers(26)) if letter == "A" else str(random.integers(10)) if letter == "0" else letter
            for letter in form
        )] = None  # fmt: skip
    return list(found)


KEYS: dict[str, tuple[Any, str]] = {
    "airport": (codes("AAA"), r"[A-Z]{3}"),
    "prefixed": (codes("KAAA"), r"K[A-Z]{3}"),
    "zeros": (codes("00000"), r"\d{5}"),
    "tail": (codes("N000AA"), r"N\d{3}[A-Z]{2}"),
    "parts": ([f"2013-{code}-{number}" for number, code in enumerate(["UA", "B6", "DL", "AA"] * 100, 1_200)], PARTS),
    "uuid": ([str(uuid.UUID(int=number * 7**40 % 2**128)) for number in range(1, COUNT + 1)], r"[0-9a-f-]{36}"),
    "sku": ([f"SKU-{number}" for number in rng().choice(90_000, COUNT, replace=False) + 10_000], r"SKU-\d{5}"),
}  # fmt: skip


def tables(keys: Any) -> dict[str, pa.Table]:
    picks = rng().integers(0, COUNT, 3_000)
    return {
        "stations": pa.table({"code": keys, "height": rng().normal(300, 50, COUNT)}),
        "visits": pa.table({"number": rng().normal(0, 1, 3_000), "station_code": [keys[pick] for pick in picks]}),
    }


@pytest.mark.parametrize("kind", KEYS)
def test_codes_keep_their_look_and_references_carry_them(kind: str) -> None:
    keys, form = KEYS[kind]
    made = inferred(tables(keys))[1]
    dataset = Dataset({made["stations"]: COUNT, made["visits"]: 1_000}, seed=2)
    found = dataset["stations"].to_arrow()["code"].to_pylist()
    assert len(set(found)) == COUNT
    assert all(re.fullmatch(form, one) for one in found)
    assert set(dataset["visits"].to_arrow()["station_code"].to_pylist()) <= set(found)


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        (np.arange(COUNT) + 1_000, 'Key("{}", start=1000)'),
        (np.arange(COUNT) * 10 + 5, 'Key("{}", start=5, step=10)'),
        ((np.arange(COUNT) // 8 * 32 + np.arange(COUNT) % 8 + 1), 'Key("{}", start=1, step=4)'),
        (np.sort(rng().choice(600, COUNT, replace=False)), "step=1.5"),
        (rng().choice(90_000, COUNT, replace=False) + 7, ".unique()"),
    ],
)
def test_numbers_keep_their_range_and_order(numbers: Any, said: str) -> None:
    made, source = inferred(tables(numbers.tolist()))[1:]
    assert said in source
    found = np.array(Dataset({made["stations"]: COUNT}, seed=2)["stations"].to_arrow()["code"].to_pylist())
    assert len(np.unique(found)) == COUNT
    # The range is that of the source: a part in twenty off at most, where the gaps' mean is rounded.
    assert abs(np.ptp(found) - np.ptp(numbers)) <= np.ptp(numbers) / 20
    assert (np.diff(found) > 0).all() == (np.diff(numbers) > 0).all()


def test_more_rows_than_there_were_codes() -> None:
    made = inferred(tables(KEYS["airport"][0]))[1]
    found = Dataset({made["stations"]: 10 * COUNT}, seed=2)["stations"].to_arrow()["code"]
    assert len(found.unique()) == 10 * COUNT
