"""What happens to every line on its way to the terminal: other colors, or other characters.

So widgets name tones and glyphs as they mean them, and none knows what the terminal can show.
"""

from __future__ import annotations

from abc import abstractmethod
from itertools import product

from rich.color import Color, ColorSystem, ColorType
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style
from textual.color import Color as Background
from textual.filter import LineFilter

from torc_tui.appearance.named import QUIET, Tones
from torc_tui.appearance.plain import in_ascii

_BARS = frozenset("━╍┄x·")
_BRIGHT = 8
_LEVELS = (0, 95, 135, 175, 215, 255)
_GREYS = {ColorTriplet(grey, grey, grey): 232 + at for at, grey in enumerate(range(8, 239, 10))}
_CUBE = _GREYS | {
    ColorTriplet(red, green, blue): 16 + at
    for at, (red, green, blue) in enumerate(product(_LEVELS, repeat=3))
}
"""The colors whose shades do not depend on the terminal, by what they are."""
_DIM, _REVERSE, _BOLD = Style(dim=True), Style(reverse=True), Style(bold=True)


class AsciiOnly(LineFilter):
    """Leaves no character beyond ASCII."""

    def apply(self, segments: list[Segment], background: Background) -> list[Segment]:  # noqa: ARG002
        """Return the same line in ASCII."""
        return [Segment(in_ascii(text), style, control) for text, style, control in segments]


class _StyleFilter(LineFilter):
    """Replaces styles; each is computed once."""

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[tuple[Style, bool], Style] = {}

    def apply(self, segments: list[Segment], background: Background) -> list[Segment]:  # noqa: ARG002
        """Return the same line in other styles."""
        return [
            Segment(text, None if style is None else self._of(style, text), control)
            for text, style, control in segments
        ]

    def _of(self, style: Style, text: str) -> Style:
        key = style, bool(text) and _BARS.issuperset(text)
        if key not in self._known:
            self._known[key] = self.restyle(*key)
        return self._known[key]

    @abstractmethod
    def restyle(self, style: Style, is_bar: bool) -> Style:
        """Return what is sent in place of a style.

        Args:
            style: What a widget meant.
            is_bar: It is for a bar, whose glyphs are the color.
        """


class Colorless(_StyleFilter):
    """Sends no colors; what has a background of its own is reversed, what is quiet is dim."""

    def restyle(self, style: Style, is_bar: bool) -> Style:  # noqa: ARG002
        """Return the style without its colors."""
        plain = style.without_color
        if style.meta:  # what the mouse does there
            plain += Style.from_meta(style.meta)
        if style.bgcolor is not None and not style.bgcolor.is_default:
            return plain + _REVERSE
        return plain + _DIM if style.color is not None and style.color.number == QUIET else plain


class CubeColors(_StyleFilter):
    """Sends members of the 256 colors as they are; Rich rounds greys to others."""

    def restyle(self, style: Style, is_bar: bool) -> Style:  # noqa: ARG002
        """Return the style in colors of this terminal."""
        return style + Style.from_color(_member(style.color), _member(style.bgcolor))


class NamedTones(_StyleFilter):
    """Sends colors by their names only, and of these the ones that can be read.

    Args:
        tones: What is sent for each color.
        has_bright: The terminal has 16 colors, and not 8.
    """

    def __init__(self, tones: Tones, *, has_bright: bool) -> None:
        super().__init__()
        self._tones = {number: Style.parse(tone) for number, tone in tones.items()}
        self._has_bright = has_bright

    def restyle(self, style: Style, is_bar: bool) -> Style:
        """Return the style in colors of this terminal."""
        color = style.color
        if color is not None and color.type is ColorType.STANDARD:
            tone = self._tones.get(color.number if color.number is not None else -1)
            if tone is not None:
                style = self._toned(style, tone, is_bar=is_bar)
        return self._fitting(style)

    def _toned(self, style: Style, tone: Style, *, is_bar: bool) -> Style:
        if tone.bgcolor is None:
            return style + Style.from_color(tone.color or Color.default()) + tone
        if is_bar:
            return style + Style.from_color(tone.bgcolor)
        is_filled = style.bgcolor is not None and not style.bgcolor.is_default
        return style if is_filled or style.reverse else style + tone

    def _fitting(self, style: Style) -> Style:
        text, ground = self._named(style.color), self._named(style.bgcolor)
        if not self._has_bright and _number_of(style.color) >= _BRIGHT:
            style += _BOLD
        return style + Style.from_color(text, ground)

    def _named(self, color: Color | None) -> Color | None:
        if color is None or color.is_default:
            return color
        number = _number_of(color)
        return Color.from_ansi(number if self._has_bright else number % _BRIGHT)


def _member(color: Color | None) -> Color | None:
    if color is None or color.triplet is None or color.triplet not in _CUBE:
        return color
    return Color.from_ansi(_CUBE[color.triplet])


def _number_of(color: Color | None) -> int:
    named = None if color is None else color.downgrade(ColorSystem.STANDARD)
    return (named and named.number) or 0
