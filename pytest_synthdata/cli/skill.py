"""`synthdata skill`: the guide for coding assistants."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import click

from pytest_synthdata.cli.results import write_texts
from pytest_synthdata.errors import SynthDataError

_IN_REPOSITORY = Path(__file__).parents[2] / "docs" / "skill" / "SKILL.md"


@click.command()
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write it to a file, such as .claude/skills/synthdata/SKILL.md.",
)
@click.option("--overwrite", is_flag=True, help="Replace what is at --out, with your edits.")
def skill(*, out: Path | None, overwrite: bool) -> None:
    """Print the guide with which a coding assistant writes factories: synthdata skill --out SKILL.md."""
    if overwrite and out is None:
        raise click.UsageError("--overwrite replaces a file: it goes with --out")
    text = guide()
    if out is None:
        click.echo(text, nl=False)
        return
    write_texts("the guide", {out: text}, overwrite=overwrite)
    click.echo(f"wrote {out}")


def guide() -> str:
    """The guide's text: from the installed package, or from the repository that it is developed in.

    Raises:
        SynthDataError: where a packager left it out.
    """
    packaged = resources.files("pytest_synthdata") / "SKILL.md"
    if packaged.is_file():
        return packaged.read_text("utf-8")
    if _IN_REPOSITORY.is_file():
        return _IN_REPOSITORY.read_text("utf-8")
    raise SynthDataError("this installation has no SKILL.md; it is in docs/skill of the source distribution")


COMMANDS = [skill]

__all__ = ["COMMANDS", "guide"]
