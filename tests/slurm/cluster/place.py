"""Where a cluster is: everything that must differ between clusters of one machine, by a number.

The process that makes the directory of a number has the number, and with it ports, names of nodes
and of control groups, and a network.
"""

from __future__ import annotations

import socket
from pathlib import Path

import msgspec

ROOT = Path("/tmp")  # paths of sockets may have 107 characters
NUMBERS = range(100)


class Place(msgspec.Struct, frozen=True):
    """The place of one cluster."""

    number: int

    @property
    def directory(self) -> Path:
        """All its files."""
        return ROOT / f"torc-slurm-{self.number}"

    @property
    def configuration(self) -> Path:
        """What `SLURM_CONF` names; all its processes are found by it."""
        return self.directory / "etc" / "slurm.conf"

    @property
    def prefix(self) -> str:
        """Begins the names of its nodes, by which Slurm 22.05 also names control groups."""
        return f"t{self.number}n"

    @property
    def bridge(self) -> str:
        """The interface that connects nodes with networks of their own."""
        return f"torc{self.number}"

    @staticmethod
    def cable(node: str) -> str:
        """Return the interface of this machine by which such a node is reached."""
        return f"v-{node}"

    def links(self) -> list[Path]:
        """Return the interfaces that are there: the bridge and the cables."""
        interfaces = Path("/sys/class/net")
        cables = interfaces.glob(self.cable(f"{self.prefix}*"))
        return [*interfaces.glob(self.bridge), *cables]

    @property
    def controller_port(self) -> int:
        # Below those that Linux gives to connections.
        return 20_000 + 100 * self.number

    @property
    def accounting_port(self) -> int:
        return self.controller_port + 1

    def node(self, index: int) -> str:
        """Return the name of a node, counted from 1."""
        return f"{self.prefix}{index}"

    def node_port(self, index: int) -> int:
        return self.controller_port + 10 + index

    def has_free_ports(self, nodes: int) -> bool:
        """Return whether no other program listens where this cluster would."""
        ports = [self.node_port(index + 1) for index in range(nodes)]
        return all(map(_is_free, [self.controller_port, self.accounting_port, *ports]))


def _is_free(port: int) -> bool:
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(("", port))
        except OSError:
            return False
    return True
