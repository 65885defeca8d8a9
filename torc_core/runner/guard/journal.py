"""The journal of a guard: starts, requests to end, and exits, until a runner has reported them.

One JSON object per line, in the order in which things happened (`messages.Entry`). A line is
written before the runner learns of it, so that a runner's successor knows as much as it did; that
of a start is written before it as well, with a pid of 0. Lines
survive the death of every process; `sync` lets them survive that of the machine.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

from torc_core.host.files.replacement import sync_names
from torc_core.runner.guard.messages import Entry, Exited, Forgotten, KeptEntry, Started

NAME = "journal"
COMPACT_BYTES = 1 << 20
_DECODER: msgspec.json.Decoder[Entry] = msgspec.json.Decoder(Entry)


class Kept:
    """What lines of a journal add up to: the entries of processes that are not forgotten."""

    def __init__(self) -> None:
        self._entries: dict[int, list[KeptEntry]] = {}
        """By the id of the process, in the order of the starts."""

    def __bool__(self) -> bool:
        return bool(self._entries)

    @property
    def entries(self) -> list[KeptEntry]:
        """All of them."""
        return [entry for entries in self._entries.values() for entry in entries]

    def has_succeeded(self, process_id: int) -> bool:
        """Return whether a process has exited by itself with 0."""
        match self._entries.get(process_id):
            case [Started(), Exited(exit_code=0)]:
                return True
            case _:
                return False

    def add(self, entry: Entry) -> None:
        """Take the next line into account; one of an unknown process means nothing."""
        if isinstance(entry, Forgotten):
            for process_id in entry.ids:
                self._entries.pop(process_id, None)
        elif isinstance(entry, Started):
            before = self._entries.get(entry.id)
            if before and isinstance(before[0], Started) and not before[0].pid:
                entry = msgspec.structs.replace(entry, record=before[0].record)
            self._entries[entry.id] = [entry]
        elif entry.id in self._entries:
            self._entries[entry.id].append(entry)


class Journal:
    """The journal that a guard writes.

    Args:
        directory: The guard's own.
        compact_bytes: A file beyond this is rewritten once half of it is forgotten.

    Raises:
        OSError: The file cannot be created.
    """

    def __init__(self, directory: Path, compact_bytes: int = COMPACT_BYTES) -> None:
        self.kept = Kept()
        self._path = directory / NAME
        self._file = _open(self._path)
        self._encode = msgspec.json.Encoder().encode
        self._unwritten = b""
        """Lines for which the disk has no room; jobs matter more."""
        self._has_lasting_name = False
        """Its name, and that of the directory, would survive a loss of power."""
        self._size = 0
        self._compact_bytes = compact_bytes
        self._compact_at = compact_bytes
        """The size at which to look how much of the file is forgotten."""

    def write(self, entries: Sequence[Entry]) -> None:
        """Append lines, all in one write."""
        for entry in entries:
            self.kept.add(entry)
        self._append(self._lines(entries))
        if self._size > self._compact_at:
            self._compact()

    def sync(self) -> None:
        """Let what was written survive a loss of power."""
        with contextlib.suppress(OSError):
            os.fdatasync(self._file)
        if not self._has_lasting_name:
            directory = self._path.parent
            sync_names(directory)
            sync_names(directory.parent)
            self._has_lasting_name = True

    def close(self) -> None:
        """Stop writing."""
        os.close(self._file)

    def _lines(self, entries: Sequence[Entry]) -> bytes:
        return b"".join(self._encode(entry) + b"\n" for entry in entries)

    def _append(self, lines: bytes) -> None:
        self._unwritten += lines
        with contextlib.suppress(OSError):
            while self._unwritten:
                written = os.write(self._file, self._unwritten)
                self._size += written
                self._unwritten = self._unwritten[written:]

    def _compact(self) -> None:
        """Rewrite the file if half of it is forgotten; otherwise once it has grown so far."""
        lines = self._lines(self.kept.entries)
        self._compact_at = max(self._compact_bytes, 2 * len(lines))
        if self._size <= self._compact_at:
            return
        try:
            self._rewrite(lines)
        except OSError:  # the old one is as good
            self._compact_at = self._size + self._compact_bytes

    def _rewrite(self, lines: bytes) -> None:
        fresh = self._path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        file = _open(fresh)
        try:
            fresh.write_bytes(lines)
            os.fdatasync(file)  # first: what it takes the place of may have been synced
            fresh.replace(self._path)
        except OSError:
            os.close(file)
            raise
        os.close(self._file)
        self._file, self._size, self._unwritten = file, len(lines), b""
        self._has_lasting_name = False


def read_journal(directory: Path) -> list[KeptEntry]:
    """Return what a guard that is gone had not forgotten, in the order of the starts.

    Lines that were damaged by the death of the machine are left out.

    Raises:
        OSError: There is no journal.
    """
    kept = Kept()
    for line in (directory / NAME).read_bytes().splitlines():
        with contextlib.suppress(ValueError):  # msgspec's, or the text is not UTF-8
            kept.add(_DECODER.decode(line))
    return kept.entries


def running_ids(entries: Sequence[KeptEntry]) -> set[int]:
    """Return the ids of processes that have been started, or were about to be, and not exited."""
    exited = {entry.id for entry in entries if isinstance(entry, Exited)}
    return {entry.id for entry in entries} - exited


def forget_in_journal(directory: Path, ids: Sequence[int]) -> None:
    """Note in the journal of a guard that is gone what no later runner need report.

    Raises:
        OSError: It cannot be written.
    """
    line = msgspec.json.encode(Forgotten(ids=list(ids)))
    with (directory / NAME).open("ab") as file:
        file.write(b"\n" + line + b"\n")  # the last line may have been cut off


def _open(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
