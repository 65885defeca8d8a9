"""The server as a worker in an allocation reaches it, and what it says if it does not."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from torc_core.client import Address, TorcClient
from torc_core.config.schema import ClientSettings
from torc_core.errors import TransportError
from torc_core.host.access_file import client_of, read_access_file
from torc_core.host.user import user_name
from torc_core.runner.logs import log_error
from torc_core.runner.server.patience import Patience


class WorkerServer(NamedTuple):
    """A client, and what is known of its server."""

    client: TorcClient
    access_file: Path | None = None
    embedded_on: str | None = None
    """The machine on which torc has started it, if it is an embedded server."""


def worker_server(url: str, access_file: str | None, settings: ClientSettings) -> WorkerServer:
    """Return the server that a worker is to use.

    Args:
        url: Where it is, if no file says so.
        access_file: The file that does, if there is one.
        settings: Those of this machine, for the user and the password of `url`.

    Raises:
        MachineError: The file cannot be read.
        UsageError: The file is not to be trusted, or the URL is none.
    """
    if access_file is not None:
        path = Path(access_file)
        access = read_access_file(path)
        return WorkerServer(client_of(path, access), path, access.embedded_on)
    client = TorcClient(
        url,
        user=settings.username or user_name(),
        password=settings.password,
        token=settings.token,
    )
    return WorkerServer(client)


def reach(server: WorkerServer, patience: Patience) -> None:
    """Wait until the server answers for the first time.

    At the first failure it says what it has tried and what to do: who looks at the output of an
    allocation that does nothing has not waited for long.

    Raises:
        TransportError: It does not answer for too long.
        TorcError: It refused.
    """
    try:
        server.client.ping()
    except TransportError as error:
        log_error(explained(error, server))
        try:
            patience.ask(server.client.ping)
        except TransportError as last:
            raise explained(last, server) from last


def explained(error: TransportError, server: WorkerServer) -> TransportError:
    """Return an error that also says where it happened, and what to do about it."""
    url = Address(server.client.url).without_user
    steps = []
    if server.embedded_on is not None:
        steps.append(
            f"On {server.embedded_on}, `torc server start` starts the server if it is not running. "
            "If it is, nodes do not reach that address: submit again, and name another one of that "
            "machine with --server-host."
        )
    else:
        steps.append(
            f"See whether the server is running, and whether `curl -sS {url}/ping` gets an answer "
            "on this node."
        )
        host = urlsplit(url).hostname or ""
        proxy = getproxies().get(urlsplit(url).scheme)
        if proxy is not None and not proxy_bypass(host):
            steps.append(
                f"Requests go by the proxy {Address(proxy).without_user}; if it does not reach the "
                f"server, add {host} to NO_PROXY."
            )
    if server.access_file is not None:
        steps.append(f"The address is from {server.access_file}, which is read again each time.")
    return type(error)(
        f"The worker on {os.uname().nodename} does not reach its server. {error.message}",
        hint=" ".join(steps),
    )
