"""Which allocations of a request exist, so that each is submitted once, by any submitter. Pure.

Each allocation has a key. It is the comment of the Slurm job and stands in the server's record of
it. A submitter that dies leaves the one, the other, or neither; who goes on finds by the keys what
exists, and submits only what is missing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from hashlib import sha256

import msgspec

from torc_core.hpc.slurm.programs.parse import QueuedAllocation
from torc_core.hpc.slurm.programs.states import UNFINISHED_PHASES
from torc_core.model.compute import AllocationStatus, ScheduledComputeNode
from torc_core.model.ids import ActionId, SchedulerId
from torc_core.model.workflow import Workflow


class AllocationRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Allocations to be submitted for a workflow."""

    keys: tuple[str, ...]
    """One for each allocation."""
    scheduler_id: SchedulerId
    start_one_worker_per_node: bool = False
    max_parallel_jobs: int | None = None


class Steps(msgspec.Struct, frozen=True, kw_only=True):
    """What is still to be done for a request."""

    known: Mapping[str, int]
    """The Slurm jobs that are recorded, by key."""
    missing: tuple[str, ...]
    """Keys for which an allocation is to be submitted."""
    unrecorded: Mapping[str, QueuedAllocation]
    """Allocations that exist and that the server does not know, by key."""
    surplus: tuple[int, ...]
    """Slurm jobs to be canceled: the allocation of their key is another one."""


def keys_of_action(
    workflow: Workflow, run_id: int, action_id: ActionId, number: int
) -> tuple[str, ...]:
    """Return the keys of an action's allocations in a run.

    They are the same for all that carry the action out, so those of an action that each runner
    executes exist once, too.
    """
    return _numbered(f"{_prefix(workflow)}:r{run_id}:a{action_id}", number)


def keys_of_call(workflow: Workflow, run_id: int, call: str, number: int) -> tuple[str, ...]:
    """Return the keys of allocations that a user asks for.

    Args:
        workflow: The workflow.
        run_id: Its run.
        call: Random letters and digits.
        number: How many allocations.
    """
    return _numbered(f"{_prefix(workflow)}:r{run_id}:m{call}", number)


def is_of_workflow(workflow: Workflow, comment: str | None) -> bool:
    """Return whether the comment of a Slurm job is the key of an allocation of a workflow."""
    return comment is not None and comment.startswith(f"{_prefix(workflow)}:")


def was_refused(allocation: QueuedAllocation) -> bool:
    """Return whether Slurm lists a job that it never accepted.

    sbatch refuses a request that no node could satisfy, yet it ends up in the queue.
    """
    return allocation.state.name == "FAILED" and allocation.reason == "BadConstraints"


def _prefix(workflow: Workflow) -> str:
    """Return how the keys of a workflow begin.

    Servers count their workflows from 1, and a user's queue has allocations of several servers. So
    the moment of the creation belongs to it.
    """
    moment = sha256(str(workflow.timestamp).encode()).hexdigest()[:8]
    return f"torc:wf{workflow.id}-{moment}"


def _numbered(prefix: str, number: int) -> tuple[str, ...]:
    return tuple(f"{prefix}:{each}" for each in range(1, number + 1))


def decide_steps(
    keys: Collection[str],
    records: Iterable[ScheduledComputeNode],
    queue: Iterable[QueuedAllocation],
) -> Steps:
    """Return what is still to be done for the allocations with these keys.

    Args:
        keys: Those of a request.
        records: The server's, of the workflow. A server of the reference keeps no keys: there the
            comment of the Slurm job says which one a record is of.
        queue: All of the user's allocations that Slurm still knows, ended ones included.
    """
    recorded = list(records)
    known = {each.request_key: each.scheduler_id for each in recorded if each.request_key in keys}
    ids = {each.scheduler_id for each in recorded}
    found: dict[str, list[QueuedAllocation]] = {}
    for allocation in sorted(queue, key=lambda each: each.id):
        key = allocation.comment
        if key is not None and key in keys and not was_refused(allocation):
            found.setdefault(key, []).append(allocation)
            if allocation.id in ids:
                known.setdefault(key, allocation.id)
    chosen = {key: _chosen(each) for key, each in found.items() if key not in known}
    kept = {*known.values(), *(each.id for each in chosen.values())}
    return Steps(
        known={key: number for key, number in known.items() if key is not None},
        missing=tuple(key for key in keys if key not in known and key not in chosen),
        unrecorded=chosen,
        surplus=tuple(
            each.id
            for allocations in found.values()
            for each in allocations
            if each.id not in kept and _may_go_on(each)
        ),
    )


def _chosen(allocations: Sequence[QueuedAllocation]) -> QueuedAllocation:
    """Return the one that counts of several with a key: the first that has not ended."""
    return next(filter(_may_go_on, allocations), allocations[0])


def _may_go_on(allocation: QueuedAllocation) -> bool:
    phase = allocation.state.phase
    return phase is None or phase in UNFINISHED_PHASES


def status_of(allocation: QueuedAllocation) -> AllocationStatus:
    """Return the status with which an allocation is recorded that exists already.

    One that runs is recorded as pending: its worker says that it is active.
    """
    return AllocationStatus.PENDING if _may_go_on(allocation) else AllocationStatus.COMPLETE
