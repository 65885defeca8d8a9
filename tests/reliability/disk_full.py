"""Fill the disk under a server at every write, and look how it goes on.

    PYTHONPATH=tests python tests/reliability/disk_full.py --points 200

The application that ships serves HTTP on a disk that refuses all writes from some moment on, as it
is full, or failing. Requests that change something must be answered with 507, and others as ever;
once there is room again the same requests must succeed, and in the end nothing may be missing or
there twice.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from reliability.disk import FAILING, FULL, Disk, recorded_disk
from reliability.power_cuts import frequent_checkpoints
from reliability.simulation.store import MEMORY

from torc_server.app import create_app
from torc_server.lifespan import lifespan
from torc_server.settings import ServerSettings

BASE = "/torc-service/v1"
JOBS = 40
TIME = "2024-01-01T00:00:00.000Z"
NODE = {
    "hostname": "h",
    "pid": 1,
    "start_time": TIME,
    "num_cpus": 64,
    "memory_gb": 1000.0,
    "num_gpus": 0,
    "num_nodes": 1,
    "compute_node_type": "local",
}
RESOURCES = {"num_cpus": 64, "memory_gb": 1000.0, "num_gpus": 0, "num_nodes": 1}
RECOVERY_S = 5.0


class Client:
    """Sends requests to an application; its event loop runs meanwhile.

    Args:
        runner: The loop.
        app: The application.
    """

    def __init__(self, runner: asyncio.Runner, app: Any) -> None:
        self._runner = runner
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        self._client = httpx.AsyncClient(transport=transport, base_url=f"http://127.0.0.1{BASE}")

    def request(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """Send a request, and wait for the reply."""
        return self._runner.run(self._client.request(method, path, json=body))


class Point(NamedTuple):
    """From which write of which step on the disk takes nothing."""

    step: int
    write: int
    code: int


class Scenario:
    """A workflow that is created and run, request by request."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.workflow_id = self.node_id = self._seq = 0
        self._held: list[dict[str, Any]] = []
        self.steps: tuple[Callable[[], Any], ...] = (
            self._create,
            self._add_jobs,
            self._add_data,
            self._initialize,
            self._register,
            self._claim,
            self._report_starts,
            self._report_ends,
        )

    def ask(self, path: str) -> Any:
        """Return the reply to a request that changes nothing."""
        return self._client.request("GET", path)

    @property
    def is_complete(self) -> bool:
        """Whether all jobs have one result each, with success."""
        jobs = self.ask(f"/jobs?workflow_id={self.workflow_id}").json()["items"]
        results = self.ask(f"/results?workflow_id={self.workflow_id}").json()["items"]
        ids = sorted(result["job_id"] for result in results)
        return (
            len(jobs) == JOBS
            and {job["status"] for job in jobs} == {"completed"}
            and ids == sorted(job["id"] for job in jobs)
        )

    def _post(self, path: str, body: Any = None) -> Any:
        return self._client.request("POST", path, body)

    def _create(self) -> Any:
        reply = self._post("/workflows", {"name": "w", "user": "u"})
        if reply.status_code == 200:
            self.workflow_id = reply.json()["id"]
        return reply

    def _add_jobs(self) -> Any:
        own = {"workflow_id": self.workflow_id, "command": "x" * 400}
        return self._post("/bulk_jobs", {"jobs": [own | {"name": f"j{at}"} for at in range(JOBS)]})

    def _add_data(self) -> Any:
        data = {"workflow_id": self.workflow_id, "name": "d", "data": {"text": "y" * 9000}}
        return self._post("/user_data", data)

    def _initialize(self) -> Any:
        return self._post(f"/workflows/{self.workflow_id}/initialize_jobs")

    def _register(self) -> Any:
        reply = self._post("/compute_nodes", NODE | {"workflow_id": self.workflow_id})
        if reply.status_code == 200:
            self.node_id = reply.json()["id"]
        return reply

    def _claim(self) -> Any:
        reply = self._exchange(work={"resources": RESOURCES, "max_jobs": JOBS})
        if reply.status_code == 200:
            self._held = reply.json()["jobs"]
        return reply

    def _report_starts(self) -> Any:
        return self._exchange(starts=[key | {"start_time": TIME} for key in self._keys()])

    def _report_ends(self) -> Any:
        end = {
            "status": "completed",
            "return_code": 0,
            "exec_time_minutes": 0.1,
            "completion_time": TIME,
        }
        return self._exchange(ends=[key | end for key in self._keys()])

    def _keys(self) -> Iterator[dict[str, Any]]:
        for held in self._held:
            yield {"job_id": held["job"]["id"], "token": held["token"]}

    def _exchange(self, **fields: Any) -> Any:
        self._seq += 1
        return self._post(f"/compute_nodes/{self.node_id}/exchange", {"seq": self._seq, **fields})


def count_writes(client: Client, disk: Disk) -> list[int]:
    """Return how many changes of files each step makes."""
    scenario = Scenario(client)
    counts = []
    for step in scenario.steps:
        before = disk.changes
        reply = step()
        assert reply.status_code == 200, reply.text
        counts.append(disk.changes - before)
    assert scenario.is_complete
    return counts


def try_point(client: Client, disk: Disk, point: Point) -> list[str]:
    """Run the scenario with a disk that takes nothing from a point on; return what is wrong."""
    scenario = Scenario(client)
    problems = []
    for number, step in enumerate(scenario.steps):
        if number != point.step:
            reply = step()
            if reply.status_code != 200:
                return [f"step {number} without a fault: {reply.status_code} {reply.text[:200]}"]
            continue
        disk.refuse(point.code, point.write)
        reply = step()
        if reply.status_code not in {200, 507}:
            problems.append(f"{reply.status_code} instead of 507: {reply.text[:200]}")
        read = scenario.ask("/workflows?limit=1")
        if read.status_code != 200:
            problems.append(f"a read is answered with {read.status_code}")
        disk.heal()
        if reply.status_code != 200:
            problems += _recover(step)
    if not problems and not scenario.is_complete:
        problems.append("the workflow is not complete")
    return problems


def _recover(step: Callable[[], Any]) -> list[str]:
    """Repeat a step once there is room; return what is wrong."""
    begin = time.monotonic()
    while (reply := step()).status_code != 200:
        if time.monotonic() - begin > RECOVERY_S:
            return [f"with room again it is answered with {reply.status_code}: {reply.text[:200]}"]
    return []


class Tried(NamedTuple):
    """What came of all points."""

    points: int
    refused: int
    """How many of them a write met."""
    problems: list[str]


def fill_disk(points: int) -> Tried:
    """Let the disk be full at so many points, spread evenly over all there are."""
    refused = 0
    problems = []
    with _served() as (client, disk):
        counts = count_writes(client, disk)
        every = [
            Point(step, write, code)
            for step, count in enumerate(counts)
            for write in range(count)
            for code in (FULL, FAILING)
        ]
        chosen = [every[at * len(every) // points] for at in range(min(points, len(every)))]
        for point in chosen or every:
            found = try_point(client, disk, point)
            refused += bool(disk.refused)
            problems += [f"{point}: {each}" for each in found]
    return Tried(len(chosen), refused, problems)


@contextmanager
def _served() -> Iterator[tuple[Client, Disk]]:
    with (
        tempfile.TemporaryDirectory(prefix="full-", dir=MEMORY) as folder,
        frequent_checkpoints(),
        recorded_disk() as disk,
    ):
        disk.records = False
        app = create_app(ServerSettings(database=Path(folder) / "torc.db"))
        with asyncio.Runner() as runner:
            alive = lifespan(app)
            runner.run(alive.__aenter__())
            yield Client(runner, app), disk
            runner.run(alive.__aexit__(None, None, None))


def main() -> int:
    """Fill the disk, and print what was wrong."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--points", type=int, default=200)
    chosen = parser.parse_args()
    begin = time.perf_counter()
    tried = fill_disk(chosen.points)
    for problem in tried.problems[:50]:
        print(f"PROBLEM {problem}")
    took_s = time.perf_counter() - begin
    print(f"disk full or failing at {tried.points} points, met by {tried.refused}; {took_s:.0f} s")
    print(f"{len(tried.problems)} problems" if tried.problems else "served and recovered each time")
    return int(bool(tried.problems))


if __name__ == "__main__":
    sys.exit(main())
