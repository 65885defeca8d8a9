"""What a recovery is planned from, read from the server and from Slurm."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from torc_core.client import TorcClient, every_item
from torc_core.diagnosis.failures import Cause, Diagnosis
from torc_core.hpc.slurm.programs.calls import Slurm
from torc_core.model.ids import JobId, RequirementsId, WorkflowId, id_of
from torc_core.model.job import Job
from torc_core.model.resources import ResourceRequirements
from torc_core.model.status import FAILURES, JobStatus
from torc_core.operations.jobs.output_fault import may_lack_output, output_faults
from torc_core.operations.recovery.node_kinds import NodeKind
from torc_core.operations.recovery.step_ends import find_step_ends
from torc_core.operations.reports.observe import find

_MOST_READ = 100
"""Jobs whose logs are read: each that is not here costs the server requests."""


class RecoveryFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a workflow before a recovery."""

    workflow_id: WorkflowId
    run_id: int
    jobs: Mapping[JobId, Job]
    """All of them."""
    requirements: Mapping[RequirementsId, ResourceRequirements]
    diagnoses: Mapping[JobId, Diagnosis]
    """Of the latest attempt of each job that had one, whatever its status is now."""
    upstream: Mapping[JobId, Sequence[JobId]] = {}
    """What canceled jobs depend on."""
    not_written: Collection[JobId] = frozenset()
    """Failed jobs that did not write an output file, among those whose logs were read."""
    nodes: tuple[NodeKind, ...] = ()
    """Where jobs can run again; none if that is not known."""


def read_facts(
    client: TorcClient,
    workflow_id: WorkflowId,
    *,
    nodes: tuple[NodeKind, ...] = (),
    slurm: Slurm | None = None,
) -> RecoveryFacts:
    """Read what a recovery is planned from.

    Args:
        client: The server.
        workflow_id: The workflow.
        nodes: Where jobs can run again: see `node_kinds`.
        slurm: The cluster in which jobs ran as steps, to ask it how these ended; without it, exit
            codes and measurements tell.

    Raises:
        NotFoundError: There is no such workflow.
        UnreachableError: Slurm's accounting does not answer.
        MachineError: There is no Slurm here.
    """
    found = find(client, workflow_id)
    ends = find_step_ends(client, slurm, workflow_id, found.results.values()) if slurm else {}
    diagnoses = {each.observation.result.job_id: each for each in found.diagnose(step_ends=ends)}
    canceled = any(job.status is JobStatus.CANCELED for job in found.jobs.values())
    return RecoveryFacts(
        workflow_id=workflow_id,
        run_id=client.get_workflow_status(workflow_id).run_id,
        jobs=found.jobs,
        requirements=found.requirements,
        diagnoses=diagnoses,
        not_written=_not_written(client, workflow_id, diagnoses.values()),
        upstream=_upstream(client, workflow_id) if canceled else {},
        nodes=nodes,
    )


def _not_written(
    client: TorcClient, workflow_id: WorkflowId, diagnoses: Iterable[Diagnosis]
) -> set[JobId]:
    """Return the jobs whose logs say that they did not write an output file."""
    unexplained = (each.observation for each in diagnoses if each.cause is Cause.UNKNOWN)
    jobs = [
        each.job
        for each in unexplained
        if each.job.status in FAILURES and may_lack_output(each.result)
    ][:_MOST_READ]
    faults = output_faults(client, workflow_id, jobs) if jobs else {}
    return {job_id for job_id, fault in faults.items() if fault}


def _upstream(client: TorcClient, workflow_id: WorkflowId) -> dict[JobId, list[JobId]]:
    """Return what each canceled job depends on."""
    canceled = every_item(
        client.list_jobs, workflow_id, status=JobStatus.CANCELED, include_relationships=True
    )
    return {id_of(job): job.depends_on_job_ids or [] for job in canceled}
