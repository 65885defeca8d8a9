"""Output of completed attempts is deleted after the server has recorded them, never before."""

from __future__ import annotations

import msgspec
import pytest
from core.runner.simulated import claimed_job, completion

from torc_core.model.exchange import Outcome
from torc_core.model.execution import ExecutionConfig, Stdio
from torc_core.model.status import JobStatus
from torc_core.runner.policy.outputs.spent import SpentOutput

DELETING = ExecutionConfig(stdio=Stdio(delete_on_success=True))
OF_J1 = ExecutionConfig(job_stdio_overrides={"j1": Stdio(delete_on_success=True)})


def acknowledged(config, status, result, *, token=1):
    """Return which jobs' output is deleted when job 1 gets an answer under a token."""
    deleted: list[int] = []
    spent = SpentOutput(config, lambda claimed: deleted.append(claimed.job.id))
    end = msgspec.structs.replace(completion(), status=status)
    spent.add(claimed_job(), end)
    assert deleted == []
    outcomes = [] if result is None else [Outcome(job_id=1, result=result)]
    spent.acknowledge([completion(token=token)], outcomes)
    return deleted


@pytest.mark.parametrize(
    ("config", "status", "result", "deleted"),
    [
        (DELETING, JobStatus.COMPLETED, "ok", [1]),
        (DELETING, JobStatus.COMPLETED, "duplicate", [1]),
        (DELETING, JobStatus.COMPLETED, "fenced", []),
        (DELETING, JobStatus.COMPLETED, "illegal", []),
        (DELETING, JobStatus.COMPLETED, None, []),
        (DELETING, JobStatus.FAILED, "ok", []),
        (DELETING, JobStatus.CANCELED, "ok", []),
        (ExecutionConfig(), JobStatus.COMPLETED, "ok", []),
        (OF_J1, JobStatus.COMPLETED, "ok", [1]),
    ],
)
def test_only_what_was_accepted_is_deleted(config, status, result, deleted):
    assert acknowledged(config, status, result) == deleted


def test_an_answer_to_another_attempt_does_not_count():
    assert acknowledged(DELETING, JobStatus.COMPLETED, "ok", token=2) == []
