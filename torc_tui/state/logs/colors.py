"""How text in logs looks: what sequences ask for (SGR), unless it would hide the text; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from rich.ansi import AnsiDecoder
from rich.color import Color
from rich.style import Style

COLORS = re.compile(r"[0-9;:]{0,64}")
"""Parameters of a sequence that changes how text looks."""
_CONCEALED, _UNDERLINED, _NOT_UNDERLINED = 8, "4", "24"
_FOREGROUND, _BACKGROUND, _UNDERLINE = 38, 48, 58
_NUMBERS = {"5": 1, "2": 3}
"""How many numbers follow the kind of a color."""
_USUAL_FOREGROUND = "39"


@lru_cache(maxsize=1024)
def look_after(style: Style, parameters: str) -> tuple[Style, str]:
    """Return how text looks after a sequence, and the parameters that make a terminal show it.

    These are without what hides text, or would in some terminals: concealed is not kept, and text
    in the color of its background gets the usual one. None left are an empty text.

    Args:
        style: How text looks before.
        parameters: Matches `COLORS`.
    """
    kept = ";".join(_kept(parameters)) if parameters else "0"
    if not kept:
        return style, ""
    decoder = AnsiDecoder()
    decoder.style = style
    decoder.decode_line(f"\x1b[{kept}m")
    if _is_same(decoder.style.color, decoder.style.bgcolor):
        kept = f"{kept};{_USUAL_FOREGROUND}"
        decoder.decode_line(f"\x1b[{_USUAL_FOREGROUND}m")
    return decoder.style, kept


def _kept(parameters: str) -> Iterator[str]:
    rest = iter(parameters.split(";"))
    for each in rest:
        digits, *parts = each.split(":")
        code = int(digits or "0")
        if code in {_FOREGROUND, _BACKGROUND, _UNDERLINE}:
            color = _color(parts) if parts else _color(_following(rest))
            if color and code != _UNDERLINE:
                yield from (str(code), *color)
        elif str(code) == _UNDERLINED and parts:
            yield _NOT_UNDERLINED if parts == ["0"] else _UNDERLINED
        elif code != _CONCEALED and not parts:
            yield str(code)


def _following(rest: Iterator[str]) -> list[str]:
    kind = next(rest, "")
    return [kind, *(next(rest, "") for _ in range(_NUMBERS.get(kind, 0)))]


def _color(parts: list[str]) -> list[str]:
    """Return the parameters of a color, from those between colons or semicolons, if it is one."""
    kind, *numbers = parts
    wanted = _NUMBERS.get(kind)
    if wanted is None or len(numbers) < wanted:
        return []
    # Between colons the space of the color may come first, and is mostly empty.
    numbers = numbers[1:4] if kind == "2" and len(numbers) > wanted else numbers[:wanted]
    return [kind, *(str(int(each or "0")) for each in numbers)]


def _is_same(one: Color | None, other: Color | None) -> bool:
    if one is None or other is None or one.is_default:
        return False
    return (one.number, one.triplet) == (other.number, other.triplet)
