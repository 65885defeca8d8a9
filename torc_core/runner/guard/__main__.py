"""`python -m torc_core.runner.guard DIRECTORY NAME FD`: the guard of one runner.

`NAME` is that of the abstract socket on which it listens (unix(7)), and `FD` the descriptor of the
connection to its runner. It deletes its directory unless it is left to another runner.
"""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

from torc_core.host.files.deletion import delete_directory
from torc_core.runner.guard.caretakers import Caretakers
from torc_core.runner.guard.children import become_subreaper
from torc_core.runner.guard.loop import Guard


def main() -> int:
    """Guard until nothing is left to do."""
    directory, name, fd = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    os.set_inheritable(fd, False)
    become_subreaper()
    with (
        socket.socket(fileno=fd) as runner,
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener,
    ):
        listener.bind(f"\0{name}")
        listener.listen()
        guard = Guard(name, directory, runner, listener, Caretakers(name, directory))
        guard.run()
    if guard.is_settled:
        guard.close()
        _close_log()
        delete_directory(directory)
    return 0


def _close_log() -> None:
    """Stop writing to `guard.log`, so that it can be deleted on every file system."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for output in (sys.stdout, sys.stderr):
        os.dup2(nowhere, output.fileno())


if __name__ == "__main__":
    sys.exit(main())
