"""What `status.json` says about a run: how many steps are in which status, and which. Pure.

Of a small workflow it has every step. Of a larger one it has those that matter to a user who
reconnects: what runs, what failed, what ended last. So it stays below 100 KB.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from torc_core.model.ids import id_of
from torc_core.model.job import Job
from torc_core.model.records.run_step import Step, StepStatus

ALL_STEPS = 500
"""Of a workflow with at most so many jobs, every one is in the record."""
RUNNING_SHOWN = 200
FAILED_SHOWN = 100
ENDED_SHOWN = 20


class RunStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The contents of `status.json`."""

    run_id: str = ""
    workflow_id: int = 0
    updated_at: str
    counts: dict[str, int] = {}
    """How many attempts this runner completed, by status."""
    running: int = 0
    summary: dict[str, int] = {}
    """How many steps the workflow has by status, as this runner knows it; none is 0."""
    steps: list[Step] = []
    """Every step, or of many those that run, failed or ended last."""
    steps_left_out: int = 0
    """How many steps are not among them."""


class Before(msgspec.Struct, frozen=True, kw_only=True):
    """The workflow as the server described it when the run began, or when it had ended."""

    counts: dict[str, int]
    """How many jobs there are by status of the server."""
    steps: tuple[Step, ...] = ()
    """Every one of them; none if they are too many."""


def step_of(job: Job) -> Step:
    """Return a job as a step."""
    return Step(job_id=id_of(job), name=job.name, status=step_status(str(job.status)))


def step_status(status: str) -> StepStatus:
    """Return how far a job of this status is."""
    if status == "pending_failed":
        return StepStatus.FAILED
    ended = status in {*StepStatus} - {StepStatus.RUNNING, StepStatus.PENDING}
    # What runs without this runner is not its to watch; the end of the run says what came of it.
    return StepStatus(status) if ended else StepStatus.PENDING


def all_steps(before: Before, noted: Iterable[Step]) -> list[Step]:
    """Return the steps of a small workflow, or the most important ones of a large one."""
    latest = {step.job_id: step for step in noted}
    if before.steps:
        known = [latest.pop(step.job_id, step) for step in before.steps]
        return [*known, *latest.values()]  # the others were added since
    running: list[Step] = []
    failed: list[Step] = []
    others: list[Step] = []
    for step in latest.values():
        kind = {StepStatus.RUNNING: running, StepStatus.FAILED: failed}.get(step.status, others)
        kind.append(step)
    return [*failed[-FAILED_SHOWN:], *others[-ENDED_SHOWN:], *running[-RUNNING_SHOWN:]]


def summarize(
    before: Before, steps: Sequence[Step], counts: Mapping[str, int], running: int
) -> dict[str, int]:
    """Return how many steps are how far.

    Args:
        before: The workflow when the run began.
        steps: As `all_steps` returns them.
        counts: How many attempts the runner completed since then, by status.
        running: How many it runs.
    """
    if before.steps:
        return dict(Counter(step.status.value for step in steps))
    total = sum(before.counts.values())
    found: Counter[str] = Counter(running=running)
    for status, number in (*before.counts.items(), *counts.items()):
        if status != "retried" and step_status(status) is not StepStatus.PENDING:
            found[step_status(status)] += number
    found[StepStatus.PENDING] = max(total - found.total(), 0)
    return {status: number for status, number in found.items() if number}


def last_known(status: RunStatus) -> RunStatus:
    """Return the status of a run whose process is gone: of what ran then nothing is known."""

    def of_step(step: Step) -> Step:
        if step.status is not StepStatus.RUNNING:
            return step
        return msgspec.structs.replace(step, status=StepStatus.UNKNOWN)

    summary = dict(status.summary)
    if number := summary.pop(StepStatus.RUNNING, 0):
        summary[StepStatus.UNKNOWN] = number
    steps = [of_step(step) for step in status.steps]
    return msgspec.structs.replace(status, summary=summary, steps=steps, running=0)
