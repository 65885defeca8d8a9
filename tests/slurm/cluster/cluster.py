"""A real Slurm cluster on this machine."""

from __future__ import annotations

import os
import pwd
import shlex
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec
from environments import PATHS, program
from slurm.cluster.configuration import Layout, files
from slurm.cluster.daemons import START_TIMEOUT_S, Daemons
from slurm.cluster.nodes import Nodes
from slurm.cluster.place import Place
from slurm.cluster.processes import remove_all
from slurm.cluster.settings import Settings, examine_machine
from waiting import wait_for

_BEFORE_THE_END = {
    *("COMPLETING", "CONFIGURING", "PENDING", "RUNNING", "SIGNALING", "SUSPENDED"),
}
_LAYOUT = "cluster.json"
_DIRECTORIES = ("etc", "jobs", "log", "munge", "run", "spool", "state")


class Cluster:
    """A cluster that runs; several processes may use it at once."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.nodes = layout.nodes
        """Their names."""
        self.address = layout.address
        """Where nodes reach what runs on this machine."""
        self._daemons = Daemons(layout.place)
        self._nodes = Nodes(layout, self._daemons)

    @classmethod
    def start(cls, place: Place, settings: Settings) -> Cluster:
        """Start a cluster at a place that was claimed; return when its nodes are idle."""
        layout = Layout(
            place=place,
            settings=settings,
            machine=examine_machine(),
            host=socket.gethostname().partition(".")[0],
            user=pwd.getpwuid(os.geteuid()).pw_name,
        )
        for name in _DIRECTORIES:
            (place.directory / name).mkdir(mode=0o755)
        for name, text in files(layout).items():
            path = place.directory / "etc" / name
            path.touch(mode=0o600 if name == "slurmdbd.conf" else 0o644)
            path.write_text(text, "utf-8")
        cluster = cls(layout)
        cluster._start_all()
        (place.directory / _LAYOUT).write_bytes(msgspec.json.encode(layout))
        return cluster

    @classmethod
    def at(cls, place: Place) -> Cluster:
        """Return the cluster that runs at a place."""
        encoded = (place.directory / _LAYOUT).read_bytes()
        return cls(msgspec.json.decode(encoded, type=Layout))

    def _start_all(self) -> None:
        settings, daemons = self.layout.settings, self._daemons
        if settings.own_networks:
            self._nodes.connect_all()
        daemons.start_munge()
        if settings.accounting:
            daemons.start_database(self.layout.user)
            daemons.start_accounting()
            daemons.register_cluster()
        daemons.start_controller()
        for node in self.nodes:
            self._nodes.start(node)
        self.wait_for_nodes()

    def remove(self) -> None:
        """End it with all jobs, and remove what it made."""
        remove_all(self.layout.place)

    @property
    def environ(self) -> dict[str, str]:
        """The environment of a user of this cluster."""
        return os.environ | self.variables

    @property
    def variables(self) -> dict[str, str]:
        """What a user's environment needs."""
        return {"PATH": PATHS, "SLURM_CONF": str(self.layout.place.configuration)}

    def run(
        self,
        name: str,
        *arguments: str | Path,
        check: bool = True,
        environ: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        text: str | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program as a user of the cluster.

        Args:
            check: Whether it has to succeed.
            environ: More variables.
            text: Its stdin.
        """
        run = subprocess.run(
            [program(name), *arguments],
            env=self.environ | (environ or {}),
            cwd=cwd or self.layout.place.directory / "jobs",
            input=text,
            capture_output=True,
            text=True,
            timeout=250,
            check=False,
        )
        assert run.returncode == 0 or not check, f"{run.args}: {run.stdout}{run.stderr}"
        return run

    def submit(self, command: str, *options: str | Path) -> int:
        """Submit a shell command with options of `sbatch`; return the id of its Slurm job."""
        answer = self.run("sbatch", "--parsable", *options, "--wrap", command)
        return int(answer.stdout)

    def show(self, job: int) -> dict[str, str]:
        """Return what the controller knows of a job: it does for 300 s after its end."""
        text = self.run("scontrol", "show", "job", str(job), "--oneliner").stdout
        fields = (field.partition("=") for field in shlex.split(text))
        return {name: value for name, _, value in fields}

    def state(self, job: int) -> str:
        """Return the controller's word for the state of a job."""
        return self.show(job)["JobState"]

    def wait_for_state(self, job: int, *states: str, timeout_s: float = 250) -> str:
        """Return the state of a job once it is one of these."""
        return wait_for(
            lambda: (state := self.state(job)) in states and state,
            f"Slurm job {job} to be {' or '.join(states)}",
            timeout_s,
        )

    def wait_for_end(self, job: int, timeout_s: float = 250) -> str:
        """Return the state in which a job has ended."""
        return wait_for(
            lambda: (state := self.state(job)) not in _BEFORE_THE_END and state,
            f"Slurm job {job} to end",
            timeout_s,
        )

    def expire(self, job: int) -> None:
        """Let a job's time be over in a second. Slurm notices it within 30 s."""
        self.run("scontrol", "update", f"jobid={job}", "EndTime=now+1seconds")

    def stop_controller(self) -> None:
        """From now on `squeue` and `sbatch` fail; jobs run on."""
        self._daemons.stop("slurmctld")

    def start_controller(self) -> None:
        """Let it answer again."""
        self._daemons.start_controller()

    def stop_accounting(self) -> None:
        """From now on `sacct` fails; what happens meanwhile it knows later."""
        self._daemons.stop("slurmdbd")

    def start_accounting(self) -> None:
        """Let it answer again."""
        self._daemons.start_accounting()

    @contextmanager
    def frozen_accounting(self) -> Iterator[None]:
        """Let `sacct` wait for an answer meanwhile."""
        pid = int((self.layout.place.directory / "run/slurmdbd.pid").read_text())
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def kill_node(self, node: str) -> None:
        """End a node with its jobs, as when the power fails. Slurm notices it after some 30 s."""
        self._nodes.kill(node)

    def down_node(self, node: str) -> None:
        """Let Slurm know that a node is down: its jobs are lost at once."""
        self.run("scontrol", "update", f"nodename={node}", "state=down", "reason=test")

    def stop_node(self, node: str) -> None:
        """Stop a node's slurmd; its jobs run on."""
        self._nodes.stop(node)

    def start_node(self, node: str) -> None:
        """Bring a node back that was killed or stopped, or was declared down."""
        if (self.layout.place.directory / "run" / f"slurmd.{node}.pid").exists():
            self.run("scontrol", "update", f"nodename={node}", "state=resume")
        else:
            self._nodes.start(node)
        self.wait_for_nodes(node)

    def cut_off(self, node: str) -> None:
        """Separate a node with a network of its own from the others; its jobs run on."""
        self._daemons.run("ip", "link", "set", self.layout.place.cable(node), "down")

    def reconnect(self, node: str) -> None:
        """End the separation."""
        self._daemons.run("ip", "link", "set", self.layout.place.cable(node), "up")

    def wait_for_nodes(self, *nodes: str) -> None:
        """Wait until nodes, or all, take jobs."""
        wanted = nodes or self.nodes
        wait_for(lambda: set(wanted) <= self._usable(), f"the nodes {wanted}", START_TIMEOUT_S)

    def _usable(self) -> set[str]:
        listed = self.run("sinfo", "--noheader", "--Node", "--format", "%N %t", check=False).stdout
        rows = (line.split() for line in listed.splitlines())
        return {node for node, state in rows if state in {"idle", "mix", "alloc"}}
