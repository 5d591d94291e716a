"""`TableFactory.from_file`: the rows of a file as a table that others can refer to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pytest_synthdata.columns.generators.listed import Rows
from pytest_synthdata.errors import SynthDataError
from pytest_synthdata.sources.samples import MOST_ROWS, sample_of


def from_file(base: Any, path: str | Path, *, table: str | None, key: str | None, weights: str | None) -> Any:
    """A subclass of a factory whose rows are those of a file."""
    what = f"{base.__name__}.from_file"
    sample = sample_of(Path(path), what)
    if sample.rows is None or not sample.is_whole:
        raise SynthDataError(f"{what}: {path} has more than {MOST_ROWS:,} rows; its rows are sent to every executor")
    name = table or Path(path).name.partition(".")[0]
    rows = Rows(sample.rows, key=key, weights=weights)
    meta = type("Meta", (), {"table": name, "rows": rows})
    title = "".join(word.capitalize() for word in name.split("_"))
    return type(base)(f"{title}Factory", (base,), {"__module__": base.__module__, "Meta": meta})


__all__ = ["from_file"]
