"""`python -m torc_core.runner.guard DIRECTORY NAME FD`: the guard of one runner.

`NAME` is that of the abstract socket on which it listens (unix(7)), and `FD` the descriptor of the
connection to its runner. It deletes its directory unless it is left to another runner.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import sys
from pathlib import Path

from torc_core.runner.guard.children import become_subreaper
from torc_core.runner.guard.loop import Guard
from torc_core.runner.guard.trees import LABEL, label_of

_MOST_CARETAKERS = 5
"""After so many have died, the next runner has to be started by a user."""


class Caretakers:
    """Starts runners that only look after the processes of dead ones.

    Args:
        name: The guard's.
        directory: The guard's own.
    """

    def __init__(self, name: str, directory: Path) -> None:
        self._name = name
        self._directory = directory
        self._started = 0

    def start(self) -> None:
        """Start one; it learns from the directory what it needs."""
        if self._started == _MOST_CARETAKERS:
            return
        self._started += 1
        # Only now: a guard is to be small and to start fast.
        import subprocess  # noqa: PLC0415

        from torc_core.host.process import detach, our_program  # noqa: PLC0415

        with contextlib.suppress(OSError):
            command = our_program("torc_core.runner.caretaker", str(self._directory))
            # A server that it starts is our orphan once it has left, and is to live on.
            environment = {**os.environ, LABEL: label_of(self._name)}
            detach(
                subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, start_new_session=True, env=environment
                )
            )


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
        guard = Guard(name, directory, runner, listener, care=Caretakers(name, directory).start)
        guard.run()
    if guard.is_settled:
        shutil.rmtree(directory, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
