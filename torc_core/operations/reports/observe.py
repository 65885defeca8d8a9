"""The results of a workflow beside the jobs and their requirements, from the server."""

from __future__ import annotations

from collections.abc import Collection

from torc_core.client import TorcClient, every_item
from torc_core.diagnosis.failures import Diagnosis, diagnose
from torc_core.diagnosis.observation import Observation
from torc_core.errors import NotFoundError
from torc_core.model.execution import stored_execution_config
from torc_core.model.ids import JobId, WorkflowId, id_of
from torc_core.model.result import Result
from torc_core.runner.policy.limits import limit_codes


def diagnose_results(
    client: TorcClient,
    workflow_id: WorkflowId,
    *,
    run_id: int | None = None,
    job_ids: Collection[JobId] = (),
) -> list[Diagnosis]:
    """Return what is known of the latest attempt of each job, by the ids of the jobs.

    Args:
        client: The server.
        workflow_id: The workflow.
        run_id: Of this run alone; the latest of all runs by default.
        job_ids: Of these jobs alone; all by default.

    Raises:
        NotFoundError: There is no such workflow, or it has no such job.
    """
    config = client.get_workflow(workflow_id).execution_config
    codes = limit_codes(stored_execution_config(config))
    jobs = {id_of(job): job for job in every_item(client.list_jobs, workflow_id)}
    refuse_unknown(workflow_id, jobs, job_ids)
    requirements = {
        id_of(each): each for each in every_item(client.list_resource_requirements, workflow_id)
    }
    observations = [
        Observation(
            job=job,
            result=result,
            requirements=requirements.get(job.resource_requirements_id)
            if job.resource_requirements_id is not None
            else None,
        )
        for job_id, result in sorted(_latest(client, workflow_id, run_id).items())
        if (job := jobs.get(job_id)) is not None and (not job_ids or job_id in job_ids)
    ]
    return [diagnose(each, codes) for each in observations]


def refuse_unknown(
    workflow_id: WorkflowId, jobs: Collection[JobId], job_ids: Collection[JobId]
) -> None:
    """Refuse jobs that the workflow does not have.

    Raises:
        NotFoundError: It lacks one of them.
    """
    for job_id in job_ids:
        if job_id not in jobs:
            raise NotFoundError(
                f"Workflow {workflow_id} has no job {job_id}.",
                hint=f"To list its jobs: torc jobs list {workflow_id}",
            )


def _latest(client: TorcClient, workflow_id: WorkflowId, run_id: int | None) -> dict[JobId, Result]:
    """Return the latest result of each job."""
    if run_id is None:
        found = every_item(client.list_results, workflow_id)
    else:
        found = every_item(client.list_results, workflow_id, run_id=run_id, all_runs=True)
    latest: dict[JobId, Result] = {}
    for result in found:
        known = latest.get(result.job_id)
        if known is None or _age(known) < _age(result):
            latest[result.job_id] = result
    return latest


def _age(result: Result) -> tuple[int, int]:
    return result.run_id, result.attempt_id
