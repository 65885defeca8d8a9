"""How many records go into one request, and files and user data sent that way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

import msgspec

from torc_core.client import TorcClient
from torc_core.model.artifact import File, UserData
from torc_core.model.ids import FileId, UserDataId, id_of

Record = TypeVar("Record", bound=msgspec.Struct)

RECORDS_PER_REQUEST = 10_000
"""The most jobs that the reference takes at once."""
BYTES_PER_REQUEST = 8 * 1024 * 1024
"""Well below the 64 MiB that the server takes; one record that is larger goes alone."""


def batches(records: Iterable[Record]) -> Iterator[list[Record]]:
    """Yield the records in their order, as many together as one request should hold."""
    batch: list[Record] = []
    total = 0
    for record in records:
        size = len(msgspec.json.encode(record))
        if batch and (len(batch) == RECORDS_PER_REQUEST or total + size > BYTES_PER_REQUEST):
            yield batch
            batch, total = [], 0
        batch.append(record)
        total += size
    if batch:
        yield batch


def create_files(
    client: TorcClient, records: Iterable[File], *, has_bulk: bool
) -> Iterator[FileId]:
    """Create files of one workflow, and yield the ids in the same order as they are known.

    Args:
        client: The server.
        records: What to create.
        has_bulk: Whether the server has the capability `BULK_RECORDS`.
    """
    if not has_bulk:
        for record in records:
            yield id_of(client.create_file(record))
        return
    for batch in batches(records):
        yield from map(id_of, client.create_files(batch))


def create_user_data(
    client: TorcClient, records: Iterable[UserData], *, has_bulk: bool
) -> Iterator[UserDataId]:
    """Create user data of one workflow, and yield the ids in the same order as they are known.

    Args:
        client: The server.
        records: What to create.
        has_bulk: Whether the server has the capability `BULK_RECORDS`.
    """
    if not has_bulk:
        for record in records:
            yield id_of(client.create_user_data(record))
        return
    for batch in batches(records):
        yield from map(id_of, client.create_user_data_list(batch))
