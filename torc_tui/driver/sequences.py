"""What a program writes to a terminal, taken apart: text, and what commands the terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum, auto


class Kind(Enum):
    """What a piece of output is to the screen."""

    TEXT = auto()
    STYLE = auto()
    """Parameters of SGR."""
    LINK = auto()
    """Parameters and address of OSC 8."""
    MOVE = auto()
    """Row and column, counted from 1."""
    NEWLINE = auto()
    RETURN = auto()
    ENTER = auto()
    """The alternate screen."""
    LEAVE = auto()
    SYNCHRONIZED = auto()
    """The beginning or the end of a frame."""
    BESIDE = auto()
    """Changes nothing that is seen in cells: modes, queries, titles, the clipboard, the bell."""
    UNKNOWN = auto()


_PIECE = re.compile(
    r"(?P<text>[^\x00-\x1f\x7f-\x9f]+)"
    r"|\x1b\[(?P<private>[<-?]*)(?P<numbers>[0-9:;]*)(?P<final>[ -/]*[@-~])"
    r"|\x1b\](?P<command>[^\x07\x1b]*)(?:\x07|\x1b\\)"
    r"|(?P<around>\x1bP(?:[^\x1b]|\x1b[^\\])*\x1b\\)"  # for the terminal around tmux or screen
    r"|(?P<control>[\n\r\x07])"
)
_BESIDE_MODES = frozenset(
    "7 25 1000 1002 1003 1004 1005 1006 1015 1016 2004 2031 2048".split()  # noqa: SIM905
)
_MODES = {
    **{f"{number}h": Kind.ENTER for number in (47, 1047, 1049)},
    **{f"{number}l": Kind.LEAVE for number in (47, 1047, 1049)},
    "2026h": Kind.SYNCHRONIZED,
    "2026l": Kind.SYNCHRONIZED,
}
_SEQUENCES = {
    "m": Kind.STYLE,
    "H": Kind.MOVE,
    "f": Kind.MOVE,
    # Queries, and how keys are reported.
    **dict.fromkeys(("n", "?n", "c", ">c", "=c", "?$p", "<u", ">u", "=u", "?u"), Kind.BESIDE),
}
_CONTROLS = {"\n": Kind.NEWLINE, "\r": Kind.RETURN, "\x07": Kind.BESIDE}


def pieces(data: str) -> Iterator[tuple[Kind, str, str]]:
    """Yield the kind of each piece, what it says, and how it was written."""
    at = 0
    while at < len(data):
        found = _PIECE.match(data, at)
        if found is None:
            # Where something unknown ends is not known either.
            yield Kind.UNKNOWN, "", data[at:]
            return
        at = found.end()
        raw = found[0]
        match found.lastgroup:
            case "text":
                yield Kind.TEXT, raw, raw
            case "control":
                yield _CONTROLS[raw], "", raw
            case "around":
                yield Kind.BESIDE, "", raw
            case "command":
                command = found["command"]
                is_link = command.startswith("8;")
                yield (Kind.LINK, command[2:], raw) if is_link else (Kind.BESIDE, "", raw)
            case _:
                kind = _kind_of(found["private"], found["numbers"], found["final"])
                yield kind, found["numbers"], raw


def _kind_of(private: str, numbers: str, final: str) -> Kind:
    if private == "?" and final in ("h", "l"):
        are_beside = _BESIDE_MODES.issuperset(numbers.split(";"))
        return _MODES.get(numbers + final, Kind.BESIDE if are_beside else Kind.UNKNOWN)
    return _SEQUENCES.get(private + final, Kind.UNKNOWN)
