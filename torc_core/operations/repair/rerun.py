"""Rerun what failed and all that was canceled because of it, and see to it that it runs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from torc_core.client import TorcClient
from torc_core.host.connect import Connection
from torc_core.host.runs import RunState
from torc_core.model.ids import JobId, WorkflowId
from torc_core.model.workflow import Workflow, WorkflowStatus
from torc_core.operations.facts import find_active, is_settled, readiness, refuse_archived, title_of
from torc_core.operations.lifecycle.initialize import begin_run, reset_jobs
from torc_core.operations.lifecycle.machine_fit import find_misfits, refuse_impossible
from torc_core.operations.lifecycle.reinitialize import check_reinitialize, reinitialize
from torc_core.operations.lifecycle.run import (
    RunRequest,
    check_output_directory,
    propose_run,
    where_lines,
)
from torc_core.operations.local_runs import local_runs
from torc_core.operations.recovery.procedure.outset import runs_in_slurm
from torc_core.operations.repair.rerun_scope import Place, RerunScope, decide_scope
from torc_core.operations.reporter import (
    PlainNotice,
    Proposal,
    Question,
    Reporter,
    carry_out_unasked,
)
from torc_core.runner.policy.options import RunnerOptions

_END_S = 30.0
"""How long a run may take to end once no job is left."""
_POLL_S = 0.2


class RerunRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A rerun that a user asks for."""

    workflow_id: WorkflowId
    run: RunnerOptions
    """Options of the run on this machine, if one is started; the workflow in them does not
    count."""
    job_ids: Sequence[JobId] = ()
    """Rerun only these jobs and what is downstream of them; all that failed by default."""
    base: Path | None = None
    """The directory that it runs in, and that relative paths mean; the current one by default."""


class Rerunning(msgspec.Struct, frozen=True, kw_only=True):
    """A new run of some jobs has begun."""

    workflow_id: WorkflowId
    title: str
    status: WorkflowStatus
    """After the jobs were initialized."""
    place: Place
    started: str = ""
    """What is said of the run on this machine that was started."""

    @property
    def sentence(self) -> str:
        """What was done, and how it goes on."""
        begun = f"{self.title}, {readiness(self.status)}"
        return f"{begun} {self.started or self.place.then(self.workflow_id)}"


def propose_rerun(connection: Connection, request: RerunRequest) -> Proposal[Rerunning]:
    """Propose a new run of failed jobs, of all canceled because of them, and of what is downstream.

    Raises:
        NotFoundError: There is no such workflow, or it has no such job.
        ConflictError: It is archived, or there is nothing to rerun.
        MachineError: It would run on this machine, and this cannot run jobs, or the output
            directory cannot be used.
    """
    client, workflow_id = connection.client, request.workflow_id
    workflow = client.get_workflow(workflow_id)
    status = client.get_workflow_status(workflow_id)
    refuse_archived(workflow_id, status)
    check = check_reinitialize(client, workflow, request.base)
    place = _place(client, workflow_id, status)
    also = () if request.job_ids else check.rerunning
    scope = decide_scope(workflow_id, check.graph, request.job_ids, also)
    options = msgspec.structs.replace(request.run, workflow_id=workflow_id)
    if place is Place.HERE:
        check_output_directory(options.output_dir, request.base)
        refuse_impossible(options)

    def perform(reporter: Reporter, *, force: bool) -> Rerunning:
        is_left = place is Place.HERE and not _wait_for_end(client, workflow_id, reporter)
        client.reset_workflow_status(workflow_id, force=force)
        begun = _begin(client, workflow, status, request, scope)
        started = ""
        if place is Place.HERE and not is_left:
            run = RunRequest(
                options=options,
                is_detached=True,
                keeps_terminated=bool(request.job_ids),
                base=request.base,
            )
            started = carry_out_unasked(propose_run(connection, run), reporter).sentence
        return Rerunning(
            workflow_id=workflow_id,
            title=title_of(workflow),
            status=begun,
            place=Place.ACTIVE if is_left else place,
            started=started,
        )

    where = where_lines(request.base) if place is Place.HERE else ()
    return Proposal(
        question=Question(
            sentence=scope.question(title_of(workflow)),
            lines=(*scope.lines(), *where, place.then(workflow_id)),
        ),
        objection=find_active(workflow_id, status) or check.objection(),
        warnings=find_misfits(client, options) if place is Place.HERE else (),
        perform=perform,
    )


def _begin(
    client: TorcClient,
    workflow: Workflow,
    status: WorkflowStatus,
    request: RerunRequest,
    scope: RerunScope,
) -> WorkflowStatus:
    """Reset the jobs, and begin the run in which they are initialized."""
    workflow_id = request.workflow_id
    if request.job_ids:
        reset_jobs(client, workflow_id, scope.reset_ids, {}, status.run_id)
        return begin_run(
            client, workflow_id, status.run_id + 1, only_uninitialized=True, keeps_terminated=True
        )
    client.reset_job_status(workflow_id, failed_only=True)
    return reinitialize(client, check_reinitialize(client, workflow, request.base)).status


def _place(client: TorcClient, workflow_id: WorkflowId, status: WorkflowStatus) -> Place:
    """Return where the jobs will run.

    Where no job is left to run a runner is about to exit, and takes none.
    """
    is_over = is_settled(status.jobs_by_status)
    if not is_over and (status.active_compute_nodes or _is_running(client, workflow_id)):
        return Place.ACTIVE
    return Place.SLURM if runs_in_slurm(client, workflow_id) else Place.HERE


def _is_running(client: TorcClient, workflow_id: WorkflowId) -> bool:
    return any(run.state is RunState.RUNNING for run in local_runs(client, workflow_id))


def _wait_for_end(client: TorcClient, workflow_id: WorkflowId, reporter: Reporter) -> bool:
    """Wait for the run on this machine that is about to end; return whether it has."""
    deadline = time.monotonic() + _END_S
    while _is_running(client, workflow_id):
        if time.monotonic() > deadline:
            return False
        reporter.progress(PlainNotice("Waiting for the last run to end …"))
        time.sleep(_POLL_S)
    return True
