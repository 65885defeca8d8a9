"""An open file with a position and searches in it; each step takes a few ms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from torc_tui.state.logs.files.content import Content
from torc_tui.state.logs.files.line_numbers import LineNumbers
from torc_tui.state.logs.files.logfile import Lines, LogFile
from torc_tui.state.logs.hex_lines import HexLines
from torc_tui.state.logs.matches import BLOCK, Matches, MatchingLines, Needle
from torc_tui.state.logs.pager import LogPage, Marker, Pager, Position


class Tally(NamedTuple):
    """How many lines hold a text."""

    text: str
    number: int | None
    """Which of them is the present one; None if it is none of them, or that is not known yet."""
    total: int
    part: float
    """How much of the file was searched, from 0 to 1."""


class Look(NamedTuple):
    """What is seen of a file."""

    page: LogPage
    number: int | None
    """Of the first line; None where it is not counted."""
    matches: Tally | None
    """Of the search."""
    only: Tally | None
    """Of the lines that alone are shown."""
    seeking: float | None
    """How much of the file the search has passed, while it is under way."""
    missed: str
    """What was found nowhere in the direction of the search: "below" or "above"."""
    is_hex: bool
    is_whole: bool
    """Whether all of the file is known; a compressed one is not at first."""


class LogView:
    """A file that is shown.

    Args:
        content: Where its bytes come from.
        is_hex: Show a hex dump.
    """

    def __init__(self, content: Content, *, is_hex: bool) -> None:
        self.content = content
        self.is_hex = is_hex
        self._all: Lines = HexLines(content) if is_hex else LogFile(content)
        self.pager = Pager(self._all)
        self._numbers = LineNumbers(content)
        self._matches: Matches | None = None
        self._only: Matches | None = None
        self._seek: Iterator[int | None] | None = None
        self._is_forward = True
        self._is_elsewhere = False
        """The search goes on in the other direction."""
        self._passed = self._start = self._size = 0
        self._missed = ""
        self._found: int | None = None
        """The line to which the search has gone."""
        self._found_from: Position | None = None
        """The first line in sight then: as long as it is, the search goes on from what it found."""

    def moved(self) -> None:
        """End a search that is under way, and forget what the last one has not found."""
        self._seek, self._missed = None, ""

    def search(self, text: str) -> None:
        """Begin to search from the present line on for one with a text, then above it."""
        self.search_on(text, is_forward=True, beyond=False)
        self._is_elsewhere = True

    def search_on(self, text: str, *, is_forward: bool, beyond: bool = True) -> None:
        """Begin to search for the nearest line with a text.

        Args:
            text: What to look for, in either case.
            is_forward: The direction.
            beyond: Skip the present line, as for the next match.
        """
        self._is_elsewhere = False
        if self._matches is None or self._matches.needle.text != Needle(text).text:
            self._matches = self._matches_of(text)
            self._found = self.pager.found = None
        at = self.pager.top.offset
        if self._found is not None and self.pager.top == self._found_from:
            at = self._found
        line = self._all.line(at)
        start = line.end if line and beyond and is_forward else at
        self._is_forward, self._passed, self._start = is_forward, 0, start
        self._size = self.content.size
        self._seek = self._matches.seek(start, is_forward=is_forward)

    def show_only(self, text: str) -> None:
        """Show only lines that hold a text; all if it is empty."""
        self._only = self._matches_of(text) if text else None
        at = self.pager.top.offset
        self.pager.lines = MatchingLines(self._all, self._only) if self._only else self._all
        self.pager.go_to(self._all.line_start(at))

    def mark(self, text: str) -> None:
        """Set a marker behind the last line, or take it away."""
        size = self.content.size
        markers = [each for each in self.pager.markers if each.offset != size]
        if len(markers) == len(self.pager.markers) and size:
            markers.append(Marker(size, text))
        self.pager.markers = markers

    def note(self, offset: int) -> None:
        """Go to a line that is to be seen at once, with some of what is before it."""
        start = self._all.line_start(offset)
        self.pager.noted = start
        self.pager.go_to(start, above=self.pager.height // 4)
        self.pager.keep_full()

    @property
    def has_work(self) -> bool:
        """Whether there is anything left for `work`."""
        return not (
            self.content.is_complete
            and self._seek is None
            and all(each.is_complete for each in self._scans)
            and self._numbers.is_complete
        )

    def work(self) -> None:
        """Do a piece of all that is under way."""
        if not self.content.is_complete:
            self.content.advance()
        for each in self._scans:
            if not each.is_complete:
                each.scan()
        if self._seek is not None:  # from the beginning it reads nothing again that was scanned
            self._go_on_seeking(self._seek)
        if not self._numbers.is_complete:
            self._numbers.count()

    def look(self) -> Look:
        """Return what is seen now."""
        if self._only and self._only.is_complete:
            self.pager.keep_full()
        page = self.pager.page()
        top = page.lines[0].position.offset if page.lines else page.top.offset
        number = None if self.is_hex else self._numbers.number_of(top)
        size = max(1, self.content.size)
        return Look(
            page,
            number,
            self._tally(self._matches, self._found),
            self._tally(self._only, top),
            min(1.0, self._passed / size) if self._seek else None,
            self._missed,
            self.is_hex,
            self.content.is_complete,
        )

    @property
    def _scans(self) -> list[Matches]:
        return [each for each in (self._only, self._matches) if each is not None]

    def _matches_of(self, text: str) -> Matches:
        return Matches(self.content, self._all, Needle(text), is_text=not self.is_hex)

    def _tally(self, matches: Matches | None, at: int | None) -> Tally | None:
        if matches is None:
            return None
        part = 1.0 if matches.is_complete else matches.scanned / max(1, self.content.size)
        number = None if at is None else matches.number_of(at)
        return Tally(matches.needle.text, number, matches.total, part)

    def _go_on_seeking(self, seek: Iterator[int | None]) -> None:
        assert self._matches is not None
        try:
            found = next(seek)
        except StopIteration:
            self._end_of_direction(self._matches)
            return
        self._passed += BLOCK
        if found is None:
            return
        line = self._all.line(found)
        if line and self._only and not self._only.holds(line):  # it is not shown
            start = line.end if self._is_forward else line.start
            self._seek = self._matches.seek(start, is_forward=self._is_forward)
            return
        self._seek = None
        self._found = self.pager.found = found
        self.pager.go_to(found)
        if self.pager.wrap:
            part = self.pager.find_part(found, self._matches.needle.text)
            self.pager.top = self.pager.top._replace(part=part)
        if self._only is None or self._only.is_complete:
            self.pager.keep_full()
        self._found_from = self.pager.top

    def _end_of_direction(self, matches: Matches) -> None:
        """Search in what has become known since, in the other direction, or no more."""
        size = self.content.size
        if self._is_forward and (size > self._size or not self.content.is_complete):
            start = max(self._start, self._size // BLOCK * BLOCK)
            self._size = size
            self._seek = matches.seek(start, is_forward=True)
        elif self._is_elsewhere:
            self._is_elsewhere = self._is_forward = False
            self._seek = matches.seek(self.pager.top.offset, is_forward=False)
        else:
            self._seek = None
            self._missed = "below" if self._is_forward else "above"
