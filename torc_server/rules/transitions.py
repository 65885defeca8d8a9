"""Moves of jobs that the state machine does not know."""

from __future__ import annotations

from torc_core.errors import TransitionError
from torc_core.model.status import TRANSITIONS, JobStatus
from torc_server.storage.statements import Record


def illegal(
    job: Record,
    wanted: JobStatus,
    *,
    hint: str = "",
    verb: str = "",
    error: type[TransitionError] = TransitionError,
) -> TransitionError:
    """Return the refusal of a move; its body names both states, as `status` and `wanted`.

    Unless told otherwise it advises of the ways that there are.
    """
    present = JobStatus.from_number(job.status)
    ways = " or ".join(sorted(TRANSITIONS[present]))
    return error(
        f"Job {job.id} ({job.name}) is {present.value}, "
        f"so it cannot {verb or f'become {wanted.value}'}.",
        hint=hint or f"From {present.value} a job becomes {ways}.",
        status=present.value,
        wanted=wanted.value,
    )
