"""The reason for the status of a job, in the few words that fit into a column."""

from __future__ import annotations

import pytest

from torc_core.model.job import Holder, Job
from torc_core.model.resources import ResourceRequirements
from torc_core.model.result import LOST_RETURN_CODE, Result
from torc_core.model.status import JobStatus
from torc_core.operations.repair.short_why import short_why

NEEDS = ResourceRequirements(
    workflow_id=1, name="large", num_cpus=1, num_gpus=0, num_nodes=1, memory="16g", runtime="PT1H"
)


def reason(status="failed", code=1, memory=None, minutes=1.0, held_by=None):
    job = Job(workflow_id=1, name="j", command="true", status=JobStatus(status), held_by=held_by)
    result = Result(
        job_id=1, workflow_id=1, run_id=1, compute_node_id=7, return_code=code,
        exec_time_minutes=minutes, completion_time="2026-01-01T00:02:00.000Z",
        status=JobStatus(status), peak_memory_bytes=memory,
    )  # fmt: skip
    return short_why(job, result, NEEDS, {})


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"code": 3}, "exit code 3"),
        ({"code": 139}, "segmentation fault, SIGSEGV"),
        ({"code": 127}, "command not found"),
        ({"code": LOST_RETURN_CODE}, "lost with its runner, node or allocation"),
        ({"code": 137, "memory": 17 << 30}, "out of memory 17.0 GiB of 16.0 GiB"),
        ({"code": 137, "memory": 12 << 30}, "killed, likely for its memory"),
        ({"status": "terminated", "code": 152, "minutes": 60}, "out of time 1h 00m of 1h 00m"),
        ({"status": "completed", "code": 0}, ""),
        ({"status": "canceled"}, ""),
        ({"status": "blocked"}, ""),
    ],
)
def test_failures_are_said_in_words_with_the_amounts_that_prove_them(facts, said):
    assert reason(**facts) == said


@pytest.mark.parametrize(
    ("status", "holder", "said"),
    [
        ("blocked", "running", "blocked by prep"),
        ("canceled", "failed", "canceled: prep failed"),
        ("canceled", "terminated", "canceled: prep was terminated"),
        ("canceled", "canceled", "canceled: prep was canceled"),
    ],
)
def test_the_job_that_holds_another_one_is_named(status, holder, said):
    assert reason(status, held_by=Holder(id=1, name="prep", status=JobStatus(holder))) == said
