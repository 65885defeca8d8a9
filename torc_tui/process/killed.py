"""A clean terminal even if the interface is killed.

A process that gets SIGKILL does nothing more, and a shell that goes on in its terminal would write
over what it showed. So a shell of our own waits at a pipe: a line from it says that all was put
back, its end without one that the interface is gone.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import subprocess
import threading

CLEAN = "".join(
    f"\x1b[?{mode}"
    for mode in "2026l 1049l 1000l 1002l 1003l 1004l 1006l 1015l 2004l 2031l 2048l 7h 25h".split()  # noqa: SIM905
) + ("\x1b[<u\x1b[0m")
"""The normal screen, no mouse, no marked pastes, keys as before, a cursor, no colors."""
_ERASE = "\x1b[0m\x1b[H\x1b[2J"
"""Before that: a terminal without another screen would keep the picture, and the shell would write
into it."""
_WAIT = """trap '' HUP INT QUIT TERM TSTP TTIN TTOU; read -r said || printf "$1" """


def clean_up_if_killed(terminal: int) -> None:
    """Have the terminal cleaned if this process ends without doing so itself.

    Args:
        terminal: An open file of it.
    """
    waits, ends = os.pipe()
    atexit.register(_say, ends)
    threading.Thread(target=_wait, args=(waits, terminal), name="clean-up", daemon=True).start()


def _wait(waits: int, terminal: int) -> None:
    """Start the shell; it costs a moment that the first picture need not wait for."""
    clean = (_ERASE + CLEAN).replace("\x1b", r"\033")
    shell = None
    with contextlib.suppress(OSError):  # without it a terminal is left as by any other program
        shell = subprocess.Popen(
            ["/bin/sh", "-c", _WAIT, "torc-clean-up", clean],
            stdin=waits,
            stdout=terminal,
            stderr=subprocess.DEVNULL,
        )
    os.close(waits)
    if shell is not None:
        shell.wait()  # until this process ends, unless it is killed before


def _say(ends: int) -> None:
    with contextlib.suppress(OSError):
        os.write(ends, b"clean\n")
