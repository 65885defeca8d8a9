"""How far a run is, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from torc_core.errors import ExitCode
from torc_core.model.ids import JobId, WorkflowId
from torc_core.model.status import JobStatus, ending_of
from torc_core.runner.policy.steps import StepTrail

COMPLETE = "the workflow is complete"
"""Why a runner shuts down when no job is left that may run."""
_STOPPED = "jobs were stopped, and no other may run"
_SUCCESSFUL = frozenset({JobStatus.COMPLETED, JobStatus.DISABLED})


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a runner is."""

    running: int
    waiting: int
    """Claimed jobs that wait for a free slot."""
    outcomes: dict[str, int]
    """How many attempts this runner completed, by status; "retried" counts those to be retried."""
    is_stopping: bool = False
    is_interrupted: bool = False
    """It was asked to stop, by a signal or by the server."""
    is_server_failing: bool = False
    waiting_for: str = ""
    """What an idle runner waits for and until when, in words."""
    changes: int = 0
    """How many changes of single jobs there were."""
    trail: StepTrail = msgspec.field(default_factory=StepTrail)
    """What is known of them, the same object in every report: it goes on changing."""


class OverLimit(msgspec.Struct, frozen=True, kw_only=True):
    """A job that was stopped because it exceeded what it states to need."""

    job_id: JobId
    name: str
    limit: str
    """In words, such as "its memory of 2.0 GiB"."""

    @property
    def sentence(self) -> str:
        """What it says."""
        return f"{self.name} exceeded {self.limit}."


class RunSummary(msgspec.Struct, frozen=True, kw_only=True):
    """How a run ended."""

    workflow_id: WorkflowId
    run_id: int
    outcomes: dict[str, int]
    """How many attempts this runner completed, by status; "retried" counts those to be retried."""
    jobs_by_status: dict[str, int]
    """All jobs of the workflow at the end; empty when the server did not answer."""
    unanswered: str = ""
    """Then, why the server did not answer."""
    duration_s: float
    reason: str
    """Why the runner shut down, in words."""
    over_limit: tuple[OverLimit, ...] = ()
    """The jobs whose last attempt here was stopped at a limit."""
    is_canceled: bool = False
    """The workflow was canceled."""
    actions_left: list[str] = []
    """What was due and could not be executed here, a sentence for each action."""
    exit_code: int
    lost_log_lines: int = 0
    """How many lines the runner's log lacks, because its disk had no room."""


def exit_code(
    jobs_by_status: Mapping[str, int],
    stop_code: ExitCode | None,
    *,
    was_successful: bool = False,
) -> ExitCode:
    """Return the exit code of a run: 0 only if every job of the workflow completed.

    Args:
        jobs_by_status: All jobs of the workflow; disabled ones do not count.
        stop_code: The exit code of the signal that stopped the run, if one did.
        was_successful: The server has said so with its last answer to a report. It counts if it
            could not be asked once more.
    """
    if stop_code is not None:
        return stop_code
    rest = sum(count for status, count in jobs_by_status.items() if status not in _SUCCESSFUL)
    is_successful = not rest if jobs_by_status else was_successful
    return ExitCode.OK if is_successful else ExitCode.JOBS_FAILED


def reason_shown(reason: str, jobs_by_status: Mapping[str, int]) -> str:
    """Return why a run ended; only a workflow without failures is complete to its user."""
    if reason != COMPLETE:
        return reason
    has_stopped = bool(jobs_by_status.get(JobStatus.TERMINATED))
    return _STOPPED if has_stopped else f"the workflow {ending_of(jobs_by_status)}"


def final_status(summary: RunSummary) -> str:
    """Return how a run ended in one word: completed, failed, canceled or interrupted."""
    if summary.is_canceled:
        return "canceled"
    return _WORDS.get(summary.exit_code, "failed")


_WORDS = {
    int(ExitCode.OK): "completed",
    int(ExitCode.INTERRUPTED): "interrupted",
    int(ExitCode.TERMINATED): "interrupted",
}
