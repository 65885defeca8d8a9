"""Tar archives as streams: written without a trace of this machine, read without trust.

The standard library reads and writes single headers here, not archives: its readers take into
memory what an archive says of its next member, however much that is, and its writers keep a record
of every member.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

_BLOCK = tarfile.BLOCKSIZE
_CHUNK = 256 * 1024
_LONGEST_NAME = 4096
_PLAIN = frozenset({tarfile.REGTYPE, tarfile.AREGTYPE})
_WITHOUT_DATA = frozenset(
    {
        *(tarfile.LNKTYPE, tarfile.SYMTYPE, tarfile.DIRTYPE),
        *(tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE),
    }
)
_NO_MEMBERS = frozenset(
    {
        *(tarfile.DIRTYPE, tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE),
        *(tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK),
    }
)
"""Folders, and what is said of other members."""
_MODE = 0o600


class ArchiveError(ValueError):
    """An archive cannot be read on; the message says why, within a sentence."""


def write_member(archive: BinaryIO, name: str, size: int, mtime: float, data: BinaryIO) -> None:
    """Add a file to an archive.

    Args:
        archive: What is written.
        name: The name of the member.
        size: How many bytes of `data` there are at least.
        mtime: When it was modified, in seconds since 1970.
        data: What is read.
    """
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = size, max(0, int(mtime)), _MODE
    archive.write(info.tobuf(tarfile.GNU_FORMAT))
    left = size
    while left > 0:
        chunk = data.read(min(left, _CHUNK))
        # A log that was cut since has zeros in their place.
        archive.write(chunk := chunk or bytes(min(left, _CHUNK)))
        left -= len(chunk)
    archive.write(bytes(-size % _BLOCK))


def end_archive(archive: BinaryIO) -> None:
    """Write the end of an archive."""
    archive.write(bytes(2 * _BLOCK))


class Member(NamedTuple):
    """What an archive holds at one place."""

    name: str
    """As the archive says it; not to be trusted."""
    is_plain: bool
    """Whether it is a file with contents, and not a link, a device or the like."""
    data: MemberData


class MemberData:
    """The contents of a member."""

    def __init__(self, archive: BinaryIO, size: int) -> None:
        self._archive = archive
        self._left = size
        self._padding = -size % _BLOCK

    def blocks(self) -> Iterator[bytes]:
        """Yield what has not been read yet.

        Raises:
            ArchiveError: The archive ends before.
        """
        while self._left > 0:
            chunk = _read(self._archive, min(self._left, _CHUNK))
            self._left -= len(chunk)
            yield chunk

    def skip(self) -> None:
        """Go to the end of the member."""
        for _ in self.blocks():
            pass
        _read(self._archive, self._padding)
        self._padding = 0


def read_members(archive: BinaryIO) -> Iterator[Member]:
    """Yield the members of an archive, whose contents are to be read before the next one.

    Folders are passed over, and so are extended headers but for long names: what is in them is not
    needed.

    Raises:
        ArchiveError: It is damaged, or no archive.
    """
    long_name = None
    while True:
        header = _read(archive, _BLOCK)
        if not header.strip(b"\0"):
            return
        try:
            info = tarfile.TarInfo.frombuf(header, "utf-8", "replace")
        except tarfile.HeaderError as error:
            raise ArchiveError(str(error)) from error
        if info.size < 0:
            raise ArchiveError("a size is negative")
        data = MemberData(archive, 0 if info.type in _WITHOUT_DATA else info.size)
        if info.type == tarfile.GNUTYPE_LONGNAME and info.size <= _LONGEST_NAME:
            long_name = b"".join(data.blocks()).rstrip(b"\0").decode("utf-8", "replace")
        elif info.type not in _NO_MEMBERS:
            yield Member(long_name or info.name, info.type in _PLAIN, data)
            long_name = None
        data.skip()


def _read(archive: BinaryIO, size: int) -> bytes:
    data = archive.read(size)
    if len(data) < size:
        raise ArchiveError("it ends early")
    return data
