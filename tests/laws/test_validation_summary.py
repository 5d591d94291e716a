"""A validation script of the kind that ends a hand-written generator, unchanged, reads our files and finds the story.

`data/validation_summary.txt` is the part of such a script that prints its summary. It expects a Spark DataFrame
`tickets_df`, pandas, and the incident's first and last day.
"""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from pytest_synthdata import Dataset

SCRIPT = (Path(__file__).parents[1] / "data" / "validation_summary.txt").read_text()


@pytest.mark.filterwarnings("default")  # pyspark's toPandas and pandas 3 are not yet at one
def test_it_shows_the_spike_and_the_categories_of_the_incident(
    synth_spark: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pandas = pytest.importorskip("pandas")
    dataset = Dataset(seed=42)
    dataset.tickets.to_parquet(tmp_path / "tickets")
    tickets_df = synth_spark.read.parquet(str(tmp_path / "tickets"))
    names = {
        "pd": pandas,
        "tickets_df": tickets_df,
        "INCIDENT_START": datetime(2024, 10, 15),  # noqa: DTZ001 - as the script has it
        "INCIDENT_END": datetime(2024, 10, 25),  # noqa: DTZ001
    }
    exec(compile(SCRIPT, "validation_summary", "exec"), names)
    printed = capsys.readouterr().out

    def number(pattern: str) -> float:
        found = re.search(pattern, printed)
        assert found, printed
        return float(found[1])

    # 8,000 tickets a year: about 20 on a usual day. The scatter of eleven days' mean is 0.15/√11 of it.
    usual, incident = number(r"Pre-incident avg: (\d+)/day"), number(r"During incident avg: (\d+)/day")
    assert 18 <= usual <= 22
    assert 50 <= incident <= 70
    assert 2.6 <= number(r"Spike multiplier: ([\d.]+)x") <= 3.4
    assert number(r"Authentication\s+([\d.]+)") == pytest.approx(0.65, abs=0.08)
    for category, share in {"Network": 0.15, "Billing": 0.10, "Account": 0.10}.items():
        assert number(rf"{category}\s+([\d.]+)") == pytest.approx(share, abs=0.05)
    months = names["tickets_pdf"]["created_at"].dt.month.value_counts()
    assert sorted(months.index) == list(range(1, 13))
    assert months.min() > 8_000 / 12 / 2
