"""End the allocations of a workflow that has no use for them any more."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

import msgspec

from torc_core.client import TorcClient, every_item
from torc_core.errors import NotFoundError, TorcError
from torc_core.hpc.slurm.programs.calls import Slurm
from torc_core.hpc.slurm.programs.states import UNFINISHED_PHASES
from torc_core.hpc.slurm.requests import is_of_workflow
from torc_core.model.compute import (
    AllocationStatus,
    ScheduledComputeNode,
    ScheduledComputeNodePatch,
)
from torc_core.model.ids import id_of
from torc_core.model.workflow import Workflow
from torc_core.operations.facts import counted
from torc_core.operations.slurm.settle import unfinished_allocations

_NAMED = 20


class EndedAllocations(msgspec.Struct, frozen=True, kw_only=True):
    """Which allocations of a workflow were canceled."""

    canceled: tuple[int, ...] = ()
    """Slurm jobs that were canceled."""
    left: tuple[int, ...] = ()
    """Slurm jobs that could not be."""
    error: str | None = None
    """Why."""

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
                f"{self.error} On a login node of the cluster: scancel {ids}{more}"
            )
        return " ".join(said)


def end_allocations(client: TorcClient, workflow: Workflow, slurm: Slurm) -> EndedAllocations:
    """Cancel all Slurm jobs of a workflow that have not ended, also those it has no record of."""
    records = unfinished_allocations(client, id_of(workflow))
    ids = {record.scheduler_id for record in records}
    if not slurm.is_here():
        error = "There is no Slurm on this machine."
        return EndedAllocations(left=tuple(sorted(ids)), error=error if ids else None)
    if not ids and not _has_schedulers(client, workflow):
        return EndedAllocations()
    try:
        ids |= {
            each.id
            for each in slurm.queue()
            if is_of_workflow(workflow, each.comment) and each.state.phase in UNFINISHED_PHASES
        }
        slurm.cancel(ids)
    except TorcError as error:
        return EndedAllocations(left=tuple(sorted(ids)), error=error.message)
    _note_unstarted(client, records)
    return EndedAllocations(canceled=tuple(sorted(ids)))


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
