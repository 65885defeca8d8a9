"""The runs of a workflow by their numbers: when each was, and how its attempts ended."""

from __future__ import annotations

from collections.abc import Iterable

from torc_core.client import TorcClient
from torc_core.errors import UnsupportedError
from torc_core.model.ids import WorkflowId
from torc_core.model.records.workflow_run import LIVE, WorkflowRun
from torc_core.model.status import JobStatus
from torc_core.model.wire import Wire, stated
from torc_core.moments import read_moment

MOST_RUNS = 10
_MOST_RECORDS = 200


class RunSummary(Wire, frozen=True, kw_only=True):
    """One run of a workflow. Times are UTC, ISO 8601 with milliseconds and Z."""

    run_id: int
    started_at: str | None = stated(None)
    ended_at: str | None = stated(None)
    """Absent while it goes on."""
    is_live: bool = False
    completed: int = 0
    """Attempts that completed."""
    failed: int = 0
    """Attempts that failed, or were terminated."""
    canceled: int = 0

    @property
    def duration_s(self) -> float | None:
        """From its start to its end, in seconds."""
        started, ended = read_moment(self.started_at), read_moment(self.ended_at)
        return None if started is None or ended is None else max(0.0, ended - started)


def run_history(client: TorcClient, workflow_id: WorkflowId) -> list[RunSummary]:
    """Return the latest runs of a workflow, the newest first; a run without any trace is left out.

    Raises:
        NotFoundError: There is no such workflow.
        TorcError: The server refused a request, or did not answer.
    """
    present = client.get_workflow_status(workflow_id).run_id
    records = _records(client, workflow_id)
    first = max(0, present - MOST_RUNS + 1)
    found = [
        _summary(client, workflow_id, run_id, [each for each in records if each.run_id == run_id])
        for run_id in range(present, first - 1, -1)
    ]
    return [each for each in found if each.started_at is not None]


def _records(client: TorcClient, workflow_id: WorkflowId) -> list[WorkflowRun]:
    try:
        page = client.list_workflow_runs(
            workflow_id, limit=_MOST_RECORDS, sort_by="created_at", reverse_sort=True
        )
    except UnsupportedError:  # a server of the reference keeps no records of runs
        return []
    return page.items


def _summary(
    client: TorcClient, workflow_id: WorkflowId, run_id: int, records: Iterable[WorkflowRun]
) -> RunSummary:
    counts: dict[JobStatus, int] = {
        status: client.list_results(
            workflow_id, run_id=run_id, status=status, all_runs=True, limit=1
        ).total_count
        for status in (
            JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.TERMINATED, JobStatus.CANCELED,
        )
    }  # fmt: skip
    started = [each.created_at for each in records]
    ended = [each.ended_at for each in records if each.ended_at is not None]
    is_live = any(each.status in LIVE for each in records)
    if not started and any(counts.values()):
        started, ended = _ends_of_results(client, workflow_id, run_id)
    return RunSummary(
        run_id=run_id,
        started_at=min(started, default=None),
        ended_at=None if is_live else max(ended, default=None),
        is_live=is_live,
        completed=counts[JobStatus.COMPLETED],
        failed=counts[JobStatus.FAILED] + counts[JobStatus.TERMINATED],
        canceled=counts[JobStatus.CANCELED],
    )


def _ends_of_results(
    client: TorcClient, workflow_id: WorkflowId, run_id: int
) -> tuple[list[str], list[str]]:
    """Return when the first and the last attempts ended, where nothing else tells."""
    ends = [
        client.list_results(
            workflow_id, run_id=run_id, all_runs=True, limit=1, sort_by="id", reverse_sort=is_last
        ).items
        for is_last in (False, True)
    ]
    first, last = ([each.completion_time for each in items] for items in ends)
    return [each for each in first if each], last
