"""The main screen's connection to the server: whether it stands, and when to try again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.screen import Screen
from textual.timer import Timer

from torc_core.client import TorcClient
from torc_core.errors import MachineError, TorcError, TransportError
from torc_tui.state.fetcher import Fetcher

_ABSENCE = TransportError, MachineError
"""Errors of a request that no server has seen: torc's own server may also fail to start."""

_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 15.0


class ServerLink:
    """Asks the server and notices whether it answers.

    Args:
        screen: Lends its timers.
        fetcher: Carries the requests.
        changed: Called when the connection is lost or found again.
        refresh: Called to ask for everything in sight again, as a new try.
        refused: Called with an error that the server answered with.
    """

    def __init__(
        self,
        screen: Screen[None],
        fetcher: Fetcher,
        *,
        changed: Callable[[], None],
        refresh: Callable[[], None],
        refused: Callable[[TorcError], None],
    ) -> None:
        self._screen = screen
        self._fetcher = fetcher
        self._changed = changed
        self._refresh = refresh
        self._refused = refused
        self._pause_s = _FIRST_PAUSE_S
        self._retry: Timer | None = None
        self.is_up: bool | None = None
        self._server = 0

    def begin_anew(self) -> None:
        """Forget how things stood: from now on another server is asked."""
        self._server += 1
        self._pause_s = _FIRST_PAUSE_S
        self.is_up = None
        self._changed()

    def ask(
        self,
        slot: str,
        call: Callable[[TorcClient], Any],
        done: Callable[..., None],
        failed: Callable[[TorcError], None] | None = None,
    ) -> None:
        """Ask, and have the answer or the error given back in the interface's thread.

        What a server says after one has gone on to another is dropped.
        """
        server = self._server

        def answered(answer: Any) -> None:
            if self._screen.is_attached and server == self._server:
                self._set_up(is_up=True)
                done(answer)

        def refused(error: TorcError) -> None:
            if not self._screen.is_attached or server != self._server:
                return
            is_absent = isinstance(error, _ABSENCE)
            if is_absent:
                self.lose()
            else:
                self._set_up(is_up=True)
            if failed is not None:
                failed(error)
            elif not is_absent:
                self._refused(error)

        fetcher = self._fetcher
        fetcher.ask(slot, lambda: call(fetcher.client()), answered, refused)

    def lose(self) -> None:
        """Take note that the server does not answer, and try again after a pause."""
        self._set_up(is_up=False)
        self._try_again()

    def _set_up(self, *, is_up: bool) -> None:
        if is_up:
            self._pause_s = _FIRST_PAUSE_S
        if is_up != self.is_up:
            self.is_up = is_up
            self._changed()

    def _try_again(self) -> None:
        """Refresh after a pause that doubles each time; one timer for all that failed."""
        if self._retry is None:
            self._retry = self._screen.set_timer(self._pause_s, self._try)
            self._pause_s = min(self._pause_s * 2, _LONGEST_PAUSE_S)

    def _try(self) -> None:
        self._retry = None
        self._refresh()
