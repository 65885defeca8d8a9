"""The identity of a process: a pid alone is reused by later processes.

A process is identified by its pid, its start time and the boot of the machine. The name of the
machine is none of it: it changes with a network. It only tells, once the boot is another one, a
restarted machine from another.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_WHERE_PYTHON_IS = ("PYTHONHOME", "PYTHONPLATLIBDIR", "PYTHONUSERBASE")
_NOT_OURS = frozenset({"__main__", "sitecustomize", "usercustomize"})
_PID_NAMESPACE = Path("/proc/self/ns/pid")


class ProcessIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """One process of one boot of one machine."""

    host: str
    boot_id: str
    pid: int
    pid_start: int
    """Clock ticks from the boot to its start; on Linux field 22 of `/proc/PID/stat`, proc(5)."""
    pid_namespace: int = 0
    """Inode of the namespace in which the pid counts, pid_namespaces(7); 0 is unknown. Containers
    of one machine share its boot."""

    @classmethod
    def of(cls, pid: int) -> ProcessIdentity:
        """Return the identity of a live process of this machine.

        Raises:
            ProcessLookupError: There is no such process.
        """
        start = _start_ticks(pid)
        if start is None:
            raise ProcessLookupError(pid)
        return cls(
            host=os.uname().nodename,
            boot_id=boot_id(),
            pid=pid,
            pid_start=start,
            pid_namespace=_pid_namespace(),
        )

    def is_local(self) -> bool:
        """Return whether it is known here if it is alive; of others nothing is known."""
        if self.boot_id != boot_id():
            return self.host == os.uname().nodename
        return self.pid_namespace in {0, _pid_namespace()}

    def is_alive(self) -> bool:
        """Return whether it is running on this machine."""
        return (
            self.boot_id == boot_id()
            and self.is_local()
            and self.pid_start == _start_ticks(self.pid)
        )

    def is_suspended(self) -> bool:
        """Return whether it stands still, by SIGSTOP or Ctrl-Z, until it is sent SIGCONT."""
        import psutil  # noqa: PLC0415 - takes as long as a tenth of a first picture

        try:
            status = psutil.Process(self.pid).status()
        except psutil.Error:
            return False
        return status in {psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP} and self.is_alive()


def our_program(module: str, *arguments: str) -> list[str]:
    """Return the command line of a module of ours, which runs in a directory of the user's.

    -P keeps that directory off the module path: a `random.py` in it would be imported. With -E,
    variables of Python mean nothing: users set them for their jobs.
    """
    options = ["-P"] if _needs_python_variables() else ["-P", "-E"]
    return [sys.executable, *options, "-m", module, *arguments]


def _needs_python_variables() -> bool:
    """Return whether this interpreter, or what torc is made of, is found by variables of Python."""
    if any(os.environ.get(name) for name in _WHERE_PYTHON_IS):
        return True
    given = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    entries = {Path(entry).resolve() for entry in given}
    return bool(entries) and any(
        _folder_of(module) in entries
        for name, module in list(sys.modules.items())
        if "." not in name and name not in _NOT_OURS and name not in sys.stdlib_module_names
    )


def _folder_of(module: ModuleType) -> Path | None:
    """Return the directory in which the import of a module has found it."""
    if not (file := getattr(module, "__file__", None)):
        return None
    path = Path(file).resolve()
    return path.parent.parent if hasattr(module, "__path__") else path.parent


def detach(process: subprocess.Popen[Any]) -> None:
    """Let a process outlive this one. Should it exit before, it does not stay as a zombie."""
    # Popen warns of a child that was not waited for unless it believes that it has exited.
    process.returncode = 0
    threading.Thread(target=_reap, args=[process.pid], name="reaper", daemon=True).start()


def _reap(pid: int) -> None:
    with contextlib.suppress(ChildProcessError):  # it was waited for elsewhere
        os.waitpid(pid, 0)


@cache
def boot_id() -> str:
    """Return the id of this boot of the machine."""
    try:
        return _BOOT_ID.read_text("ascii").strip()
    except OSError:  # not Linux
        import psutil  # noqa: PLC0415 - see is_suspended

        return str(int(psutil.boot_time()))


@cache
def _pid_namespace() -> int:
    try:
        return _PID_NAMESPACE.stat().st_ino
    except OSError:  # not Linux
        return 0


def _start_ticks(pid: int) -> int | None:
    """Return when a live process started, in ticks since the boot; None if there is none.

    psutil gives seconds since 1970, which move when the clock of the machine is set. Less the time
    of the boot, which moves along, they are the exact number that the kernel keeps.
    """
    import psutil  # noqa: PLC0415 - see is_suspended

    booted = psutil.boot_time()
    try:
        process = psutil.Process(pid)
        with process.oneshot():
            if process.status() == psutil.STATUS_ZOMBIE:
                return None
            created = process.create_time()
    except psutil.Error:
        return None
    if psutil.boot_time() != booted:  # the clock was set in between
        return _start_ticks(pid)
    return round((created - booted) * _TICKS_PER_S)
