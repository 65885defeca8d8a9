"""The state of a workflow in one word and one number, from how many jobs it has by status."""

from __future__ import annotations

from collections.abc import Mapping

from torc_core.model.status import ACTIVE, SETTLED, JobStatus
from torc_core.operations.facts import count

FAILED = frozenset({JobStatus.FAILED, JobStatus.TERMINATED})
"""Outcomes that make a workflow a failed one."""
_RUNNABLE = frozenset({JobStatus.UNINITIALIZED, JobStatus.READY, JobStatus.PENDING_FAILED})
"""Statuses in which a job waits for no other one."""


def state_of(counts: Mapping[str, int], *, is_canceled: bool = False) -> str:
    """Return the state of a workflow with these jobs, one of `theme.WORKFLOW_LOOK`.

    A list does not say which workflows are canceled. It is inferred from jobs that were canceled
    while none failed and none can still run.
    """
    is_settled = count(counts, SETTLED) == sum(counts.values())
    has_failed = count(counts, FAILED)
    is_runnable = count(counts, _RUNNABLE)
    states = (
        ("empty", not any(counts.values())),
        ("canceled", is_canceled),
        ("running", count(counts, ACTIVE)),
        ("failed", is_settled and has_failed),
        ("canceled", counts.get(JobStatus.CANCELED) and not has_failed and not is_runnable),
        ("done", is_settled),
        ("new", counts.get(JobStatus.UNINITIALIZED)),
        ("ready", True),
    )
    return next(state for state, holds in states if holds)


def percent(counts: Mapping[str, int]) -> int:
    """Return how much is complete, in percent; 100 only when nothing is left."""
    total = sum(counts.values())
    return 100 * count(counts, SETTLED) // total if total else 0
