"""Moves of jobs that the state machine does not know."""

from __future__ import annotations

from torc_core.errors import TransitionError
from torc_core.model.status import JobStatus
from torc_server.rules.selection import Record


def illegal(
    job: Record, wanted: JobStatus, *, hint: str, verb: str = "", http_status: int = 409
) -> TransitionError:
    """Return the refusal of a move; its body names both states, as `status` and `wanted`."""
    verb = verb or f"become {wanted.value}"
    present = JobStatus.from_number(job.status).value
    return TransitionError(
        f"Job {job.id} ({job.name}) is {present}, so it cannot {verb}.",
        hint=hint,
        status=present,
        wanted=wanted.value,
        http_status=http_status,
    )
