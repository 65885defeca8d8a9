"""How a cell looks, in codes for the terminal, and the shortest way from one look to another."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple


class Style(NamedTuple):
    """Parameters of SGR by what they set; empty is the terminal's default."""

    foreground: str = ""
    background: str = ""
    attributes: frozenset[str] = frozenset()
    link: str = ""
    """Parameters and address of OSC 8."""


PLAIN = Style()
_OFF = {
    "1": "22", "2": "22", "3": "23", "4": "24", "21": "24", "5": "25", "6": "25", "7": "27",
    "8": "28", "9": "29", "51": "54", "52": "54", "53": "55",
}  # fmt: skip
"""What ends each attribute."""
_SEEN_ON_BLANKS = frozenset({"4", "21", "7", "9", "51", "52", "53"})
_EXTENDED = {"5": 1, "2": 3}
"""How many numbers follow the kind of an extended color."""


class UnknownStyleError(ValueError):
    """A parameter of SGR that is not known here."""


@lru_cache(4096)
def after(style: Style, parameters: str) -> Style:
    """Return the style after `CSI parameters m`.

    Raises:
        UnknownStyleError: Some parameter is not known.
    """
    foreground, background, attributes, link = style
    rest = iter((parameters or "0").split(";"))
    for code in rest:
        if code in ("", "0"):
            foreground, background, attributes = "", "", frozenset()
        elif code in _OFF:
            attributes |= {code}
        elif code in _OFF.values():
            attributes = frozenset(each for each in attributes if _OFF[each] != code)
        elif code in ("38", "48"):
            color = ";".join([code, *_extended(rest)])
            foreground, background = (color, background) if code == "38" else (foreground, color)
        elif code == "39":
            foreground = ""
        elif code == "49":
            background = ""
        elif code.isdecimal() and (30 <= int(code) <= 37 or 90 <= int(code) <= 97):
            foreground = code
        elif code.isdecimal() and (40 <= int(code) <= 47 or 100 <= int(code) <= 107):
            background = code
        else:
            raise UnknownStyleError(parameters)
    return Style(foreground, background, attributes, link)


def _extended(codes: Iterator[str]) -> list[str]:
    kind = next(codes, "")
    if kind not in _EXTENDED:
        raise UnknownStyleError(kind)
    numbers = [next(codes, "") for _ in range(_EXTENDED[kind])]
    if not all(number.isdecimal() for number in numbers):
        raise UnknownStyleError(kind)
    return [kind, *numbers]


@lru_cache(4096)
def of_blank(style: Style) -> Style:
    """Return what of a style is seen where there is no character."""
    if style.attributes & _SEEN_ON_BLANKS:
        return style
    return Style("", style.background, frozenset(), style.link)


def is_erasable(blank: Style, *, in_color: bool) -> bool:
    """Return whether a blank of this style is what the terminal leaves when it erases."""
    return not (blank.attributes or blank.link or blank.foreground) and (
        in_color or not blank.background
    )


@lru_cache(8192)
def change(old: Style | None, new: Style) -> str:
    """Return the shortest sequences after which text looks new; old may be unknown."""
    link = ""
    if (old.link if old else "") != new.link:
        link = f"\x1b]8;{new.link or ';'}\x1b\\"
    whole = _sgr(["", *_all_of(new)])
    if old is None:
        return link + whole
    if old[:3] == new[:3]:
        return link
    return link + min(whole, _sgr(_steps(old, new)), key=len)


def _sgr(parameters: list[str]) -> str:
    return f"\x1b[{';'.join(parameters)}m"


def _all_of(style: Style) -> list[str]:
    return [*sorted(style.attributes), *filter(None, (style.foreground, style.background))]


def _steps(old: Style, new: Style) -> list[str]:
    offs = {_OFF[each] for each in old.attributes - new.attributes}
    # What ends one attribute ends its siblings, bold and dim, as well.
    kept = frozenset(each for each in old.attributes if _OFF[each] not in offs)
    steps = [*sorted(offs), *sorted(new.attributes - kept)]
    if old.foreground != new.foreground:
        steps.append(new.foreground or "39")
    if old.background != new.background:
        steps.append(new.background or "49")
    return steps
