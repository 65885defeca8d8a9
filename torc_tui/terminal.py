"""The terminal: what may be written to it, and how gently.

Imports nothing heavy: `prepare` has to run before Textual is imported, which reads its settings
from the environment once.
"""

from __future__ import annotations

import re
from collections.abc import MutableMapping

from torc_core.characters import HIDDEN

_CONTROL_PICTURES = 0x2400
_DELETE = 0x7F
_REPLACEMENT = "\ufffd"

_REMOTE = {
    # Measured over a pseudo-terminal: a full repaint costs 8 KB at 80x24 in true color and 4 KB
    # with the terminal's own 16 colors; frames beyond 15 per second only fill the line.
    "TEXTUAL_FPS": "15",
    "TEXTUAL_SMOOTH_SCROLL": "0",
    "TEXTUAL_THEME": "ansi-dark",
    "ESCDELAY": "300",
}
_ALWAYS = {"TEXTUAL_ANIMATIONS": "none"}


def is_remote(environ: MutableMapping[str, str]) -> bool:
    """Return whether this is the terminal of an SSH session."""
    return bool(environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"))


def prepare(environ: MutableMapping[str, str]) -> None:
    """Set Textual's defaults for this terminal; what the user has set stays.

    Call it with `os.environ` before the first import of textual.
    """
    defaults = dict(_ALWAYS)
    if is_remote(environ):
        defaults |= _REMOTE
    if environ.get("NO_COLOR"):
        # Other themes are turned into shades of grey, which is still color.
        defaults["TEXTUAL_THEME"] = "ansi-dark"
    for name, value in defaults.items():
        environ.setdefault(name, value)


def clean(text: str) -> str:
    """Return one line of untrusted text with hidden characters made visible.

    Control characters become their pictures (ESC is "␛"), others that are hidden, such as C1
    controls, bidirectional marks and lone surrogates, become "\ufffd". The length stays.
    """
    if text.isascii() and text.isprintable():  # most are
        return text
    return HIDDEN.sub(_picture, text)


def _picture(hidden: re.Match[str]) -> str:
    character = hidden[0]
    code = ord(character)
    if code < ord(" "):
        return chr(_CONTROL_PICTURES + code)
    if code == _DELETE:
        return "␡"
    return " " if character.isspace() else _REPLACEMENT
