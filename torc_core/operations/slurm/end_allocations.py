"""End the allocations of a workflow that has no use for them any more."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

import msgspec

from torc_core.client import TorcClient, every_item
from torc_core.errors import ExitCode, NotFoundError, TorcError
from torc_core.hpc.slurm.programs.calls import Slurm
from torc_core.hpc.slurm.programs.states import UNFINISHED_PHASES, Phase
from torc_core.hpc.slurm.requests import is_of_workflow
from torc_core.hpc.slurm.settle import may_be_in, unfinished_allocations
from torc_core.model.compute import (
    AllocationStatus,
    ScheduledComputeNode,
    ScheduledComputeNodePatch,
)
from torc_core.model.ids import id_of
from torc_core.model.workflow import Workflow
from torc_core.units import counted

_NAMED = 20
_CANCELABLE = UNFINISHED_PHASES - {Phase.ENDING}


class EndedAllocations(msgspec.Struct, frozen=True, kw_only=True):
    """Which allocations of a workflow were canceled."""

    canceled: tuple[int, ...] = ()
    """Slurm jobs that were canceled."""
    left: tuple[int, ...] = ()
    """Slurm jobs that could not be."""
    error: str | None = None
    """Why."""
    exit_code: ExitCode = ExitCode.OK
    """Of a command that was to end them."""

    @property
    def sentence(self) -> str:
        """What was done, and what is left to do; empty if there were none."""
        said = []
        if self.canceled:
            said.append(f"Canceled {counted(len(self.canceled), 'Slurm allocation')}.")
        if self.left:
            ids = " ".join(map(str, self.left[:_NAMED]))
            more = f" … ({len(self.left):,} in all)" if len(self.left) > _NAMED else ""
            said.append(
                f"{counted(len(self.left), 'Slurm allocation')} could not be canceled: "
                f"{(self.error or '').rstrip('.')}. "
                f"On a login node of their cluster: scancel {ids}{more}"
            )
        elif self.error:
            said.append(f"Whether it has Slurm allocations is not known: {self.error}")
        return " ".join(said)


def end_allocations(client: TorcClient, workflow: Workflow, slurm: Slurm) -> EndedAllocations:
    """Cancel all Slurm jobs of a workflow that have not ended, also those it has no record of."""
    records = unfinished_allocations(client, id_of(workflow))
    ids = _ids(records)
    if not slurm.is_here():
        if not ids:
            return EndedAllocations()
        return EndedAllocations(
            left=tuple(sorted(ids)),
            error="There is no Slurm on this machine.",
            exit_code=ExitCode.ENVIRONMENT,
        )
    if not ids and not _has_schedulers(client, workflow):
        return EndedAllocations()
    try:
        cluster = slurm.cluster()
        here = [record for record in records if may_be_in(cluster, record.slurm_cluster)]
        elsewhere = [record for record in records if record not in here]
        canceled = _ids(here) | {
            each.id
            for each in slurm.queue()
            if is_of_workflow(workflow, each.comment) and each.state.phase in _CANCELABLE
        }
        slurm.cancel(canceled)
    except TorcError as error:
        return EndedAllocations(
            left=tuple(sorted(ids)),
            error=error.message,
            exit_code=error.exit_code if ids else ExitCode.OK,
        )
    _note_unstarted(client, here)
    clusters = ", ".join(sorted({str(record.slurm_cluster) for record in elsewhere}))
    return EndedAllocations(
        canceled=tuple(sorted(canceled)),
        left=tuple(sorted(_ids(elsewhere))),
        error=f"This is cluster {cluster}, not {clusters}." if elsewhere else None,
        exit_code=ExitCode.ENVIRONMENT if elsewhere else ExitCode.OK,
    )


def _ids(records: Sequence[ScheduledComputeNode]) -> set[int]:
    return {record.scheduler_id for record in records}


def _note_unstarted(client: TorcClient, records: Sequence[ScheduledComputeNode]) -> None:
    """Record the end of those that have no worker which would."""
    for record in records:
        if record.status == AllocationStatus.PENDING:
            with contextlib.suppress(NotFoundError):
                client.update_scheduled_compute_node(
                    id_of(record), ScheduledComputeNodePatch(status=AllocationStatus.COMPLETE)
                )


def _has_schedulers(client: TorcClient, workflow: Workflow) -> bool:
    return (
        next(every_item(client.list_slurm_schedulers, id_of(workflow), limit=1), None) is not None
    )
