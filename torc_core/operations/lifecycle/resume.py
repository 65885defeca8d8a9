"""Resume a workflow: what has not completed runs again, and a runner for it starts here."""

from __future__ import annotations

import contextlib
import secrets
import time

import msgspec

from torc_core.client import Feature, TorcClient, every_item
from torc_core.errors import TimedOutError, TorcError
from torc_core.host.connect import Connection
from torc_core.host.run_process import is_gone, this_process
from torc_core.host.user import user_name
from torc_core.model.ids import WorkflowId, WorkflowRunId
from torc_core.model.records.workflow_run import (
    ResumeReply,
    ResumeRequest,
    RunKind,
    RunStatus,
    WorkflowRunPatch,
)
from torc_core.model.status import ACTIVE, JobStatus
from torc_core.model.workflow import Workflow, WorkflowStatus
from torc_core.operations.facts import count, count_lines, refuse_archived, title_of
from torc_core.operations.lifecycle.machine_fit import refuse_impossible
from torc_core.operations.lifecycle.run import Run, RunRequest, begin_run, check_output_directory
from torc_core.operations.reporter import PlainNotice, Proposal, Question, Reporter
from torc_core.units import counted

RESUME_TIMEOUT_S = 300.0
"""How long a cold resume waits for jobs to end, by default."""
_LEFT = frozenset(JobStatus) - {JobStatus.COMPLETED, JobStatus.DISABLED}
_FIRST_POLL_S, _LONGEST_POLL_S = 0.05, 2.0


class ResumeChoice(msgspec.Struct, frozen=True, kw_only=True):
    """A resume that a user asks for."""

    workflow_id: WorkflowId
    kind: RunKind = RunKind.HOT_RESUME
    timeout_s: float = RESUME_TIMEOUT_S
    """How long a cold resume waits for jobs to end."""
    force_cleanup: bool = False
    """Give up at once what does not end."""
    asked_at: float = 0.0
    """When the user asked, on the monotonic clock; a later resume of another client wins."""
    run: RunRequest | None = None
    """The run to begin here; None leaves the jobs to other runners."""


class WorkflowResumed(msgspec.Struct, frozen=True, kw_only=True):
    """A workflow was resumed."""

    workflow_id: WorkflowId
    workflow_run_id: WorkflowRunId
    title: str
    kind: str
    run_id: int
    resumed_jobs: int
    settled_jobs: int
    run: Run | None
    """The run here, if one was asked for; the caller has still to execute it if it has no pid."""

    @property
    def sentence(self) -> str:
        """What was done."""
        given_up = ""
        if self.settled_jobs:
            given_up = f" {counted(self.settled_jobs, 'job')} given up that did not answer."
        return (
            f"Resumed {self.title}, run {self.run_id}: "
            f"{counted(self.resumed_jobs, 'job')} to run again.{given_up}"
        )


def propose_resume(connection: Connection, choice: ResumeChoice) -> Proposal[WorkflowResumed]:
    """Propose to resume a workflow.

    Raises:
        MachineError: The output directory cannot be used, or this machine cannot run jobs.
        UsageError: More CPUs are to be given to jobs than there are.
        NotFoundError: There is no such workflow.
        ConflictError: The workflow is archived.
        UnsupportedError: The server cannot resume workflows.
    """
    client, workflow_id = connection.client, choice.workflow_id
    if choice.run is not None:
        check_output_directory(choice.run.options.output_dir)
        refuse_impossible(choice.run.options)
    workflow = client.get_workflow(workflow_id)
    status = client.get_workflow_status(workflow_id)
    refuse_archived(workflow_id, status)
    client.require(Feature.WORKFLOW_RUNS, ID=workflow_id)

    def perform(reporter: Reporter, **_force: bool) -> WorkflowResumed:
        reply = _resume(client, choice, reporter)
        run = _begin(connection, workflow, choice, reply.run.id)
        return WorkflowResumed(
            workflow_id=workflow_id,
            workflow_run_id=reply.run.id,
            title=title_of(workflow),
            kind=reply.run.kind,
            run_id=reply.run.run_id,
            resumed_jobs=reply.resumed_jobs,
            settled_jobs=reply.settled_jobs,
            run=run,
        )

    return Proposal(question=_question(workflow, status, choice), perform=perform)


def _question(workflow: Workflow, status: WorkflowStatus, choice: ResumeChoice) -> Question:
    counts = status.jobs_by_status
    lines = [*count_lines(counts)]
    active = count(counts, ACTIVE)
    is_cold = choice.kind is RunKind.COLD_RESUME
    if active and choice.force_cleanup:
        lines.append("Jobs that do not answer are given up, and their late results refused.")
    elif active:
        lines.append("What runs is stopped first." if is_cold else "What runs continues.")
    if counts is not None and not count(counts, _LEFT):
        lines.append("No job is left to run.")
    return Question(
        sentence=f"Resume {title_of(workflow)}? Everything that has not completed runs again.",
        lines=tuple(lines),
        is_danger=bool(active) and (is_cold or choice.force_cleanup),
        is_optional=True,
    )


def _resume(client: TorcClient, choice: ResumeChoice, reporter: Reporter) -> ResumeReply:
    """Ask the server until the resume has begun.

    Raises:
        TimedOutError: Jobs of earlier runs have not ended in time.
        ConflictError: Another client has resumed it.
    """
    gone = [
        run.id
        for run in every_item(client.list_workflow_runs, choice.workflow_id)
        if run.ended_at is None and run.process is not None and is_gone(run.process)
    ]
    request = ResumeRequest(
        user=user_name(),
        process=this_process(),
        key=secrets.token_hex(16),
        kind=choice.kind,
        age_seconds=max(time.monotonic() - choice.asked_at, 0.0) if choice.asked_at else 0.0,
        force_cleanup=choice.force_cleanup,
        gone_run_ids=gone,
    )
    reply = client.resume_workflow(choice.workflow_id, request)
    try:
        return _wait(client, choice, request, reply, reporter)
    except BaseException as error:
        _withdraw(client, reply.run.id, error)
        raise


def _wait(
    client: TorcClient,
    choice: ResumeChoice,
    request: ResumeRequest,
    reply: ResumeReply,
    reporter: Reporter,
) -> ResumeReply:
    deadline, poll_s = time.monotonic() + choice.timeout_s, _FIRST_POLL_S
    settled = reply.settled_jobs
    while reply.waiting_jobs:
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            raise _too_late(choice, reply.waiting_jobs)
        waiting = counted(reply.waiting_jobs, "job")
        reporter.progress(PlainNotice(f"Waiting for {waiting} of earlier runs to end …"))
        time.sleep(min(poll_s, left_s))
        poll_s = min(poll_s * 2, _LONGEST_POLL_S)
        reply = client.resume_workflow(choice.workflow_id, request)
        settled += reply.settled_jobs
    return msgspec.structs.replace(reply, settled_jobs=settled)


def _too_late(choice: ResumeChoice, waiting: int) -> TimedOutError:
    return TimedOutError(
        f"Workflow {choice.workflow_id} is not resumed: {counted(waiting, 'job')} of earlier runs "
        f"did not end within {choice.timeout_s:g} seconds.",
        hint="Jobs that will never answer are given up with: "
        f"torc workflows resume {choice.workflow_id} --cold --force-cleanup",
    )


def _withdraw(client: TorcClient, run_id: WorkflowRunId, error: BaseException) -> None:
    """Let others resume the workflow."""
    reason = error.message if isinstance(error, TorcError) else "its client was interrupted"
    with contextlib.suppress(TorcError):  # the first error matters
        patch = WorkflowRunPatch(status=RunStatus.FAILED, reason=reason)
        client.update_workflow_run(run_id, patch)


def _begin(
    connection: Connection, workflow: Workflow, choice: ResumeChoice, run_id: WorkflowRunId
) -> Run | None:
    if choice.run is not None:
        return begin_run(connection, workflow, choice.run, run_id)
    patch = WorkflowRunPatch(
        status=RunStatus.COMPLETED, exit_code=0, reason="its jobs are left to other runners"
    )
    connection.client.update_workflow_run(run_id, patch)
    return None
