"""The servers that torc starts: started when they are needed, reused while they are running.

One per database, see `ServerPlace`; that of the state directory is the embedded server, and meant
where no place is named. Each listens on loopback, requires a token, and outlives the terminal that
started it. Once workers on other machines need one, it is opened: it
listens on an address that they reach, too, and does so whenever it is started again, at the same
ports. Starting takes a lock, so that two commands at once start one server.
"""

from __future__ import annotations

import os
import secrets
import shlex
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from torc_core.client import Address
from torc_core.client.failures import HOW_TO_START_IT
from torc_core.errors import ConflictError, MachineError, TimedOutError, UnreachableError
from torc_core.host.access_file import ServerAccess, write_access_file
from torc_core.host.addresses import LOOPBACK
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
from torc_core.host.servers.place import ServerPlace, other_directories, own_place
from torc_core.service import BASE_PATH

STOP_TIMEOUT_S = 60.0
"""A second is usual; a busy machine takes longer."""
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
    database: str | None = None
    """The file that it serves; None for that of the embedded server."""
    was_stopped: bool = False
    """A user has stopped it: what merely asks it does not start it again."""
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


def ensure_server(place: ServerPlace | None = None) -> Address:
    """Return the address of a server, starting it if it is not running.

    Raises:
        ConflictError: It runs at another port than its place says.
        MachineError: It does not start; the message holds the end of its log.
        TimedOutError: It does not listen in time.
    """
    place = place or own_place()
    server = running_server(place)
    if server is None:
        with _changing(place):
            server = running_server(place) or _start(place, _last(place))
    if place.port not in {None, 0, server.port}:
        raise ConflictError(
            f"The server of {place.database} runs at port {server.port}, not {place.port}.",
            hint="Leave out the port, or stop it first: torc server stop"
            + ("" if place.is_own else f" --database {shlex.quote(str(place.database))}"),
        )
    return server.address


def running_server(place: ServerPlace | None = None) -> EmbeddedServer | None:
    """Return a server if it is running."""
    server = _last(place or own_place())
    return server if server is not None and server.process.is_alive() else None


def place_of_server(url: str | None) -> ServerPlace | None:
    """Return the place of the server that runs at a URL; None if torc has started none there."""
    return next(
        (
            each
            for each in known_places()
            if (server := running_server(each)) is not None and server.address.url == url
        ),
        None,
    )


def known_places() -> list[ServerPlace]:
    """Return the places of all servers that torc has started, the embedded one first."""
    own = own_place()
    others = []
    for directory in other_directories():
        server = read_record(directory / own.record.name, EmbeddedServer)
        if server is not None and server.database is not None:
            others.append(ServerPlace(directory, Path(server.database), is_own=False))
    return [own, *others]


def locate_server() -> Address:
    """Return the address of the embedded server after a request to its last one failed.

    Raises:
        UnreachableError: It cannot be started.
    """
    try:
        return ensure_server()
    except (MachineError, TimedOutError) as error:
        raise UnreachableError(error.message, hint=error.hint) from error


def find_server() -> Address:
    """Return the address of the embedded server, as `locate_server`, unless a user has stopped it.

    Raises:
        UnreachableError: It was stopped, or cannot be started.
    """
    last = _last(own_place())
    if last is not None and last.was_stopped:
        raise UnreachableError("The server was stopped.", hint=HOW_TO_START_IT)
    return locate_server()


def open_server(host: str | None, place: ServerPlace | None = None) -> EmbeddedServer:
    """Have a server listen at an address of this machine, too, and return it.

    If it does not yet, it is started again; its clients on this machine find it where it was.

    Args:
        host: The address, or a name that has it; None for loopback alone.
        place: Which server.

    Raises:
        MachineError: It cannot be listened on there, or the server does not start.
        TimedOutError: It does not exit, or does not listen in time.
    """
    place = place or own_place()
    with _changing(place):
        server = running_server(place)
        if server is not None and server.host == host:
            return server
        if host is not None and usable_port(host, 0) is None:
            raise MachineError(
                f"The server cannot listen at {host}: that is not an address of this machine.",
                hint="Name another one; `hostname -I` prints all that it has.",
            )
        last = _last(place)
        if server is not None:
            _stop(server)
        if last is not None and last.host != host:
            port = 0 if host is None else last.port
            last = msgspec.structs.replace(last, host=host, outside_port=port)
        opened = _start(place, last, host)
    if opened.host != host:
        raise MachineError(
            f"The server does not listen at {host}; {log_tail(place.log)}",
            hint=f"See its whole log: {place.log}",
        )
    return opened


def keep_access_file(path: Path) -> None:
    """Have an access file written again whenever the embedded server moves.

    Raises:
        MachineError: That cannot be noted.
    """
    place = own_place()
    with _changing(place):
        server = _last(place)
        if server is None or str(path) in server.access_files:
            return
        kept = [each for each in server.access_files if Path(each).exists()]
        files = (*kept[1 - _KEPT_FILES :], str(path))
        write_record(place.record, msgspec.structs.replace(server, access_files=files))


def stop_server(place: ServerPlace | None = None) -> bool:
    """Stop a server and return whether it was running.

    It is started again by what needs it, but not by clients that had it before.

    Raises:
        TimedOutError: It does not exit.
    """
    place = place or own_place()
    server = running_server(place)
    if server is None:
        return False
    with suppress(OSError):  # a full disk is a reason to stop it
        write_record(place.record, msgspec.structs.replace(server, was_stopped=True))
    _stop(server)
    return True


@contextmanager
def _changing(place: ServerPlace) -> Iterator[None]:
    """Keep other commands from starting a server, or from changing its record."""
    try:
        with lock_file(place.lock):
            yield
    except OSError as error:
        directory = place.directory
        raise MachineError(
            f"The server cannot be started: {error.strerror}; "
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


def _start(
    place: ServerPlace, last: EmbeddedServer | None, host: str | None = None
) -> EmbeddedServer:
    """Start a server, where the last one was if that is possible: its clients expect it there."""
    token = secrets.token_urlsafe(32) if last is None else last.token
    candidates = _ports(place, last, host)
    files = ServerFiles(place.database, place.token, place.log)
    with os.fdopen(open_private(files.token, os.O_TRUNC), "w", encoding="ascii") as file:
        file.write(token)
    attempts = (spawn_server(files, ports, place.program) for ports in candidates)
    spawned = next(filter(None, attempts), None)
    if spawned is None:
        raise MachineError(
            f"The {'embedded ' if place.is_own else ''}server did not start; {log_tail(place.log)}",
            hint=f"See its whole log: {place.log}",
        )
    process, ports = spawned
    server = EmbeddedServer(
        process=process,
        port=ports.local,
        token=token,
        host=ports.host,
        outside_port=ports.outside,
        database=None if place.is_own else str(place.database),
        access_files=() if last is None else last.access_files,
    )
    try:
        write_record(place.record, server)
    except OSError:
        # Without its record no later command would find it.
        os.kill(process.pid, signal.SIGTERM)
        raise
    _update_access_files(server)
    return server


def _ports(place: ServerPlace, last: EmbeddedServer | None, host: str | None) -> Iterator[Ports]:
    """Yield where to start a server, best first; where it is to have a port, only there.

    Raises:
        MachineError: Another program has the port.
    """
    if place.port:
        at = usable_port(LOOPBACK, place.port)
        if at != place.port:
            raise MachineError(
                f"Port {place.port} of this machine is taken, or not for this user.",
                hint="Choose another one, or leave it out for a free one.",
            )
        if last is not None and last.host is not None:
            yield Ports(at, last.host, last.outside_port)
        yield Ports(at, host)
    elif last is None:
        yield Ports(0, host)
    elif place.is_own:
        yield from _candidates(last)
    else:
        # Its clients have its address from nowhere else.
        yield Ports(last.port, last.host, last.outside_port)
        yield Ports(0)


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


def _last(place: ServerPlace) -> EmbeddedServer | None:
    return read_record(place.record, EmbeddedServer)
