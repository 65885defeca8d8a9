"""What the interface says about Slurm's queue: how current it is, and why a job waits."""

from __future__ import annotations

from torc_core.errors import MachineError
from torc_core.model.job import Job
from torc_core.model.status import JobStatus
from torc_core.operations.slurm.queue_watch import QueueLook
from torc_core.operations.slurm.waiting import waiting_lines
from torc_core.units import format_seconds
from torc_tui.theme import QUIET, Cell

_WAITING = frozenset({JobStatus.READY, JobStatus.BLOCKED})


def queue_cell(look: QueueLook | None) -> Cell | None:
    """Return the age of the last look and what of the budget is used; None if all is over."""
    if look is None or look.is_over:
        return None
    status = look.status
    budget = f"{status.used}/{status.calls_per_minute}"
    if isinstance(status.error, MachineError):
        return Cell("slurm: not usable here", QUIET)
    if status.error is not None:
        again = f"again in {status.next_look_s:.0f}s" if status.next_look_s >= 1 else "asking again"
        return Cell(f"✗ slurm: no answer, {again}", "bold red")
    if status.age_s is None:
        return Cell(f"slurm … · {budget}", QUIET)
    age = f"{status.age_s:.0f}s" if status.age_s < 10 else format_seconds(status.age_s)
    return Cell(f"slurm {age} · {budget}", QUIET)


def queue_facts(job: Job, look: QueueLook | None, now: float) -> list[tuple[str, str, str]]:
    """Return why a job waits, according to Slurm: name, value, tone.

    Args:
        job: The job.
        look: What Slurm says of the allocations of its workflow.
        now: Seconds since 1970.
    """
    if look is None or job.status not in _WAITING:
        return []
    lines = waiting_lines(look.views.values(), now)
    return [("Slurm", "\n".join(lines), "cyan")] if lines else []
