"""Asking a server for its health: one small request, with some of the refreshes."""

from __future__ import annotations

from time import monotonic

from textual.screen import Screen
from textual.worker import WorkType

from torc_core.client import TorcClient
from torc_core.errors import NotFoundError, ProtocolError, TorcError, UnsupportedError
from torc_tui.panes.messages import LimitsChanged, Notice
from torc_tui.requests import Requests
from torc_tui.state.servers.health import HealthLook, health_cell, health_sentence
from torc_tui.theme import Cell

LEAST_PAUSE_S = 4.0


class HealthCheck:
    """Knows how the server is, and says so when that changes.

    Args:
        screen: Lends its workers, and gets the messages.
        requests: Asks the server.
    """

    def __init__(self, screen: Screen[None], requests: Requests) -> None:
        self._screen = screen
        self._requests = requests
        self._next = 0.0
        self._look: HealthLook | None = None
        self._url: str | None = None
        """Which server was looked at."""
        self._silent: set[str | None] = set()
        """Servers that do not say."""

    def cell(self, url: str | None) -> Cell | None:
        """Return what the first line says of a server."""
        return health_cell(self._look) if url == self._url and self._requests.is_up else None

    def check(self) -> None:
        """Ask the server, unless it was asked a moment ago."""
        if monotonic() >= self._next and self._requests.url not in self._silent:
            self._next = monotonic() + LEAST_PAUSE_S
            work: WorkType[None] = self._ask
            self._screen.run_worker(work)

    async def _ask(self) -> None:
        url = self._requests.url
        try:
            now = await self._requests.ask(_look, slot="health")
        except (UnsupportedError, NotFoundError, ProtocolError):  # a server of the reference
            self._silent.add(url)
            return
        except TorcError:  # the head of the screen shows whether the server answers
            return
        before, shown = self._look, self.cell(url)
        if url != self._url:
            before = None
        self._look, self._url = now, self._requests.url
        if self.cell(self._url) != shown:
            self._screen.post_message(LimitsChanged())
        if said := health_sentence(before, now):
            self._screen.post_message(Notice(said, "" if now.health.database == "ok" else "yellow"))


def _look(client: TorcClient) -> HealthLook:
    begin = monotonic()
    health = client.get_health()
    return HealthLook(health, monotonic() - begin)
