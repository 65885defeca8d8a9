"""Why a process could not be started, and whether another one could."""

from __future__ import annotations

import errno
import os
import shutil
from enum import Enum

from torc_core.errors import MachineError


class SpawnFailure(Enum):
    """Why a process could not be started."""

    COMMAND = "command"
    """This command cannot be started on any machine."""
    SHORTAGE = "shortage"
    """It may be possible once another process has exited."""
    MACHINE = "machine"
    """No process can be started here: the disk is full, the output directory gone."""


class SpawnError(MachineError):
    """A process could not be started."""

    def __init__(self, message: str, *, hint: str, cause: SpawnFailure) -> None:
        super().__init__(message, hint=hint)
        self.cause = cause


def spawn_error(reason: str, number: int | None) -> SpawnError:
    """Return the error of a start.

    Args:
        reason: In words.
        number: Of the system's error; None for a command or environment with characters that no
            process can be given.
    """
    return SpawnError(
        f"The process could not be started: {reason}",
        hint=_HINTS.get(number, ""),
        cause=_CAUSES.get(number, SpawnFailure.MACHINE),
    )


def find_bash() -> str:
    """Return the path of bash.

    Raises:
        MachineError: There is none.
    """
    path = shutil.which("bash", path=os.environ.get("PATH", os.defpath))
    if path is None:
        raise MachineError(
            "No bash was found on this machine.", hint="Install it, or add its directory to PATH."
        )
    return path


_HINTS = {
    errno.E2BIG: "The command is longer than the system allows: put it into a script.",
    errno.ENOENT: "The output directory must exist while jobs run.",
    errno.ENOSPC: "Free some disk space where the output goes.",
    errno.EACCES: "Check the permissions of the output directory.",
    errno.EMFILE: "The limit of open files is reached (ulimit -n).",
    errno.EAGAIN: "The limit of processes is reached (ulimit -u).",
    None: "The command or a variable contains a character that no process can be given.",
}
_CAUSES: dict[int | None, SpawnFailure] = {
    None: SpawnFailure.COMMAND,
    errno.E2BIG: SpawnFailure.COMMAND,
    **dict.fromkeys(
        (errno.EAGAIN, errno.EMFILE, errno.ENFILE, errno.ENOMEM), SpawnFailure.SHORTAGE
    ),
}
