"""The state of the database, judged by the latest writes and its disk."""

from __future__ import annotations

from typing import NamedTuple

from torc_core.errors import MachineError
from torc_core.model.workflow import Health
from torc_core.units import format_bytes

LOW_BYTES = 256 << 20
"""With less space than this a user should know before it is used up."""
LARGE_JOURNAL_BYTES = 1 << 30
"""A log of this size was not folded into the database for long: something reads all the time."""
STATE = "database"
"""The detail of an error that names the state of the database."""


class Room(NamedTuple):
    """What there is on the disk of a database."""

    free_bytes: int
    journal_bytes: int
    is_writable: bool


def health_of(trouble: MachineError | None, room: Room) -> Health:
    """Return what to say of a database. Pure.

    Args:
        trouble: Why the last write failed, if it did, or what is damaged.
        room: What there is on its disk.
    """
    if trouble is not None:
        return Health(
            status="ok",
            database=str(trouble.details.get(STATE, "failing")),
            problem=trouble.message,
            hint=trouble.hint,
        )
    if not room.is_writable:
        return Health(
            status="ok",
            database="read-only",
            problem="The server may only read its database: nothing can be changed.",
            hint="Correct the permissions of the file and its directory on the server.",
        )
    if room.free_bytes < LOW_BYTES:
        return Health(
            status="ok",
            database="low",
            problem=f"The disk of the server's database has {format_bytes(room.free_bytes)} left.",
            hint="Free some space on the server.",
        )
    if room.journal_bytes > LARGE_JOURNAL_BYTES:
        return Health(
            status="ok",
            database="journal",
            problem=f"The database's log has grown to {format_bytes(room.journal_bytes)}.",
            hint="Close other programs that read the database on the server.",
        )
    return Health(status="ok")
