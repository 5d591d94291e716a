"""Matplotlib's figures as SVG that takes its colours from the page: one drawing for light and for dark."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Colours that stand for variables of the page's style sheet.
INK, MUTED, GRID, PAPER = "#010203", "#010204", "#010205", "#010206"
MEASURED, DECLARED, SHADE = "#010207", "#010208", "#010209"
_VARIABLES = {
    INK: "--ink", MUTED: "--muted", GRID: "--grid", PAPER: "--paper", MEASURED: "--measured", DECLARED: "--declared",
    SHADE: "--shade",
}  # fmt: skip
_STYLE: dict[str, Any] = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.size": 10,
    "axes.edgecolor": GRID,
    "axes.labelcolor": MUTED,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "xtick.minor.size": 0,
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "legend.frameon": False,
    "axes.unicode_minus": True,
}
_NO_METADATA: dict[str, Any] = {"Date": None, "Creator": None, "Format": None, "Type": None}
_MARK = "mark|"
_FINE = re.compile(r"(?<=\d\.\d\d)\d+")  # digits of a coordinate: a hundredth of a pixel is enough


class Drawing:
    """A figure that becomes SVG text when its drawing is done.

    Args:
        name: what the figure shows, for those who cannot see it; it also tells its parts from other figures'.
        width: in inches, of 72 pixels.
        height: in inches.
    """

    def __init__(self, name: str, width: float = 4.4, height: float = 2.5) -> None:
        self.name: str = name
        self.size: tuple[float, float] = (width, height)
        self.svg: str = ""

    @contextmanager
    def axes(self) -> Iterator[tuple[Figure, Axes]]:
        """Axes to draw on."""
        import matplotlib as mpl
        from matplotlib.figure import Figure

        style: Any = {**_STYLE, "svg.hashsalt": self.name}
        with mpl.rc_context(style):
            figure = Figure(figsize=self.size, layout="constrained")
            yield figure, figure.add_subplot()
            buffer = io.StringIO()
            with warnings.catch_warnings():
                # The font only estimates the room that a text takes; the reader's browser has the letters.
                warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
                figure.savefig(buffer, format="svg", metadata=_NO_METADATA)
            self.svg = self._for_page(buffer.getvalue())

    def _for_page(self, text: str) -> str:
        text = text[text.index("<svg") :]
        text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
        text = re.sub(rf"<g id=([\"']){re.escape(_MARK)}(.*?)\1>", r'<g class="mark"><title>\2</title>', text)
        text = re.sub(r'<g id="[a-zA-Z0-9.]+_\d+">', "<g>", text)
        for colour, variable in _VARIABLES.items():
            text = text.replace(colour, f"var({variable})")
        text = re.sub(r"(font: [\d.]+px|font-family:) [^;\"]*", r"\1 var(--font)", text)
        text = re.sub(r"<[^>]*>", lambda tag: _FINE.sub("", tag[0]), text)
        text = re.sub(r"\n\s*", "\n", text)
        size = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', text)
        assert size is not None  # noqa: S101
        head = f'<svg viewBox="0 0 {size[1]} {size[2]}" role="img" aria-label="{escape(self.name)}">'
        return head + text[text.index(">") + 1 :]


def mark(artist: Any, text: str) -> None:
    """Give a part of a figure a text that shows where one points at it."""
    artist.set_gid(f"{_MARK}{text}")


def compact(value: float) -> str:
    """A number in few letters: 1.2k, 3M."""
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= limit:
            return f"{value / limit:.3g}{unit}"
    return f"{value:.3g}"


__all__ = [
    "DECLARED", "GRID", "INK", "MEASURED", "MUTED", "PAPER", "SHADE", "Drawing", "compact", "mark",
]  # fmt: skip
