"""Transitions of jobs that the state machine does not allow."""

from __future__ import annotations

from torc_core.errors import TransitionError
from torc_core.model.status import TRANSITIONS, JobStatus
from torc_server.storage.tables.job import JobRow


def illegal(
    job: JobRow,
    target: JobStatus,
    *,
    hint: str = "",
    verb: str = "",
    error: type[TransitionError] = TransitionError,
) -> TransitionError:
    """Return the error for a transition; its details are both statuses, as `status` and `wanted`.

    Without a hint it names the transitions that are allowed.
    """
    present = JobStatus.from_number(job.status)
    allowed = " or ".join(sorted(TRANSITIONS[present]))
    return error(
        f"Job {job.id} ({job.name}) is {present.value}, "
        f"so it cannot {verb or f'become {target.value}'}.",
        hint=hint or f"From {present.value} a job becomes {allowed}.",
        status=present.value,
        wanted=target.value,
    )
