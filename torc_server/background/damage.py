"""After a crash the database is read once: damage is said before it is met."""

from __future__ import annotations

import logging

from torc_core.errors import MachineError
from torc_server.storage.database import Database
from torc_server.storage.health import STATE
from torc_server.storage.readers import Readers
from torc_server.storage.writer import Writer

log = logging.getLogger(__name__)


async def look_for_damage(database: Database, readers: Readers, writer: Writer) -> None:
    """Look for damage while the server serves; what is found is logged and part of its health."""
    try:
        found = await readers.run(database.find_damage, is_quick=True)
    except MachineError as error:  # a page that must be read to find others is damaged
        found = [error.message]
    for line in found:
        log.error("the database is damaged: %s", line)
    if found:
        writer.damage = MachineError(
            f"The server's database is damaged: {found[0]}",
            hint="Stop the server, look at it with torc-server check, and restore a backup.",
            **{STATE: "damaged"},
        )
