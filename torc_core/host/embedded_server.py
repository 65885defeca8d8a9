"""The embedded server: started when it is needed, reused while it is running.

One per state directory, so one per user and machine. It listens on loopback, requires a token, and
outlives the terminal that started it. Once workers on other machines need it, it is opened: it
listens on an address that they reach, too, and does so whenever it is started again, at the same
ports. Starting it takes a lock, so that two commands at once start one server.
"""

from __future__ import annotations

import os
import secrets
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from torc_core.client import Address
from torc_core.errors import MachineError, TimedOutError, UnreachableError
from torc_core.host.access_file import ServerAccess, write_access_file
from torc_core.host.addresses import LOOPBACK
from torc_core.host.directories import state_directory
from torc_core.host.files.disk import free_bytes
from torc_core.host.files.json_file import read_record, write_record
from torc_core.host.files.locks import lock_file
from torc_core.host.files.log_tail import log_tail
from torc_core.host.process import ProcessIdentity
from torc_core.host.server_process import (
    Ports,
    ServerFiles,
    open_private,
    spawn_server,
    usable_port,
)
from torc_core.service import BASE_PATH

STOP_TIMEOUT_S = 10.0
_KEPT_FILES = 1000
"""How many access files are kept up to date; one belongs to each workflow that was submitted."""


class EmbeddedServer(msgspec.Struct, frozen=True, kw_only=True):
    """The contents of `server.json`."""

    process: ProcessIdentity
    port: int
    """On loopback."""
    token: str
    host: str | None = None
    """The name or address at which other machines reach it; None if only this one does."""
    outside_port: int = 0
    """At `host`."""
    access_files: tuple[str, ...] = ()
    """The files by which workers on other machines find it; written again when it moves."""

    @property
    def address(self) -> Address:
        """Where it listens for this machine."""
        return Address(f"http://{LOOPBACK}:{self.port}{BASE_PATH}", self.token)

    @property
    def access(self) -> ServerAccess:
        """How it is reached: from other machines too, if it is open."""
        url = self.address.url
        if self.host is not None:
            name = f"[{self.host}]" if ":" in self.host else self.host
            url = f"http://{name}:{self.outside_port}{BASE_PATH}"
        return ServerAccess(url=url, token=self.token, embedded_on=os.uname().nodename)


def ensure_server() -> Address:
    """Return the address of the embedded server, starting it if it is not running.

    Raises:
        MachineError: It does not start; the message holds the end of its log.
        TimedOutError: It does not listen in time.
    """
    server = running_server()
    if server is None:
        with _changing():
            server = running_server() or _start(_last())
    return server.address


def running_server() -> EmbeddedServer | None:
    """Return the embedded server if it is running."""
    server = _last()
    return server if server is not None and server.process.is_alive() else None


def locate_server() -> Address:
    """Return the address of the embedded server after a request to its last one failed.

    Raises:
        UnreachableError: It cannot be started.
    """
    try:
        return ensure_server()
    except (MachineError, TimedOutError) as error:
        raise UnreachableError(error.message, hint=error.hint) from error


def open_server(host: str | None) -> EmbeddedServer:
    """Have the embedded server listen at an address of this machine, too, and return it.

    If it does not yet, it is started again; its clients on this machine find it where it was.

    Args:
        host: The address, or a name that has it; None for loopback alone.

    Raises:
        MachineError: It cannot be listened on there, or the server does not start.
        TimedOutError: It does not exit, or does not listen in time.
    """
    with _changing():
        server = running_server()
        if server is not None and server.host == host:
            return server
        if host is not None and usable_port(host, 0) is None:
            raise MachineError(
                f"The embedded server cannot listen at {host}: that is no address of this machine.",
                hint="Name another one; `hostname -I` prints all that it has.",
            )
        last = _last()
        if server is not None:
            _stop(server)
        if last is not None and last.host != host:
            port = 0 if host is None else last.port
            last = msgspec.structs.replace(last, host=host, outside_port=port)
        opened = _start(last, host)
    if opened.host != host:
        raise MachineError(
            f"The embedded server does not listen at {host}; {log_tail(log_path())}",
            hint=f"See its whole log: {log_path()}",
        )
    return opened


def keep_access_file(path: Path) -> None:
    """Have an access file written again whenever the embedded server moves.

    Raises:
        MachineError: That cannot be noted.
    """
    with _changing():
        server = _last()
        if server is None or str(path) in server.access_files:
            return
        kept = [each for each in server.access_files if Path(each).exists()]
        files = (*kept[1 - _KEPT_FILES :], str(path))
        write_record(_record_path(), msgspec.structs.replace(server, access_files=files))


def stop_server() -> bool:
    """Stop the embedded server and return whether it was running.

    Raises:
        TimedOutError: It does not exit.
    """
    server = running_server()
    if server is None:
        return False
    _stop(server)
    return True


def database_path() -> Path:
    """Return the database of the embedded server."""
    return state_directory() / "torc.db"


def log_path() -> Path:
    """Return the log of the embedded server."""
    return state_directory() / "server.log"


@contextmanager
def _changing() -> Iterator[None]:
    """Keep other commands from starting a server, or from changing its record."""
    try:
        with lock_file(state_directory() / "server.lock"):
            yield
    except OSError as error:
        directory = state_directory()
        raise MachineError(
            f"The embedded server cannot be started: {error.strerror}; "
            f"{free_bytes(directory)} free in {directory}.",
            hint="Check the free space and the permissions of that directory.",
        ) from error


def _stop(server: EmbeddedServer) -> None:
    os.kill(server.process.pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_TIMEOUT_S
    while server.process.is_alive():
        if time.monotonic() > deadline:
            raise TimedOutError(
                f"The server, process {server.process.pid}, did not exit within "
                f"{STOP_TIMEOUT_S:.0f} s.",
                hint=f"Kill it with `kill -9 {server.process.pid}`; nothing acknowledged is lost.",
            )
        time.sleep(0.02)


def _start(last: EmbeddedServer | None, host: str | None = None) -> EmbeddedServer:
    """Start a server, where the last one was if that is possible: its clients expect it there."""
    if last is None:
        token, candidates = secrets.token_urlsafe(32), iter([Ports(0, host)])
    else:
        token, candidates = last.token, _candidates(last)
    files = ServerFiles(database_path(), state_directory() / "server.token", log_path())
    with os.fdopen(open_private(files.token, os.O_TRUNC), "w", encoding="ascii") as file:
        file.write(token)
    spawned = next(filter(None, (spawn_server(files, ports) for ports in candidates)), None)
    if spawned is None:
        raise MachineError(
            f"The embedded server did not start; {log_tail(log_path())}",
            hint=f"See its whole log: {log_path()}",
        )
    process, ports = spawned
    server = EmbeddedServer(
        process=process,
        port=ports.local,
        token=token,
        host=ports.host,
        outside_port=ports.outside,
        access_files=() if last is None else last.access_files,
    )
    try:
        write_record(_record_path(), server)
    except OSError:
        # Without its record no later command would find it.
        os.kill(process.pid, signal.SIGTERM)
        raise
    _update_access_files(server)
    return server


def _candidates(last: EmbeddedServer) -> Iterator[Ports]:
    """Yield where to start a server, best first; this machine's users need it in any case."""
    tried = {Ports(last.port, last.host, last.outside_port)}
    yield from tried
    # Not looked at before: the sockets of a server that was killed take a moment to go.
    local = usable_port(LOOPBACK, last.port) or 0
    others = [Ports(local), Ports(0)]
    if last.host is not None:
        outside = usable_port(last.host, last.outside_port)
        if outside is not None:
            others.insert(0, Ports(local, last.host, outside))
    yield from (ports for ports in dict.fromkeys(others) if ports not in tried)


def _update_access_files(server: EmbeddedServer) -> None:
    """Write the access files again, of those that are still there."""
    if server.host is None:
        return  # nothing better is known, and it may come back
    for path in map(Path, server.access_files):
        if path.exists():
            with suppress(MachineError):  # another one matters as much
                write_access_file(path, server.access)


def _last() -> EmbeddedServer | None:
    return read_record(_record_path(), EmbeddedServer)


def _record_path() -> Path:
    return state_directory() / "server.json"
