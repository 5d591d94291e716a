"""Command-line flags and ini settings, as one frozen `Settings`. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from pytest_synthdata.file_formats import FILE_FORMATS

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_SEED = 42
SHRINK_SECONDS = 30
MOST_SEEDS = 10_000
REPORT = "synth-report.html"
KEEP_ALWAYS, KEEP_FAILED = "always", "failed"


@dataclass(frozen=True)
class Settings:
    """What a run was asked for.

    Args:
        seed: the seed of every dataset that states none.
        scale: multiplies the row counts of the default dataset, not those that a marker states.
        factories: modules, or ``module:Class``, whose factories join the default dataset.
        shipped: whether the customers, orders and tickets that ship are among a test's tables.
        spark_fixture: the project's fixture that gives the Spark session.
        remote: a Spark Connect endpoint.
        engine: ``"spark"``, ``"connect"`` or ``"sail"``.
        spark_conf: Spark settings on top of ours.
        warm_start: whether Spark starts from a class-data archive.
        keep_alive: how many seconds of idleness Spark's JVM waits for the next run; None: it ends with this one.
        summary: whether the run ends with declared against measured.
        report: the file for the page that shows it.
        upload: the Volume that tables are saved in, or a folder of it.
        keep: what becomes of them at the end: removed by default; kept with KEEP_ALWAYS, with KEEP_FAILED
            after a failure; any other text is the name of a folder that stays.
        create: whether a missing schema or Volume is made.
        format: of the files there.
        differences: whether chispa's failures end with the rows and columns that differ.
        take: by table, the numbers of the rows that tests get, with those that they refer to; none: all rows.
        shrink: for how many seconds a failing test is run again on less data; None: it is not.
        shrink_json: the file for what was found then.
        seeds: how many seeds tests run on that name none; 0: the one above.
    """

    seed: int = DEFAULT_SEED
    scale: float = 1.0
    factories: tuple[str, ...] = ()
    shipped: bool = True
    spark_fixture: str | None = None
    remote: str | None = None
    engine: str = "spark"
    spark_conf: Mapping[str, str] = field(default_factory=dict)
    warm_start: bool = True
    keep_alive: float | None = None
    summary: bool = False
    report: str | None = None
    upload: str | None = None
    keep: str | None = None
    create: bool = False
    format: str = "parquet"
    differences: bool = False
    take: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    shrink: float | None = None
    shrink_json: str | None = None
    seeds: int = 0


def read_settings(config: pytest.Config) -> Settings:
    """The settings of this run; what stands on the command line goes before the ini file.

    Raises:
        pytest.UsageError: for a value that cannot be.
    """
    # The controller of a distributed run has settled the seed already.
    handed_over: dict[str, Any] = getattr(config, "workerinput", {})
    engine = config.getini("synth_spark_engine") or "spark"
    if engine not in ("spark", "connect", "sail"):
        raise pytest.UsageError(f"synth_spark_engine is {engine!r}; it is 'spark', 'connect' or 'sail'")
    return Settings(
        seed=_seed(handed_over.get("synth_seed", _option(config, "synth_seed", DEFAULT_SEED))),
        scale=_scale(_option(config, "synth_scale", 1.0)),
        factories=tuple(config.getini("synth_factories")),
        shipped=bool(config.getini("synth_shipped")),
        spark_fixture=config.getini("synth_spark_fixture") or None,
        remote=_option(config, "synth_remote", None),
        engine=engine,
        spark_conf=dict(_conf(line) for line in config.getini("synth_spark_conf")),
        warm_start=bool(config.getini("synth_spark_warm_start")),
        keep_alive=_keep_alive(config.getini("synth_spark_keep_alive")),
        summary=bool(config.getoption("synth_summary", False) or config.getini("synth_summary")),
        report=_report(_option(config, "synth_report", None)),
        upload=_upload(config),
        keep=config.getoption("synth_keep", None),
        create=config.getoption("synth_create", False),
        format=_format(_option(config, "synth_format", "parquet")),
        differences=bool(config.getini("synth_differences")),
        take=_take(config.getoption("synth_take", [])),
        shrink=_shrink(
            _option(config, "synth_shrink", None), is_wanted=bool(config.getoption("synth_shrink_json", None))
        ),
        shrink_json=config.getoption("synth_shrink_json", None),
        seeds=_seeds(config.getoption("synth_seeds", None)),
    )


def _option(config: pytest.Config, name: str, default: Any) -> Any:
    value = config.getoption(name, None)
    if value is None:
        value = config.getini(name)
    return default if value is None or value == "" else value


def _seed(value: Any) -> int:
    if value == "random":
        import secrets

        return secrets.randbelow(2**31)
    try:
        return int(str(value))
    except ValueError:
        raise pytest.UsageError(f"--synth-seed={value!r}: the seed is an integer, or 'random'") from None


def _number(value: Any) -> float:
    """A number as a text or as TOML has it; below zero where it is none."""
    try:
        return -1.0 if isinstance(value, bool) else float(value)
    except ValueError:
        return -1.0


def _scale(value: Any) -> float:
    scale = _number(value)
    if not 0 < scale < float("inf"):
        raise pytest.UsageError(f"--synth-scale={value!r}: the scale is a positive number, such as 0.1")
    return scale


def _seeds(value: Any) -> int:
    if value is None:
        return 0
    if not (str(value).isdecimal() and 1 <= int(value) <= MOST_SEEDS):
        raise pytest.UsageError(f"--synth-seeds={value!r}: write how many seeds, from 1 to {MOST_SEEDS:,}")
    return int(value)


def _shrink(value: Any, *, is_wanted: bool) -> float | None:
    """For how long failures are shrunk; ``is_wanted`` if what is found is asked for by itself."""
    text = str(value).lower()
    if text in ("none", "false", "no", "off"):
        return float(SHRINK_SECONDS) if is_wanted else None
    if text in ("true", "yes", "on"):
        return float(SHRINK_SECONDS)
    seconds = _number(text)
    if not 0 < seconds < float("inf"):
        # pytest takes what follows the bare flag for its value.
        raise pytest.UsageError(
            f"--synth-shrink: {value!r} is not a number of seconds; write --synth-shrink={SHRINK_SECONDS}, with '='"
        )
    return seconds


def _take(options: list[str]) -> dict[str, tuple[int, ...]]:
    """Row numbers by table."""
    taken: dict[str, tuple[int, ...]] = {}
    for option in options:
        table, colon, numbers = option.rpartition(":")
        try:
            rows = tuple(int(number) for number in numbers.split(",") if number.strip())
        except ValueError:
            colon = ""
        if not colon or not table:
            raise pytest.UsageError(
                f"--synth-take={option!r}: write a table and numbers of its rows, such as --synth-take=orders:17,403"
            )
        if table in taken:
            raise pytest.UsageError(
                f"--synth-take names the table {table!r} twice; write all its rows in one: "
                f"--synth-take={table}:{','.join(map(str, (*taken[table], *rows)))}"
            )
        taken[table] = rows
    return taken


def _keep_alive(value: Any) -> float | None:
    seconds = _number(0 if value == "" else value)
    if not 0 <= seconds < float("inf"):
        raise pytest.UsageError(f"synth_spark_keep_alive is {value!r}; it is a number of seconds, such as 600")
    return seconds or None


def _report(file: str | None) -> str | None:
    if file is not None and not file.endswith((".html", ".htm")):
        # pytest takes what follows the bare flag for its value.
        raise pytest.UsageError(f"--synth-report: {file!r} is not a page; write --synth-report={REPORT}, with '='")
    return file


def _upload(config: pytest.Config) -> str | None:
    volume = config.getoption("synth_upload", None)
    if volume is None:
        for flag in ("keep", "create", "format"):
            if config.getoption(f"synth_{flag}", None):
                raise pytest.UsageError(f"--synth-{flag} says what becomes of an upload; add --synth-upload")
        return None
    volume = volume or config.getini("synth_volume")
    if not volume:
        raise pytest.UsageError(
            "--synth-upload: no Volume: write --synth-upload=catalog.schema.volume, or set synth_volume"
        )
    return str(volume)


def _format(name: str) -> str:
    if name not in FILE_FORMATS:
        raise pytest.UsageError(f"synth_format is {name!r}; it is one of {', '.join(FILE_FORMATS)}")
    return name


def _conf(line: str) -> tuple[str, str]:
    name, separator, value = line.partition("=")
    if not separator or not name.strip():
        raise pytest.UsageError(f"synth_spark_conf: {line!r}: write one 'name=value' a line")
    return name.strip(), value.strip()
