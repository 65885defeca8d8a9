"""The process of the embedded server: started, and waited for until it listens."""

from __future__ import annotations

import errno
import os
import re
import select
import subprocess
import time
from pathlib import Path
from typing import IO, NamedTuple

from torc_core.errors import TimedOutError
from torc_core.host.addresses import LOOPBACK, bound_socket
from torc_core.host.environment import user_environment
from torc_core.host.process import ProcessIdentity, detach, our_program
from torc_core.service import LOCAL_PORT_LINE, PORT_LINE

START_TIMEOUT_S = 120.0
"""A second is usual; a login node that is busy takes a minute. One that ends is noticed at once."""
_LISTENS = re.compile(
    rf"(?:^{LOCAL_PORT_LINE}(?P<local>\d+)\n)?^{PORT_LINE}(?P<port>\d+)\n", re.MULTILINE
)


class Ports(NamedTuple):
    """Where a server listens, or is to; 0 lets the system choose."""

    local: int
    """On loopback."""
    host: str | None = None
    """Another address of this machine, at which others reach it."""
    outside: int = 0
    """On that."""


class ServerFiles(NamedTuple):
    """The files of a server."""

    database: Path
    token: Path
    log: Path


def spawn_server(
    files: ServerFiles, ports: Ports, program: str | None = None
) -> tuple[ProcessIdentity, Ports] | None:
    """Start a server, and return it with the ports that it has; None if it exits before.

    Args:
        files: Its files.
        ports: Where it is to listen.
        program: Another program than that of this installation.

    Raises:
        OSError: It cannot be started.
        TimedOutError: It does not listen in time.
    """
    listen = ["--host", LOOPBACK, "--port", str(ports.local)]
    if ports.host is not None:
        listen = ["--host", ports.host, "--port", str(ports.outside)]
        listen += ["--local-port", str(ports.local)]
    with os.fdopen(open_private(files.log, os.O_APPEND), "ab") as log:
        process = subprocess.Popen(
            [
                *(our_program("torc_server") if program is None else [program]),
                *("run", "--no-config", *listen),
                *("--database", str(files.database), "--token-file", str(files.token)),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            cwd="/",
            env=user_environment(),
            start_new_session=True,
        )
    assert process.stdout is not None
    listening = None
    try:
        listening = _read_ports(process.stdout, ports.host, files.log)
    finally:
        # Too late, interrupted or failed: a server that no record names would keep the database.
        process.stdout.close()
        if listening is None:
            process.kill()
            process.wait()
    if listening is None:
        return None
    detach(process)
    return ProcessIdentity.of(process.pid), listening


def usable_port(host: str, port: int) -> int | None:
    """Return the port if it can be listened on there, 0 if only others can, else None."""
    try:
        bound_socket(host, port).close()
    except OSError as error:
        return 0 if port and error.errno == errno.EADDRINUSE else None
    return port


def open_private(path: Path, how: int) -> int:
    """Return the descriptor of a file that is written, and created for its owner alone."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | how, 0o600)


def _read_ports(output: IO[bytes], host: str | None, log: Path) -> Ports | None:
    """Return the ports that the server announces; None when its output ends without."""
    deadline = time.monotonic() + START_TIMEOUT_S
    text = ""
    while select.select([output], [], [], max(0.0, deadline - time.monotonic()))[0]:
        # Not by the line: what a buffer holds already, no select tells of.
        read = os.read(output.fileno(), 4096)
        if not read:
            return None
        text += read.decode("ascii", "replace")
        if match := _LISTENS.search(text):
            port = int(match["port"])
            return Ports(port) if match["local"] is None else Ports(int(match["local"]), host, port)
    raise TimedOutError(
        f"The embedded server did not listen within {START_TIMEOUT_S:.0f} s.",
        hint=f"See its log: {log}",
    )
