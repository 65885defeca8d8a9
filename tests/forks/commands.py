"""`torc` for shells, forked from a process that has imported it.

A shell starts `delegate`, which gives its arguments, directory, environment and streams to the
process of the tests; that starts `torc` as `processes` does. Session, process group and umask are
those of the tests.
"""

from __future__ import annotations

import array
import itertools
import json
import os
import shlex
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from forks.processes import Process

_DELEGATE = Path(__file__).with_name("delegate.py")
_STREAMS = 3
_MOST_BYTES = 1 << 18
_numbers = itertools.count()


@contextmanager
def commands(folder: Path) -> Iterator[None]:
    """Have a program `torc` in a folder."""
    address = f"torc-tests-{os.getpid()}-{next(_numbers)}"
    program = folder / "torc"
    words = shlex.join([sys.executable, "-IS", str(_DELEGATE), address])
    program.write_text(f'#!/bin/sh\nexec {words} "$@"\n')
    program.chmod(0o755)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(f"\0{address}")
        listener.listen(100)
        threading.Thread(target=_accept, args=(listener,), daemon=True).start()
        try:
            yield
        finally:
            listener.shutdown(socket.SHUT_RDWR)


def _accept(listener: socket.socket) -> None:
    while True:
        try:
            delegate, _ = listener.accept()
        except OSError:  # it is over
            return
        threading.Thread(target=_start, args=(delegate,), daemon=True).start()


def _start(delegate: socket.socket) -> None:
    """Start what a delegate asks for, and tell it the pid and then the exit code."""
    streams = array.array("i")
    with delegate:
        space = socket.CMSG_SPACE(streams.itemsize * _STREAMS)
        data, rights, _, _ = delegate.recvmsg(_MOST_BYTES, space)
        for _, _, received in rights:
            streams.frombytes(received)
        order = json.loads(data)
        stdin, stdout, stderr = streams
        try:
            process = Process(
                [sys.executable, "-m", "torc_tui", *order["arguments"]],
                cwd=order["folder"],
                env=order["environ"],
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
            )
        finally:
            for stream in streams:
                os.close(stream)
        delegate.send(str(process.pid).encode())
        delegate.send(str(process.wait()).encode())
