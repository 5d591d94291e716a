"""`synthdata spark`: which JVMs wait for the next run, and their end."""

from __future__ import annotations

import time

import click

from pytest_synthdata.errors import counted


@click.group()
def spark() -> None:
    """Show or stop the JVMs that synth_spark_keep_alive keeps between runs."""


@spark.command()
def status() -> None:
    """List the JVMs that wait for the next run."""
    from pytest_synthdata.spark.local.kept_jvm import all_waiting

    lines = []
    for one in all_waiting():
        minutes = (time.time() - one.started) / 60
        state = "in use" if one.in_use else "waiting"
        lines.append(f"JVM {one.process}: {state}, started {minutes:,.0f} min ago, log in {one.folder / 'jvm.log'}")
    click.echo("\n".join(lines) or "No JVM is kept. Set synth_spark_keep_alive = 600 in the ini file to keep one.")


@spark.command()
def stop() -> None:
    """Stop every kept JVM, including one that a run is using."""
    from pytest_synthdata.spark.local.kept_jvm import stop_all

    count = stop_all()
    click.echo(f"Stopped {counted(count, 'JVM')}.")


COMMANDS = [spark]

__all__ = ["COMMANDS"]
