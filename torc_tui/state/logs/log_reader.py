"""Reading pages of a file in a thread, while keys change the position in it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from torc_core.errors import MachineError
from torc_tui.state.logs.logfile import LogFile
from torc_tui.state.logs.pager import LogPage, Pager

Move = Callable[[Pager], bool | None]
"""One change of position; False when a search found nothing."""

MOVES: dict[str, Move] = {
    "stay": lambda pager: pager.move(0),
    "up": lambda pager: pager.move(-1),
    "down": lambda pager: pager.move(1),
    "page_up": lambda pager: pager.move(1 - pager.height),
    "page_down": lambda pager: pager.move(pager.height - 1),
    "top": lambda pager: pager.move_top(),
    "bottom": lambda pager: pager.move_bottom(),
}


class Layout(NamedTuple):
    """The room for a page, and whether long lines are wrapped."""

    width: int
    height: int
    wrap: bool


class LogReader:
    """Applies all pending moves, then reads the page at the new position.

    `move` may be called at any time; everything else by one thread at a time.
    """

    def __init__(self) -> None:
        self._pager: Pager | None = None
        self._moves: deque[Move] = deque()
        self._seen_size = -1

    def move(self, move: Move) -> None:
        """Change the position before the next page is read."""
        self._moves.append(move)

    def read(self, path: Path, layout: Layout) -> LogPage:
        """Return the page at the present position; for another path, its first page.

        Raises:
            MachineError: There is no such file, or it cannot be read.
        """
        try:
            page = self._read_page(path, layout)
        except FileNotFoundError:
            raise MachineError(f"no output yet: {path}") from None
        except OSError as error:
            raise MachineError(f"{path}: {error.strerror}") from error
        self._seen_size = page.size
        return page

    def read_growth(self, path: Path, layout: Layout) -> LogPage | None:
        """Return the new end, or None when there is nothing new.

        Raises:
            MachineError: As `read`.
        """
        pager = self._pager
        if pager and not self._moves and pager.file.size == self._seen_size:
            return None
        self.move(MOVES["bottom"])
        return self.read(path, layout)

    def close(self) -> None:
        """Close the file."""
        if self._pager is not None:
            self._pager.file.close()
            self._pager = None

    def _read_page(self, path: Path, layout: Layout) -> LogPage:
        if self._pager is None or self._pager.file.path != path:
            self.close()
            self._pager = Pager(LogFile(path))
        pager = self._pager
        pager.width, pager.height, pager.wrap = layout
        found = True
        while self._moves:
            found = self._moves.popleft()(pager) is not False
        return pager.page(found=found)
