"""The report as one HTML file that needs nothing else: no network, and scripts only to turn its pages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pytest_synthdata.disk.refusals import told_in_a_line
from pytest_synthdata.disk.temporary import whole_file


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
    """Write the page; it is there as a whole or not at all."""
    path = path.absolute()
    with told_in_a_line("writing the report", path), whole_file(path) as part:
        part.write_text(render(content), "utf-8")
    return path


__all__ = ["render", "write"]
