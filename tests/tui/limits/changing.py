"""A runner that ends 200 jobs per second, and claims as many, until it is ended.

python -m tui.limits.changing URL WORKFLOW_ID
"""

from __future__ import annotations

import sys
import time
from itertools import count

from torc_core.client import TorcClient
from torc_core.model.compute import ComputeNode, ComputeNodesResources
from torc_core.model.exchange import ClaimedJob, Exchange, JobEnd, WorkRequest
from torc_core.model.ids import WorkflowId, id_of
from torc_core.model.status import JobStatus

PER_S = 200
_TURNS_PER_S = 10
_PLENTY = {"num_cpus": 1 << 20, "memory_gb": 1e6, "num_gpus": 0}


def change(client: TorcClient, workflow_id: WorkflowId) -> None:
    """End jobs and claim others."""
    node = client.create_compute_node(
        ComputeNode(
            workflow_id=workflow_id,
            hostname="node001",
            pid=1,
            start_time=_now(),
            compute_node_type="local",
            is_active=True,
            num_nodes=1,
            **_PLENTY,
        )
    )
    work = WorkRequest(
        resources=ComputeNodesResources(num_nodes=1, **_PLENTY), max_jobs=PER_S // _TURNS_PER_S
    )
    held: list[ClaimedJob] = []
    due = time.monotonic()
    for seq in count(1):
        ends = [_end(each) for each in held]
        held = client.exchange(id_of(node), Exchange(seq=seq, ends=ends, work=work)).jobs
        due = max(due + 1 / _TURNS_PER_S, time.monotonic() - 1)
        time.sleep(max(0.0, due - time.monotonic()))


def _end(claimed: ClaimedJob) -> JobEnd:
    return JobEnd(
        job_id=id_of(claimed.job),
        token=claimed.token,
        status=JobStatus.COMPLETED,
        return_code=0,
        exec_time_minutes=0.01,
        start_time=_now(),
        completion_time=_now(),
    )


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())


if __name__ == "__main__":
    change(TorcClient(sys.argv[1]), WorkflowId(int(sys.argv[2])))
