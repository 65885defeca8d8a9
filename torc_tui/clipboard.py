"""Copying through the terminal, over SSH too: OSC 52, which no terminal acknowledges.

So what is sent is kept in a file as well, and nothing is said to be copied.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

from torc_core.errors import TorcError
from torc_core.host.directories import state_directory
from torc_core.host.files.replacement import replacing
from torc_core.units import counted
from torc_tui.outer_terminal import is_in_screen, through_screen
from torc_tui.threads import Threads

LONGEST = 74_994
"""Bytes of text: more than 100,000 bytes of a sequence are dropped by some terminals."""
_KEPT = "copied.txt"
_KEEPING = Threads("copies", "A file system does not answer; try again when it does.")


class Tell(Protocol):
    """Says something to the user."""

    def __call__(self, text: str, *, instead_of: str = "") -> object:
        """Say it; if it is to stand in place of another text, only while that is still shown."""


class Sent(NamedTuple):
    """What was sent to the clipboard of a terminal."""

    sequence: str
    lines: int
    of_lines: int
    """How many there were; more than were sent if they are too long."""
    is_whole: bool


def sequence_for(text: str, environ: Mapping[str, str]) -> Sent:
    """Return what to write to the terminal.

    Args:
        text: Harmless text. Whole lines of it are taken, as many as terminals accept.
        environ: The environment, which says what is around the terminal.
    """
    lines = text.split("\n")
    taken, room = 0, LONGEST + 1
    while taken < len(lines) and (needed := len(lines[taken].encode()) + 1) <= room:
        taken, room = taken + 1, room - needed
    # Of a single line that is too long, the beginning.
    kept = "\n".join(lines[:taken]) or text.encode()[:LONGEST].decode("utf-8", "ignore")
    code = f"\x1b]52;c;{base64.b64encode(kept.encode()).decode()}\x07"
    # tmux takes it for its own clipboard, and hands it on from there.
    sequence = through_screen(code) if is_in_screen(environ) else code
    return Sent(sequence, max(1, taken), len(lines), kept == text)


async def send(
    write: Callable[[str], object],
    text: str,
    environ: Mapping[str, str],
    tell: Tell,
) -> None:
    """Send a text to the clipboard of the terminal, and keep it in a file.

    Args:
        write: Writes to the terminal.
        text: Harmless text.
        environ: The environment.
        tell: Says what was sent; then also where it is kept, once it is.
    """
    sent = sequence_for(text, environ)
    write(sent.sequence)
    lines = (
        counted(sent.lines, "line")
        if sent.is_whole
        else f"the first {sent.lines:,} of {sent.of_lines:,} lines"
    )
    said = f"sent {lines} to the clipboard"
    tell(said)
    where, problem = await _KEEPING.submit(lambda: keep(text), slot=_KEPT)
    kept = f"all in {where}" if where else f"not kept in a file: {problem}"
    tell(f"{said}; {kept}", instead_of=said)


def keep(text: str) -> tuple[Path | None, str]:
    """Write a text to a file of the user's; return its path, or None and why it was not."""
    try:
        path = state_directory() / _KEPT
        with replacing(path, mode=0o600, follows=False) as file:
            file.write(text.encode())
    except OSError as error:
        return None, error.strerror or "it cannot be written"
    except TorcError as error:
        return None, error.message
    return path, ""
