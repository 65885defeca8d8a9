"""A runner that starts no processes: its jobs are lines in a ledger.

It writes a line when a job begins and when it ends, keeps what it has not reported in a file, and
speaks the batch protocol through torc's own client. Some exchanges are sent twice, and of some it
does not wait for the reply. The next runner of its name reports what this one has left.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from msgspec import json as records

from torc_core.client import TorcClient
from torc_core.errors import TorcError
from torc_core.model.compute import ComputeNode, ComputeNodesResources
from torc_core.model.exchange import (
    ClaimedJob,
    Exchange,
    ExchangeReply,
    JobEnd,
    JobStart,
    WorkRequest,
)
from torc_core.model.status import JobStatus

T = TypeVar("T")
TIME = "2024-01-01T00:00:00.000Z"
DISTURBED = {"none": 18, "twice": 1, "lost": 1}
"""How often of 20 times an exchange is sent twice, or the reply to it is not waited for."""
LOST_S = 0.002
PLENTY = ComputeNodesResources(num_cpus=10_000, memory_gb=10_000.0, num_gpus=0, num_nodes=1)


class Runner:
    """A runner whose jobs are lines in a ledger."""

    def __init__(self, chosen: argparse.Namespace) -> None:
        self._workflow_id = chosen.workflow
        self._batch = chosen.batch
        self._lines_left = chosen.dies_after
        self._ledger = os.open("ledger", os.O_WRONLY | os.O_APPEND)
        self._spool = Path(f"spool-{chosen.name}")
        self._nodes_path = Path(f"nodes-{chosen.name}")
        self._chance = random.Random()
        self._client = TorcClient(chosen.url)
        self._seq = 0
        self._node_id = 0

    def run(self) -> None:
        """Run jobs until the workflow is complete."""
        earlier = self._earlier_nodes()
        node = ComputeNode(
            workflow_id=self._workflow_id,
            hostname="storm",
            pid=os.getpid(),
            start_time=TIME,
            num_cpus=10_000,
            memory_gb=10_000.0,
            num_gpus=0,
            num_nodes=1,
            compute_node_type="local",
        )
        self._node_id = _insist(lambda: self._client.create_compute_node(node)).id or 0
        with self._nodes_path.open("a") as file:
            file.write(f"{self._node_id}\n")
        left = self._left_ends()
        starts = [_start(end.job_id, end.token) for end in left]
        reply = self._exchange(starts=starts, ends=left, replaces=earlier)
        self._spool.write_bytes(b"")
        while not (reply.is_complete and not reply.jobs):
            ends = self._execute(reply.jobs)
            starts = [_start(end.job_id, end.token) for end in ends]
            work = WorkRequest(resources=PLENTY, max_jobs=self._batch, by_resources=False)
            wait_s = 0.0 if ends else 1.0
            reply = self._exchange(starts=starts, ends=ends, work=work, wait_seconds=wait_s)
            self._spool.write_bytes(b"")

    def _execute(self, jobs: list[ClaimedJob]) -> list[JobEnd]:
        ends = []
        with self._spool.open("ab", buffering=0) as spool:
            for claimed in jobs:
                job_id = claimed.job.id or 0
                self._note("S", job_id, claimed.token)
                end = _end(job_id, claimed.token)
                self._note("E", job_id, claimed.token)
                spool.write(records.encode(end) + b"\n")
                ends.append(end)
        return ends

    def _note(self, kind: str, job_id: int, token: int) -> None:
        os.write(self._ledger, f"{kind} {job_id} {token}\n".encode())
        self._lines_left -= 1
        if self._lines_left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def _left_ends(self) -> list[JobEnd]:
        """Return what the runner before has not reported; its last line may be cut off."""
        ends = []
        with contextlib.suppress(FileNotFoundError):
            for line in self._spool.read_bytes().splitlines():
                with contextlib.suppress(ValueError):
                    ends.append(records.decode(line, type=JobEnd))
        return ends

    def _earlier_nodes(self) -> list[int]:
        with contextlib.suppress(FileNotFoundError):
            return [int(line) for line in self._nodes_path.read_text().splitlines()]
        return []

    def _exchange(self, **fields: Any) -> ExchangeReply:
        self._seq += 1
        request = Exchange(seq=self._seq, **fields)
        [disturbed] = self._chance.choices([*DISTURBED], [*DISTURBED.values()])
        if disturbed != "none":
            with contextlib.suppress(TorcError):
                timeout_s = LOST_S if disturbed == "lost" else None
                self._client.exchange(self._node_id, request, timeout_s=timeout_s)
        return _insist(lambda: self._client.exchange(self._node_id, request))


def _insist(send: Callable[[], T]) -> T:
    """Send until there is a reply; a server that refuses does so again, until the storm is over."""
    while True:
        try:
            return send()
        except TorcError:
            time.sleep(0.05)


def _start(job_id: int, token: int) -> JobStart:
    return JobStart(job_id=job_id, token=token, start_time=TIME)


def _end(job_id: int, token: int) -> JobEnd:
    return JobEnd(
        job_id=job_id,
        token=token,
        status=JobStatus.COMPLETED,
        return_code=0,
        exec_time_minutes=float(token),
        completion_time=TIME,
    )


def main() -> None:
    """Be the runner."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--url", required=True)
    parser.add_argument("--name", required=True, help="of the runners that follow one another")
    parser.add_argument("--workflow", type=int, required=True)
    parser.add_argument("--batch", type=int, required=True, help="how many jobs it claims at once")
    parser.add_argument("--dies-after", type=int, default=-1, help="so many lines of the ledger")
    Runner(parser.parse_args()).run()


if __name__ == "__main__":
    main()
