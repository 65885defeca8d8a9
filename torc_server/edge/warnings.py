"""`Warning` headers: what was accepted as the reference accepts it, and is probably not meant."""

from __future__ import annotations

from litestar.types import Message, Scope

_STATE = "warnings"
_MAX_LENGTH = 3_000


def warn(scope: Scope, text: str | None) -> None:
    """Remember a sentence for the response; None is none."""
    if text is not None:
        scope["state"].setdefault(_STATE, []).append(text[:_MAX_LENGTH])


def warnings_of(scope: Scope) -> list[str]:
    """Return the sentences so far."""
    found: list[str] = scope["state"].get(_STATE, [])
    return found


async def add_warnings(message: Message, scope: Scope) -> None:
    """Add a header for each sentence, in ASCII and on one line whatever it quotes."""
    if message["type"] == "http.response.start" and (found := warnings_of(scope)):
        headers = [(b"warning", _printable(text).encode("ascii")) for text in found]
        message["headers"] = [*message["headers"], *headers]


def _printable(text: str) -> str:
    return "".join(c if c.isascii() and c.isprintable() else f"\\u{ord(c):04x}" for c in text)
