"""`synthdata warm`: make the class-data archive that lets Spark start in half the time."""

from __future__ import annotations

import time

import click

_MB = 1e6


@click.command()
@click.option("--clear", is_flag=True, help="Remove every archive instead.")
def warm(*, clear: bool) -> None:
    """Let the next Spark sessions start in half the time.

    Writes what a JVM knows of Spark's classes to the cache folder, once for each Java and pyspark. The plugin does the
    same by itself after a first run; in an image for CI, this command does it beforehand.
    """
    if clear:
        from pytest_synthdata.spark.local import archive as archives

        folder = archives.cache_folder()
        click.echo(f"{folder}: {len(archives.clear(folder))} files removed")
        return
    from pytest_synthdata.warming import make_archive

    begin = time.perf_counter()
    archive = make_archive()
    if archive is None:
        click.echo("Another process is making the archive.")
        return
    size = archive.file.stat().st_size / _MB
    click.echo(f"{archive.file}: {size:,.0f} MB in {time.perf_counter() - begin:.1f} s")


COMMANDS = [warm]

__all__ = ["COMMANDS"]
