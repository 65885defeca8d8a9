"""Searching logs for errors, in blocks of bytes and in bounded memory.

Whatever a log holds, all its errors are counted, and a bounded number of them is kept to be shown.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

import re2

from torc_core.diagnosis.log_patterns import LOG_PATTERNS, LogPattern, Severity
from torc_core.model.wire import Wire

LONGEST_LINE = 64 * 1024
"""Bytes. Longer lines are searched in pieces."""
SHOWN_OF_A_LINE = 300
_SHOWN_BEFORE = 100
_COLORS = re.compile(rb"\x1b\[[0-9;]*[A-Za-z]")
"""Terminals do not show these, and with them a word does not begin where it seems to."""
KEPT_OF_A_FILE = 100
KEPT = 2_000


class LogIssue(Wire, frozen=True, kw_only=True):
    """A line of a log that tells of an error."""

    file: str
    line_number: int
    pattern_name: str
    group: str
    severity: Severity
    line_content: str
    """The part of the line around the error; text of others, not clean."""


class FirstError(NamedTuple):
    """Where a log first tells of an error."""

    offset: int
    """The start of the line, in bytes."""
    name: str
    """What kind of error it is."""


def first_error(blocks: Iterable[bytes]) -> FirstError | None:
    """Return the first error in the log of a job, warnings apart; None without any."""
    begin = 0
    for lines in whole_lines(blocks):
        for hit in _hits([lines], _searcher(is_slurm=False)):
            if hit.pattern.severity is not Severity.WARNING:
                return FirstError(begin + _start_of(lines, hit.line_number), hit.pattern.name)
        begin += len(lines)
    return None


def last_error(blocks: Iterable[bytes]) -> str | None:
    """Return the last line that tells of an error in the log of a job, warnings apart.

    Returns:
        The part of the line around the error, not clean; None without any.
    """
    found = None
    for hit in _hits(blocks, _searcher(is_slurm=False)):
        if hit.pattern.severity is not Severity.WARNING:
            found = hit.line
    return None if found is None else found.decode("utf-8", "replace").strip()


def _start_of(lines: bytes, number: int) -> int:
    """Return where the line of a number, from 1, starts."""
    start = 0
    for _ in range(number - 1):
        start = lines.index(b"\n", start) + 1
    return start


class LogScan:
    """Counts the errors of several logs, and keeps some.

    Args:
        errors_only: Warnings are not looked at.
    """

    def __init__(self, *, errors_only: bool = False) -> None:
        self._errors_only = errors_only
        self.issues: list[LogIssue] = []
        self.files = 0
        self.files_with_issues = 0
        self.by_severity: Counter[Severity] = Counter()
        self.by_pattern: Counter[str] = Counter()

    def add(self, file: str, blocks: Iterable[bytes], *, is_slurm: bool) -> None:
        """Search one log.

        Args:
            file: Its name.
            blocks: Its contents.
            is_slurm: Slurm or the kernel wrote it.
        """
        found = 0
        for hit in _hits(blocks, _searcher(is_slurm=is_slurm)):
            if self._errors_only and hit.pattern.severity is Severity.WARNING:
                continue
            found += 1
            self.by_severity[hit.pattern.severity] += 1
            self.by_pattern[hit.pattern.name] += 1
            if found <= KEPT_OF_A_FILE and len(self.issues) < KEPT:
                self.issues.append(
                    LogIssue(
                        file=file,
                        line_number=hit.line_number,
                        pattern_name=hit.pattern.name,
                        group=hit.pattern.group,
                        severity=hit.pattern.severity,
                        line_content=hit.line.decode("utf-8", "replace").strip(),
                    )
                )
        self.files += 1
        self.files_with_issues += bool(found)

    @property
    def total(self) -> int:
        """How many lines were found."""
        return self.by_severity.total()

    @property
    def warnings(self) -> int:
        """How many of them are warnings."""
        return self.by_severity[Severity.WARNING]


class _Hit(NamedTuple):
    pattern: LogPattern
    line_number: int
    line: bytes


class _Searcher(NamedTuple):
    any_of_them: re2._Regexp
    each: re2.Set
    patterns: tuple[LogPattern, ...]


@cache
def _searcher(*, is_slurm: bool) -> _Searcher:
    patterns = tuple(each for each in LOG_PATTERNS if is_slurm or not each.only_slurm)
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1  # logs need not be UTF-8
    each_of_them = re2.Set.SearchSet(options)
    for each in patterns:
        each_of_them.Add(f"(?m){each.pattern}".encode())
    each_of_them.Compile()
    union = "|".join(f"(?:{each.pattern})" for each in patterns)
    return _Searcher(re2.compile(f"(?m){union}".encode(), options), each_of_them, patterns)


def _hits(blocks: Iterable[bytes], searcher: _Searcher) -> Iterator[_Hit]:
    """Yield the lines that hold an error, each once."""
    number = 1
    for lines in whole_lines(blocks):
        if b"\x1b" in lines:
            lines = _COLORS.sub(b"", lines)  # noqa: PLW2901 - what follows sees no others
        counted = place = 0
        while match := searcher.any_of_them.search(lines, place):
            start = lines.rfind(b"\n", 0, match.start()) + 1
            end = lines.find(b"\n", match.end())
            end = len(lines) if end < 0 else end
            number += lines.count(b"\n", counted, start)
            counted, place = start, end + 1
            found = searcher.each.Match(lines[start:end])
            shown = max(start, match.start() - _SHOWN_BEFORE)
            line = lines[shown : min(end, shown + SHOWN_OF_A_LINE)]
            yield _Hit(searcher.patterns[min(found)], number, line)
        number += lines.count(b"\n", counted)


def whole_lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the same bytes in other blocks, each of whole lines, or of a piece of a long line."""
    rest = b""
    for block in blocks:
        rest += block
        cut = rest.rfind(b"\n") + 1
        if not cut and len(rest) > LONGEST_LINE:
            cut = len(rest)
        if cut:
            yield rest[:cut]
            rest = rest[cut:]
    if rest:
        yield rest
