"""How many records go into one request, and records created that way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import msgspec

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


def create_in_batches(
    records: Iterable[Record],
    create_one: Callable[[Record], Record],
    create_many: Callable[[list[Record]], list[Record]],
    *,
    has_bulk: bool,
) -> Iterator[list[Record]]:
    """Create records of one workflow, and yield them as created, a batch at a time, in their order.

    Args:
        records: What to create.
        create_one: Creates one.
        create_many: Creates a batch in one request.
        has_bulk: Whether the server has a capability for that.
    """
    for batch in batches(records):
        yield create_many(batch) if has_bulk else [create_one(record) for record in batch]
