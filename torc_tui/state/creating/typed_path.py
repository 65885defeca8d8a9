"""A path as it is being typed: the directory it is in so far, and what could come next."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

from torc_core.characters import is_shown
from torc_core.host.user import expand_home
from torc_core.spec import SUFFIXES

MOST_KEPT = 2_000
"""Entries of one directory that are held, to be seen and scrolled through."""


class Entry(NamedTuple):
    """A directory or a workflow file."""

    name: str
    is_directory: bool

    @property
    def shown(self) -> str:
        """Its name, that of a directory with a slash behind it."""
        return f"{self.name}/" if self.is_directory else self.name


class Contents(NamedTuple):
    """What of a directory may be chosen."""

    typed: str
    """The path for which it was read."""
    entries: Sequence[Entry]
    """Those that begin with what was typed: directories first, by name."""
    is_cut: bool = False
    """There are more than are kept."""

    def holds(self, typed: str) -> bool:
        """Return whether whatever another path may become is in here."""
        if typed == self.typed:
            return True
        (own, begun), (directory, prefix) = split(self.typed), split(typed)
        is_within = directory == own and prefix.startswith(begun)
        return is_within and _is_hidden(prefix) == _is_hidden(begun) and not self.is_cut

    def matching(self, typed: str) -> list[Entry]:
        """Return what a path in this directory may become."""
        _, prefix = split(typed)
        return [entry for entry in self.entries if entry.name.startswith(prefix)]


def split(typed: str) -> tuple[str, str]:
    """Return the directory of a typed path, with its slash, and the beginning of a name in it."""
    if typed == "~":
        return "~/", ""
    directory, slash, prefix = typed.rpartition("/")
    return directory + slash, prefix


def read_contents(typed: str, *, most: int = MOST_KEPT) -> Contents:
    """Return what the directory of a typed path holds; as slow as its file system.

    Names that a terminal cannot show are left out.

    Raises:
        OSError: It cannot be read.
        MachineError: The home that it means is not known.
    """
    directory, prefix = split(typed)
    entries: list[Entry] = []
    with os.scandir(expand_home(Path(directory or "."))) as found:
        for each in found:
            name = each.name
            if not name.startswith(prefix) or _is_hidden(name) > _is_hidden(prefix):
                continue
            is_file = Path(name).suffix.lower() in SUFFIXES
            if (is_file or _is_directory(each)) and is_shown(name):
                if len(entries) == most:
                    return Contents(typed, _sorted(entries), is_cut=True)
                entries.append(Entry(name, _is_directory(each)))
    return Contents(typed, _sorted(entries))


def completed(typed: str, entries: Sequence[Entry]) -> str:
    """Return a typed path with as much more as all that it may become have in common."""
    directory, prefix = split(typed)
    if not entries:
        return typed
    if len(entries) == 1:
        return directory + entries[0].shown
    names = [entry.name for entry in entries]
    first, last = min(names), max(names)  # what these share, all between them share
    common = [
        a for a, _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    ]
    return directory + max("".join(common), prefix, key=len)


def _is_hidden(name: str) -> bool:
    return name.startswith(".")


def _is_directory(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads nowhere
        return False


def _sorted(entries: list[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda entry: (not entry.is_directory, entry.name))
