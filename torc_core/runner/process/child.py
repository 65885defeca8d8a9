"""Processes: start one in a session of its own, signal its group, learn of its exit.

`os.posix_spawn` costs the parent a third of what `subprocess` does. The child's exit makes a
file descriptor readable, so a selector waits for it together with everything else.
"""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import shutil
import signal
import threading
from collections.abc import Mapping
from enum import Enum

import msgspec

from torc_core.errors import MachineError

_SPARE_FILES = 16
SIGNAL_BASE = 128
"""A process killed by signal n has the exit code 128+n, as in every shell.

The reference says -1 here, but 128+n when bash survives its child: so the same failure had two
codes, and a rule for 137 (out of memory) caught only one of them.
"""
_OUTPUT_FLAGS = os.O_WRONLY | os.O_CREAT
_DEFAULT_SIGNALS = set(range(1, signal.SIGSYS + 1)) - {signal.SIGKILL, signal.SIGSTOP}
"""Python, nohup and shells ignore some; a job starts with the defaults."""


class Child(msgspec.Struct, frozen=True, kw_only=True):
    """A running process, leader of its own session and process group."""

    pid: int
    fd: int
    """Becomes readable when the process exits."""


class ProcessExit(msgspec.Struct, frozen=True, kw_only=True):
    """A process that has exited and was reaped."""

    exit_code: int
    cpu_s: float
    """User and system time of the process and all descendants that were waited for."""
    peak_memory_bytes: int | None
    """The largest resident size of any one of them; None when it was below the runner's own.

    A spawned process inherits the high-water mark of its parent (Linux: `exec_mmap` keeps that of
    the memory it leaves, which is the runner's), so a smaller one is not known.
    """


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


def spawn(  # noqa: PLR0913 - what a process is made of
    argv: list[str],
    environment: Mapping[str, str],
    *,
    stdout: str,
    stderr: str,
    mode: int,
    append: bool = False,
    direct: list[str] | None = None,
) -> Child:
    """Start a process with its input from /dev/null.

    Args:
        argv: The program's path and its arguments.
        environment: All of its environment.
        stdout: File for its output, created or (unless `append`) emptied.
        stderr: File for its errors; if it is the same, both are written to in their order.
        mode: Permissions of these files, if they are new.
        append: Keep what the files hold.
        direct: The path of a program and its arguments, to start instead if that is possible.

    Raises:
        SpawnError: The command, a file, or the lack of memory, processes or descriptors.
    """
    flags = _OUTPUT_FLAGS | (os.O_APPEND if append else os.O_TRUNC)
    file_actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, stdout, flags, mode),
        # Opened twice, one file would have two positions, and each would overwrite the other.
        (os.POSIX_SPAWN_DUP2, 1, 2)
        if stderr == stdout
        else (os.POSIX_SPAWN_OPEN, 2, stderr, flags, mode),
    ]

    def execute(program: str, arguments: list[str]) -> int:
        return os.posix_spawn(
            program,
            arguments,
            environment,
            file_actions=file_actions,
            setsid=True,
            setsigmask=(),
            setsigdef=_DEFAULT_SIGNALS,
        )

    try:
        _check_descriptors()
        try:
            pid = execute(direct[0], direct[1:]) if direct else execute(argv[0], argv)
        except OSError:
            if not direct:
                raise
            pid = execute(argv[0], argv)  # it can run more, and explains what it cannot
    except (OSError, ValueError) as error:
        # ValueError: a NUL or a lone surrogate in the command or the environment.
        raise _spawn_error(error) from error
    try:
        return Child(pid=pid, fd=_watch(pid))
    except (OSError, RuntimeError) as error:
        # Without a descriptor (or, on old kernels, a thread) its exit would not be noticed.
        os.killpg(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        raise _spawn_error(error) from error


def _spawn_error(error: Exception) -> SpawnError:
    number = getattr(error, "errno", None)
    return SpawnError(
        f"The process could not be started: {error}",
        hint=_HINTS.get(number, ""),
        cause=_CAUSES.get(number, SpawnFailure.MACHINE),
    )


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


def _watch(pid: int) -> int:
    """Return a descriptor that becomes readable when the child `pid` exits."""
    try:
        return os.pidfd_open(pid)
    except OSError as error:
        if error.errno not in {errno.ENOSYS, errno.EPERM}:
            raise
    # Linux before 5.3, or a sandbox: a thread waits, then closes its end of a pipe.
    reader, writer = os.pipe()

    def wait() -> None:
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        os.close(writer)

    threading.Thread(target=wait, daemon=True).start()
    return reader


def _check_descriptors() -> None:
    """Raise OSError if none is left to watch a process, or too few for connections and logs.

    Checked before the process starts: later it would have to be killed, after it did something.
    """
    fd = os.open(os.devnull, os.O_RDONLY)
    os.close(fd)
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit != resource.RLIM_INFINITY and fd > limit - _SPARE_FILES:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))


def send_signal(child: Child, signum: int) -> None:
    """Send a signal to the process group of a child that was not reaped yet."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signum)


def reap(child: Child, *, kill_rest: bool = False) -> ProcessExit:
    """Reap a child whose descriptor is readable.

    Args:
        child: The process; its pid may be reused afterwards.
        kill_rest: Kill what is left of its process group. Otherwise processes that a job starts
            in the background on purpose may outlive it.
    """
    if kill_rest:
        send_signal(child, signal.SIGKILL)
    os.close(child.fd)
    _, status, usage = os.wait4(child.pid, 0)
    code = os.waitstatus_to_exitcode(status)
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return ProcessExit(
        exit_code=code if code >= 0 else SIGNAL_BASE - code,
        cpu_s=usage.ru_utime + usage.ru_stime,
        peak_memory_bytes=usage.ru_maxrss * 1024 if usage.ru_maxrss > own else None,
    )
