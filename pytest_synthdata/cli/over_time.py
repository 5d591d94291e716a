"""What commands ask of tables that change over time: how they are at a time, and what happens in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pytest_synthdata.cli.arguments import choice
from pytest_synthdata.errors import ArgumentError

if TYPE_CHECKING:
    from pytest_synthdata.dataset import Dataset

at_option = click.option(
    "--at", metavar="TIME", help="Tables with a History as they are at the end of this date, or at this time (UTC)."
)
CHANGES = choice(("autocdc", "debezium", "delta"))


def changing_tables(dataset: Dataset, option: str) -> list[str]:
    """The tables whose rows change over time, by a history of theirs or of what they refer to.

    Args:
        dataset: the tables.
        option: what asks for them, such as ``--changes autocdc``.

    Raises:
        SynthDataError: where there are none.
    """
    from pytest_synthdata.history.lives import lives_of

    changing = [one.name for one in dataset if lives_of(one.bound) is not None]
    if not changing:
        names, flag = ", ".join(repr(one.name) for one in dataset), option.partition(" ")[0]
        raise ArgumentError(
            f"{option}: none of {names} has a history, nor has what they refer to; leave out {flag}, or "
            "declare one: class Meta: history = History('2024-01-01', '2024-12-31', updates={…})"
        )
    return changing


def as_they_are(dataset: Dataset, at: str | None) -> Dataset:
    """The tables at the time that ``--at`` names; the dataset itself where it is not given.

    Raises:
        SynthDataError: where no table changes, and for what is not a time of the tables' histories.
    """
    if at is None:
        return dataset
    changing_tables(dataset, f"--at {at}")
    return dataset.at(at)


__all__ = ["CHANGES", "as_they_are", "at_option", "changing_tables"]
