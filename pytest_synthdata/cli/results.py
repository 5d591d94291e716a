"""What commands leave: paths that are printed as they appear, and texts that replace nothing of others."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import click

from pytest_synthdata.errors import SynthDataError, advise


def print_each(kind: str, paths: Iterable[object], nothing: str, *, as_json: bool) -> None:
    """Print paths as they appear, each as a line.

    Args:
        kind: what they are, for JSON: ``"file"``.
        paths: the paths.
        nothing: what is said beside the output where there are none.
        as_json: whether each is an object of JSON.
    """
    is_new = False
    for path in paths:
        is_new = True
        click.echo(json.dumps({kind: str(path)}) if as_json else str(path))
    if not is_new:
        click.echo(nothing, err=True)


def write_texts(what: str, texts: Mapping[Path, str], *, overwrite: bool) -> None:
    """Write all of some texts, or none where one of them would lose what is in its file.

    Args:
        what: what they are, for messages: ``"the factories"``.
        texts: by file.
        overwrite: replace what is there.

    Raises:
        SynthDataError: for a file with another text, and for what the file system refuses.
    """
    from pytest_synthdata.disk.refusals import told_in_a_line
    from pytest_synthdata.disk.temporary import whole_file

    for path, text in texts.items():
        if path.is_file() and not overwrite and path.read_bytes() not in (b"", text.encode()):
            replacing = advise(", or overwrite it: {}", overwrite=True)
            raise SynthDataError(f"{path} differs from {what} of now; write elsewhere{replacing}")
    for path, text in texts.items():
        with told_in_a_line(f"writing {what}", path), whole_file(path) as part:
            part.write_bytes(text.encode())


__all__ = ["print_each", "write_texts"]
