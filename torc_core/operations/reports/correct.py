"""Larger requirements for jobs that used more than they state, or failed of that."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from torc_core.client import TorcClient
from torc_core.diagnosis.corrections import Correction, Multipliers, correct
from torc_core.model.ids import JobId, RequirementsId, WorkflowId, id_of
from torc_core.model.resources import ResourceRequirementsPatch
from torc_core.model.wire import Wire, stated
from torc_core.operations.reporter import Proposal, Question, Reporter
from torc_core.operations.reports.observe import diagnose_results
from torc_core.units import counted


class Adjustment(Wire, frozen=True, kw_only=True):
    """What changes in one set of requirements; in the reference's shape."""

    resource_requirements_id: RequirementsId
    resource_requirements_name: str
    job_ids: list[JobId]
    job_names: list[str]
    memory_adjusted: bool = stated(False)
    original_memory: str | None = None
    new_memory: str | None = None
    max_peak_memory_bytes: int | None = None
    runtime_adjusted: bool = stated(False)
    original_runtime: str | None = None
    new_runtime: str | None = None
    max_exec_time_minutes: float | None = None

    @property
    def memory_text(self) -> str:
        """The change of the memory, such as "8g -> 12g"; empty if there is none."""
        return f"{self.original_memory} -> {self.new_memory}" if self.memory_adjusted else ""

    @property
    def runtime_text(self) -> str:
        """The change of the runtime, such as "PT1H -> PT1H30M"; empty if there is none."""
        return f"{self.original_runtime} -> {self.new_runtime}" if self.runtime_adjusted else ""


class CorrectionReport(Wire, frozen=True, kw_only=True):
    """What was corrected, or would be; in the reference's shape."""

    status: str = stated("success")
    message: str | None = None
    """If there was nothing to correct."""
    workflow_id: WorkflowId
    dry_run: bool = stated(False)
    memory_multiplier: float
    runtime_multiplier: float
    resource_requirements_updated: int
    jobs_analyzed: int
    memory_corrections: int
    """Requirements whose memory is corrected."""
    runtime_corrections: int
    adjustments: list[Adjustment]

    @property
    def sentence(self) -> str:
        """What was done."""
        if self.message:
            return self.message
        verb = "Would correct" if self.dry_run else "Corrected"
        return (
            f"{verb} {_several(self.resource_requirements_updated)} of workflow "
            f"{self.workflow_id}: memory of {self.memory_corrections:,}, "
            f"runtime of {self.runtime_corrections:,}."
        )


def propose_corrections(
    client: TorcClient,
    workflow_id: WorkflowId,
    multipliers: Multipliers,
    job_ids: Collection[JobId] = (),
    *,
    dry_run: bool = False,
) -> Proposal[CorrectionReport]:
    """Propose larger requirements, as the latest attempts call for.

    Args:
        client: The server.
        workflow_id: The workflow.
        multipliers: How much room to leave above what was used.
        job_ids: Look at these jobs alone; other jobs that share their requirements get the same.
        dry_run: Change nothing.

    Raises:
        NotFoundError: There is no such workflow, or it has no such job.
        UsageError: A new amount is too large.
    """
    diagnoses = diagnose_results(client, workflow_id, job_ids=job_ids)
    corrections = correct(diagnoses, multipliers)
    report = CorrectionReport(
        message=None if corrections else f"Workflow {workflow_id} needs no corrections.",
        workflow_id=workflow_id,
        dry_run=dry_run,
        memory_multiplier=multipliers.memory,
        runtime_multiplier=multipliers.runtime,
        resource_requirements_updated=len(corrections),
        jobs_analyzed=len(diagnoses),
        memory_corrections=sum(each.memory is not None for each in corrections),
        runtime_corrections=sum(each.runtime is not None for each in corrections),
        adjustments=[_adjustment(each) for each in corrections],
    )

    def perform(_reporter: Reporter, **_force: bool) -> CorrectionReport:
        if not dry_run:
            apply_corrections(client, corrections)
        return report

    if dry_run or not corrections:
        return Proposal(question=None, perform=perform)
    return Proposal(
        question=Question(
            sentence=f"Correct {_several(len(corrections))} of workflow {workflow_id}?",
            lines=tuple(
                f"{each.resource_requirements_name}: {each.memory_text} {each.runtime_text}"
                for each in report.adjustments
            ),
            is_optional=True,
        ),
        perform=perform,
    )


def apply_corrections(client: TorcClient, corrections: Sequence[Correction]) -> None:
    """Store new requirements, one set after the other.

    Raises:
        TorcError: The server refused one; those before it are stored.
    """
    for each in corrections:
        patch = ResourceRequirementsPatch(memory=each.memory, runtime=each.runtime)
        client.update_resource_requirements(id_of(each.requirements), patch)


def _adjustment(correction: Correction) -> Adjustment:
    needs = correction.requirements
    longest_s = correction.max_runtime_s
    return Adjustment(
        resource_requirements_id=id_of(needs),
        resource_requirements_name=needs.name,
        job_ids=[id_of(job) for job in correction.jobs],
        job_names=[job.name for job in correction.jobs],
        memory_adjusted=correction.memory is not None,
        original_memory=needs.memory if correction.memory else None,
        new_memory=correction.memory,
        max_peak_memory_bytes=correction.max_peak_memory_bytes,
        runtime_adjusted=correction.runtime is not None,
        original_runtime=needs.runtime if correction.runtime else None,
        new_runtime=correction.runtime,
        max_exec_time_minutes=None if longest_s is None else longest_s / 60,
    )


def _several(number: int) -> str:
    return f"{counted(number, 'set')} of requirements"
