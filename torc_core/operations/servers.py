"""Starting and stopping the servers that torc starts, and who uses them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from torc_core.host.embedded_server import (
    EmbeddedServer,
    ensure_server,
    running_server,
    stop_server,
)
from torc_core.host.runs import Run, RunState, list_runs
from torc_core.host.servers.place import ServerPlace
from torc_core.operations.reporter import Proposal, Question, Reporter
from torc_core.units import counted

_SHOWN = 8
"""How many runs are named."""
_ACTIVE = frozenset({RunState.RUNNING, RunState.STARTING})


class ServerStarted(msgspec.Struct, frozen=True, kw_only=True):
    """A server is running."""

    url: str
    was_running: bool

    @property
    def sentence(self) -> str:
        """Where it is."""
        return f"The server is running at {self.url}."


class ServerStopped(msgspec.Struct, frozen=True, kw_only=True):
    """A server is stopped."""

    was_running: bool
    is_open: bool
    """Workers on other machines used it, or could."""

    @property
    def sentence(self) -> str:
        """What was done."""
        if not self.was_running:
            return "The server was not running."
        needed = (
            " Slurm allocations that run or wait need it: torc server start" if self.is_open else ""
        )
        return f"The server was stopped.{needed}"


def propose_start_server(place: ServerPlace) -> Proposal[ServerStarted]:
    """Propose to start a server, unless it is running.

    Raises:
        TorcError: It does not start; raised by `perform`.
    """
    running = running_server(place)

    def perform(_reporter: Reporter, **_force: bool) -> ServerStarted:
        url = ensure_server(place).url
        return ServerStarted(url=url, was_running=running is not None)

    if running is not None:
        return Proposal(question=None, perform=perform)
    port = f"Port {place.port}." if place.port else "At a free port, or where it was."
    question = Question(
        sentence="Start a server on this machine?",
        lines=(f"Database {place.database}", f"{port} It runs on when you quit."),
        is_optional=True,
    )
    return Proposal(question=question, perform=perform)


def propose_stop_server(place: ServerPlace) -> Proposal[ServerStopped]:
    """Propose to stop a server, and say who uses it."""
    running = running_server(place)

    def perform(_reporter: Reporter, **_force: bool) -> ServerStopped:
        return ServerStopped(
            was_running=stop_server(place),
            is_open=running is not None and running.host is not None,
        )

    if running is None:
        return Proposal(question=None, perform=perform)
    question = Question(
        sentence=f"Stop the server at {running.address.url}?",
        lines=(f"Database {place.database}: it keeps everything.", *_use(place, running)),
        is_optional=True,
    )
    return Proposal(question=question, perform=perform)


def runs_of_server(server: EmbeddedServer, *, is_own: bool) -> list[Run]:
    """Return the runs of this machine that use a server now."""
    url = server.address.url
    return [
        run
        for run in list_runs()
        if run.state in _ACTIVE and (run.meta.url == url or (is_own and run.meta.is_embedded))
    ]


def _use(place: ServerPlace, server: EmbeddedServer) -> list[str]:
    """Return what a user has to know before a server is stopped."""
    runs = runs_of_server(server, is_own=place.is_own)
    lines = _runs_lines(runs, is_own=place.is_own)
    if server.host is not None:
        lines.append("Slurm allocations that run or wait need it, too.")
    return lines


def _runs_lines(runs: Sequence[Run], *, is_own: bool) -> list[str]:
    if not runs:
        return ["No run of this machine uses it."]
    again = (
        "They start it again when they report."
        if is_own
        else "Their jobs continue, and are reported when it is back."
    )
    uses = "uses" if len(runs) == 1 else "use"
    if len(runs) == 1:
        again = again.replace("They start", "It starts").replace("they report", "it reports")
        again = again.replace("Their jobs", "Its jobs")
    named = [f"  #{run.meta.workflow_id} {run.meta.workflow_name}" for run in runs[:_SHOWN]]
    more = [f"  … {len(runs) - _SHOWN} more"] if len(runs) > _SHOWN else []
    return [f"{counted(len(runs), 'run')} of this machine {uses} it. {again}", *named, *more]
