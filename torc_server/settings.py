"""The settings of a server."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from torc_core.errors import UsageError
from torc_core.host.addresses import is_this_machine_only
from torc_core.host.directories import state_directory
from torc_core.host.user import expand_home
from torc_core.model.records.timers import DEFAULT_TIMERS, RunnerTimers

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Retention:
    """After how many days things are deleted; None: never."""

    events_days: float | None = None
    workflows_days: float | None = None
    """Since a workflow is finished and nothing more has happened in it."""

    @property
    def deletes(self) -> bool:
        """Whether anything is."""
        return self != Retention()


@dataclass(frozen=True, kw_only=True)
class ServerSettings:
    """The settings of one server process, complete and checked."""

    database: Path | str
    """The database file, created with mode 0600 if it is missing; or the URL of a PostgreSQL
    database."""
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
    timers: RunnerTimers = DEFAULT_TIMERS
    retention: Retention = Retention()
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
        return is_this_machine_only(self.host)


def runner_timers(
    heartbeat_s: float, buffer: float, suspect_s: float | None, lost_s: float
) -> RunnerTimers:
    """Return the timers that an administrator has set.

    Args:
        heartbeat_s: How often runners report at least.
        buffer: After how many such intervals of silence they are suspect, if `suspect_s` is None.
        suspect_s: After how many seconds.
        lost_s: After how many seconds they are lost.

    Raises:
        UsageError: A runner would be suspect before it has to report, or lost before.
    """
    suspect_s = heartbeat_s * buffer if suspect_s is None else suspect_s
    if not heartbeat_s < suspect_s <= lost_s:
        raise UsageError(
            f"Runners that report every {heartbeat_s:g} s cannot be suspect after {suspect_s:g} s "
            f"and lost after {lost_s:g} s of silence.",
            hint="Set the interval below suspect_after_secs, and that not above lost_after_secs, "
            "in [server.timers].",
        )
    return RunnerTimers(
        heartbeat_seconds=heartbeat_s, suspect_seconds=suspect_s, lost_seconds=lost_s
    )


def database_address(given: str | None) -> Path | str:
    """Return what a `--database` or `DATABASE_URL` value names: a file, or a PostgreSQL database.

    Raises:
        UsageError: It is another kind of database, or not a file.
    """
    if given is not None and given.partition("://")[0] in {"postgresql", "postgres"}:
        return given
    return database_path(given)


def database_path(given: str | None) -> Path:
    """Return the file that a `--database` or `DATABASE_URL` value names.

    Raises:
        UsageError: It is another kind of database, or not a file.
    """
    if given is None:
        return state_directory() / "torc.db"
    scheme, separator, rest = given.partition(":")
    if separator and scheme in {"sqlite", "file"}:
        # An absolute path begins with one slash, in URLs with three, for SQLAlchemy with four.
        given = rest.partition("?")[0].removeprefix("//")
        if given.startswith("/"):
            given = "/" + given.lstrip("/")
    elif "://" in given:
        raise UsageError(
            f"Databases of type {scheme!r} are not supported.",
            hint="Use an SQLite file, or postgresql://.",
        )
    if not given or given == ":memory:":
        raise UsageError("The database needs a file.", hint="Set one with --database FILE.")
    return expand_home(Path(given))
