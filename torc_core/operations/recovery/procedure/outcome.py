"""What a recovery says while it goes on, and how it ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

import msgspec

from torc_core.errors import ExitCode
from torc_core.model.ids import JobId, WorkflowId
from torc_core.operations.lifecycle.run import Run
from torc_core.operations.recovery.plan import RecoveryPlan, WhyNot
from torc_core.operations.recovery.report import (
    RecoveryReport,
    plan_lines,
    report_recovery,
    summary,
)
from torc_core.operations.reports.utilization import UtilizationReport
from torc_core.operations.slurm.regeneration.outcome import Regenerated
from torc_core.units import counted

_RETRIED_ON_REQUEST = (
    WhyNot.UNKNOWN, WhyNot.NOT_WRITTEN, WhyNot.UNDECIDED, WhyNot.UNSTATED
)  # fmt: skip
"""What `--retry-unknown` retries."""


class Verdict(StrEnum):
    """What a workflow calls for."""

    COMPLETE = "complete"
    """Nothing: no job has failed, and none is left."""
    HOPELESS = "hopeless"
    """Nothing that a recovery does: what failed would fail again."""
    RECOVERABLE = "recoverable"


class Recovered(msgspec.Struct, frozen=True, kw_only=True):
    """What was done for a workflow."""

    workflow_id: WorkflowId
    title: str
    verdict: Verdict
    plan: RecoveryPlan
    names: Mapping[JobId, str] = {}
    """Of those jobs of the plan whose names are known."""
    reset_jobs: int = 0
    regenerated: Regenerated | None = None
    """The allocations for its jobs, where these run in Slurm."""
    run: Run | None = None
    """The run on this machine, where they do not."""
    remark: str = ""
    """Why there is neither; a sentence."""

    @property
    def exit_code(self) -> ExitCode:
        """Of a command: jobs that failed and are left so are a failure, unless others run again."""
        return ExitCode.JOBS_FAILED if self.verdict is Verdict.HOPELESS else ExitCode.OK

    @property
    def lines(self) -> tuple[str, ...]:
        """What was done, for people."""
        if self.verdict is not Verdict.RECOVERABLE:
            left = plan_lines(self.plan)
            return (self.sentence, *left, *nothing_hints(self.verdict, self.plan))
        return (
            f"Recovery complete for workflow {self.workflow_id}",
            *(f"  - {line}" for line in fixed_lines(self.plan)),
            self._reset_sentence,
        )

    @property
    def sentence(self) -> str:
        """What was done, in one line."""
        if self.verdict is not Verdict.RECOVERABLE:
            return nothing_sentence(self.workflow_id, self.verdict, self.plan)
        return f"Recovered {self.title} ({summary(self.plan)}). {self._reset_sentence}"

    @property
    def record(self) -> RecoveryReport:
        """All of it for programs, in the reference's shape."""
        return report_recovery(self.plan, self.names)

    @property
    def _reset_sentence(self) -> str:
        reset = f"Reset {self.reset_jobs:,} job(s). " if self.reset_jobs else ""
        if self.run is not None:
            here = "Its run on this machine begins." if self.run.pid is None else self.run.sentence
            return f"{reset}{here}"
        if self.regenerated is None:
            return f"{reset}{self.remark}"
        number = len(self.regenerated.slurm_job_ids) + len(self.regenerated.found)
        later = self.regenerated.allocations_deferred
        when = f", {later:,} more when their jobs are ready" if later else ""
        allocations = counted(number, "allocation")
        return f"{reset}Slurm schedulers regenerated; {allocations} submitted{when}."


class RecoveryPreview(msgspec.Struct, frozen=True, kw_only=True):
    """What a recovery would do; nothing was changed."""

    workflow_id: WorkflowId
    title: str
    verdict: Verdict
    plan: RecoveryPlan
    before: tuple[str, ...] = ()
    """What is to be said before the plan, for people."""
    after: tuple[str, ...] = ()
    """What follows from the plan, for people."""
    names: Mapping[JobId, str] = {}
    slurm_dry_run: Any = None
    """What Slurm would be asked for, as `slurm regenerate --dry-run` says it."""
    diagnosis: UtilizationReport | None = None

    @property
    def lines(self) -> tuple[str, ...]:
        """All of it, for people."""
        hints = nothing_hints(self.verdict, self.plan)
        return (*self.before, *plan_lines(self.plan), *self.after, *hints)

    @property
    def sentence(self) -> str:
        """What it comes to, in one line."""
        if self.verdict is not Verdict.RECOVERABLE:
            return nothing_sentence(self.workflow_id, self.verdict, self.plan)
        return f"A recovery of {self.title}: {summary(self.plan)}."

    @property
    def exit_code(self) -> ExitCode:
        """That of the recovery."""
        return ExitCode.JOBS_FAILED if self.verdict is Verdict.HOPELESS else ExitCode.OK

    @property
    def record(self) -> RecoveryReport:
        """All of it for programs, in the reference's shape."""
        return report_recovery(
            self.plan,
            self.names,
            dry_run=True,
            slurm_dry_run=self.slurm_dry_run,
            diagnosis=self.diagnosis,
        )


def fixed_lines(plan: RecoveryPlan) -> Iterator[str]:
    """Yield what is done about failed jobs, a line for each kind."""
    memory = sum(len(each.job_ids) for each in plan.raises if each.memory)
    runtime = sum(len(each.job_ids) for each in plan.raises if each.runtime)
    for number, what in (
        (memory, "had memory increased"),
        (runtime, "had runtime increased"),
        (plan.cluster_retried, "lost or stopped by the cluster, retried with what they had"),
        (plan.unknown_retried, "with unknown failure cause retried"),
        (plan.other_failures, "not retried"),
    ):
        if number:
            yield f"{number:,} job(s) {what}"


def nothing_sentence(workflow_id: WorkflowId, verdict: Verdict, plan: RecoveryPlan) -> str:
    """Return why there is nothing to do."""
    if verdict is Verdict.COMPLETE:
        return f"Workflow {workflow_id} is complete without failures: there is nothing to recover."
    left = counted(plan.other_failures, "job")
    return f"No recoverable jobs found in workflow {workflow_id}: {left} not retried."


def nothing_hints(verdict: Verdict, plan: RecoveryPlan) -> Iterator[str]:
    """Yield what can be done by hand, if anything helps; a limit is named by the reason itself."""
    if verdict is not Verdict.HOPELESS:
        return
    workflow_id = plan.workflow_id
    first = {group.why_not: group.job_ids[0] for group in reversed(plan.groups)}
    failed = [first[why_not] for why_not in _RETRIED_ON_REQUEST if why_not in first]
    if failed:
        yield f"Read what it wrote: torc jobs logs {failed[0]}"
        yield f"Retry anyway: torc recover {workflow_id} --retry-unknown"
    if WhyNot.CANCELED in first:
        yield f"Run all that has not completed: torc workflows resume {workflow_id}"
