"""Exit when the terminal is gone.

Without a reader Textual's writer ends and its event loop waits for it forever, while its input
thread reads the end of file as fast as it can: on a login node each lost connection would leave a
process that eats a core. There is nothing to clean up at a terminal that does not exist.
"""

from __future__ import annotations

import os
import select
import threading

from torc_core.errors import ExitCode


def exit_on_hangup(descriptor: int) -> None:
    """Exit as soon as the other side of a terminal is closed.

    Args:
        descriptor: An open file of the terminal.
    """
    threading.Thread(target=_watch, args=(descriptor,), name="hangup", daemon=True).start()


def _watch(descriptor: int) -> None:
    poll = select.poll()
    poll.register(descriptor, 0)  # hang-up and error are always reported
    poll.poll()
    os._exit(ExitCode.TERMINATED)
