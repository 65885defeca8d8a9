"""Run a workflow on this machine: checks, initialization, run directory, process."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

import msgspec

from torc_core.client import TorcClient
from torc_core.clock import utc_now
from torc_core.errors import ConflictError, MachineError, TorcError
from torc_core.host.connect import Connection
from torc_core.host.runs import (
    RunDirectory,
    RunMeta,
    RunState,
    create_run,
    new_run_id,
    start_run,
)
from torc_core.model.ids import WorkflowId, WorkflowRunId
from torc_core.model.records.workflow_run import RunStatus, WorkflowRunPatch
from torc_core.model.status import ACTIVE, SETTLED, JobStatus
from torc_core.model.workflow import Workflow, WorkflowStatus
from torc_core.operations.facts import (
    count,
    count_lines,
    has_nothing_to_run,
    how_to_run_again,
    refuse_archived,
    title_of,
)
from torc_core.operations.lifecycle.inputs import (
    StartCheck,
    check_file_start,
    check_start,
    find_missing_inputs,
)
from torc_core.operations.lifecycle.machine_fit import NeverFits, find_misfits, refuse_impossible
from torc_core.operations.lifecycle.start import start_workflow
from torc_core.operations.local_runs import local_runs
from torc_core.operations.reporter import Notice, PlainNotice, Proposal, Question, Reporter
from torc_core.runner.policy.options import RunnerOptions
from torc_core.spec import ExpandedWorkflow, SpecFile
from torc_core.units import counted

_RUNNABLE = frozenset(JobStatus) - SETTLED - {JobStatus.UNINITIALIZED} | {JobStatus.TERMINATED}
"""Of jobs that a run starts, waits for, or makes ready again."""


class RunRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A run that a user asks for."""

    options: RunnerOptions
    """Names the workflow. A relative output directory means one below `base`."""
    is_detached: bool
    """Start it in the background; else the caller executes the run directory."""
    keeps_terminated: bool = False
    """Leave terminated jobs as they are; else all of them run again."""
    spec: SpecFile | None = None
    """The file that the workflow came from; a copy stays with the run."""
    base: Path | None = None
    """The directory that it runs in, and that relative paths mean; the current one by default."""
    needs_work: bool = False
    """Refuse if a run would have nothing to do; else it ends at once, and says so."""


class NotInitialized(msgspec.Struct, frozen=True, kw_only=True):
    """Jobs were reset or added, and not initialized since: no runner takes them."""

    workflow_id: WorkflowId
    number: int

    @property
    def sentence(self) -> str:
        """What it says."""
        verb = "is" if self.number == 1 else "are"
        return (
            f"{counted(self.number, 'job')} of workflow {self.workflow_id} {verb} not initialized "
            "and will not run."
        )

    @property
    def hint(self) -> str:
        """The command that initializes them."""
        return f"To run what was reset or added: torc workflows reinitialize {self.workflow_id}"


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A run that was prepared or started."""

    workflow_id: WorkflowId
    title: str
    directory: RunDirectory
    output_dir: str
    pid: int | None
    """Its process; None while the caller has still to execute it."""

    @property
    def sentence(self) -> str:
        """What was done."""
        if self.pid is None:
            return f"Running {self.title}; logs in {self.output_dir}"
        return (
            f"Started {self.title} in the background (PID {self.pid}). "
            "It keeps running after you quit."
        )


class RunFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known before a run."""

    workflow_id: WorkflowId
    status: WorkflowStatus
    start: StartCheck | None
    """Inputs and outputs, if the workflow is yet to be initialized."""
    misfits: tuple[NeverFits, ...]
    other_runs: tuple[PlainNotice, ...]


def propose_run(connection: Connection, request: RunRequest) -> Proposal[Run]:
    """Propose to run a workflow.

    Raises:
        MachineError: The output directory cannot be used, or this machine cannot run jobs.
        UsageError: More CPUs are to be given to jobs than there are.
        NotFoundError: There is no such workflow.
        ConflictError: The workflow is archived or canceled, or nothing else is left than jobs that
            are not initialized; or nothing at all, and the run needs work.
    """
    base = request.base
    check_output_directory(request.options.output_dir, base)
    refuse_impossible(request.options)
    client, workflow_id = connection.client, request.options.workflow_id
    workflow = client.get_workflow(workflow_id)
    is_new = client.is_workflow_uninitialized(workflow_id)
    facts = RunFacts(
        workflow_id=workflow_id,
        status=client.get_workflow_status(workflow_id),
        start=check_start(client, workflow_id, base) if is_new else None,
        misfits=find_misfits(client, request.options),
        other_runs=_find_other_runs(client, workflow_id),
    )
    objection, warnings = decide_run(facts)
    if request.needs_work and not is_new:
        _refuse_idle(client, workflow_id, facts.status)

    def perform(reporter: Reporter, *, force: bool) -> Run:
        run_id = start_workflow(
            client,
            workflow,
            reporter,
            is_new=is_new,
            force=force,
            keeps_terminated=request.keeps_terminated,
            base=base,
        )
        return begin_run(connection, workflow, request, run_id)

    return Proposal(
        question=_question(workflow, facts, base),
        objection=objection,
        warnings=warnings,
        perform=perform,
    )


def decide_run(facts: RunFacts) -> tuple[TorcError | None, tuple[Notice, ...]]:
    """Return what must be overridden for this run, and what to warn of.

    Raises:
        ConflictError: The workflow is archived or canceled, or nothing else is left than jobs that
            are not initialized.
    """
    refuse_archived(facts.workflow_id, facts.status)
    if facts.status.is_canceled:
        raise ConflictError(
            f"Workflow {facts.workflow_id} is canceled.",
            hint=f"Run what is left: torc workflows resume {facts.workflow_id}. "
            f"To start over: torc workflows initialize {facts.workflow_id}",
        )
    if facts.start is not None:
        command = f"torc run {facts.workflow_id}"
        objection = find_missing_inputs(
            f"Workflow {facts.workflow_id}", facts.start, command, "--skip-checks"
        )
        return objection, (*facts.misfits, *facts.other_runs)
    counts = facts.status.jobs_by_status
    number = count(counts, {JobStatus.UNINITIALIZED})
    left_out = NotInitialized(workflow_id=facts.workflow_id, number=number)
    if number and not count(counts, _RUNNABLE):
        raise ConflictError(left_out.sentence, hint=left_out.hint)
    return None, (*facts.misfits, *facts.other_runs, *([left_out] if number else []))


def _refuse_idle(client: TorcClient, workflow_id: WorkflowId, status: WorkflowStatus) -> None:
    """Refuse a run that would find neither a job nor an action.

    Raises:
        ConflictError: It would.
    """
    counts = status.jobs_by_status
    if has_nothing_to_run(counts) and not client.get_pending_actions(workflow_id):
        hint = how_to_run_again(workflow_id, counts)
        raise ConflictError("No job is left to run.", hint=hint)


def check_file_run(
    spec: ExpandedWorkflow, options: RunnerOptions, command: str, *, force: bool
) -> None:
    """Refuse what could not be run, before a workflow is created for it.

    Args:
        spec: The workflow.
        options: Those of the runner.
        command: The command line that runs it once nothing is missing.
        force: Run it even if inputs are missing.

    Raises:
        MachineError: The output directory cannot be used.
        UsageError: More CPUs are to be given to jobs than there are.
        ConflictError: Inputs are missing.
    """
    check_output_directory(options.output_dir)
    refuse_impossible(options)
    missing = find_missing_inputs(
        f"Workflow {spec.name!r}", check_file_start(spec), command, "--skip-checks"
    )
    if missing is not None and not force:
        raise missing


def where_lines(base: Path | None) -> tuple[str, ...]:
    """Return in which directory jobs run, if it is not the current one."""
    return () if base is None or base == Path.cwd() else (f"Its jobs run in {base}.",)


def check_output_directory(directory: str, base: Path | None = None) -> None:
    """Check that logs can be written, and leave nothing behind.

    It tries: permissions say nothing about directories such as those of `/proc`.

    Args:
        directory: Where they are written.
        base: The directory that a relative one lies in; the current one when left out.

    Raises:
        MachineError: They cannot.
    """
    path = (base or Path()) / directory
    try:
        nearest = next(each for each in (path.absolute(), *path.absolute().parents) if _is(each))
        Path(tempfile.mkdtemp(prefix=".torc-", dir=nearest)).rmdir()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise MachineError(
            f"The output directory {path} cannot be used: {reason}.",
            hint="Choose another one with --output-dir.",
        ) from error


def prepare_run(
    client: TorcClient,
    options: RunnerOptions,
    *,
    is_embedded: bool,
    spec: SpecFile | None = None,
    base: Path | None = None,
) -> RunDirectory:
    """Create the directory of a new run.

    Args:
        client: The server that holds the workflow.
        options: The runner's options; they name the workflow.
        is_embedded: The server is the one that torc starts by itself, so the runner may start
            it again.
        spec: The file that the workflow came from; it is kept with the run.
        base: The directory that it runs in; the current one when left out.

    Raises:
        NotFoundError: There is no such workflow.
    """
    workflow = client.get_workflow(options.workflow_id)
    place = base or Path.cwd()
    options = msgspec.structs.replace(options, output_dir=str(place / options.output_dir))
    meta = RunMeta(
        run_id=new_run_id(options.workflow_id),
        workflow_id=options.workflow_id,
        workflow_name=workflow.name,
        url=client.url,
        token=client.token,
        is_embedded=is_embedded,
        output_dir=options.output_dir,
        cwd=str(place),
        options=msgspec.to_builtins(options),
        started_at=utc_now(),
    )
    directory = create_run(meta)
    if spec is not None:
        directory.write_spec(spec.text, spec.suffix)
    return directory


def begin_run(
    connection: Connection,
    workflow: Workflow,
    request: RunRequest,
    run_id: WorkflowRunId | None,
) -> Run:
    """Prepare the run of a workflow that is started, and start it if it is detached.

    Args:
        connection: The server.
        workflow: The workflow.
        request: What the user asked for.
        run_id: The record of the run at the server, if it keeps one.

    Raises:
        MachineError: The runner exited at once; the record says so.
    """
    client = connection.client
    try:
        directory = prepare_run(
            client,
            msgspec.structs.replace(request.options, workflow_run_id=run_id),
            is_embedded=connection.is_embedded,
            spec=request.spec,
            base=request.base,
        )
        pid = start_run(directory).pid if request.is_detached else None
    except (TorcError, OSError) as error:
        if run_id is not None:
            patch = WorkflowRunPatch(status=RunStatus.FAILED, reason=str(error))
            with contextlib.suppress(TorcError):  # the first error matters
                client.update_workflow_run(run_id, patch)
        raise
    return Run(
        workflow_id=request.options.workflow_id,
        title=title_of(workflow),
        directory=directory,
        output_dir=directory.read_meta().output_dir,
        pid=pid,
    )


def _question(workflow: Workflow, facts: RunFacts, base: Path | None) -> Question:
    lines = count_lines(facts.status.jobs_by_status)
    if facts.start is not None:
        lines = ("It is initialized first.", *lines, *facts.start.lines())
    elif has_nothing_to_run(facts.status.jobs_by_status):
        lines = (*lines, "No job is left to run. To start over, initialize it first.")
    sentence = f"Run {title_of(workflow)} on this machine?"
    if facts.other_runs:
        sentence = f"{title_of(workflow)} is running already. Start another run beside it?"
        lines = (*lines, _shared(facts))
    return Question(
        sentence=sentence,
        lines=(*lines, *where_lines(base), "It keeps running after you quit."),
        is_optional=True,
    )


def _shared(facts: RunFacts) -> str:
    """Return what a run would do beside another one."""
    initialized = frozenset() if facts.start is None else {JobStatus.UNINITIALIZED}
    waiting = count(facts.status.jobs_by_status, _RUNNABLE - ACTIVE | initialized)
    if not waiting:
        return "No job is waiting: the other run would have nothing to do."
    is_or_are = "is" if waiting == 1 else "are"
    return f"Both would share the {counted(waiting, 'job')} that {is_or_are} waiting."


def _find_other_runs(client: TorcClient, workflow_id: WorkflowId) -> tuple[PlainNotice, ...]:
    return tuple(
        PlainNotice(
            f"Another run of workflow {workflow_id} is active on this machine "
            f"(PID {run.meta.process.pid})."
        )
        for run in local_runs(client, workflow_id)
        if run.state is RunState.RUNNING and run.meta.process is not None
    )


def _is(path: Path) -> bool:
    """Return whether something is there; what may not be looked at counts."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except PermissionError:
        return True
    return True
