"""The report as one HTML file that needs nothing else: no network, and scripts only to turn its pages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pytest_synthdata.disk.refusals import told_in_a_line
from pytest_synthdata.disk.temporary import whole_file
from pytest_synthdata.errors import SynthDataError

_TITLE = b"<title>synthdata report</title>"  # by which a report is known


def render(content: dict[str, Any]) -> str:
    """The page of a report's content."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("pytest_synthdata.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html").render(**content)


def write(content: dict[str, Any], path: Path) -> Path:
    """Write the page, in place of none or another; it is there as a whole or not at all."""
    path = path.absolute()
    with told_in_a_line("writing the report", path), whole_file(path) as part:
        if path.is_file() and path.stat().st_size and _TITLE not in path.read_bytes():
            raise SynthDataError(f"{path} is not a report, and is not overwritten; write elsewhere, or remove it")
        part.write_text(render(content), "utf-8")
    return path


__all__ = ["render", "write"]
