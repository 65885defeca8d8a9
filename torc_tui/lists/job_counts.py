"""The state of a workflow in one word, from how many jobs it has by status."""

from __future__ import annotations

from collections.abc import Mapping

from torc_core.model.status import ACTIVE, FAILURES, SETTLED, JobStatus
from torc_core.operations.facts import count

_RUNNABLE = frozenset({JobStatus.UNINITIALIZED, JobStatus.READY, JobStatus.PENDING_FAILED})
"""Statuses in which a job waits for no other one."""


def state_of(counts: Mapping[str, int], *, is_canceled: bool = False) -> str:
    """Return the state of a workflow with these jobs, one of `theme.WORKFLOW_LOOK`.

    A list does not say which workflows are canceled. It is inferred from jobs that were canceled
    while none failed and none can still run. It is new until a job has been anything but
    uninitialized; one whose jobs were reset has to be initialized again, too.
    """
    is_settled = count(counts, SETTLED) == sum(counts.values())
    has_failed = count(counts, FAILURES)
    is_runnable = count(counts, _RUNNABLE)
    uninitialized = counts.get(JobStatus.UNINITIALIZED, 0)
    others = count(counts, frozenset(JobStatus) - {JobStatus.UNINITIALIZED, JobStatus.DISABLED})
    states = (
        ("empty", not any(counts.values())),
        ("canceled", is_canceled),
        ("running", count(counts, ACTIVE)),
        ("failed", is_settled and has_failed),
        ("canceled", counts.get(JobStatus.CANCELED) and not has_failed and not is_runnable),
        ("done", is_settled),
        ("new", uninitialized and not others),
        ("reset", uninitialized and not counts.get(JobStatus.READY)),
        ("ready", True),
    )
    return next(state for state, holds in states if holds)
