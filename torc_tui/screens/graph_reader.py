"""When the graph of a workflow is read again: it is the one thing that is read as a whole."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from textual.screen import Screen
from textual.timer import Timer

from torc_core.client import TorcClient
from torc_core.errors import TorcError
from torc_core.model.workflow import WorkflowStatus
from torc_tui.screens.server_link import ServerLink
from torc_tui.state.graph.dag import Graph, read_graph

_REST = 5
"""Pause after a reading, as a multiple of the time it took: large graphs are read seldom."""


class GraphReader:
    """Reads the graph when the jobs have changed since the last time.

    Args:
        screen: Lends its timers.
        link: Carries the requests.
        show: Takes each graph that was read.
        refused: Takes the error when it could not be read.
    """

    def __init__(
        self,
        screen: Screen[None],
        link: ServerLink,
        show: Callable[[Graph], None],
        refused: Callable[[TorcError], None],
    ) -> None:
        self._screen = screen
        self._link = link
        self._show = show
        self._refused = refused
        self._seen: object = None
        self._wanted: tuple[int, WorkflowStatus] | None = None
        self._next = 0.0
        self._timer: Timer | None = None

    def forget(self) -> None:
        """Read at the next occasion, whether or not something has changed."""
        self._seen = self._wanted = None
        self._next = 0.0

    def follow(self, workflow_id: int, status: WorkflowStatus) -> None:
        """Read the graph now or soon, if this status says that the shown one is old."""
        self._wanted = workflow_id, status
        if self._timer is None:
            pause = self._next - monotonic()
            if pause > 0:
                self._timer = self._screen.set_timer(pause, self._read)
            else:
                self._read()

    def _read(self) -> None:
        self._timer = None
        if self._wanted is None:
            return
        number, status = self._wanted
        # A server that does not count jobs leaves only one way to know: to look.
        seen = status.jobs_by_status and (number, status.run_id, status.jobs_by_status)
        if seen and seen == self._seen:
            return
        self._seen = seen

        def read(client: TorcClient) -> tuple[Graph, float]:
            began = monotonic()
            return read_graph(client, number), monotonic() - began

        def came(answer: tuple[Graph, float]) -> None:
            graph, took_s = answer
            self._next = monotonic() + _REST * took_s
            if self._wanted is not None and self._wanted[0] == number:
                self._show(graph)

        def failed(error: TorcError) -> None:
            self._seen = None
            self._refused(error)

        self._link.ask("graph", read, came, failed)
