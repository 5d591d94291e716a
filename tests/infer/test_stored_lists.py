"""Long lists in a data file beside the printed source."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import numpy as np
from click.testing import CliRunner

from pytest_synthdata import Dataset, TableFactory
from pytest_synthdata.cli.infer import infer
from pytest_synthdata.infer.tables import from_schema


def table() -> dict[str, Any]:
    rng = np.random.default_rng(6)
    return {
        "town": [f"Town {letter}{other}" for letter in "abcdef" for other in "ghijkl"] * 40,
        "size": rng.integers(0, 90, 1_440).tolist(),
    }


def test_the_source_is_short_and_the_factory_the_same(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table(table()), tmp_path / "towns.parquet")
    result = CliRunner().invoke(infer, [str(tmp_path / "towns.parquet"), "--output", str(tmp_path / "shop.py")])
    assert (result.exit_code, result.output) == (0, "")
    lists = json.loads((tmp_path / "shop_data.json").read_text("utf-8"))
    assert len(lists["towns.town"]) == 36
    source = (tmp_path / "shop.py").read_text("utf-8")
    assert "Town ag" not in source
    made = runpy.run_path(str(tmp_path / "shop.py"))["TownFactory"]
    same = from_schema(TableFactory, tmp_path / "towns.parquet")
    assert Dataset({made: 200}, seed=8)["towns"].fingerprint() == Dataset({same: 200}, seed=8)["towns"].fingerprint()
