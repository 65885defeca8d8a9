"""A change of a job that the server would refuse is refused before the question."""

from __future__ import annotations

import pytest

from torc_core.errors import ConflictError
from torc_core.model.job import Job
from torc_core.operations.jobs.change import CANCEL, RETRY, TERMINATE


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
