"""The server that torc-dash starts if need be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torc_core.host.embedded_server import ensure_server, running_server, stop_server
from torc_core.host.servers.place import ServerPlace
from torc_core.operations.servers import runs_of_server
from torc_core.units import counted
from torc_tui.cli.output.diagnostics import say


@contextmanager
def standalone_server(place: ServerPlace | None) -> Iterator[None]:
    """Have a server run meanwhile.

    What was started here is stopped again, unless runs use it. The embedded server stays: all
    programs of torc use it.

    Args:
        place: The server; None for none.

    Raises:
        ConflictError: It runs at another port.
        MachineError: It does not start.
        TimedOutError: It does not listen, or does not exit, in time.
    """
    if place is None:
        yield
        return
    was_running = running_server(place) is not None
    ensure_server(place)
    try:
        yield
    finally:
        server = running_server(place)
        if server is not None and not (was_running or place.is_own):
            if runs := runs_of_server(server, is_own=False):
                used = counted(len(runs), "run")
                say(f"The server of {place.database} continues: it has {used} of this machine.")
            else:
                stop_server(place)
