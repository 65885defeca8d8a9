"""Runners in processes of their own, to be killed, and what they leave behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from core.runner.flows import Flow
from waiting import wait_for

from torc_core.model.events.text import event_type_of

GUARD, CARETAKER = "torc_core.runner.guard ", "torc_core.runner.caretaker "
STATE = "XDG_STATE_HOME"


class Runners:
    """Runners of workflows, and all processes that come of them."""

    def __init__(self) -> None:
        self._state = os.environ[STATE]
        self._started: list[subprocess.Popen[bytes]] = []

    @property
    def guards(self) -> Path:
        """Where each guard has its directory."""
        return Path(self._state, "torc", "guards")

    def start(self, flow: Flow, *arguments: str) -> subprocess.Popen[bytes]:
        flow.output_dir.mkdir(exist_ok=True)
        program = [sys.executable, "-m", "torc_tui", "--url", flow.client.url, "run", str(flow.id)]
        with (flow.output_dir / "said").open("ab") as said:
            runner = subprocess.Popen(
                [*program, "--output-dir", str(flow.output_dir), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
            )
        self._started.append(runner)
        return runner

    def kill(self, *runners: subprocess.Popen[bytes]) -> None:
        for runner in runners:
            runner.kill()
        for runner in runners:
            runner.wait()

    def processes(self, what: str = "") -> list[int]:
        """Return the pids of processes whose command line has this text, of all by default."""
        return [pid for pid, line in self._all() if what in line]

    def wait_for(self, what: str) -> list[int]:
        """Return the pids of such processes once there are some."""
        return wait_for(lambda: self.processes(what), f"a process of {what}")

    def send(self, signum: int, what: str) -> None:
        for pid in self.processes(what):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signum)

    def stop_caring(self) -> None:
        """Let the caretaker stand still, so that it does nothing and no other one is started."""
        self.wait_for(CARETAKER)
        self.send(signal.SIGSTOP, CARETAKER)

    def end(self) -> None:
        while pids := [*self.processes()]:
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            for runner in self._started:
                runner.poll()

    def _all(self) -> Iterator[tuple[int, str]]:
        mark = os.fsencode(f"{STATE}={self._state}")
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    line = os.fsdecode((entry / "cmdline").read_bytes().replace(b"\0", b" "))
                    if line and "torc_server" not in line:
                        yield int(entry.name), line


def adoptions(flow: Flow, job: int) -> list[int]:
    """Return the compute nodes that have adopted a job, in their order."""
    events = flow.client.list_events(flow.id).items
    found = [event.data for event in events if event_type_of(event) == "job_adopted"]
    return [data["compute_node_id"] for data in found if data["job_id"] == job]


def wait_for_adoption(flow: Flow, job: int, count: int = 1) -> list[int]:
    return wait_for(
        lambda: nodes if len(nodes := adoptions(flow, job)) >= count else [], "the adoption"
    )
