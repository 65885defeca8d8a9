"""Problems of a workflow file and their places.

A place is a path in the file's structure, such as ("jobs", 3, "depends_on", 0). Readers find line
and column of a path only when there is something to report.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable
from difflib import get_close_matches
from typing import NamedTuple

from torc_core.characters import escape_hidden

Path = tuple[str | int, ...]

MAX_DEPTH = 64
"""Levels of lists and mappings; deeper files are refused before anything can recurse into them."""

_MAX_FOUND = 10_000
"""Errors after which a file is not looked at any further."""
_MAX_REPORTED = 200
_MAX_CANDIDATES = 100_000


class Position(NamedTuple):
    """A place in a text; both count from 1."""

    line: int
    column: int


class Marks(dict[Path, Position]):
    """Where values of a file begin: those at some paths, and what is around them.

    The places of all values would take more memory than the file.

    Args:
        paths: The paths of interest.
    """

    def __init__(self, paths: Iterable[Path]) -> None:
        super().__init__()
        self.wanted = frozenset(path[:end] for path in paths for end in range(len(path) + 1))


class MalformedError(Exception):
    """A text that is not well-formed, or holds what no workflow file may hold."""

    def __init__(self, message: str, position: Position | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.position = position


class ManyProblemsError(Exception):
    """A file has so many errors that the rest of it does not matter."""


class Lines:
    """Line and column of character offsets in one text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts: list[int] = []

    def at(self, offset: int) -> Position:
        """Return the position of a character."""
        if not self._starts:
            self._starts = [0, *(match.end() for match in re.finditer("\n", self._text))]
        line = bisect_right(self._starts, offset)
        return Position(line, offset - self._starts[line - 1] + 1)


def duplicate_key(key: str, first: Position, second: Position) -> MalformedError:
    """Return the problem of a key that stands twice in one mapping."""
    return MalformedError(f'the key "{shown(key)}" is already on line {first.line}', second)


def shown(text: str, limit: int = 80) -> str:
    """Return text from a file such that it can be printed: one line, no control characters."""
    short = text if len(text) <= limit else text[: limit - 3] + "..."
    return escape_hidden(short)


def path_text(path: Path) -> str:
    """Return a path as people write it, such as jobs[3].depends_on[0]."""
    parts = [f"[{step}]" if isinstance(step, int) else f".{shown(step)}" for step in path]
    return "".join(parts).lstrip(".")


def suggestion(name: str, candidates: Collection[str]) -> str:
    """Return "; did you mean ...?" with the nearest of the candidates, or nothing."""
    if len(candidates) > _MAX_CANDIDATES:
        return ""
    # Comparing is quadratic in the length: only names of about the same length and with a common
    # beginning or end come into question when there are many.
    likely: Collection[str] = candidates
    if len(candidates) > 200:
        likely = [
            candidate
            for candidate in candidates
            if abs(len(candidate) - len(name)) <= 2
            and (candidate[:2] == name[:2] or candidate[-3:] == name[-3:])
        ][:500]
    nearest = get_close_matches(name[:200], likely, n=1, cutoff=0.7)
    return f'; did you mean "{shown(nearest[0])}"?' if nearest else ""


class Problems:
    """What is wrong, and what is only strange, gathered over the whole file."""

    def __init__(self) -> None:
        self.errors: list[tuple[Path, str]] = []
        self.warnings: list[tuple[Path, str]] = []
        self.notes: list[tuple[Path, str]] = []
        self._unknown = 0
        self._seen: set[tuple[Path, str]] = set()

    def add(self, path: Path, message: str) -> None:
        """Note an error.

        Raises:
            ManyProblemsError: There are many.
        """
        self.errors.append((path, message))
        if len(self.errors) == _MAX_FOUND:
            raise ManyProblemsError

    def warn(self, path: Path, message: str) -> None:
        """Note something that is allowed and probably not meant."""
        self.warnings.append((path, message))

    def note(self, path: Path, message: str) -> None:
        """Note a result that is not a problem, such as an expanded path."""
        self.notes.append((path, message))

    def is_new(self, path: Path, what: str = "") -> bool:
        """Return whether this is asked for the first time.

        Expansions of one entry have one place; what is wrong with all is reported once.
        """
        is_new = (path, what) not in self._seen
        self._seen.add((path, what))
        return is_new

    def unknown(self, path: Path, kind: str, name: str, known: Collection[str]) -> None:
        """Note a name that nothing has, with the nearest one that something has."""
        self._unknown += 1
        near = suggestion(name, known) if self._unknown <= _MAX_REPORTED else ""
        self.add(path, f'no {kind} named "{shown(name)}"{near}')


def report(found: list[tuple[Path, str]], source: str, marks: Marks) -> list[str]:
    """Return one line per problem, in the order of the file.

    A path without a mark is reported at the nearest thing around it.
    """
    placed = []
    for path, message in found:
        around = path
        while around and around not in marks:
            around = around[:-1]
        text = f"{path_text(path)}: {message}" if path else message
        placed.append((marks.get(around, Position(0, 0)), text))
    placed.sort(key=lambda entry: entry[0])
    lines = [
        f"{source}:{position.line}:{position.column}: {text}"
        if position.line
        else f"{source}: {text}"
        for position, text in placed[:_MAX_REPORTED]
    ]
    if len(placed) > _MAX_REPORTED:
        least = "at least " if len(placed) == _MAX_FOUND else ""
        lines.append(f"{source}: and {least}{len(placed) - _MAX_REPORTED:,} more")
    return lines
