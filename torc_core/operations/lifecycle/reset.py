"""Reset jobs to uninitialized, all of them or what failed, and begin a new run of them."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from torc_core.client import TorcClient
from torc_core.errors import ConflictError
from torc_core.model.ids import WorkflowId
from torc_core.model.status import RESET_FAILED
from torc_core.model.workflow import WorkflowStatus
from torc_core.operations.facts import (
    count,
    count_lines,
    find_active,
    readiness,
    refuse_archived,
    title_of,
)
from torc_core.operations.lifecycle.reinitialize import check_reinitialize, reinitialize
from torc_core.operations.reporter import Proposal, Question, Reporter
from torc_core.units import counted


class ResetRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Which jobs to reset, and what then."""

    workflow_id: WorkflowId
    failed_only: bool = False
    """Only what failed, was canceled or terminated, and everything downstream of it."""
    reinitialize: bool = False
    """Begin a new run of these jobs, and of what else a reinitialize finds."""


class JobsReset(msgspec.Struct, frozen=True, kw_only=True):
    """Jobs were reset."""

    request: ResetRequest
    title: str
    number: int
    status: WorkflowStatus | None
    """After the initialization, if that was asked for."""

    @property
    def sentence(self) -> str:
        """What was done."""
        jobs = counted(self.number, "job")
        if self.status is None:
            return f"Reset {jobs} of {self.title}."
        return f"Reset {jobs} of {self.title} for {readiness(self.status)}"


def propose_reset(client: TorcClient, request: ResetRequest) -> Proposal[JobsReset]:
    """Propose to reset jobs.

    Raises:
        NotFoundError: There is no such workflow.
        ConflictError: It is archived, or only failed jobs are to be reset and there are none.
    """
    workflow_id = request.workflow_id
    workflow = client.get_workflow(workflow_id)
    status = client.get_workflow_status(workflow_id)
    decide_reset(request, status)
    objection = find_active(workflow_id, status)
    if objection is None and request.reinitialize:
        objection = check_reinitialize(client, workflow).objection(_command(request))

    def perform(_reporter: Reporter, *, force: bool) -> JobsReset:
        client.reset_workflow_status(workflow_id, force=force)
        reply = client.reset_job_status(workflow_id, failed_only=request.failed_only)
        number, started = reply.updated_count, None
        if request.reinitialize:
            done = reinitialize(client, check_reinitialize(client, workflow))
            number, started = done.number, done.status
        return JobsReset(request=request, title=title_of(workflow), number=number, status=started)

    return Proposal(
        question=Question(
            sentence=_sentence(request, title_of(workflow)),
            lines=count_lines(status.jobs_by_status),
            is_danger=True,
        ),
        objection=objection,
        perform=perform,
    )


def decide_reset(request: ResetRequest, status: WorkflowStatus) -> None:
    """Refuse what is impossible in this state.

    Raises:
        ConflictError: The workflow is archived, or only failed jobs are to be reset and there are
            none.
    """
    refuse_archived(request.workflow_id, status)
    counts: Mapping[str, int] | None = status.jobs_by_status
    if request.failed_only and counts is not None and not count(counts, RESET_FAILED.jobs):
        raise ConflictError(
            f"Workflow {request.workflow_id} has no failed, canceled or terminated jobs.",
            hint=f"To run what has changed: torc workflows reinitialize {request.workflow_id}; "
            f"to run every job again: torc workflows initialize {request.workflow_id}",
        )


def _command(request: ResetRequest) -> str:
    which = " --failed-only" if request.failed_only else ""
    return f"torc workflows reset-status {request.workflow_id}{which} --reinitialize"


def _sentence(request: ResetRequest, title: str) -> str:
    if not request.failed_only:
        return f"Reset the status of all jobs of {title}?"
    verb = "Rerun" if request.reinitialize else "Reset"
    return f"{verb} the failed and canceled jobs of {title}, and all downstream of them?"
