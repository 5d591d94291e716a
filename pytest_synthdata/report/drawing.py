"""Plots as SVG whose colours and fonts are those of the page's style sheet: one drawing for light and for dark."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import cos, radians, sin
from typing import Any

from pytest_synthdata.report.axes import FONT, Axis, Floats
from pytest_synthdata.report.letters import text_width

_SMALL = 9  # pixels, as in the style sheet
_LINE = 13.5  # pixels from one line of text to the next
_PADDING = 4.0  # between an axis and its texts, and around the plot
_BESIDE = 5.0  # between a point and the text beside it
_MIDDLE = 0.38  # of a font's size: from the middle of a line to its base
_SLANT = 30  # degrees


class Drawing:
    """A plot, as wide as its texts leave it room, to which shapes are added by their numbers on both axes.

    Args:
        name: what the plot shows, for those who cannot see it.
        across: the axis below it.
        up: the axis at its left.
        width: of the whole, in pixels.
        height: of the whole, in pixels.
        has_floor: whether there is a line below it.
    """

    def __init__(
        self, name: str, across: Axis, up: Axis, *, width: float, height: float, has_floor: bool = True
    ) -> None:
        self._head = f'<svg viewBox="0 0 {_at(width)} {_at(height)}" role="img" aria-label="{escape(name)}">'
        self._across, self._up, self._width = across, up, width
        self._top, self._bottom = _PADDING + 1, height - _depth(across)
        beside = max((text_width(text, FONT) for _, text in up.ticks), default=0)
        self._left, self._right = _sides(across, width, beside + 2 * _PADDING)
        self._parts: list[str] = []
        floor = f"M{_at(self._left)} {_at(self._bottom)}H{_at(self._right)}" if has_floor else ""
        if lines := f"{self._across_ticks()}{self._up_ticks()}{floor}":
            self._add("path", class_="lines", d=lines)

    @property
    def svg(self) -> str:
        """The drawing as text."""
        return "".join([self._head, *self._parts, "</svg>"])

    def boxes(
        self,
        kind: str,
        across: tuple[Any, Any],
        up: tuple[Any, Any],
        said: Sequence[str],
        shades: Sequence[float] | None = None,
    ) -> None:
        """Rectangles.

        Args:
            kind: their class in the style sheet.
            across: where each starts, and where each ends.
            up: the same from the bottom to the top.
            said: what shows where one points at each.
            shades: how opaque each is, from 0 to 1.
        """
        lefts, rights, bottoms, tops = self._x(across[0]), self._x(across[1]), self._y(up[0]), self._y(up[1])
        sizes = zip(lefts, tops, rights - lefts, bottoms - tops, strict=True)
        for number, ((x, y, width, height), text) in enumerate(zip(sizes, said, strict=True)):
            shade = "" if shades is None else f"{shades[number]:.2f}"
            self._add("rect", said=text, class_=kind, x=x, y=y, width=width, height=height, fill_opacity=shade)

    def line(self, kind: str, x: Any, y: Any, width: float) -> None:
        """A line through points.

        Args:
            kind: its class in the style sheet.
            x: where they are.
            y: how high they are.
            width: of the line, in pixels.
        """
        points = " ".join(f"{_at(one)},{_at(other)}" for one, other in zip(self._x(x), self._y(y), strict=True))
        self._add("polyline", class_=kind, points=points, stroke_width=width)

    def steps(self, kind: str, x: Any, y: Any, *, width: float, said: str = "") -> None:
        """A line that is level from each point to the next one.

        Args:
            kind: its class in the style sheet.
            x: where each level starts, and where the last one ends.
            y: how high each is.
            width: of the line, in pixels.
            said: what shows where one points at it.
        """
        path = f"M{_at(self._x(x[0]))} {_at(self._y(y[0]))}{self._levels(x, y)}"
        self._add("path", said=said, class_=kind, d=path, stroke_width=width)

    def area(self, kind: str, x: Any, y: Any, said: str) -> None:
        """What is below such a line.

        Args:
            kind: its class in the style sheet.
            x: where each level starts, and where the last one ends.
            y: how high each is.
            said: what shows where one points at it.
        """
        floor = _at(self._bottom)
        self._add("path", said=said, class_=kind, d=f"M{_at(self._x(x[0]))} {floor}{self._levels(x, y)}V{floor}Z")

    def diamonds(self, kind: str, x: Any, y: Any) -> None:
        """A small diamond at each point."""
        places = zip(self._x(x) - 3, self._y(y), strict=True)
        self._add("path", class_=kind, d="".join(f"M{_at(one)} {_at(other)}l3-3 3 3-3 3Z" for one, other in places))

    def dot(self, kind: str, x: float, y: float) -> None:
        """A dot at a point."""
        self._add("circle", class_=kind, cx=self._x(x), cy=self._y(y), r=2.5)

    def text(self, x: float, y: float, text: str, *, down: float = 0, centred: bool = False) -> None:
        """A text beside a point: at its right, or at its left where there is no room.

        Args:
            x: where the point is.
            y: how high it is.
            text: the text.
            down: how far below the point it stands, in pixels.
            centred: whether it stands at the point itself.
        """
        place, anchor = float(self._x(x)), "middle"
        if not centred:
            fits = place + _BESIDE + text_width(text, _SMALL) <= self._width
            place, anchor = (place + _BESIDE, "start") if fits else (place - _BESIDE, "end")
        self._add_text(text, place, self._y(y) + down + _MIDDLE * _SMALL, anchor, "small strong")

    def _x(self, values: Any) -> Floats:
        return self._left + self._across.share(values) * (self._right - self._left)

    def _y(self, values: Any) -> Floats:
        return self._bottom - self._up.share(values) * (self._bottom - self._top)

    def _levels(self, x: Any, y: Any) -> str:
        ends = zip(self._x(x[1:]), self._y(y), strict=True)
        return "".join(f"V{_at(height)}H{_at(place)}" for place, height in ends)

    def _across_ticks(self) -> str:
        """Write the texts below, and give the lines above them."""
        axis, top, bottom = self._across, _at(self._top), _at(self._bottom)
        base, lines = self._bottom + _PADDING + 0.8 * FONT, []
        for value, text in axis.ticks:
            x = self._x(value)
            turned = f"rotate(-{_SLANT} {_at(x)} {_at(base)})" if axis.is_slanted else ""
            self._add_text(text, x, base, "end" if turned else "middle", _kind(axis), transform=turned)
            if axis.has_grid:
                lines.append(f"M{_at(x)} {bottom}V{top}")
        if axis.title:
            self._add_text(axis.title, (self._left + self._right) / 2, base + _LINE, "middle", "small")
        return "".join(lines)

    def _up_ticks(self) -> str:
        """Write the texts at the left, and give the lines beside them."""
        axis, left, right = self._up, _at(self._left), _at(self._right)
        lines = []
        for value, text in axis.ticks:
            y = self._y(value)
            self._add_text(text, self._left - _PADDING, y + _MIDDLE * FONT, "end", _kind(axis))
            if axis.has_grid:
                lines.append(f"M{left} {_at(y)}H{right}")
        return "".join(lines)

    def _add_text(self, text: str, x: Any, y: Any, anchor: str, kind: str, *, transform: str = "") -> None:
        self._add("text", escape(text), class_=kind, text_anchor=anchor, x=x, y=y, transform=transform)

    def _add(self, tag: str, inner: str = "", *, said: str = "", class_: str, **attributes: Any) -> None:
        """Add an element, without attributes that are empty; with what shows where one points at it."""
        if said:
            inner, class_ = f"<title>{escape(said)}</title>", f"mark {class_}"
        parts = [
            f'{name.rstrip("_").replace("_", "-")}="{value if isinstance(value, str) else _at(value)}"'
            for name, value in {"class_": class_, **attributes}.items()
            if not (isinstance(value, str) and not value)
        ]
        self._parts.append(f"<{' '.join([tag, *parts])}{f'>{inner}</{tag}>' if inner else '/>'}")


def _kind(axis: Axis) -> str:
    return "strong" if axis.is_strong else ""


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


def _at(pixels: Any) -> str:
    """A place or a length: a hundredth of a pixel is enough."""
    return f"{float(pixels):.2f}".rstrip("0").rstrip(".")


__all__ = ["Drawing"]
