"""Where a server that torc starts keeps its files: one place, and one server, per database."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple

from torc_core.errors import MachineError
from torc_core.host.directories import private_directory, state_directory
from torc_core.host.user import expand_home

_SERVERS = "servers"
_NAME_LENGTH = 16


class ServerPlace(NamedTuple):
    """The files of one server, and the port that it has to have."""

    directory: Path
    database: Path
    port: int | None = None
    """On loopback; None for the one that it had, else any."""
    is_own: bool = True
    """It is the private server of the user, started whenever a program of torc needs it; a server
    of another database is started and stopped on request."""

    program: str | None = None
    """What serves it, if that is not of this installation."""

    @property
    def record(self) -> Path:
        """Which process it is, and how it is reached."""
        return self.directory / "server.json"

    @property
    def token(self) -> Path:
        """The file with its token."""
        return self.directory / "server.token"

    @property
    def log(self) -> Path:
        """What it prints."""
        return self.directory / "server.log"

    @property
    def lock(self) -> Path:
        """Held while it is started or stopped."""
        return self.directory / "server.lock"


def own_place() -> ServerPlace:
    """Return the place of the server that torc starts by itself."""
    directory = state_directory()
    return ServerPlace(directory, directory / "torc.db")


def place_of(database: str | Path | None, port: int | None = None) -> ServerPlace:
    """Return the place of the server of a database.

    Args:
        database: The file, which need not exist; None for that of the embedded server.
        port: The port that the server has to have.

    Raises:
        MachineError: The directory of the database does not exist.
    """
    own = own_place()
    if database is None:
        return own._replace(port=port)
    path = expand_home(Path(database)).resolve()
    if path == own.database.resolve():
        return own._replace(port=port)
    if not path.parent.is_dir():
        raise MachineError(
            f"The database {path} cannot be created: there is no directory {path.parent}.",
            hint="Create the directory, or name another database.",
        )
    name = hashlib.sha256(bytes(path)).hexdigest()[:_NAME_LENGTH]
    directory = private_directory(private_directory(own.directory / _SERVERS) / name)
    return ServerPlace(directory, path, port, is_own=False)


def other_directories() -> list[Path]:
    """Return the directories of all servers but the embedded one."""
    servers = state_directory() / _SERVERS
    return sorted(servers.iterdir()) if servers.is_dir() else []
