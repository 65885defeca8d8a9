"""Reading what is seen of a file in a thread, while keys change the position in it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from torc_core.errors import MachineError, NotFoundError
from torc_tui.state.logs.files.content import Source, closed_on_error
from torc_tui.state.logs.hex_lines import is_binary
from torc_tui.state.logs.log_view import LogView, Look

Move = Callable[[LogView], object]
"""One thing that a key does."""

MOVES: dict[str, Move] = {
    "stay": lambda view: view.pager.move(0),
    "up": lambda view: view.pager.move(-1),
    "down": lambda view: view.pager.move(1),
    "page_up": lambda view: view.pager.move(1 - view.pager.height),
    "page_down": lambda view: view.pager.move(view.pager.height - 1),
    "top": lambda view: view.pager.move_top(),
    "bottom": lambda view: view.pager.move_bottom(),
}
_SLICE_S = 0.25
"""How long work goes on until what it has found is shown. A key interrupts it."""


class Layout(NamedTuple):
    """How a file is shown."""

    width: int
    height: int
    wrap: bool = False
    has_colors: bool = True
    is_hex: bool | None = False
    """None for what it seems to be."""
    only: str = ""
    """Only lines that hold this text."""


class Shown(NamedTuple):
    """What is to be shown now."""

    look: Look
    remark: str
    """What has happened to the file."""


class LogReader:
    """Keeps a file open, and applies what keys ask for.

    `move` and `has_work` may be used at any time; everything else by one thread at a time.
    """

    def __init__(self) -> None:
        self._source: Source | None = None
        self._identity: tuple[int, ...] | None = None
        self._view: LogView | None = None
        self._layout: Layout | None = None
        self._state: tuple[int, ...] = ()
        self._remark = ""
        self._moves: deque[Move] = deque()
        self._is_unfinished = False

    def move(self, move: Move) -> None:
        """Do something before the next page is read."""
        self._moves.append(move)

    @property
    def has_work(self) -> bool:
        """Whether `step` would do something now."""
        return bool(self._moves) or self._is_unfinished

    def step(self, source: Source, layout: Layout, *, is_followed: bool) -> Shown | None:
        """Return what is seen of a file, or None if that is the same as before.

        Args:
            source: The file; another one is shown from its beginning.
            layout: How it is shown.
            is_followed: Go to its end when it has grown.

        Raises:
            NotFoundError: There is no such file.
            MachineError: It cannot be read.
        """
        self._is_unfinished = False
        try:
            return self._step(source, layout, is_followed=is_followed)
        except FileNotFoundError:
            self.close()
            raise NotFoundError(f"no output yet: {source.shown}") from None
        except OSError as error:
            self.close()
            raise MachineError(f"{error.strerror}: {source.shown}") from error

    def close(self) -> None:
        """Close the file."""
        if self._view is not None:
            self._view.content.close()
            self._view = None

    def _step(self, source: Source, layout: Layout, *, is_followed: bool) -> Shown | None:
        view, is_changed = self._up_to_date(source, layout)
        if self._moves:
            is_changed = True
            self._remark = ""
            while self._moves:
                view.moved()
                self._moves.popleft()(view)
        elif is_changed and is_followed:
            view.pager.move_bottom()
        end = time.monotonic() + _SLICE_S
        has_worked = False
        while view.has_work and not self._moves and time.monotonic() < end:
            view.work()
            has_worked = True
        self._is_unfinished = view.has_work
        if has_worked and is_followed:
            view.pager.move_bottom()
        if not (is_changed or has_worked):
            return None
        self._state = view.content.state()
        return Shown(view.look(), self._remark)

    def _up_to_date(self, source: Source, layout: Layout) -> tuple[LogView, bool]:
        """Return the view of the file that is there now, and whether it differs from the last."""
        view = self._view
        if view is None or source != self._source:
            self._remark = ""
            return self._open(source, layout), True
        identity = source.identity()
        state = view.content.state()
        if identity is not None and identity != self._identity:
            view = self._open(source, layout)
            self._remark = "another file has taken its place"
            return view, True
        if state[0] < self._state[0]:
            view = self._open(source, layout)
            self._remark = "it was truncated and starts over"
            return view, True
        if identity is None and self._identity is not None:
            self._identity, self._remark = None, "it was deleted; this is what it held"
            return view, True
        if layout != self._layout:
            return self._lay_out(view, layout), True
        return view, state != self._state

    def _open(self, source: Source, layout: Layout) -> LogView:
        self.close()
        self._source, self._identity = source, source.identity()
        content = source.open()
        with closed_on_error(content):
            is_hex = is_binary(content) if layout.is_hex is None else layout.is_hex
            view = LogView(content, is_hex=is_hex)
            self._state = content.state()
        self._view, self._layout = view, None
        return self._lay_out(view, layout)

    def _lay_out(self, view: LogView, layout: Layout) -> LogView:
        before, self._layout = self._layout, layout
        if before is not None and before.is_hex != layout.is_hex:
            is_hex = is_binary(view.content) if layout.is_hex is None else layout.is_hex
            self._view = view = LogView(view.content, is_hex=is_hex)
            before = None
        pager = view.pager
        pager.width, pager.height, pager.wrap, pager.has_colors = layout[:4]
        if layout.only != (before.only if before else ""):
            view.show_only(layout.only)
        return view
