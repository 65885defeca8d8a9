"""What is asked for short reasons: of one job, and of the jobs of a list that failed."""

from __future__ import annotations

import msgspec

from torc_core.client import TorcClient
from torc_core.model.execution import stored_execution_config
from torc_core.model.ids import JobId, id_of
from torc_core.model.job import Holder, Job
from torc_core.model.status import JobStatus
from torc_core.operations.jobs.output_fault import may_lack_output, output_faults
from torc_core.operations.jobs.relations import (
    canceled_because_of,
    related_to,
    without_relations,
)
from torc_core.operations.repair.short_why import FAILED, short_why
from torc_core.operations.repair.why_facts import open_upstream
from torc_core.runner.policy.limits import limit_codes


def read_short_why(client: TorcClient, job_id: JobId) -> tuple[Job, str]:
    """Return a job, and in a few words why it failed, waits or was canceled, see `short_why`.

    Raises:
        TorcError: The server refused a request, or did not answer.
    """
    job = client.get_job(job_id)
    if job.status in {JobStatus.BLOCKED, JobStatus.CANCELED}:
        held = msgspec.structs.replace(job, held_by=_holder(client, job))
        return job, short_why(held, None, None, {})
    if job.status not in FAILED:
        return job, ""
    results = client.list_results(
        job.workflow_id, job_id=job_id, all_runs=True, sort_by="id", reverse_sort=True, limit=1
    ).items  # fmt: skip
    latest = next(iter(results), None)
    needs = related_to(client, without_relations(job), None).requirements
    execution = stored_execution_config(client.get_workflow(job.workflow_id).execution_config)
    fault = ""
    if latest is not None and may_lack_output(latest):
        fault = output_faults(client, job.workflow_id, [job])[job_id]
    return job, short_why(job, latest, needs, limit_codes(execution), fault)


def _holder(client: TorcClient, job: Job) -> Holder | None:
    """Return the job that blocks another one, or caused its cancellation."""
    if job.status is JobStatus.CANCELED:
        found = canceled_because_of(client, job)
    else:
        found = next(iter(open_upstream(client, job)[0]), None)
    if found is None:
        return None
    return Holder(id=id_of(found), name=found.name, status=JobStatus(found.status or "failed"))
