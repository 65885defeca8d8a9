"""What a run's status record says: every step of a small workflow, what matters of a large one."""

from __future__ import annotations

import pytest

from torc_core.host.runs.status import (
    ENDED_SHOWN,
    FAILED_SHOWN,
    Before,
    RunStatus,
    all_steps,
    last_known,
    step_status,
    summarize,
)
from torc_core.model.records.run_step import Step, StepStatus
from torc_core.model.status import JobStatus
from torc_core.runner.policy.steps import ENDED_KEPT, FAILURES_KEPT, StepTrail


def step(job_id, status, name=None):
    return Step(job_id=job_id, name=name or f"job_{job_id}", status=StepStatus(status))


@pytest.mark.parametrize("status", JobStatus)
def test_every_status_of_a_job_is_one_of_a_step(status):
    assert step_status(status) in StepStatus


def test_of_a_small_workflow_every_step_is_there_in_its_order():
    before = Before(counts={"ready": 3}, steps=(step(1, "pending"), step(2, "pending")))

    steps = all_steps(before, [step(2, "failed"), step(9, "running")])

    assert [(each.job_id, each.status) for each in steps] == [
        *((1, "pending"), (2, "failed"), (9, "running"))
    ]
    assert summarize(before, steps, {"failed": 1}, 1) == {"pending": 1, "failed": 1, "running": 1}


def test_of_a_large_workflow_what_fails_runs_or_ended_last_is_there():
    before = Before(counts={"ready": 90_000, "blocked": 9_990, "completed": 10})
    ended = [step(number, "completed") for number in range(1000)]
    failed = [step(number, "failed") for number in range(2000, 2900)]

    steps = all_steps(before, [*failed, *ended, step(5000, "running")])

    assert len(steps) == FAILED_SHOWN + ENDED_SHOWN + 1
    assert [steps[0].job_id, steps[FAILED_SHOWN].job_id, steps[-1].job_id] == [2800, 980, 5000]
    counts = {"completed": 1000, "failed": 900, "retried": 7}
    assert summarize(before, steps, counts, 1) == {
        "running": 1,
        "completed": 1010,
        "failed": 900,
        "pending": 98_089,
    }


def test_what_ran_in_a_run_that_is_gone_is_unknown():
    status = RunStatus(
        updated_at="", running=1, summary={"running": 1, "completed": 2}, steps=[step(1, "running")]
    )

    seen = last_known(status)

    assert (seen.running, seen.summary) == (0, {"completed": 2, "unknown": 1})
    assert [each.status for each in seen.steps] == ["unknown"]


def test_a_trail_knows_the_last_attempt_of_a_job_and_nothing_of_one_that_is_given_up():
    trail = StepTrail()
    trail.start(1, "a", 0)
    trail.end(1, "a", "pending", 1000)
    trail.start(1, "a", 2000)
    trail.start(2, "b", 3000)
    trail.forget(2)

    (only,) = trail.steps()

    assert (only.name, only.status, only.changed_at) == ("a", "running", "1970-01-01T00:00:02.000Z")


def test_a_trail_stays_small_and_keeps_failures_longer():
    trail = StepTrail()
    trail.end(0, "early", "failed", 0)
    for number in range(1, 10_000):
        trail.start(number, "job", 0)
        trail.end(number, "job", "completed", 0)
    steps = list(trail.steps())

    assert len(steps) == ENDED_KEPT + 1
    assert (steps[0].name, steps[-1].job_id) == ("early", 9_999)

    for number in range(10_000, 20_000):
        trail.end(number, "job", "failed", 0)
    assert len(list(trail.steps())) == ENDED_KEPT + FAILURES_KEPT
