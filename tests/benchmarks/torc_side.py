"""torc as benchmarks use it: a server, workflows made for them, and a runner of its own process.

Run as a program, with the server's address, this is that runner: it has imported everything before
a clock starts, reads what to run as lines of JSON, and prints how it went.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from loopback import BASE, Server, cpu_s

from torc_core.client import TorcClient
from torc_core.model.ids import WorkflowId
from torc_core.model.job import Job
from torc_core.model.workflow import Workflow
from torc_core.operations.lifecycle.initialize import initialize_workflow
from torc_core.runner.policy.options import RunnerOptions
from torc_core.runner.runner import Runner

CHUNK = 10_000
"""Jobs per creating call."""


class Torc:
    """A server with its client, and a place for output.

    Args:
        place: A directory for the database and for everything that jobs write.
    """

    def __init__(self, place: Path) -> None:
        self.database = place / "torc.db"
        self.server = Server(self.database, "--log-level", "error")
        self.url = f"http://127.0.0.1:{self.server.port}{BASE}"
        self.client = TorcClient(self.url)
        self._place = place
        self._runs = 0

    def workflow(self, commands: list[str], **settings: Any) -> WorkflowId:
        """Make a workflow of independent jobs that are ready."""
        workflow_id = self.client.create_workflow(
            Workflow(name="bench", user="bench", **settings)
        ).id
        assert workflow_id is not None
        jobs = [
            Job(workflow_id=workflow_id, name=f"j{number}", command=command)
            for number, command in enumerate(commands)
        ]
        for start in range(0, len(jobs), CHUNK):
            self.client.create_jobs(jobs[start : start + CHUNK])
        initialize_workflow(self.client, workflow_id)
        return workflow_id

    def runner(self) -> RunnerProcess:
        """Start a process that runs jobs when asked."""
        return RunnerProcess(self.url)

    def options(self, workflow_id: WorkflowId, slots: int) -> dict[str, Any]:
        """Return a runner's options, with an output directory that is new: old ones are slow."""
        self._runs += 1
        out = str(self._place / f"torc{self._runs}")
        return {"workflow_id": workflow_id, "output_dir": out, "num_cpus": slots}

    def close(self) -> None:
        """End the server."""
        self.client.close()
        self.server.stop()


class RunnerProcess:
    """A runner in a process of its own."""

    def __init__(self, url: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, __file__, url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._read()  # it is ready

    def begin(self, options: dict[str, Any]) -> None:
        """Let it run a workflow."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(options) + "\n")
        self.process.stdin.flush()

    def run(self, options: dict[str, Any]) -> dict[str, float]:
        """Run a workflow and return what it took: see `serve`."""
        self.begin(options)
        return self._read()

    def children(self) -> list[int]:
        """Return the pids of its children; its guard is the only one that lives."""
        pid = self.process.pid
        return [int(pid) for pid in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def stop(self) -> None:
        """End it, whatever it does."""
        self.process.kill()
        self.process.communicate()

    def _read(self) -> dict[str, float]:
        assert self.process.stdout is not None
        answer: dict[str, float] = json.loads(self.process.stdout.readline())
        return answer


def serve(url: str) -> None:
    """Run workflows as asked on the input."""
    client = TorcClient(url)
    client.ping()  # opens the connection
    print("{}", flush=True)
    for line in sys.stdin:
        before, begin = _cpu_s(), time.perf_counter()
        summary = Runner(client, RunnerOptions(**json.loads(line))).run()
        figures = {
            "elapsed_s": time.perf_counter() - begin,
            "cpu_s": _cpu_s() - before,
            "guard_cpu_s": _guard_cpu_s(),
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
            "completed": summary.jobs_by_status.get("completed", 0),
        }
        print(json.dumps(figures), flush=True)


def _cpu_s() -> float:
    """Return the CPU time of this process without its children."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _guard_cpu_s() -> float:
    """Return the CPU time that the run's guard has used without the jobs, once it has ended."""
    guard = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
    assert guard is not None
    used = cpu_s(guard.si_pid)
    os.waitpid(guard.si_pid, 0)
    return used


if __name__ == "__main__":
    serve(sys.argv[1])
