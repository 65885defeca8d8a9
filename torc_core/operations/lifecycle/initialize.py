"""Initialize a workflow: what a client does around the server's own steps.

The reference leaves the order of these steps to its clients: check what must exist, reset all
jobs, record when files were modified last, count a new run, then let the server work out
dependencies.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from torc_core.client import Feature, TorcClient, every_item
from torc_core.model.artifact import FilePatch
from torc_core.model.ids import FileId, JobId, WorkflowId, id_of
from torc_core.model.status import JobStatus
from torc_core.model.workflow import ResetJobsRequest, Workflow, WorkflowStatus
from torc_core.operations.facts import (
    count,
    count_lines,
    find_active,
    readiness,
    refuse_archived,
    title_of,
)
from torc_core.operations.lifecycle.inputs import check_start, find_missing_inputs, modified_at
from torc_core.operations.reporter import SILENT, PlainNotice, Proposal, Question, Reporter

_WITHOUT_RESULTS = frozenset({JobStatus.UNINITIALIZED, JobStatus.BLOCKED, JobStatus.READY})


class Initialized(msgspec.Struct, frozen=True, kw_only=True):
    """A workflow was initialized."""

    workflow_id: WorkflowId
    title: str
    status: WorkflowStatus

    @property
    def sentence(self) -> str:
        """What was done."""
        return f"Initialized {self.title}, {readiness(self.status)}"


def initializing(workflow: Workflow) -> PlainNotice:
    """Return that an initialization has begun."""
    return PlainNotice(f"Initializing {title_of(workflow)} …")


def propose_initialize(
    client: TorcClient, workflow_id: WorkflowId, base: Path | None = None
) -> Proposal[Initialized]:
    """Propose a new run of all jobs.

    Raises:
        NotFoundError: There is no such workflow.
        ConflictError: It is archived.
    """
    workflow = client.get_workflow(workflow_id)
    status = client.get_workflow_status(workflow_id)
    refuse_archived(workflow_id, status)
    check = check_start(client, workflow_id, base)
    counts = status.jobs_by_status

    def perform(reporter: Reporter, *, force: bool) -> Initialized:
        started = initialize_workflow(client, workflow, reporter, force=force, base=base)
        return Initialized(workflow_id=workflow_id, title=title_of(workflow), status=started)

    return Proposal(
        question=Question(
            sentence=f"Initialize {title_of(workflow)}? Every job will run again.",
            lines=(*count_lines(counts), *check.lines()),
            is_danger=count(counts, _WITHOUT_RESULTS) < sum((counts or {}).values()),
            is_optional=not check.existing_output_files,
        ),
        objection=find_active(workflow_id, status)
        or find_missing_inputs(f"Workflow {workflow_id}", check, _command(workflow_id)),
        perform=perform,
    )


def initialize_workflow(
    client: TorcClient,
    workflow: Workflow | WorkflowId,
    reporter: Reporter = SILENT,
    *,
    force: bool = False,
    base: Path | None = None,
) -> WorkflowStatus:
    """Start a new run: all jobs are reset, then blocked or ready.

    Args:
        client: The server.
        workflow: The workflow, or its id.
        reporter: Where progress goes.
        force: Continue although inputs are missing or jobs are active.
        base: The directory that relative paths mean; the current one when left out.

    Raises:
        ConflictError: The workflow is archived or has active jobs, or inputs are missing.
    """
    if isinstance(workflow, int):
        workflow = client.get_workflow(workflow)
    workflow_id = id_of(workflow)
    status = client.get_workflow_status(workflow_id)
    refuse_archived(workflow_id, status)
    if not force:
        check = check_start(client, workflow_id, base)
        missing = find_missing_inputs(f"Workflow {workflow_id}", check, _command(workflow_id))
        if missing is not None:
            raise missing
    reporter.progress(initializing(workflow))
    client.reset_workflow_status(workflow_id, force=force)
    client.reset_job_status(workflow_id)
    reset_jobs(client, workflow_id, (), file_times(client, workflow_id, base), status.run_id)
    return begin_run(client, workflow_id, status.run_id + 1)


def begin_run(
    client: TorcClient,
    workflow_id: WorkflowId,
    run_id: int,
    *,
    only_uninitialized: bool = False,
    keeps_terminated: bool = False,
) -> WorkflowStatus:
    """Set the run number, and have dependencies worked out.

    Args:
        client: The server.
        workflow_id: The workflow.
        run_id: The number.
        only_uninitialized: Leave the jobs that are initialized as they are, unless terminated.
        keeps_terminated: Leave terminated ones as they are, too.
    """
    started = WorkflowStatus(
        is_canceled=False,
        is_archived=False,
        run_id=run_id,
        has_detected_need_to_run_completion_script=False,
    )
    client.update_workflow_status(workflow_id, started)
    client.initialize_jobs(
        workflow_id, only_uninitialized=only_uninitialized, keeps_terminated=keeps_terminated
    )
    return client.get_workflow_status(workflow_id)


def reset_jobs(
    client: TorcClient,
    workflow_id: WorkflowId,
    job_ids: Sequence[JobId],
    times: Mapping[FileId, float | None],
    run_id: int,
) -> None:
    """Reset jobs and record file times: in one transaction, if the server can.

    Args:
        client: The server.
        workflow_id: The workflow.
        job_ids: The jobs.
        times: When files were modified, by id; None for those that are gone.
        run_id: The number of the present run.
    """
    if not job_ids and not times:
        return
    if client.offers(Feature.RESET_JOBS):
        request = ResetJobsRequest(job_ids=list(job_ids), file_times=dict(times))
        client.reset_jobs(workflow_id, request)
        return
    for job_id in job_ids:
        client.manage_status_change(job_id, JobStatus.UNINITIALIZED, run_id)
    for file_id, modified in times.items():
        client.update_file(file_id, FilePatch(st_mtime=modified))


def file_times(
    client: TorcClient, workflow_id: WorkflowId, base: Path | None = None
) -> dict[FileId, float]:
    """Return the time of last modification of each file for which it has changed, by id."""
    times = {}
    for file in list(every_item(client.list_files, workflow_id)):
        modified = modified_at(file.path, base)
        if modified is not None and modified != file.st_mtime:
            times[id_of(file)] = modified
    return times


def _command(workflow_id: WorkflowId) -> str:
    return f"torc workflows initialize {workflow_id}"
