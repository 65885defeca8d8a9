"""The process that has imported a program of torc, and forks for each start: PROGRAM SOCKET."""

from __future__ import annotations

import array
import atexit
import gc
import importlib
import io
import json
import os
import pkgutil
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

_PACKAGES = {
    "torc_server": ("torc_core", "torc_server"),
    "torc_tui": ("torc_core", "torc_tui"),
    "reliability.storm_runner": ("torc_core",),
    "reliability.storm_server": ("torc_core", "torc_server"),
}
"""What programs may import later."""
_TESTS = Path(__file__).parents[1]
_MOST_BYTES = 1 << 18
_STREAMS = 3
_STDERR = 2
_LOST_OUTPUT = 120
"""The exit code of an interpreter that cannot flush its output."""


def import_all(program: str) -> ModuleType:
    """Import what a program may import later, but for what needs an extra that is not here.

    Returns:
        The module with its `main`, as `python -m` finds it.
    """
    for package in map(importlib.import_module, _PACKAGES[program]):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            with suppress(ImportError):
                importlib.import_module(module.name)
    main = importlib.import_module(program)
    if hasattr(main, "__path__"):
        main = importlib.import_module(f"{program}.__main__")
    assert threading.active_count() == 1, threading.enumerate()
    return main


def serve(orders: socket.socket) -> dict[str, Any] | None:
    """Fork for each order; return the order in what was forked, and nothing in the end."""
    size = array.array("i").itemsize * _STREAMS
    while True:
        data, rights, _, _ = orders.recvmsg(_MOST_BYTES, socket.CMSG_SPACE(size))
        if not data:
            return None
        streams = array.array("i")
        for _, _, received in rights:
            streams.frombytes(received[:size])
        reading, writing = os.pipe()
        if os.fork() == 0:
            # What forks and ends leaves an orphan, which goes to the process of the tests.
            if child := os.fork():
                os.write(writing, str(child).encode())
                os._exit(0)
            orders.close()
            os.close(reading)
            os.close(writing)
            return json.loads(data) | {"streams": list(streams)}
        os.wait()
        orders.send(os.read(reading, 64))
        for descriptor in (reading, writing, *streams):
            os.close(descriptor)


def become(order: dict[str, Any]) -> None:
    """Take on what the order says."""
    for number, descriptor in enumerate(order["streams"]):
        os.dup2(descriptor, number)
    for descriptor in order["streams"]:
        os.close(descriptor)
    for number in order["closed"]:
        os.close(number)
    if order["session"]:
        os.setsid()
    if order["group"] >= 0:
        os.setpgid(0, order["group"])
    os.umask(order["umask"])
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environ"])
    time.tzset()
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        is_open = number not in order["closed"]
        setattr(sys, name, _opened(number, getattr(sys, name)) if is_open else None)
        setattr(sys, f"__{name}__", getattr(sys, name))


def _opened(number: int, like: Any) -> Any:
    """Open a standard stream as the interpreter does."""
    unbuffered = bool(number and os.environ.get("PYTHONUNBUFFERED"))
    binary = open(  # noqa: SIM115 - for as long as the process lives
        number, "wb" if number else "rb", 0 if unbuffered else -1, closefd=False
    )
    return io.TextIOWrapper(
        binary,
        like.encoding,
        like.errors,
        line_buffering=number == _STDERR or os.isatty(number),
        write_through=unbuffered,
    )


def main() -> None:
    """Serve; then be what was ordered."""
    program, descriptor = sys.argv[1:]
    sys.path[0] = str(_TESTS)  # instead of the folder of this module
    orders = socket.socket(fileno=int(descriptor))
    module = import_all(program)
    sys.path.pop(0)
    gc.freeze()
    order = None
    with suppress(KeyboardInterrupt):
        order = serve(orders)
    if order is None:
        return
    become(order)
    sys.argv = [module.__file__ or "", *order["arguments"]]
    _leave(module.main)


def _leave(program: Callable[[], None]) -> NoReturn:
    """Run a program to its end; the memory is left to the system, which saves half of the time."""
    code = 0
    try:
        program()
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 0
    threading._shutdown()  # waits for threads, as the interpreter does
    atexit._run_exitfuncs()
    for stream in filter(None, (sys.stdout, sys.stderr)):
        try:
            stream.flush()
        except OSError:
            code = _LOST_OUTPUT
    os._exit(code)


if __name__ == "__main__":
    main()
