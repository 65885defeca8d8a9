"""Nodes: one slurmd each, with a host name and perhaps a network of its own."""

from __future__ import annotations

import signal

from slurm.cluster.configuration import Layout
from slurm.cluster.daemons import Daemons
from slurm.cluster.processes import kill_all

_ENTER = 'hostname "$1" && mount --bind "$2" /etc/hosts && exec "$3" -f "$4" -N "$1"'


class Nodes:
    """Starts and ends them. Files, users and process ids are those of this machine."""

    def __init__(self, layout: Layout, daemons: Daemons) -> None:
        self.layout = layout
        self.daemons = daemons

    def connect_all(self) -> None:
        """Make a bridge, and for each node a network that reaches it, and nothing else."""
        bridge, run = self.layout.place.bridge, self.daemons.run
        run("ip", "link", "add", bridge, "type", "bridge")
        run("ip", "address", "add", f"{self.layout.address}/24", "dev", bridge)
        run("ip", "link", "set", bridge, "up")
        for index, node in enumerate(self.layout.nodes, 1):
            run("ip", "netns", "add", node)
            cable = self.layout.place.cable(node)
            inside = ("ip", "-n", node)
            pair = ("type", "veth", "peer", "name", "eth0", "netns", node)
            run("ip", "link", "add", cable, *pair)
            run("ip", "link", "set", cable, "master", bridge, "up")
            run(*inside, "link", "set", "lo", "up")
            address = f"{self.layout.network}.{index}/24"
            run(*inside, "address", "add", address, "dev", "eth0")
            run(*inside, "link", "set", "eth0", "up")

    def start(self, node: str) -> None:
        """Start a node's slurmd; it is in the background then, and registers itself."""
        place, run = self.layout.place, self.daemons.run
        (place.directory / "spool" / node).mkdir(exist_ok=True)
        if not self.layout.machine.namespaces:
            run("slurmd", "-f", place.configuration, "-N", node)
            return
        # `ip netns exec` would mount /sys again, without control groups.
        network = (
            ("nsenter", f"--net=/run/netns/{node}") if self.layout.settings.own_networks else ()
        )
        arguments = (node, place.directory / "etc" / "hosts", "slurmd", place.configuration)
        names = ("unshare", "--uts", "--mount", "--propagation", "slave")
        run(*network, *names, "sh", "-c", _ENTER, "sh", *arguments)

    def stop(self, node: str) -> None:
        """Stop a node's slurmd; jobs run on."""
        self.daemons.stop(f"slurmd.{node}")

    def kill(self, node: str) -> None:
        """End a node with its jobs, as when the power fails."""
        self.daemons.stop(f"slurmd.{node}", signal.SIGKILL)
        kill_all(self.layout.place, node)
