"""Looks at the output files of jobs, before their start and after their end."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path

from torc_core.model.exchange import OutputFile
from torc_core.model.ids import FileId
from torc_core.runner.policy.outputs.written import (
    FileState,
    FoundOutputs,
    Written,
    fault_of,
    is_written,
)

_MOST_ENTRIES = 1_000
"""How much of a directory is looked at; with more in it, being there is enough."""


def states_of(files: Sequence[OutputFile]) -> dict[FileId, FileState]:
    """Return the states of those files that exist, by id."""
    states = ((file.id, look_at(file.path)) for file in files)
    return {file_id: state for file_id, state in states if state is not None}


def find_outputs(
    files: Sequence[OutputFile],
    before: Mapping[FileId, FileState],
    started_ms: int,
    *,
    is_again: bool,
) -> FoundOutputs:
    """Return how the output files of a job that has ended are.

    Args:
        files: The files.
        before: Those that existed before its start.
        started_ms: When that was found out, in milliseconds since 1970.
        is_again: Do not believe what a network file system remembers of an earlier look.
    """
    times: dict[FileId, float] = {}
    faults: list[str] = []
    for file in files:
        if is_again:
            _refresh(file.path)
        after = look_at(file.path)
        written = is_written(before.get(file.id), after, started_ms)
        if after is not None and written is Written.YES:
            times[file.id] = after.modified_s
        else:
            faults.append(fault_of(file.path, written))
    return FoundOutputs(times, tuple(faults))


def look_at(path: str) -> FileState | None:
    """Return the state of a file or directory, also through links; None if there is none."""
    try:
        own = os.lstat(path)
        found = Path(path).stat() if stat.S_ISLNK(own.st_mode) else own
    except (OSError, ValueError):
        return None
    identity = _identity(found) if found is own else (*_identity(found), *_identity(own))
    changed_ns = max(found.st_ctime_ns, own.st_ctime_ns)
    if not stat.S_ISDIR(found.st_mode):
        return FileState(identity, found.st_mtime, changed_ns)
    content = _content(path)
    if content is None:
        return FileState((), found.st_mtime, changed_ns)
    return FileState((*identity, content[0]), found.st_mtime, max(changed_ns, content[1]))


def _identity(found: os.stat_result) -> tuple[int, ...]:
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _content(path: str) -> tuple[int, int] | None:
    """Return a digest of all that is below a directory, and when any of it was changed last.

    None if it has too much in it, or cannot be read. Writing to a file that is there already does
    not change its directory.
    """
    digest, newest, count = 0, 0, 0
    directories = [path]
    try:
        while directories:
            with os.scandir(directories.pop()) as entries:
                for entry in entries:
                    count += 1
                    if count > _MOST_ENTRIES:
                        return None
                    found = entry.stat(follow_symlinks=False)
                    digest ^= _digest(entry.path, found)
                    newest = max(newest, found.st_ctime_ns)
                    if entry.is_dir(follow_symlinks=False):
                        directories.append(entry.path)
    except OSError:
        return None
    return digest, newest


def _digest(path: str, found: os.stat_result) -> int:
    content = os.fsencode(path) + repr(_identity(found)).encode()
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest())


def _refresh(path: str) -> None:
    """Let a network file system ask its server about a file and the directory that it is in.

    NFS asks when a directory is listed, and when a file is opened (nfs(5): close-to-open).
    """
    with contextlib.suppress(OSError, ValueError):
        with os.scandir(Path(path).parent) as entries:
            next(entries, None)
        if Path(path).is_file():  # opening anything else may block, or do something
            os.close(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK))
