"""Facts that several operations look at, and the words for them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import islice

from torc_core.errors import ConflictError
from torc_core.model.ids import WorkflowId, id_of
from torc_core.model.status import ACTIVE, SETTLED, UNSUCCESSFUL, JobStatus
from torc_core.model.workflow import Workflow, WorkflowStatus
from torc_core.units import counted

LINES_SHOWN = 20
_DONE = frozenset({JobStatus.COMPLETED, JobStatus.DISABLED})


def title_of(workflow: Workflow) -> str:
    """Return how sentences name a workflow, such as "#7 nightly"."""
    return f"#{id_of(workflow)} {workflow.name}"


def count(counts: Mapping[str, int] | None, statuses: Collection[JobStatus]) -> int:
    """Return how many jobs are in one of `statuses`."""
    return sum((counts or {}).get(status, 0) for status in statuses)


def is_settled(counts: Mapping[str, int] | None) -> bool:
    """Return whether there are jobs, and none of them is left to run."""
    return 0 < sum((counts or {}).values()) == count(counts, SETTLED)


def has_nothing_to_run(counts: Mapping[str, int] | None) -> bool:
    """Return whether a run would find nothing to do: terminated jobs run again."""
    return is_settled(counts) and not count(counts, {JobStatus.TERMINATED})


def how_to_run_again(workflow_id: WorkflowId, counts: Mapping[str, int] | None) -> str:
    """Return what to do with a workflow that has no job left to run."""
    if count(counts, UNSUCCESSFUL):
        return f"To run again what did not complete: torc workflows resume {workflow_id}"
    return f"To run what has changed: torc workflows reinitialize {workflow_id}"


def percent_completed(counts: Mapping[str, int] | None) -> int:
    """Return how many jobs completed, in percent; 100 only if all did, or are disabled.

    Those that failed or were canceled are over, but not done.
    """
    total = sum((counts or {}).values())
    return 100 * count(counts, _DONE) // total if total else 0


def count_lines(counts: Mapping[str, int] | None) -> tuple[str, ...]:
    """Return one line for each status that jobs are in."""
    return tuple(f"{number:>9,} {status}" for status, number in (counts or {}).items() if number)


def first_lines(lines: Iterable[str]) -> Iterator[str]:
    """Yield as many lines as a question can show, and how many more there are."""
    left = iter(lines)
    yield from islice(left, LINES_SHOWN)
    if more := sum(1 for _ in left):
        yield f"and {more:,} more"


def readiness(status: WorkflowStatus) -> str:
    """Return how many jobs may start and how many have to wait, after an initialization."""
    counts = status.jobs_by_status
    ready, blocked = count(counts, {JobStatus.READY}), count(counts, {JobStatus.BLOCKED})
    return f"run {status.run_id}: {counted(ready, 'job')} ready, {blocked:,} blocked."


def refuse_archived(workflow_id: WorkflowId, status: WorkflowStatus) -> None:
    """Refuse to run what is archived.

    Raises:
        ConflictError: It is archived.
    """
    if status.is_archived:
        raise ConflictError(
            f"Workflow {workflow_id} is archived.",
            hint=f"Restore it first: torc workflows archive false {workflow_id}",
        )


def find_active(workflow_id: WorkflowId, status: WorkflowStatus) -> ConflictError | None:
    """Return the objection to a reset while jobs are claimed or running."""
    active = count(status.jobs_by_status, ACTIVE)
    if not active:
        return None
    return ConflictError(
        f"Workflow {workflow_id} has {counted(active, 'active job')}.",
        hint=f"Wait for completion, or cancel it first: torc workflows cancel {workflow_id}",
    )
