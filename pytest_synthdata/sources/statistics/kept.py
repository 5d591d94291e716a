"""A table as its kept statistics describe it, whatever keeps them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pytest_synthdata.errors import ArgumentError, SynthDataError
from pytest_synthdata.file_formats import format_of
from pytest_synthdata.files.targets import local_path
from pytest_synthdata.sources import data_files
from pytest_synthdata.sources.samples import Sample, sample_of
from pytest_synthdata.sources.statistics.delta import statistics_of_delta
from pytest_synthdata.sources.statistics.described import statistics_of_described
from pytest_synthdata.sources.statistics.parquet import statistics_of_parquet


def sample_of_statistics(source: str | Path, what: str) -> Sample:
    """What is known of a table without opening its data.

    Args:
        source: a file or folder of Parquet, a Delta table, or a file with what `DESCRIBE EXTENDED … AS JSON` gave.
        what: whose data it is, for messages.

    Raises:
        SynthDataError: for what keeps no statistics.
    """
    path = local_path(source, what)
    if not path.exists():
        raise ArgumentError(f"{what}: there is nothing at {path}")
    if (path / "_delta_log").is_dir():
        schema, found = statistics_of_delta(path, what)
        return replace(sample_of(schema, what), statistics=found)
    files = data_files(path)
    formats = {format_of(file) for file in files}
    if formats == {"parquet"}:
        schema, found = statistics_of_parquet(files, path)
        return replace(sample_of(schema, what), statistics=found)
    if formats == {"json"} and path.is_file():
        definition, found = statistics_of_described(path, what)
        return replace(sample_of(definition.schema, what), definition=definition, statistics=found)
    kinds = " and ".join(sorted(one for one in formats if one)) or "nothing that"
    raise SynthDataError(
        f"{what}: {path} has no statistics: it holds {kinds}{' can be read' if kinds == 'nothing that' else ''}; give "
        "Parquet, a Delta table, or the JSON of DESCRIBE EXTENDED … AS JSON, or leave out --statistics-only"
    )


__all__ = ["sample_of_statistics"]
