"""What a look for orphans has found or done, for programs and people. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from torc_core.errors import MachineError
from torc_core.model.compute import AllocationStatus
from torc_core.model.ids import JobId, WorkflowId, id_of
from torc_core.model.job import Job
from torc_core.model.result import LOST_RETURN_CODE
from torc_core.model.wire import Wire, stated
from torc_core.operations.recovery.orphans import UNHELD, LostAttempt, Orphans
from torc_core.units import counted


class OrphanedJob(Wire, frozen=True, kw_only=True):
    """A job whose attempt is over."""

    job_id: JobId
    job_name: str
    reason: str
    slurm_job_id: str | None = stated(None)

    @property
    def sentence(self) -> str:
        """Which job, why, and where it ran."""
        where = f" (Slurm job {self.slurm_job_id})" if self.slurm_job_id else ""
        return f"Job {self.job_id} ({self.job_name}): {self.reason}{where}"


class SyncReport(Wire, frozen=True, kw_only=True):
    """What was over, in the reference's shape."""

    slurm_jobs_failed: int
    """Jobs whose attempts ended with their allocations."""
    pending_allocations_cleaned: int
    running_jobs_failed: int
    """Jobs that no runner held."""
    failed_job_details: tuple[OrphanedJob, ...] = ()


class Synchronized(msgspec.Struct, frozen=True, kw_only=True):
    """The records of a workflow agree with what is over, or would."""

    workflow_id: WorkflowId
    report: SyncReport
    dry_run: bool
    ended: int = 0
    """Allocations that a runner had worked in."""
    requeued: int = 0
    """Allocations that wait once more."""
    ready: int = 0
    """Jobs that are ready for another attempt."""
    failed: int = 0
    """Jobs that failed."""
    not_judged: MachineError | None = None
    """Why nothing is known of the allocations."""

    @property
    def found(self) -> tuple[str, ...]:
        """What is over, a line for each kind."""
        report = self.report
        pending = report.pending_allocations_cleaned
        kinds = (
            (report.slurm_jobs_failed, "job(s) from terminated Slurm allocations"),
            (pending, "pending allocation(s) that no longer exist in Slurm"),
            (self.ended, "active allocation(s) that are over in Slurm"),
            (self.requeued, "allocation(s) that Slurm has requeued"),
            (report.running_jobs_failed, "running job(s) with no active compute nodes"),
        )
        return tuple(f"{number:,} {what}" for number, what in kinds if number)

    @property
    def lines(self) -> tuple[str, ...]:
        """What was done, for people."""
        found = tuple(f"  - {line}" for line in self.found)
        if not found:
            return (f"Nothing to clean up in workflow {self.workflow_id}.",)
        verb = "Would clean up" if self.dry_run else "Cleaned up"
        details = self.report.failed_job_details
        affected = ("", "Affected jobs:", *(f"  - {each.sentence}" for each in details))
        return (
            f"{verb} orphaned jobs:",
            *found,
            *(affected if details else ()),
            "",
            *_outcome_lines(self),
        )

    @property
    def sentence(self) -> str:
        """What was done, in one line."""
        return " ".join(line.strip() for line in self.lines if line)


def describe(
    orphans: Orphans,
    lost: Sequence[LostAttempt] | None = None,
    unheld: Sequence[Job] | None = None,
) -> Synchronized:
    """Return what was done about orphans, or would be.

    Args:
        orphans: All of them.
        lost: Those of its lost attempts that were recorded; None if nothing was done.
        unheld: Those of its jobs without a runner that were recorded; None if nothing was done.
    """
    allocations = orphans.settled.allocations
    pending = sum(each.status == AllocationStatus.PENDING for each in allocations)
    attempts = orphans.lost if lost is None else lost
    jobs = orphans.unheld if unheld is None else unheld
    return Synchronized(
        workflow_id=orphans.workflow_id,
        report=SyncReport(
            slurm_jobs_failed=len(attempts),
            pending_allocations_cleaned=pending,
            running_jobs_failed=len(jobs),
            failed_job_details=(
                *(_orphaned(each.job, each.reason, str(each.slurm_job_id)) for each in attempts),
                *(_orphaned(job, UNHELD) for job in jobs),
            ),
        ),
        dry_run=lost is None,
        ended=len(allocations) - pending,
        requeued=len(orphans.settled.requeued),
        not_judged=orphans.not_judged,
    )


def _orphaned(job: Job, reason: str, slurm_job_id: str | None = None) -> OrphanedJob:
    return OrphanedJob(
        job_id=id_of(job), job_name=job.name, reason=reason, slurm_job_id=slurm_job_id
    )


def _outcome_lines(done: Synchronized) -> Iterable[str]:
    if done.dry_run:
        yield f"Nothing was changed. To do it: torc workflows sync-status {done.workflow_id}"
        return
    if done.ready:
        lost, owners = (
            ("was lost", "its job is") if done.ready == 1 else ("were lost", "their jobs are")
        )
        yield (
            f"{counted(done.ready, 'attempt')} {lost} (return code {LOST_RETURN_CODE}); "
            f"{owners} ready again."
        )
    if done.failed:
        yield f"Total: {done.failed:,} job(s) marked as failed"
        yield f"You can now run `torc recover {done.workflow_id}` to retry failed jobs."
