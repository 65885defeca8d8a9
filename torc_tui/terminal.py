"""The terminal: what may be written to it, and how gently.

Imports nothing heavy: `prepare` has to run before Textual is imported, which reads its settings
from the environment once.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, MutableMapping

from torc_core.characters import HIDDEN
from torc_tui.appearance.depth import Depth, depth_of

_CONTROL_PICTURES = 0x2400
_DELETE = 0x7F
_REPLACEMENT = "\ufffd"
_MAY_BE_PILED = re.compile(r"[^\x00-\u02ff\w\s\u2190-\u27bf]{9,}")
"""Neither words nor what boxes are drawn with."""
_ADDED = frozenset({"Mn", "Me", "Cf"})
"""The categories of what is written over the character before it, or joins two."""
_MOST_ADDED = 8
"""More than any script, or a joined emoji, puts behind one character."""

_REMOTE = {
    "TEXTUAL_FPS": "15",  # more frames only fill the line
    "TEXTUAL_SMOOTH_SCROLL": "0",
    "ESCDELAY": "300",
}
_ALWAYS = {"TEXTUAL_ANIMATIONS": "none"}
_COLOR_SYSTEM = {
    Depth.NONE: "standard",
    Depth.EIGHT: "standard",
    Depth.SIXTEEN: "standard",
    Depth.CUBE: "256",
    Depth.TRUE: "truecolor",
}


def is_remote(environ: Mapping[str, str]) -> bool:
    """Return whether this is the terminal of an SSH session."""
    return bool(environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"))


def prepare(environ: MutableMapping[str, str], terminal: Mapping[str, str] | None = None) -> None:
    """Set Textual's defaults for this terminal; what the user has set stays.

    Call it with `os.environ` before the first import of textual.

    Args:
        environ: Where they are set.
        terminal: The environment that describes the terminal, if that is another one.
    """
    terminal = environ if terminal is None else terminal
    defaults = _ALWAYS | {"TEXTUAL_COLOR_SYSTEM": _COLOR_SYSTEM[depth_of(terminal)]}
    if is_remote(terminal):
        defaults |= _REMOTE
    for name, value in defaults.items():
        environ.setdefault(name, value)


def clean(text: str) -> str:
    """Return one line of untrusted text with hidden characters made visible.

    Control characters become their pictures (ESC is "␛"), others that are hidden, such as C1
    controls, bidirectional marks and lone surrogates, become "\ufffd", and so do accents beyond
    those that one character can have, which would cover the lines around it. The length stays.
    """
    if text.isascii() and text.isprintable():  # most are
        return text
    return _MAY_BE_PILED.sub(_thinned, HIDDEN.sub(_picture, text))


def _thinned(run: re.Match[str]) -> str:
    added, kept = 0, []
    for character in run[0]:
        added = added + 1 if unicodedata.category(character) in _ADDED else 0
        kept.append(character if added <= _MOST_ADDED else _REPLACEMENT)
    return "".join(kept)


def _picture(hidden: re.Match[str]) -> str:
    character = hidden[0]
    code = ord(character)
    if code < ord(" "):
        return chr(_CONTROL_PICTURES + code)
    if code == _DELETE:
        return "␡"
    return " " if character.isspace() else _REPLACEMENT
