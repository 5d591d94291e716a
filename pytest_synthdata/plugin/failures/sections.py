"""The sections that are added to the reports of failures, shown where pytest itself does not show them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

REPLAY = "synthdata"
SHRUNK = "synthdata: shrunk"
DIFFERENCES = "synthdata: what differs"
_OURS = (REPLAY, DIFFERENCES, SHRUNK)


def show(reporter: Any, report: Any, titles: Iterable[str] = _OURS) -> None:
    """Write a report's sections of ours."""
    for title, text in getattr(report, "sections", ()):
        if title in titles:
            reporter.write_sep("-", title)
            reporter.write_line(text)


def show_hidden(reporter: Any) -> None:
    """Write, at the end of a run, what --show-capture or --tb hides: a search must not have been in vain."""
    option = reporter.config.option
    if option.tbstyle == "no":
        titles: tuple[str, ...] = (SHRUNK,)
    elif option.showcapture != "all":
        titles = _OURS
    else:
        return
    for report in _failed(reporter):
        if any(title in titles for title, _ in report.sections):
            reporter.write_sep("_", getattr(report, "head_line", None) or report.nodeid)
            show(reporter, report, titles)


def _failed(reporter: Any) -> Iterator[Any]:
    """Reports of failures, but for those that a debugger's prompt came after."""
    for outcome in ("error", "failed"):
        for report in reporter.stats.get(outcome, ()):
            if hasattr(report, "sections") and not hasattr(report, "_pdbshown"):
                yield report


__all__ = ["DIFFERENCES", "REPLAY", "SHRUNK", "show", "show_hidden"]
