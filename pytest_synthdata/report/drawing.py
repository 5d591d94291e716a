"""Matplotlib's shapes as SVG that takes its colours from the page: one drawing for light and for dark."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from functools import lru_cache
from html import escape
from math import cos, radians, sin
from typing import Any

import numpy as np

from pytest_synthdata.report.axes import FONT, Axis, Floats
from pytest_synthdata.report.letters import text_width

# Colours that stand for variables of the page's style sheet.
INK, MUTED, GRID, PAPER = "#010203", "#010204", "#010205", "#010206"
MEASURED, DECLARED, SHADE = "#010207", "#010208", "#010209"
_VARIABLES = {
    INK: "--ink", MUTED: "--muted", GRID: "--grid", PAPER: "--paper", MEASURED: "--measured", DECLARED: "--declared",
    SHADE: "--shade",
}  # fmt: skip
_COLOURS = re.compile("|".join(_VARIABLES))
_FINE = re.compile(r"(?<=\d\.\d\d)\d+")  # digits of a coordinate: a hundredth of a pixel is enough
_FONTS = re.compile(r"(font: [\d.]+px|font-family:) [^;\"]*")
_GROUP = re.compile(r'<g id="[a-zA-Z0-9.]+_\d+">')
_TAG = re.compile(r"<[^>]*>")
_MARK = "mark|"
_MARKED = re.compile(rf"<a xlink:href=([\"']){re.escape(_MARK)}(.*?)\1[^>]*>", re.DOTALL)
_NO_METADATA: dict[str, Any] = {"Date": None, "Creator": None, "Format": None, "Type": None}

_SMALL = 9  # pixels
_LINE = 13.5  # pixels from one line of text to the next
_PADDING = 4.0  # between an axis and its texts, and around the plot
_BESIDE = 5.0  # between a point and the text beside it
_MIDDLE = 0.38  # of a font's size: from the middle of a line to its base
_SLANT = 30  # degrees


class Drawing:
    """A plot, as wide as its texts leave it room, to which shapes are added by their numbers on both axes.

    Matplotlib draws the shapes. Its own axes measure and place each text several times, which takes most of a report's
    time; here each text is measured once, by letters whose widths are known.

    Args:
        name: what the plot shows, for those who cannot see it; it also tells its parts from other plots'.
        across: the axis below it.
        up: the axis at its left.
        width: of the whole, in pixels.
        height: of the whole, in pixels.
        has_floor: whether there is a line below it.
    """

    def __init__(
        self, name: str, across: Axis, up: Axis, *, width: float, height: float, has_floor: bool = True
    ) -> None:
        self._name = name
        self._across, self._up, self._width, self._height = across, up, width, height
        self._bottom, self._top = _depth(across), height - _PADDING - 1
        beside = max((text_width(text, FONT) for _, text in up.ticks), default=0)
        self._left, self._right = _sides(across, width, beside + 2 * _PADDING)
        self._artists: list[Any] = []
        self._add_ticks(has_floor)

    @property
    def svg(self) -> str:
        """The drawing as text."""
        import matplotlib as mpl
        from matplotlib.backends.backend_svg import RendererSVG

        untyped: Any = RendererSVG
        style: Any = {"svg.fonttype": "none", "svg.hashsalt": self._name}
        with mpl.rc_context(style):
            buffer = io.StringIO()
            renderer = untyped(self._width, self._height, buffer, metadata=_NO_METADATA)
            for artist in self._artists:
                artist.draw(renderer)
            renderer.finalize()
        return self._for_page(buffer.getvalue())

    def boxes(
        self,
        across: tuple[Any, Any],
        up: tuple[Any, Any],
        said: Sequence[str],
        *,
        colour: str = MEASURED,
        edge: str = "none",
        shades: Sequence[float] | None = None,
    ) -> None:
        """Rectangles.

        Args:
            across: where each starts, and where each ends.
            up: the same from the bottom to the top.
            said: what shows where one points at each.
            colour: what they are filled with.
            edge: the colour around them.
            shades: how opaque each is, from 0 to 1.
        """
        lefts, rights, bottoms, tops = self._x(across[0]), self._x(across[1]), self._y(up[0]), self._y(up[1])
        corners = np.stack([lefts, bottoms, rights, bottoms, rights, tops, lefts, tops], axis=1).reshape(-1, 4, 2)
        shades = [1.0] * len(said) if shades is None else shades
        for ends, text, shade in zip(corners, said, shades, strict=True):
            self._add_area(ends, text, facecolor=(colour, shade), edgecolor=edge, linewidth=0.6)

    def line(self, x: Any, y: Any, *, width: float, colour: str = DECLARED, marker: str = "") -> None:
        """A line through points.

        Args:
            x: where they are.
            y: how high they are.
            width: of the line, in pixels; 0 for points without a line.
            colour: of the line.
            marker: what is drawn at each point, in Matplotlib's letters.
        """
        style = "solid" if width else "none"
        points = (self._x(x), self._y(y))
        self._add_line(points, color=colour, linewidth=width, linestyle=style, marker=marker, markersize=4)

    def steps(
        self, x: Any, y: Any, *, width: float, colour: str = DECLARED, alpha: float = 1.0, said: str = ""
    ) -> None:
        """A line that is level from each point to the next one.

        Args:
            x: where each level starts, and where the last one ends.
            y: how high each is.
            width: of the line, in pixels.
            colour: of the line.
            alpha: how opaque it is, from 0 to 1.
            said: what shows where one points at it.
        """
        self._add_line(self._levels(x, y), said, color=colour, linewidth=width, alpha=alpha)

    def area(self, x: Any, y: Any, said: str) -> None:
        """What is below such a line.

        Args:
            x: where each level starts, and where the last one ends.
            y: how high each is.
            said: what shows where one points at it.
        """
        places, heights = self._levels(x, y)
        ends = [(places[-1], self._bottom), (places[0], self._bottom)]
        self._add_area([*zip(places, heights, strict=True), *ends], said, facecolor=MEASURED, linewidth=0)

    def text(self, x: float, y: float, text: str, *, down: float = 0, centred: bool = False) -> None:
        """A text beside a point: at its right, or at its left where there is no room.

        Args:
            x: where the point is.
            y: how high it is.
            text: the text.
            down: how far below the point it stands, in pixels.
            centred: whether it stands at the point itself.
        """
        place, anchor = float(self._x(x)), "center"
        if not centred:
            fits = place + _BESIDE + text_width(text, _SMALL) <= self._width
            place, anchor = (place + _BESIDE, "left") if fits else (place - _BESIDE, "right")
        base = float(self._y(y)) - down - _MIDDLE * _SMALL
        self._add_text(text, (place, base), anchor, INK, size=_SMALL)

    def _x(self, values: Any) -> Floats:
        return self._left + self._across.share(values) * (self._right - self._left)

    def _y(self, values: Any) -> Floats:
        return self._bottom + self._up.share(values) * (self._top - self._bottom)

    def _levels(self, x: Any, y: Any) -> tuple[Floats, Floats]:
        """Where the corners of steps are, and how high."""
        return np.repeat(self._x(x), 2)[1:-1], np.repeat(self._y(y), 2)

    def _add_ticks(self, has_floor: bool) -> None:
        """Draw what belongs to both axes: a line below the plot, lines at the ticks, and the texts beside them."""
        across, up, base = self._across, self._up, self._bottom - _PADDING - 0.8 * FONT
        rules = [[(self._left, self._bottom), (self._right, self._bottom)]] if has_floor else []
        slant, anchor = (_SLANT, "right") if across.is_slanted else (0, "center")
        for value, text in across.ticks:
            x = float(self._x(value))
            if across.has_grid:
                rules.append([(x, self._bottom), (x, self._top)])
            self._add_text(text, (x, base), anchor, _colour(across), rotation=slant)
        for value, text in up.ticks:
            y = float(self._y(value))
            if up.has_grid:
                rules.append([(self._left, y), (self._right, y)])
            self._add_text(text, (self._left - _PADDING, y - _MIDDLE * FONT), "right", _colour(up))
        if across.title:
            middle = (self._left + self._right) / 2
            self._add_text(across.title, (middle, base - _LINE), "center", MUTED, size=_SMALL)
        if rules:
            self._add_rules(rules)

    def _add_rules(self, ends: Sequence[Sequence[tuple[float, float]]]) -> None:
        """Draw straight lines as one shape."""
        from matplotlib.patches import PathPatch
        from matplotlib.path import Path

        path = Path(np.reshape(ends, (-1, 2)), [Path.MOVETO, Path.LINETO] * len(ends))
        self._artists.append(PathPatch(path, fill=False, edgecolor=GRID, linewidth=0.8))

    def _add_text(
        self,
        text: str,
        place: tuple[float, float],
        anchor: str,
        colour: str,
        *,
        size: float = FONT,
        rotation: float = 0,
    ) -> None:
        font, how = {"fontproperties": _font(size), "color": colour}, {"rotation": rotation, "rotation_mode": "anchor"}
        self._artists.append(_label()(*place, text, ha=anchor, **font, **how))

    def _add_line(self, points: tuple[Any, Any], said: str = "", **style: Any) -> None:
        from matplotlib.lines import Line2D

        self._artists.append(Line2D(*points, url=_url(said), **style))

    def _add_area(self, corners: Any, said: str, **style: Any) -> None:
        from matplotlib.patches import Polygon

        self._artists.append(Polygon(corners, url=_url(said), **style))

    def _for_page(self, text: str) -> str:
        size = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', text)
        assert size is not None  # noqa: S101
        text = text[text.index("<defs>") :]
        text = _MARKED.sub(r'<g class="mark"><title>\2</title>', text).replace("</a>", "</g>")
        text = _GROUP.sub("<g>", text)
        text = _TAG.sub(_tag_for_page, text)
        text = re.sub(r"\n\s*", "\n", text)
        return f'<svg viewBox="0 0 {size[1]} {size[2]}" role="img" aria-label="{escape(self._name)}">{text}'


def _tag_for_page(tag: re.Match[str]) -> str:
    text = _FONTS.sub(r"\1 var(--font)", _FINE.sub("", tag[0]))
    return _COLOURS.sub(lambda colour: f"var({_VARIABLES[colour[0]]})", text)


def _url(said: str) -> str | None:
    """What a shape says, as Matplotlib carries it into the SVG: as a link, which the page has a title for."""
    return f"{_MARK}{said}" if said else None


def _colour(axis: Axis) -> str:
    return INK if axis.is_strong else MUTED


def _depth(across: Axis) -> float:
    """How much room the texts below a plot take."""
    longest = max((text_width(text, FONT) for _, text in across.ticks), default=0) if across.is_slanted else 0.0
    return FONT + longest * sin(radians(_SLANT)) + 1.5 * _PADDING + (_LINE if across.title else 0)


def _sides(across: Axis, width: float, beside: float) -> tuple[float, float]:
    """Where a plot starts and ends, so that the texts below it are inside of the whole."""
    left, right = max(beside, _PADDING), width - _PADDING - 1
    slanted = across.is_slanted
    for _ in range(2):  # the ends depend on one another
        for value, text in across.ticks:
            place, long = float(across.share(value)), text_width(text, FONT)
            to_left, to_right = (long * cos(radians(_SLANT)) + 2, 4.0) if slanted else (long / 2, long / 2)
            if place < 1:
                left = max(left, (to_left + 1 - place * right) / (1 - place))
            if place > 0:
                right = min(right, left + (width - 1 - to_right - left) / place)
    return left, right


@lru_cache(8)
def _font(size: float) -> Any:
    from matplotlib.font_manager import FontProperties

    return FontProperties(family="DejaVu Sans", size=size)


@lru_cache(1)
def _label() -> Any:
    """A kind of text that is drawn where it is put. Matplotlib's measures itself first, which takes longest of all."""
    from matplotlib.text import Text

    class Label(Text):
        def draw(self, renderer: Any) -> None:
            gc = renderer.new_gc()
            gc.set_foreground(self.get_color())
            x, y = self.get_unitless_position()
            at = (x, renderer.height - y, self.get_text(), self.get_fontproperties(), self.get_rotation())
            renderer.draw_text(gc, *at, ismath=False, mtext=self)
            gc.restore()

    return Label


__all__ = ["DECLARED", "GRID", "MEASURED", "PAPER", "SHADE", "Drawing"]
