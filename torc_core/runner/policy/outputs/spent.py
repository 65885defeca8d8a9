"""The output of completed attempts, which is deleted when the workflow says so."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torc_core.model.exchange import ClaimedJob, JobEnd, Outcome, ReportOutcome
from torc_core.model.execution import ExecutionConfig
from torc_core.model.ids import JobId
from torc_core.model.status import JobStatus

ACCEPTED = frozenset({ReportOutcome.OK, ReportOutcome.DUPLICATE})


class SpentOutput:
    """Deletes the output of an attempt once the server has recorded that it completed.

    Args:
        execution: Whose output is deleted.
        delete: Deletes the files of an attempt.
    """

    def __init__(self, execution: ExecutionConfig, delete: Callable[[ClaimedJob], None]) -> None:
        self._execution = execution
        self._delete = delete
        self._attempts: dict[tuple[JobId, int], ClaimedJob] = {}
        """By job id and token: those whose report is on its way."""

    def add(self, claimed: ClaimedJob, completion: JobEnd) -> None:
        """Note an attempt that is about to be reported."""
        if completion.status is not JobStatus.COMPLETED:
            return
        if self._execution.stdio_of(claimed.job.name).delete_on_success:
            self._attempts[completion.job_id, completion.token] = claimed

    def acknowledge(self, ends: Sequence[JobEnd], outcomes: Sequence[Outcome]) -> None:
        """Delete the output of what the server has accepted, and keep that of what it has not.

        Args:
            ends: What was reported.
            outcomes: What the server made of it.
        """
        if not self._attempts:
            return
        accepted = {outcome.job_id for outcome in outcomes if outcome.result in ACCEPTED}
        for end in ends:
            claimed = self._attempts.pop((end.job_id, end.token), None)
            if claimed is not None and end.job_id in accepted:
                self._delete(claimed)
