"""The settings of a server."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class ServerSettings:
    """The settings of one server process, complete and checked."""

    database: Path
    """The database file; created with mode 0600 if it is missing."""
    host: str = "127.0.0.1"
    port: int = 8080
    """0 lets the system choose."""
    local_port: int | None = None
    """If set, loopback is listened on too, at this port; 0 lets the system choose."""
    allowed_hosts: tuple[str, ...] = ()
    """Names besides those of this machine under which it is asked, as by a reverse proxy."""
    token: str | None = None
    """If set, every request must carry it."""
    auth_file: Path | None = None
    """If set, the file of the users whose passwords are checked."""
    require_auth: bool = False
    """Whether every request must carry a user and a password."""
    admin_users: tuple[str, ...] = ()
    """The members of the group `admin`."""
    remember_credentials_s: float = 60.0
    """How long a correct password is not checked again."""
    readers: int = 4
    """Connections that answer queries."""
    max_connections: int | None = None
    """None: as many as the limit of open files allows, up to 10,000."""
    max_connections_per_address: int | None = None
    """None: half of all."""
    request_timeout_s: float = 10.0
    """How long a header may take; the rate of a body is measured over twice this time."""
    response_timeout_s: float = 60.0
    """How long a client may take nothing of its response."""
    max_body_bytes: int = 64 * MEBIBYTE
    max_bodies_bytes: int = 256 * MEBIBYTE
    """Of all requests that are being served, together."""

    @property
    def is_open(self) -> bool:
        """Whether requests without any credentials are served."""
        return self.token is None and not self.require_auth

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        try:
            return self.host == "localhost" or ipaddress.ip_address(self.host).is_loopback
        except ValueError:  # a name
            return False
