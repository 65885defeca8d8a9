"""The address at which other machines reach this one."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from typing import NamedTuple

from torc_core.client.address import is_loopback
from torc_core.errors import MachineError, UsageError
from torc_core.host.addresses import LOOPBACK, addresses_of, source_address

_UNKNOWN_NODES = 3
"""How many nodes without an address are looked up: with a slow name service each takes seconds."""
_HINT = (
    "Name an address of this machine that they reach, with --server-host or the setting "
    "client.slurm.server_host; `hostname -I` prints all."
)


class Host(NamedTuple):
    """Where nodes reach this machine."""

    name: str
    """A name or an address; `LOOPBACK` if the nodes are this machine."""
    why: str
    """Why it is this one, for people."""

    @property
    def is_here(self) -> bool:
        """Whether the nodes are this machine."""
        return self.name == LOOPBACK


class Route(NamedTuple):
    """How this machine sends to a node."""

    node: str
    source: str | None
    """The address that it sends from; None if it cannot."""


def find_host(nodes: Callable[[], Iterable[str]]) -> Host:
    """Return where nodes reach this machine.

    Args:
        nodes: Returns names or addresses of the nodes.

    Raises:
        MachineError: That is not known.
    """
    if (host := _host_for(nodes)) is not None:
        return host
    name = socket.getfqdn()
    if not _is_only_here(name):
        return Host(name, "this machine's full name")
    raise MachineError(
        f"No address of this machine is known that compute nodes reach: there is no route to them, "
        f"and its name {name} means this machine alone.",
        hint=_HINT,
    )


def check_host(name: str, nodes: Callable[[], Iterable[str]]) -> Host:
    """Return the host that a user has named, unless it means this machine alone.

    Args:
        name: A name or an address.
        nodes: Returns names or addresses of the nodes; asked only if the name is of loopback.

    Raises:
        UsageError: It has no address, or only nodes that are this machine would reach it.
    """
    own = addresses_of(name)
    if not own:
        raise UsageError(f"The host {name} is not known: it has no address.", hint=_HINT)
    if not any(map(is_loopback, own)):
        return Host(name, "as named")
    if not nodes_are_here(nodes):
        raise UsageError(
            f"{name} means this machine alone: compute nodes do not reach it.", hint=_HINT
        )
    return Host(LOOPBACK, "the nodes are this machine")


def nodes_are_here(nodes: Callable[[], Iterable[str]]) -> bool:
    """Return whether all nodes are this machine, so that they reach its loopback."""
    host = _host_for(nodes)
    return host is not None and host.is_here


def choose_host(routes: Iterable[Route]) -> Host | None:
    """Return where nodes reach this machine, by the way from here to them; None if unknown. Pure.

    Nodes are this machine only if all of them are reached by loopback: where the login node is a
    compute node too, it is the first of many.

    Args:
        routes: Those to the nodes; as few are looked at as will do.
    """
    are_here, unknown = False, 0
    for node, source in routes:
        if source is None:
            unknown += 1
        elif not is_loopback(source):
            return Host(source, f"the address from which {node} is reached")
        else:
            are_here = True
        if unknown == _UNKNOWN_NODES:
            break
    return Host(LOOPBACK, "the nodes are this machine") if are_here and not unknown else None


def _host_for(nodes: Callable[[], Iterable[str]]) -> Host | None:
    return choose_host(Route(node, source_address(node)) for node in nodes())


def _is_only_here(name: str) -> bool:
    """Return whether a name is known not to reach this machine from others."""
    own = addresses_of(name)
    return not own or any(map(is_loopback, own))
