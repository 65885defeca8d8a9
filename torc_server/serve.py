"""Runs the application until a signal stops it."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from typing import cast

import uvicorn
import uvloop
from litestar import Litestar
from litestar.types import ASGIApp, Receive, Scope, Send

from torc_core.host.addresses import LOOPBACK, reserved_port
from torc_core.service import LOCAL_PORT_LINE, PORT_LINE
from torc_server.access.authentication import RequesterByPeer, TokenInPath
from torc_server.app import create_app
from torc_server.connections.descriptors import raise_file_limit
from torc_server.connections.guard import Guard
from torc_server.connections.limits import Limits
from torc_server.connections.protocol import Connection
from torc_server.lifespan import lifespan
from torc_server.metrics.traffic import Traffic
from torc_server.settings import ServerSettings

log = logging.getLogger(__name__)

GRACE_S = 0.7
"""How long pending requests may take once the server stops; then they are given up."""
KEEP_ALIVE_S = 75
"""How long an idle connection stays open; clients close theirs after a minute."""
SWEEP_TICKS = 10
"""How many of uvicorn's ticks, ten a second, are between two looks for overdue connections."""


def serve(settings: ServerSettings) -> None:
    """Serve until SIGTERM or SIGINT; returns within about a second of it.

    Raises:
        ConflictError: Another process uses the port or the database.
        MachineError: The database cannot be opened, or the address cannot be listened on.
        UsageError: The host is not an address of this machine.
    """
    with ExitStack() as stack:
        listeners = [stack.enter_context(reserved_port(settings.host, settings.port))]
        if settings.local_port is not None:
            listeners.append(stack.enter_context(reserved_port(LOOPBACK, settings.local_port)))
        runner = stack.enter_context(asyncio.Runner(loop_factory=uvloop.new_event_loop))
        runner.run(_serve(settings, listeners))


async def _serve(settings: ServerSettings, listeners: list[socket.socket]) -> None:
    app = create_app(settings)
    app.state.traffic = traffic = Traffic(app)
    guard = Guard(_limits(settings, raise_file_limit()))
    config = uvicorn.Config(
        _may_be_given_up(RequesterByPeer(TokenInPath(traffic) if settings.token else traffic)),
        http=cast("type[asyncio.Protocol]", partial(Connection, guard=guard)),
        ws="none",
        lifespan="off",  # entered below, where its errors stay what they are
        log_config=None,
        access_log=False,
        proxy_headers=False,  # clients must not be able to forge their address
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=2,  # never reached: requests are given up after GRACE_S
    )
    async with lifespan(app), app.lifespan():
        await Server(config, app, guard, settings).serve(sockets=listeners)


def _may_be_given_up(app: ASGIApp) -> ASGIApp:
    """Return an application whose requests may be cancelled, for uvicorn a fault of the server."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        with suppress(asyncio.CancelledError):
            await app(scope, receive, send)

    return answer


def _limits(settings: ServerSettings, possible: int) -> Limits:
    connections = min(settings.max_connections or possible, possible)
    return Limits(
        connections=connections,
        per_peer=settings.max_connections_per_address or max(1, connections // 2),
        request_s=settings.request_timeout_s,
        response_s=settings.response_timeout_s,
        idle_s=KEEP_ALIVE_S,
    )


class Server(uvicorn.Server):
    """uvicorn, except that it prints its port, exits with 0, and does not wait for open streams."""

    def __init__(
        self, config: uvicorn.Config, app: Litestar, guard: Guard, settings: ServerSettings
    ) -> None:
        super().__init__(config)
        self._settings = settings
        self._app = app
        self._guard = guard

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and print the port for the parent process."""
        await super().startup(sockets)
        port, *local = (server.sockets[0].getsockname()[1] for server in self.servers)
        sys.stdout.writelines(f"{LOCAL_PORT_LINE}{each}\n" for each in local)
        sys.stdout.write(f"{PORT_LINE}{port}\n")
        sys.stdout.flush()
        log.info("listening on port %d", port)
        if self._settings.is_open:
            log.warning("%s", _who_may_use(self._settings))
        gc.set_threshold(10_000, 20, 50)  # creating jobs by the thousand makes no cycles
        gc.freeze()  # objects that live as long as the process need no collection
        gc.enable()

    async def on_tick(self, counter: int) -> bool:
        """Close overdue connections every now and then; return whether to stop."""
        if counter % SWEEP_TICKS == 0:
            self._guard.sweep(asyncio.get_running_loop().time())
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End waiting requests first: uvicorn would wait for them.

        A client that does not read its response cannot delay the shutdown.
        """
        self._app.state.notifier.close()
        self._app.state.users.close()
        asyncio.get_running_loop().call_later(GRACE_S, self._hang_up)
        await super().shutdown(sockets)

    def _hang_up(self) -> None:
        self._app.state.readers.refuse_waiting()
        for connection in self.server_state.connections:
            connection.transport.abort()
        asyncio.get_running_loop().call_soon(self._give_up)  # once those know that they are closed

    def _give_up(self) -> None:
        """End the requests that wait for a thread; its query ends with the readers."""
        for task in self.server_state.tasks:
            task.cancel()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop at SIGTERM and SIGINT; unlike uvicorn, do not die of them afterwards."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        numbers = (signal.SIGTERM, signal.SIGINT)
        before = {number: signal.signal(number, self.handle_exit) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _who_may_use(settings: ServerSettings) -> str:
    """Return what a server that anyone may use says of itself."""
    who = "Every user of this machine" if settings.is_loopback else f"All who reach {settings.host}"
    return (
        f"{who} can use this server without a password, and have its runners execute commands; "
        "to close it, start it with --token-file, or with --auth-file and --require-auth."
    )
