"""The embedded server: started when it is needed, reused while it is running.

One per state directory, so one per user and machine. It listens on loopback only, requires a
token, and outlives the terminal that started it. Starting it takes a lock, so that two commands at
once start one server.
"""

from __future__ import annotations

import os
import secrets
import select
import signal
import subprocess
import time
from pathlib import Path
from typing import IO

import msgspec

from torc_core.client import Address
from torc_core.errors import MachineError, TimedOutError, UnreachableError
from torc_core.host.directories import state_directory
from torc_core.host.environment import user_environment
from torc_core.host.files.disk import free_bytes
from torc_core.host.files.json_file import read_record, write_record
from torc_core.host.files.locks import lock_file
from torc_core.host.files.log_tail import log_tail
from torc_core.host.process import ProcessIdentity, detach, our_program
from torc_core.service import BASE_PATH, PORT_LINE

START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 10.0


class EmbeddedServer(msgspec.Struct, frozen=True, kw_only=True):
    """The contents of `server.json`."""

    process: ProcessIdentity
    port: int
    token: str

    @property
    def address(self) -> Address:
        """Where it listens."""
        return Address(f"http://127.0.0.1:{self.port}{BASE_PATH}", self.token)


def ensure_server() -> Address:
    """Return the address of the embedded server, starting it if it is not running.

    Raises:
        MachineError: It does not start; the message holds the end of its log.
        TimedOutError: It does not listen in time.
    """
    server = running_server()
    if server is None:
        try:
            with lock_file(state_directory() / "server.lock"):
                server = running_server() or _start()
        except OSError as error:
            directory = state_directory()
            raise MachineError(
                f"The embedded server cannot be started: {error.strerror}; "
                f"{free_bytes(directory)} free in {directory}.",
                hint="Check the free space and the permissions of that directory.",
            ) from error
    return server.address


def running_server() -> EmbeddedServer | None:
    """Return the embedded server if it is running."""
    server = read_record(state_directory() / "server.json", EmbeddedServer)
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


def stop_server() -> bool:
    """Stop the embedded server and return whether it was running.

    Raises:
        TimedOutError: It does not exit.
    """
    server = running_server()
    if server is None:
        return False
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
    return True


def database_path() -> Path:
    """Return the database of the embedded server."""
    return state_directory() / "torc.db"


def log_path() -> Path:
    """Return the log of the embedded server."""
    return state_directory() / "server.log"


def _start() -> EmbeddedServer:
    """Start a server, at the port of the last one if that is free, where its clients expect it."""
    last = read_record(state_directory() / "server.json", EmbeddedServer)
    token = last.token if last is not None else secrets.token_urlsafe(32)
    _write_token(token)
    server = _spawn(last.port, token) if last is not None else None
    server = server or _spawn(0, token)
    if server is None:
        raise MachineError(
            f"The embedded server did not start; {log_tail(log_path())}",
            hint=f"See its whole log: {log_path()}",
        )
    try:
        write_record(state_directory() / "server.json", server)
    except OSError:
        # Without its record no later command would find it.
        os.kill(server.process.pid, signal.SIGTERM)
        raise
    return server


def _spawn(port: int, token: str) -> EmbeddedServer | None:
    """Start a server process; None if it exits before it listens."""
    with os.fdopen(_open_private(log_path(), os.O_APPEND), "ab") as log:
        process = subprocess.Popen(
            our_program(
                *("torc_server", "run", "--no-config", "--host", "127.0.0.1", "--port", str(port)),
                *("--database", str(database_path()), "--token-file", str(_token_path())),
            ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            cwd="/",
            env=user_environment(),
            start_new_session=True,
            text=True,
        )
    assert process.stdout is not None
    listening = None
    try:
        listening = _read_port(process.stdout, time.monotonic() + START_TIMEOUT_S)
    finally:
        # Too late, interrupted or failed: a server that no record names would keep the database.
        process.stdout.close()
        if listening is None:
            process.kill()
            process.wait()
    if listening is None:
        return None
    detach(process)
    return EmbeddedServer(process=ProcessIdentity.of(process.pid), port=listening, token=token)


def _read_port(output: IO[str], deadline: float) -> int | None:
    """Return the port that the server announces; None when its output ends without."""
    while select.select([output], [], [], max(0.0, deadline - time.monotonic()))[0]:
        line = output.readline()
        if not line:
            return None
        if line.startswith(PORT_LINE):
            return int(line.removeprefix(PORT_LINE))
    raise TimedOutError(
        f"The embedded server did not listen within {START_TIMEOUT_S:.0f} s.",
        hint=f"See its log: {log_path()}",
    )


def _token_path() -> Path:
    return state_directory() / "server.token"


def _write_token(token: str) -> None:
    with os.fdopen(_open_private(_token_path(), os.O_TRUNC), "w", encoding="ascii") as file:
        file.write(token)


def _open_private(path: Path, how: int) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | how, 0o600)
