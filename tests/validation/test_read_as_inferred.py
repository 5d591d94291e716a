"""What a factory is inferred from in a file of text, `validate()` reads: one meaning of each form for both."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from pytest_synthdata import Dataset, TableFactory
from pytest_synthdata.infer.tables import infer_tables
from pytest_synthdata.sources.samples import sample_of
from pytest_synthdata.sources.source import in_type

RANDOM = random.Random()
ROWS = 200


def time() -> dt.datetime:
    return dt.datetime(2024, 1, 1) + dt.timedelta(seconds=RANDOM.randint(0, 10**7))  # noqa: DTZ001


FORMS: dict[str, Callable[[], str]] = {
    "offset": lambda: f"{time():%Y-%m-%dT%H:%M:%S}+02:00",
    "offsets": lambda: f"{time():%Y-%m-%dT%H:%M:%S}{RANDOM.choice(['+02:00', '-05:00', 'Z'])}",
    "short offsets": lambda: f"{time()}{RANDOM.choice(['+02', '-0530'])}",
    "minutes with an offset": lambda: f"{time():%Y-%m-%dT%H:%M}+02:00",
    "nanoseconds": lambda: f"{time()}.123456789",
    "nanoseconds with an offset": lambda: f"{time()}.123456789+01:00",
    "dates and times": lambda: f"{time():{RANDOM.choice(['%Y-%m-%d', '%Y-%m-%d %H:%M'])}}",
    "times of day": lambda: f"{time():%H:%M:%S}",
    "minutes of a day": lambda: f"{time():%H:%M}",
    "spaces before": lambda: f" {RANDOM.randint(1, 9_999)}",
    "spaces after": lambda: f"{RANDOM.random():.3f} ",
    "dates after spaces": lambda: f" {time():%Y-%m-%d}",
    "hexadecimal": lambda: hex(RANDOM.randint(1, 9_999)),
    "exponents": lambda: f"{RANDOM.random():.3E}",
    "signs": lambda: f"{RANDOM.choice('+-')}{RANDOM.randint(1, 99)}",
    "truths": lambda: RANDOM.choice(["TRUE", "False"]),
}
WITH_COMMAS: dict[str, Callable[[], str]] = {
    "decimal commas": lambda: f"-{RANDOM.randint(1, 999)},{RANDOM.randint(0, 99):02d}",
    "some decimal commas": lambda: RANDOM.choice(["1,5", "2", "3,25"]),
    "amounts": lambda: f"{RANDOM.randint(1, 99)}.{RANDOM.randint(0, 999):03d},{RANDOM.randint(0, 99):02d}",
}


@pytest.mark.parametrize("form", [*FORMS, *WITH_COMMAS])
def test_a_column_of_text_is_validated_as_what_it_was_inferred_to_be(form: str, tmp_path: Path) -> None:
    RANDOM.seed(2)
    make, separator = (FORMS[form], ",") if form in FORMS else (WITH_COMMAS[form], ";")
    lines = [f"{number}{separator}{make()}" for number in range(ROWS)]
    (tmp_path / "table.csv").write_text("\n".join([f"id{separator}value", *lines]) + "\n", "utf-8")
    sample = sample_of(tmp_path / "table.csv", "test")
    _, factory = next(iter(infer_tables({"table": sample}, base=TableFactory)))
    result = Dataset({factory: ROWS}).validate({"table": str(tmp_path / "table.csv")})
    # They are the rows that it was inferred from.
    assert [(check.column, check.kind) for table in result.tables for check in table.checks if not check.passed] == []


def test_an_offset_is_taken_off_and_without_one_it_is_utc() -> None:
    texts = pa.array(["2024-01-01T01:30:00+02:00", "2024-01-01 01:30", "2024-01-01", None, "2024-01-01T01:30:00.25Z"])
    for zone in ("UTC", None):
        read = in_type(texts, pa.field("at", pa.timestamp("us", zone)), "table")
        assert read.cast(pa.timestamp("us")).to_pylist() == [
            dt.datetime(2023, 12, 31, 23, 30),  # noqa: DTZ001
            dt.datetime(2024, 1, 1, 1, 30),  # noqa: DTZ001
            dt.datetime(2024, 1, 1),  # noqa: DTZ001
            None,
            dt.datetime(2024, 1, 1, 1, 30, 0, 250_000),  # noqa: DTZ001
        ]
