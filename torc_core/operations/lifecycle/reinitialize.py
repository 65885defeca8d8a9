"""Reinitialize a workflow: a new run of what did not complete, and of what has changed since."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from torc_core.client import TorcClient, every_item
from torc_core.errors import ConflictError
from torc_core.model.ids import FileId, JobId, UserDataId, WorkflowId, id_of
from torc_core.model.status import JobStatus
from torc_core.model.workflow import ChangedJobs, Workflow, WorkflowStatus
from torc_core.operations.facts import (
    count,
    find_active,
    first_lines,
    readiness,
    refuse_archived,
    title_of,
)
from torc_core.operations.job_graph import JobGraph, read_job_graph
from torc_core.operations.lifecycle.elsewhere import find_elsewhere
from torc_core.operations.lifecycle.initialize import begin_run, reset_jobs
from torc_core.operations.lifecycle.inputs import (
    StartCheck,
    check_start,
    find_missing_inputs,
    modified_at,
)
from torc_core.operations.lifecycle.reruns import Findings, KnownFile, Rerun, decide_reruns
from torc_core.operations.reporter import Proposal, Question, Reporter
from torc_core.units import counted


class ReinitializeCheck(msgspec.Struct, frozen=True, kw_only=True):
    """What a reinitialize would do, before anything is changed."""

    workflow: Workflow
    start: StartCheck
    elsewhere: ConflictError | None
    """The objection that its files are in another directory."""
    graph: JobGraph
    jobs: list[Rerun]
    file_times: dict[FileId, float | None]
    """When files were modified, by id, where the record says otherwise."""

    @property
    def sentence(self) -> str:
        """How many jobs would run."""
        total = counted(len(self.jobs), "job")
        return f"Dry run: {len(self.rerunning):,} of {total} would run again."

    @property
    def rerunning(self) -> list[Rerun]:
        """The jobs that run again."""
        return [job for job in self.jobs if job.reruns]

    def objection(self, command: str | None = None) -> ConflictError | None:
        """Return why it is refused unless it is forced.

        Args:
            command: The command line that does it once nothing is missing.
        """
        workflow_id = id_of(self.workflow)
        command = command or f"torc workflows reinitialize {workflow_id}"
        return self.elsewhere or find_missing_inputs(f"Workflow {workflow_id}", self.start, command)

    @property
    def reset_ids(self) -> list[JobId]:
        """The ids of the jobs that are reset."""
        return [job.job_id for job in self.jobs if job.is_reset]

    def lines(self) -> Iterator[str]:
        """Return the first of the jobs that run again, each with the reasons."""
        return first_lines(f"{job.name}: {'; '.join(job.reasons)}" for job in self.rerunning)

    def kept_lines(self) -> Iterator[str]:
        """Return how many jobs stay as they are, if any do."""
        kept = len(self.jobs) - len(self.rerunning)
        if kept:
            yield f"{counted(kept, 'job')} stay{'s' if kept == 1 else ''} as before."

    def record(self) -> dict[str, Any]:
        """Return it for programs."""
        jobs = [job.record() for job in self.jobs]
        return self.start.record(id_of(self.workflow)) | {"jobs": jobs}


class Reinitialized(msgspec.Struct, frozen=True, kw_only=True):
    """A workflow was reinitialized."""

    workflow_id: WorkflowId
    title: str
    number: int
    """How many jobs were reset."""
    status: WorkflowStatus

    @property
    def sentence(self) -> str:
        """What was done."""
        if self.number:
            jobs = counted(self.number, "job")
            return f"Reset {jobs} of {self.title} for {readiness(self.status)}"
        failed = count(self.status.jobs_by_status, {JobStatus.FAILED, JobStatus.PENDING_FAILED})
        if not failed:
            return f"No job of {self.title} has to run again: nothing has changed."
        again = f"torc workflows reset-status {self.workflow_id} --failed-only --reinitialize"
        return (
            f"Nothing of {self.title} has changed, so {counted(failed, 'failed job')} "
            f"stay{'s' if failed == 1 else ''} as before. To retry: {again}"
        )


def propose_reinitialize(
    client: TorcClient, workflow_id: WorkflowId, base: Path | None = None
) -> Proposal[Reinitialized]:
    """Propose a new run of what did not complete, and of what has changed.

    Raises:
        NotFoundError: There is no such workflow.
        ConflictError: It is archived, or jobs are active.
    """
    workflow = client.get_workflow(workflow_id)
    status = client.get_workflow_status(workflow_id)
    refuse_archived(workflow_id, status)
    active = find_active(workflow_id, status)
    if active is not None:
        raise active
    check = check_reinitialize(client, workflow, base)

    def perform(_reporter: Reporter, *, force: bool) -> Reinitialized:
        client.reset_workflow_status(workflow_id, force=force)
        return reinitialize(client, check)

    jobs = counted(len(check.rerunning), "job")
    question = Question(
        sentence=f"Reinitialize {title_of(workflow)}? {jobs} will run again.",
        lines=(*check.lines(), *check.kept_lines()),
        is_danger=True,
        is_optional=True,
    )
    return Proposal(
        question=question if check.reset_ids or status.is_canceled else None,
        objection=check.objection(),
        perform=perform,
    )


def preview_reinitialize(client: TorcClient, workflow_id: WorkflowId) -> ReinitializeCheck:
    """Return what a reinitialize would do.

    Raises:
        NotFoundError: There is no such workflow.
        ConflictError: It is archived.
    """
    refuse_archived(workflow_id, client.get_workflow_status(workflow_id))
    return check_reinitialize(client, client.get_workflow(workflow_id))


def reinitialize(client: TorcClient, check: ReinitializeCheck) -> Reinitialized:
    """Begin a new run of the jobs that were found; without any there is none.

    Raises:
        ConflictError: Jobs depend on each other in a cycle; the jobs that were found are reset.
    """
    workflow_id = id_of(check.workflow)
    status = client.get_workflow_status(workflow_id)
    if check.reset_ids:
        reset_jobs(client, workflow_id, check.reset_ids, check.file_times, status.run_id)
        status = begin_run(client, workflow_id, status.run_id + 1, only_uninitialized=True)
    return Reinitialized(
        workflow_id=workflow_id,
        title=title_of(check.workflow),
        number=len(check.reset_ids),
        status=status,
    )


def check_reinitialize(
    client: TorcClient, workflow: Workflow, base: Path | None = None
) -> ReinitializeCheck:
    """Decide which jobs a reinitialize runs again, and look at what they need.

    Args:
        client: The server.
        workflow: The workflow.
        base: The directory that relative paths mean; the current one when left out.

    Raises:
        NotFoundError: The workflow was deleted.
    """
    workflow_id = id_of(workflow)
    changed = client.process_changed_job_inputs(workflow_id, dry_run=True)
    graph = read_job_graph(client, workflow_id)
    files = {
        id_of(file): KnownFile(
            name=file.name,
            path=file.path,
            recorded=file.st_mtime,
            present=modified_at(file.path, base),
        )
        for file in every_item(client.list_files, workflow_id)
    }
    names = {id_of(each): each.name for each in every_item(client.list_user_data, workflow_id)}
    findings = Findings(graph, files, _changes(changed, graph, names))
    return ReinitializeCheck(
        workflow=workflow,
        start=check_start(client, workflow_id, base),
        elsewhere=find_elsewhere(client, workflow_id, _missing_here(files.values())),
        graph=graph,
        jobs=decide_reruns(findings),
        file_times={
            file_id: file.present
            for file_id, file in files.items()
            if file.present != file.recorded
        },
    )


def _missing_here(files: Iterable[KnownFile]) -> list[str]:
    return [
        file.path
        for file in files
        if file.present is None and file.recorded is not None and not Path(file.path).is_absolute()
    ]


def _changes(
    changed: ChangedJobs, graph: JobGraph, user_data: dict[UserDataId, str]
) -> dict[JobId, list[str]]:
    """Return what else has changed of single jobs, in words."""
    if changed.changes is None:  # a server of the reference names the jobs and no more
        named = set(changed.reinitialized_jobs)
        unknown = ["its command or user data changed"]
        return {id_of(job): unknown for job in graph.jobs if job.name in named}
    reasons: dict[JobId, list[str]] = {}
    for each in changed.changes:
        found = reasons.setdefault(each.job_id, [])
        if each.command:
            found.append("its command changed")
        for data_id in each.user_data_ids:
            found.append(f"user data `{user_data.get(data_id, data_id)}` changed")
        if each.user_data and not each.user_data_ids:
            found.append("some of its user data changed")
        if not found:
            found.append("its script, environment or dependencies changed")
    return reasons
