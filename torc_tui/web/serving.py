"""Serves the pages until a signal stops it, and says where they are."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aiohttp import web

from torc_core.errors import TorcError, TransportError
from torc_core.host.addresses import reserved_port
from torc_core.host.connect import connect_running
from torc_core.host.directories import state_directory
from torc_tui.cli.output.diagnostics import say
from torc_tui.cli.output.formats import print_text
from torc_tui.web.application import create_app
from torc_tui.web.settings import DashSettings
from torc_tui.web.standalone import standalone_server

_GRACE_S = 3.0
"""How long downloads may take once it stops."""
_IDLE_S = 75.0
_SERVER_S = 5.0


def serve(settings: DashSettings) -> None:
    """Serve until SIGTERM, SIGINT or SIGHUP.

    Raises:
        ConflictError: Another process uses the port.
        MachineError: The address cannot be listened on, or the server does not start.
        UsageError: The host is not an address of this machine.
    """
    with (
        reserved_port(settings.host, settings.port) as listener,
        standalone_server(settings.place),
    ):
        asyncio.run(_serve(settings, listener))


async def _serve(settings: DashSettings, listener: socket.socket) -> None:
    port = int(listener.getsockname()[1])
    # What goes wrong is a page for the browser; what is no HTTP concerns no one.
    for name in ("aiohttp", "textual-serve"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    runner = web.AppRunner(
        create_app(settings, f"torc-dash-{port}"),
        access_log=None,  # it would keep the token, which the first request has in its address
        handle_signals=False,
        keepalive_timeout=_IDLE_S,
        shutdown_timeout=_GRACE_S,
    )
    is_over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup has it
            loop.add_signal_handler(number, is_over.set)
    await runner.setup()
    try:
        await web.SockSite(runner, listener).start()
        with _announced(settings, port):
            asking = asyncio.create_task(asyncio.to_thread(_look_for_server, settings))
            await is_over.wait()
            asking.cancel()
    finally:
        await runner.cleanup()


@contextmanager
def _announced(settings: DashSettings, port: int) -> Iterator[None]:
    """Say where the pages are: in a terminal with the token, else in a file of the user's own.

    What is not a terminal may be a file that others read.
    """
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    url = f"http://{host}:{port}/"
    path = state_directory() / f"dash-{port}.url"
    _write_private(path, f"{url}?token={settings.token}\n")
    try:
        if sys.stdout.isatty():
            print_text(f"{url}?token={settings.token}\n")
        else:
            print_text(f"{url}\n")
            say(f"Its address with the token that opens it is in {path}")
        if not settings.is_loopback:
            say(
                f"warning: All who reach {settings.host} can try the token, and HTTP shows it to "
                "the network. Prefer 127.0.0.1 with ssh -L, or a reverse proxy with HTTPS."
            )
        yield
    finally:
        path.unlink(missing_ok=True)


def _look_for_server(settings: DashSettings) -> None:
    """Warn if there is no server to show."""
    client = None
    if settings.place is None:
        client = connect_running(settings.choice, timeout_s=_SERVER_S)
    if client is None:  # it was started here
        return
    try:
        client.ping()
    except TransportError:
        say(
            f"warning: No server answers at {client.url}. Start it, name another one with "
            "--api-url, or have one started with --standalone."
        )
    except TorcError as error:  # it is there, and wants a token or a password
        say(f"warning: {error.message}\n\nhint: {error.hint}")
    finally:
        client.close()


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)  # whatever permissions it had
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
