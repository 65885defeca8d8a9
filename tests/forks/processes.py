"""Processes of torc's programs that start without the second that their imports take.

A process that has imported a program forks for each start of it; what is forked is then given to
the process of the tests as its child. So it is what a new process is: with arguments, environment,
directory, streams, signals, session and exit code of its own. It differs in what is read before a
program begins: `/proc/PID/cmdline` and `environ`, and modules in the current directory.
"""

from __future__ import annotations

import array
import atexit
import ctypes
import json
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

PROGRAMS = frozenset(
    {"torc_server", "torc_tui", "reliability.storm_runner", "reliability.storm_server"}
)
"""Those that `parent` knows."""
_ORDER_BYTES = 100_000
"""What the socket takes at once, with room to spare; a longer order starts a new process."""
_READ_AT_START = re.compile(
    r"PYTHON(?!PATH|UNBUFFERED)|LC_|LANG|LD_|MALLOC_|TEXTUAL_(?!SNAPSHOT)|ESCDELAY|RICH_CLICK_|"
    r"TERMINAL_WIDTH|FORCE_COLOR|PY_COLORS|GITHUB_ACTIONS"
)
"""Variables that Python or a library reads when it is loaded."""
_AT_START = dict(os.environ)
_PR_SET_CHILD_SUBREAPER, _PR_GET_CHILD_SUBREAPER = 36, 37
_one_at_a_time = threading.Lock()


class Process(subprocess.Popen):
    """Started as `subprocess.Popen` is; where only a new process will do, it is one.

    Args:
        closed: The numbers of standard streams that the process does not have.
    """

    def __init__(self, args: Sequence[Any], *, closed: Sequence[int] = (), **how: Any) -> None:
        self._closed = closed
        super().__init__(args, **how)

    def _execute_child(self, args, executable, preexec_fn, close_fds, pass_fds, *rest) -> None:
        # What the standard library calls to start a process; the names are those of its signature.
        names = (
            *("cwd", "env", "startupinfo", "creationflags", "shell", "p2cread", "p2cwrite"),
            *("c2pread", "c2pwrite", "errread", "errwrite", "restore_signals"),
            *("gid", "gids", "uid", "umask", "start_new_session", "process_group"),
        )
        how = dict(zip(names, rest, strict=True))
        program = program_of(args)
        environ = os.environ if how["env"] is None else how["env"]
        unusual = (preexec_fn, pass_fds, executable, how["shell"], how["gid"], how["gids"])
        if program is None or any(unusual) or not close_fds or not _same_start(environ):
            super()._execute_child(args, executable, preexec_fn, close_fds, pass_fds, *rest)
            return
        order = {
            "arguments": list(map(os.fspath, args[3:])),
            "folder": os.fspath(how["cwd"] or Path.cwd()),
            "environ": dict(environ),
            "session": how["start_new_session"],
            "group": how["process_group"],
            "umask": _umask(),
            "closed": self._closed,
        }
        message = json.dumps(order).encode()
        if len(message) > _ORDER_BYTES:
            super()._execute_child(args, executable, preexec_fn, close_fds, pass_fds, *rest)
            return
        given = (how["p2cread"], how["c2pwrite"], how["errwrite"])
        streams = [number if fd == -1 else fd for number, fd in enumerate(given)]
        self.pid = parent_of(program).fork(message, streams)
        self._child_created = True
        self._close_pipe_fds(*(how[name] for name in names[5:11]))


def run(
    args: Sequence[Any],
    *,
    input: str | bytes | None = None,  # noqa: A002 - as subprocess.run has it
    capture_output: bool = False,
    timeout: float | None = None,
    check: bool = False,
    **how: Any,
) -> subprocess.CompletedProcess[Any]:
    """Do what `subprocess.run` does."""
    if input is not None:
        how["stdin"] = subprocess.PIPE
    if capture_output:
        how["stdout"] = how["stderr"] = subprocess.PIPE
    with Process(args, **how) as process:
        try:
            out, err = process.communicate(input, timeout)
        except BaseException:
            process.kill()
            raise
    done = subprocess.CompletedProcess(process.args, process.returncode, out, err)
    if check:
        done.check_returncode()
    return done


def program_of(args: object) -> str | None:
    """Return which program of torc a command line starts, if that is all that it does."""
    if not isinstance(args, list | tuple) or len(args) < 3:
        return None
    return args[2] if [*args[:2]] == [sys.executable, "-m"] and args[2] in PROGRAMS else None


class Parent:
    """A process that has imported a program, and forks for each start of it."""

    def __init__(self, program: str) -> None:
        self._orders, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        module = Path(__file__).with_name("parent.py")
        self._process = subprocess.Popen(
            [sys.executable, str(module), program, str(theirs.fileno())],
            stdin=subprocess.DEVNULL,
            cwd="/",
            env=_AT_START,
            pass_fds=[theirs.fileno()],
        )
        theirs.close()

    def fork(self, order: bytes, streams: Sequence[int]) -> int:
        """Return the PID of a new child of this process."""
        with _one_at_a_time, _adopting():
            rights = array.array("i", streams)
            self._orders.sendmsg(
                [order], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights.tobytes())]
            )
            answer = self._orders.recv(64)
        if not answer:
            raise ChildProcessError("what forks the programs of torc has ended")
        return int(answer)

    def close(self) -> None:
        """Let it end."""
        self._orders.close()
        self._process.wait()


@cache
def parent_of(program: str) -> Parent:
    """Return the process that forks for a program; the first use starts it."""
    parent = Parent(program)
    atexit.register(parent.close)
    return parent


def _same_start(environ: Mapping[str, str]) -> bool:
    names = filter(_READ_AT_START.match, environ.keys() | _AT_START.keys())
    return all(environ.get(name) == _AT_START.get(name) for name in names)


def _umask() -> int:
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition("Umask:")[2].split()[0], 8)


@contextmanager
def _adopting() -> Iterator[None]:
    """Be given the orphans among this process's descendants, prctl(2)."""
    before = ctypes.c_int()
    prctl = ctypes.CDLL(None).prctl
    prctl(_PR_GET_CHILD_SUBREAPER, ctypes.byref(before), 0, 0, 0)
    prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    yield
    prctl(_PR_SET_CHILD_SUBREAPER, before.value, 0, 0, 0)
