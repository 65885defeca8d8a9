"""Children of this process: start one in a session of its own, reap those that have exited.

`os.posix_spawn` costs a third of what `subprocess` does, as it neither copies this process nor runs
Python in the child. Source of `subreaper`: prctl(2).
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import NamedTuple

from torc_core.runner.guard.affinity import bound_to

SIGNAL_BASE = 128
"""A process killed by signal n has the exit code 128+n, as in every shell.

The reference says -1 here, but 128+n when bash survives its child: so the same failure had two
codes, and a rule for 137 (out of memory) caught only one of them.
"""
_OUTPUT_FLAGS = os.O_WRONLY | os.O_CREAT
_PR_SET_CHILD_SUBREAPER = 36


class ProcessExit(NamedTuple):
    """A child that has exited and was reaped."""

    pid: int
    exit_code: int
    """128+n for signal n."""
    cpu_s: float
    """User and system time of the process and of all descendants that were waited for."""
    peak_memory_bytes: int | None
    """The largest resident size of any one of them; None when it was below our own.

    A spawned process inherits the high-water mark of its parent (Linux: `exec_mmap` keeps that of
    the memory it leaves, which is ours), so a smaller one is not known.
    """


def become_subreaper() -> None:
    """Become the parent of all descendants whose own parents exit, where the system offers it."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def spawn(  # noqa: PLR0913 - what a process is made of
    arguments: list[str],
    environment: Mapping[str, str],
    *,
    stdout: str,
    stderr: str,
    mode: int,
    appends: bool = False,
    direct: list[str] | None = None,
    cpus: list[int] | None = None,
    directory: str = "",
) -> int:
    """Start a process with its input from /dev/null, and return its pid.

    Args:
        arguments: The path of a program, and its arguments with the name that it is given first.
        environment: All of its environment.
        stdout: File for its output, created or (unless `appends`) emptied.
        stderr: File for its errors; if it is the same, both are written to in their order.
        mode: Permissions of these files, if they are new.
        appends: Keep what the files hold.
        direct: The same of another program, to start instead if that is possible.
        cpus: The CPUs on which it may run; empty for all.
        directory: Where it starts; empty for where we are.

    Raises:
        OSError: The program, a file, the directory, or the lack of memory, processes or
            descriptors.
        ValueError: A NUL in the arguments or the environment.
    """
    flags = _OUTPUT_FLAGS | (os.O_APPEND if appends else os.O_TRUNC)
    file_actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, stdout, flags, mode),
        # Opened twice, one file would have two positions, and each would overwrite the other.
        (os.POSIX_SPAWN_DUP2, 1, 2)
        if stderr == stdout
        else (os.POSIX_SPAWN_OPEN, 2, stderr, flags, mode),
    ]

    def execute(program: list[str]) -> int:
        return os.posix_spawn(
            program[0],
            program[1:],
            environment,
            file_actions=file_actions,
            setsid=True,
            setsigmask=(),
            setsigdef=_ignored_signals(),
        )

    with bound_to(cpus or ()), _working_in(directory):
        if direct:
            with contextlib.suppress(OSError):
                return execute(direct)
        # It can run more, and explains what it cannot.
        return execute(arguments)


@contextmanager
def _working_in(directory: str) -> Iterator[None]:
    """Be in another directory, and so start there what is started meanwhile; empty for no change.

    Ours may have been deleted: its name would not lead back.
    """
    if not directory:
        yield
        return
    ours = os.open(".", os.O_PATH | os.O_CLOEXEC)
    try:
        os.chdir(directory)
        try:
            yield
        finally:
            os.fchdir(ours)
    finally:
        os.close(ours)


@cache
def _ignored_signals() -> list[int]:
    """Return what this process ignores, itself or since nohup or a shell started it.

    A job starts with the defaults. Each signal costs the new process a system call.
    """
    return [
        signum for signum in signal.valid_signals() if signal.getsignal(signum) == signal.SIG_IGN
    ]


def reap() -> Iterator[ProcessExit]:
    """Reap and yield all children that have exited, those of dead descendants included."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    while True:
        try:
            pid, status, usage = os.wait3(os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        code = os.waitstatus_to_exitcode(status)
        yield ProcessExit(
            pid=pid,
            exit_code=code if code >= 0 else SIGNAL_BASE - code,
            cpu_s=usage.ru_utime + usage.ru_stime,
            peak_memory_bytes=usage.ru_maxrss * 1024 if usage.ru_maxrss > own else None,
        )
