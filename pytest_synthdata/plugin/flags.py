"""Command-line flags and ini settings, as pytest declares them. Imports nothing heavy."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_synthdata.file_formats import FILE_FORMATS
from pytest_synthdata.plugin.options import KEEP_ALWAYS, REPORT, SHRINK_SECONDS

# A number under [tool.pytest] of a pyproject.toml is not a text; older versions of pytest know no unions of types.
_TEXT_OR_NUMBER: Any = {"type": str | int | float | bool, "default": ""} if pytest.version_tuple >= (9, 2) else {}


def add_options(parser: pytest.Parser) -> None:
    """Declare every flag and setting."""
    group = parser.getgroup("synthdata", "realistic test data (pytest-synthdata)")
    group.addoption(
        "--synth-seed",
        metavar="N",
        help="seed of the data: an integer, or 'random' to draw one, which the header shows (default: 42)",
    )
    group.addoption(
        "--synth-scale",
        metavar="X",
        help="multiply the default numbers of rows, e.g. 0.1; numbers that a marker states stay (default: 1)",
    )
    group.addoption(
        "--synth-take",
        metavar="TABLE:ROW,…",
        action="append",
        default=[],
        help="give tests only these rows of a table and the rows that they refer to, e.g. orders:17,403; repeat it for "
        "more tables; it replaces what a marker takes",
    )
    group.addoption(
        "--synth-seeds",
        metavar="N",
        help="run every test that uses the data, and names no seed, on so many seeds, which follow from --synth-seed",
    )
    group.addoption(
        "--synth-shrink",
        metavar="SECONDS",
        nargs="?",
        const=SHRINK_SECONDS,
        help="run a failing test again on less and less of its data, for at most so many seconds, and show the rows "
        f"that make it fail (default: {SHRINK_SECONDS})",
    )
    group.addoption(
        "--synth-shrink-json",
        metavar="FILE",
        help="shrink as --synth-shrink does, and write what is found to this file, too: as JSON, a list of tests",
    )
    group.addoption("--synth-remote", metavar="URL", help="use the Spark Connect server at URL, e.g. sc://localhost")
    group.addoption(
        "--synth-summary",
        action="store_true",
        help="check the data of the run against its declarations and print the result",
    )
    group.addoption(
        "--synth-report",
        metavar="FILE",
        nargs="?",
        const=REPORT,
        help=f"write a page that shows the data of the run, declared against measured (default: {REPORT})",
    )
    group.addoption(
        "--synth-upload",
        metavar="VOLUME",
        nargs="?",
        const="",
        help="save the tables that tests take in this Unity Catalog Volume: catalog.schema.volume[/folder] or "
        "/Volumes/… (default: synth_volume of the ini file)",
    )
    group.addoption(
        "--synth-keep",
        metavar="WHEN",
        nargs="?",
        const=KEEP_ALWAYS,
        help="with --synth-upload: leave the tables there; 'failed': if a test fails; any other text: in a folder of "
        "that name",
    )
    group.addoption(
        "--synth-create", action="store_true", help="with --synth-upload: create a missing schema and Volume"
    )
    group.addoption(
        "--synth-format",
        metavar="FORMAT",
        choices=FILE_FORMATS,
        help=f"with --synth-upload: the format of the files: {', '.join(FILE_FORMATS)} (default: parquet)",
    )
    parser.addini(
        "synth_shrink", "shrink the data of failing tests: true, or for how many seconds at most", **_TEXT_OR_NUMBER
    )
    parser.addini("synth_format", "the format of the files of --synth-upload (default: parquet)")
    parser.addini("synth_volume", "the Volume for --synth-upload: catalog.schema.volume[/folder]")
    parser.addini("synth_seed", "seed of the data (default: 42)", **_TEXT_OR_NUMBER)
    parser.addini("synth_scale", "multiply the default numbers of rows (default: 1)", **_TEXT_OR_NUMBER)
    parser.addini(
        "synth_factories",
        "modules (or module:Class) whose factories join the default dataset, one a line",
        type="linelist",
        default=[],
    )
    parser.addini(
        "synth_shipped",
        "offer the shipped customers, orders and tickets; your own tables of these names replace them (default: true)",
        type="bool",
        default=True,
    )
    parser.addini("synth_spark_fixture", "the fixture that gives the Spark session")
    parser.addini("synth_remote", "a Spark Connect endpoint, e.g. sc://localhost")
    parser.addini(
        "synth_spark_engine",
        "spark; connect, one local Spark Connect server for all pytest-xdist workers; or sail (default: spark)",
    )
    parser.addini(
        "synth_spark_warm_start", "start Spark from a class-data archive (default: true)", type="bool", default=True
    )
    parser.addini(
        "synth_spark_keep_alive",
        "keep Spark's JVM for the next run, for so many seconds of idleness (default: 0, it ends with the run)",
        **_TEXT_OR_NUMBER,
    )
    parser.addini(
        "synth_summary",
        "check the data of every run against its declarations and print the result",
        type="bool",
        default=False,
    )
    parser.addini("synth_report", "the file for the page that shows the data of every run")
    parser.addini(
        "synth_differences",
        "end chispa's failures with the columns that differ and the numbers of the generated rows",
        type="bool",
        default=False,
    )
    parser.addini("synth_spark_conf", "Spark settings, one 'name=value' a line", type="linelist", default=[])


__all__ = ["add_options"]
