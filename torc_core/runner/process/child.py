"""Processes: start one in a session of its own, signal its group, learn of its end.

`os.posix_spawn` costs the parent a third of what `subprocess` does. The child's end is a readable
file descriptor, so a selector waits for it together with everything else.
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
"""A process killed by signal n has the return code 128+n, as every shell says.

The reference says -1 here, but 128+n when bash survives its child: so the same failure had two
codes, and a rule for 137 (out of memory) caught only one of them.
"""
_OUTPUT_FLAGS = os.O_WRONLY | os.O_CREAT
_DEFAULT_SIGNALS = (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)
"""Python, nohup and shells ignore these; a job starts with their defaults."""


class Child(msgspec.Struct, frozen=True, kw_only=True):
    """A running process, leader of its own session and process group."""

    pid: int
    fd: int
    """Becomes readable when the process ends."""


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """A process that is no more."""

    return_code: int
    cpu_s: float
    """User and system time of the process and all descendants that were waited for."""
    peak_memory_bytes: int | None
    """The largest resident size of any one of them; None when it was below the runner's own.

    A spawned process inherits the high-water mark of its parent (Linux: `exec_mmap` keeps that of
    the memory it leaves, which is the runner's), so a smaller one is not known.
    """


def find_bash() -> str:
    """Return the path of bash.

    Raises:
        MachineError: There is none.
    """
    path = shutil.which("bash", path=os.environ.get("PATH", os.defpath))
    if path is None:
        raise MachineError(
            "There is no bash on this machine.", hint="Install it, or add its directory to PATH."
        )
    return path


def spawn(
    argv: list[str],
    environment: Mapping[str, str],
    *,
    stdout: str,
    stderr: str,
    append: bool = False,
) -> Child:
    """Start a process with its input from /dev/null.

    Args:
        argv: The program's path and its arguments.
        environment: All of its environment.
        stdout: File for its output, created or (unless `append`) emptied.
        stderr: File for its errors; may be the same.
        append: Keep what the files hold.

    Raises:
        MachineError: The program, a file, memory or a process is not to be had; its detail
            `fault` is a `Fault`.
    """
    flags = _OUTPUT_FLAGS | (os.O_APPEND if append else os.O_TRUNC)
    try:
        _see_to_descriptors()
        pid = os.posix_spawn(
            argv[0],
            argv,
            environment,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, stdout, flags, 0o666),
                (os.POSIX_SPAWN_OPEN, 2, stderr, flags, 0o666),
            ],
            setsid=True,
            setsigmask=(),
            setsigdef=_DEFAULT_SIGNALS,
        )
    except (OSError, ValueError) as error:
        # ValueError: a NUL or a lone surrogate in the command or the environment.
        raise _not_started(error) from error
    try:
        return Child(pid=pid, fd=_watch(pid))
    except (OSError, RuntimeError) as error:
        # Without a descriptor (or, on old kernels, a thread) its end would not be noticed.
        os.killpg(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        raise _not_started(error) from error


def _not_started(error: Exception) -> MachineError:
    number = getattr(error, "errno", None)
    return MachineError(
        f"The process could not be started: {error}",
        hint=_SPAWN_HINTS.get(number, ""),
        fault=_FAULTS.get(number, Fault.MACHINE),
    )


_SPAWN_HINTS = {
    errno.E2BIG: "The command is longer than the system allows: put it into a script.",
    errno.ENOENT: "The output directory must exist while jobs run.",
    errno.ENOSPC: "Free some disk space where the output goes.",
    errno.EACCES: "Look at the permissions of the output directory.",
    errno.EMFILE: "The limit of open files is reached (ulimit -n).",
    errno.EAGAIN: "The limit of processes is reached (ulimit -u).",
    None: "The command or its name holds a character that no process can be given.",
}


class Fault(Enum):
    """Why a process could not be started."""

    COMMAND = "command"
    """No machine could start this one."""
    SHORTAGE = "shortage"
    """It may be possible when another process has ended."""
    MACHINE = "machine"
    """No process can be started here: the disk is full, the output directory gone."""


_FAULTS: dict[int | None, Fault] = {
    None: Fault.COMMAND,
    errno.E2BIG: Fault.COMMAND,
    **dict.fromkeys((errno.EAGAIN, errno.EMFILE, errno.ENFILE, errno.ENOMEM), Fault.SHORTAGE),
}


def _watch(pid: int) -> int:
    """Return a descriptor that becomes readable when the child `pid` ends."""
    try:
        return os.pidfd_open(pid)
    except OSError as error:
        if error.errno not in {errno.ENOSYS, errno.EPERM}:
            raise
    # Linux before 5.3, or a sandbox: a thread waits, and its pipe closes at the end.
    reader, writer = os.pipe()

    def wait() -> None:
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        os.close(writer)

    threading.Thread(target=wait, daemon=True).start()
    return reader


def _see_to_descriptors() -> None:
    """Raise if none is left for a process's end, or too few for connections and logs.

    Before the process starts: it would have to be killed, and may have done something already.
    """
    fd = os.open(os.devnull, os.O_RDONLY)
    os.close(fd)
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit != resource.RLIM_INFINITY and fd > limit - _SPARE_FILES:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))


def send_signal(child: Child, signum: int) -> None:
    """Signal the whole process group of a child that was not reaped yet."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signum)


def reap(child: Child, *, kill_rest: bool = False) -> Ended:
    """Take the end of a child whose descriptor is readable.

    Args:
        child: The process; its number is free for others afterwards.
        kill_rest: Kill what is left of its process group. Left alone otherwise: what a job starts
            in the background on purpose may outlive it.
    """
    if kill_rest:
        send_signal(child, signal.SIGKILL)
    os.close(child.fd)
    _, status, usage = os.wait4(child.pid, 0)
    code = os.waitstatus_to_exitcode(status)
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return Ended(
        return_code=code if code >= 0 else SIGNAL_BASE - code,
        cpu_s=usage.ru_utime + usage.ru_stime,
        peak_memory_bytes=usage.ru_maxrss * 1024 if usage.ru_maxrss > own else None,
    )
