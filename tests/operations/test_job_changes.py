"""Changes of single jobs: what is refused before the question, and where a job is stopped."""

from __future__ import annotations

import msgspec
import pytest
from operations.situations import Stage

from torc_core.errors import ConflictError
from torc_core.model.job import Job
from torc_core.operations.jobs.change import CANCEL, RETRY, TERMINATE, terminate_job


def make_job(status):
    return Job(id=7, workflow_id=1, name="fit", command="true", status=status)


@pytest.mark.parametrize(
    ("change", "status", "sentence"),
    [
        (CANCEL, "uninitialized", "is uninitialized: it cannot be canceled."),
        (CANCEL, "pending_failed", "is pending_failed: it can be retried, not canceled."),
        (CANCEL, "canceled", "is already canceled."),
        (CANCEL, "completed", "is completed: it cannot be canceled."),
        (RETRY, "running", "is running: it can be canceled or terminated, not retried."),
        (TERMINATE, "blocked", "is blocked: it can be canceled, not terminated."),
    ],
)
def test_a_refusal_says_what_can_be_done_instead(change, status, sentence):
    with pytest.raises(ConflictError) as caught:
        change.decide([make_job(status)])

    assert caught.value.message == f"Job 7 (fit) {sentence}"


@pytest.mark.parametrize("is_said", [True, False])
def test_the_node_of_a_job_is_found_also_if_the_server_does_not_say_it(client, is_said):
    stage = Stage(client, "terminated")
    stage.running()
    job = client.get_job(stage.job)
    assert job.compute_node_id == stage.node
    if not is_said:
        job = msgspec.structs.replace(job, compute_node_id=None)

    terminate_job(client, job, 1)

    assert client.get_job(stage.job).status == "terminated"
    [result] = client.list_results(stage.id).items
    assert result.compute_node_id == stage.node
