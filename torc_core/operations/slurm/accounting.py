"""What Slurm's accounting knows of a workflow's allocations."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from enum import StrEnum
from pathlib import Path

import msgspec

from torc_core.client import TorcClient, every_item
from torc_core.errors import MachineError, TorcError, TransportError
from torc_core.host.files.output_files import PRIVATE, make_directory, reason_at
from torc_core.host.files.replacement import replacing
from torc_core.hpc.slurm.programs.calls import AccountingDisabled, Slurm
from torc_core.hpc.slurm.programs.states import SlurmState
from torc_core.hpc.slurm.programs.steps import (
    STEP_COLUMNS,
    AccountedStep,
    read_steps,
    split_json,
)
from torc_core.hpc.slurm.settle import may_be_in
from torc_core.model.compute import ScheduledComputeNode
from torc_core.model.ids import WorkflowId
from torc_core.model.wire import Wire, stated
from torc_core.operations.slurm.attempts import slurm_job_ids
from torc_core.units import counted


class AccountedStepRow(Wire, frozen=True, kw_only=True):
    """An allocation as a whole, or a step of it."""

    slurm_job_id: int
    step_id: str | None = stated(None)
    """`batch`, `extern`, or a number; None for the allocation as a whole."""
    job_step: str
    """The name of the step, or of the allocation."""
    state: str
    """In Slurm's word."""
    exit_code: int | None = stated(None)
    """128+n for signal n; None before it has ended."""
    elapsed_seconds: int | None = stated(None)
    max_rss_bytes: int | None = stated(None)
    cpu_time_seconds: float | None = stated(None)
    nodes: str | None = stated(None)


class WhyNotAccounted(StrEnum):
    """Why accounting does not know an allocation."""

    NOT_YET = "not_yet"
    """It is in the queue, or has just left it; accounting lags by some seconds."""
    UNKNOWN = "unknown"
    """This cluster has never had it, or has forgotten it."""
    ELSEWHERE = "elsewhere"
    """It is in another cluster than this machine."""
    NOT_ASKED = "not_asked"
    """The queue could not be asked which of the two it is."""


class NotAccounted(Wire, frozen=True, kw_only=True):
    """An allocation that accounting does not know."""

    slurm_job_id: int
    reason: WhyNotAccounted
    message: str

    @property
    def sentence(self) -> str:
        """Which one, and why."""
        return self.message


class Accounts(Wire, frozen=True, kw_only=True):
    """What accounting knows of a workflow's allocations; in the reference's shape."""

    workflow_id: WorkflowId
    total_slurm_jobs: int
    """Those that the server knows."""
    summary: list[AccountedStepRow]
    errors: list[NotAccounted]
    saved_files: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """How many there are."""
        if not self.total_slurm_jobs:
            return f"Workflow {self.workflow_id} has no Slurm jobs."
        steps = counted(sum(row.step_id is not None for row in self.summary), "job step")
        jobs = counted(self.total_slurm_jobs, "Slurm job")
        saved = f"; {counted(len(self.saved_files), 'file')} saved" if self.saved_files else ""
        return f"{steps} of {jobs} of workflow {self.workflow_id}{saved}."


def account_for(
    client: TorcClient, slurm: Slurm, workflow_id: WorkflowId, *, save_in: Path | None = None
) -> Accounts:
    """Return what accounting knows of the allocations of a workflow.

    Args:
        client: The server, which knows the allocations.
        slurm: The cluster in which they were.
        workflow_id: The workflow.
        save_in: A directory for all that `sacct --json` prints, in a file for each.

    Raises:
        NotFoundError: There is no such workflow.
        UnreachableError: Accounting does not answer.
        MachineError: There is no Slurm here, it keeps no accounts, or a file cannot be written.
    """
    client.get_workflow(workflow_id)
    scheduled = list(every_item(client.list_scheduled_compute_nodes, workflow_id))
    nodes = list(every_item(client.list_compute_nodes, workflow_id))
    cluster = _cluster(slurm, scheduled)
    others = {
        each.scheduler_id: not_here(each.scheduler_id, each.slurm_cluster, cluster)
        for each in scheduled
        if cluster and not may_be_in(cluster, each.slurm_cluster)
    }
    ids = slurm_job_ids(
        (each for each in scheduled if not cluster or may_be_in(cluster, each.slurm_cluster)),
        (each for each in nodes if not cluster or may_be_in(cluster, each.slurm_cluster)),
    )
    rows = slurm.accounting_rows(ids, STEP_COLUMNS)
    if isinstance(rows, AccountingDisabled):
        raise _disabled(workflow_id)
    steps = read_steps(rows)
    missing = sorted(set(ids) - {step.slurm_job_id for step in steps})
    return Accounts(
        workflow_id=workflow_id,
        total_slurm_jobs=len(ids) + len(others),
        summary=[_row(step) for step in steps],
        errors=[*(_why_missing(slurm, missing) if missing else ()), *others.values()],
        saved_files=tuple(_save(slurm, ids, save_in, workflow_id)) if save_in else (),
    )


def _cluster(slurm: Slurm, scheduled: Iterable[ScheduledComputeNode]) -> str | None:
    """Return the cluster of this machine, if it matters; accounting may answer alone."""
    if any(each.slurm_cluster for each in scheduled):
        with suppress(TorcError):
            return slurm.cluster()
    return None


def not_here(slurm_job_id: int, cluster: str | None, here: str | None) -> NotAccounted:
    """Return that an allocation is in another cluster than this machine."""
    return NotAccounted(
        slurm_job_id=slurm_job_id,
        reason=WhyNotAccounted.ELSEWHERE,
        message=f"Slurm job {slurm_job_id}: it is in cluster {cluster}, and this is {here}",
    )


def _disabled(workflow_id: WorkflowId) -> MachineError:
    return MachineError(
        "This cluster keeps no accounts of its jobs: accounting storage is disabled.",
        hint=f"What the allocations wrote tells more: torc slurm parse-logs {workflow_id}",
        program="sacct",
    )


def _row(step: AccountedStep) -> AccountedStepRow:
    return AccountedStepRow(
        slurm_job_id=step.slurm_job_id,
        step_id=step.step,
        job_step=step.name,
        state=step.state.name,
        exit_code=step.exit_code,
        elapsed_seconds=step.elapsed_s,
        max_rss_bytes=step.max_rss_bytes,
        cpu_time_seconds=step.cpu_s,
        nodes=step.nodes,
    )


def _why_missing(slurm: Slurm, missing: Collection[int]) -> Iterator[NotAccounted]:
    """Yield why accounting does not know these: the queue tells new ones from unknown ones."""
    try:
        queued = {each.id: each.state for each in slurm.queue(missing)}
        failure = None
    except TransportError as error:
        queued, failure = {}, error
    for number in missing:
        yield not_accounted(number, queued.get(number), failure)


def not_accounted(
    slurm_job_id: int, state: SlurmState | None, failure: TransportError | None
) -> NotAccounted:
    """Return why accounting does not know an allocation.

    Args:
        slurm_job_id: The allocation.
        state: What the queue says of it; None if it does not know it either.
        failure: Why the queue could not be asked.
    """
    if failure is not None:
        why = WhyNotAccounted.NOT_ASKED
        text = f"accounting does not know it, and the queue cannot be asked: {failure.message}"
    elif state is not None:
        why = WhyNotAccounted.NOT_YET
        text = f"{state.name}; accounting does not know it yet, as it lags by some seconds"
    else:
        why = WhyNotAccounted.UNKNOWN
        text = "this cluster does not know it: it was in another one, or its record is deleted"
    return NotAccounted(
        slurm_job_id=slurm_job_id, reason=why, message=f"Slurm job {slurm_job_id}: {text}"
    )


def _save(
    slurm: Slurm, ids: Collection[int], directory: Path, workflow_id: WorkflowId
) -> Iterator[str]:
    """Write what accounting knows of each allocation, and yield where."""
    texts = slurm.accounting_json(ids)
    if isinstance(texts, AccountingDisabled):
        raise _disabled(workflow_id)
    try:
        make_directory(directory, PRIVATE)
        for text in texts:
            for number, document in split_json(text).items():
                path = directory / f"sacct_{number}.json"
                with replacing(path, mode=PRIVATE) as file:
                    file.write(msgspec.json.format(msgspec.json.encode(document), indent=2))
                yield str(path)
    except OSError as error:
        raise MachineError(
            f"The directory {directory} cannot be written: {reason_at(error, directory)}.",
            hint="Choose another one with --output-dir.",
        ) from error
