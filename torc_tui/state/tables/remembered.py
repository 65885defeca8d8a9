"""What the interface remembers from one visit to the next, in a file of the state directory."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock
from typing import Protocol, runtime_checkable

import msgspec
from msgspec.structs import replace

from torc_core.errors import MachineError
from torc_core.host.directories import state_directory
from torc_core.host.files.json_file import change_record, read_record
from torc_tui.lists.listing import Listing, Query

_FILE = "interface.json"


class SavedFilter(msgspec.Struct, frozen=True, kw_only=True):
    """A filter with its order and columns, under a name."""

    query: Query
    columns: tuple[str, ...]
    """Titles, in their order."""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """The order of the rows of a list."""

    sort_by: str
    """The server's name for it."""
    reverse: bool = False


class ListMemory(msgspec.Struct, frozen=True, kw_only=True):
    """What is remembered of one list."""

    columns: tuple[str, ...] = ()
    """Titles of those that the user has chosen; empty for the usual ones."""
    order: Order | None = None
    """That which the user has chosen; None for the usual one."""
    saved: Mapping[str, SavedFilter] = msgspec.field(default_factory=dict)
    """Saved filters by name."""


def remembered_order(listing: Listing, memory: ListMemory) -> Query:
    """Return all rows of a list, in the order that is remembered, if the list still knows it."""
    order = memory.order
    if order is None or all(each.sort_by != order.sort_by for each in listing.choosable):
        return listing.order
    return dataclasses.replace(listing.order, sort_by=order.sort_by, reverse=order.reverse)


def order_of(listing: Listing, query: Query) -> Order | None:
    """Return what is to be remembered of the order of a query; None if it is the usual one."""
    usual = listing.order
    if query.sort_by is None or (query.sort_by, query.reverse) == (usual.sort_by, usual.reverse):
        return None
    return Order(sort_by=query.sort_by, reverse=query.reverse)


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """All that is remembered."""

    lists: Mapping[str, ListMemory] = msgspec.field(default_factory=dict)
    """By name of the list."""
    list_width: int | None = None
    """Cells of the list of workflows beside an open one; None for the usual width."""
    commands: tuple[str, ...] = ()
    """What was typed into the command line, the latest last."""

    def with_list(self, name: str, memory: ListMemory) -> Memory:
        """Return this with another memory of a list."""
        return replace(self, lists={**self.lists, name: memory})


class Remembered:
    """The present memory, and its file.

    Several interfaces may share the file: each writes what it has changed, and leaves the rest.

    Args:
        path: The file; None to remember nothing beyond the visit.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._lock, self._writing = Lock(), Lock()
        self._unwritten: list[Callable[[Memory], Memory]] = []
        self.memory = self._read()

    def of_list(self, name: str) -> ListMemory:
        """Return what is remembered of a list."""
        return self.memory.lists.get(name) or ListMemory()

    def change(self, edit: Callable[[Memory], Memory]) -> None:
        """Remember something else from now on; `write` keeps it."""
        self.memory = edit(self.memory)
        with self._lock:
            self._unwritten.append(edit)

    def change_list(self, name: str, edit: Callable[[ListMemory], ListMemory]) -> None:
        """Remember something else of a list from now on."""
        self.change(
            lambda memory: memory.with_list(name, edit(memory.lists.get(name) or ListMemory()))
        )

    def write(self) -> None:
        """Write what has changed; blocks. Without a disk to write to, it lasts for this visit."""
        with self._writing:  # not the lock of `change`, which may not wait for a disk
            with self._lock:
                edits, self._unwritten = self._unwritten, []
            if self._path is None or not edits:
                return

            def change(stored: Memory | None) -> Memory:
                memory = stored or Memory()
                for edit in edits:
                    memory = edit(memory)
                return memory

            with contextlib.suppress(OSError):
                change_record(self._path, Memory, change)

    def _read(self) -> Memory:
        return (self._path and read_record(self._path, Memory)) or Memory()


def open_remembered() -> Remembered:
    """Return what was remembered at the last visit; nothing without a state directory."""
    try:
        return Remembered(state_directory() / _FILE)
    except (OSError, MachineError):
        return Remembered()


@runtime_checkable
class Remembers(Protocol):
    """An application that remembers."""

    remembered: Remembered


def remembered_by(app: object) -> Remembered:
    """Return what an application remembers; nothing for one that does not."""
    return app.remembered if isinstance(app, Remembers) else Remembered()
