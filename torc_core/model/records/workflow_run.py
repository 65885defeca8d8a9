"""Workflow runs: each start or resume of a workflow, with the runner that works for it."""

from __future__ import annotations

from enum import StrEnum

from torc_core.model.ids import ComputeNodeId, FileId, WorkflowId, WorkflowRunId
from torc_core.model.wire import Wire, stated

HEARTBEAT_INTERVAL_S = 30.0
REPORT_BY_BUFFER = 3.1
"""A run is stalled after so many intervals without a heartbeat."""


class RunKind(StrEnum):
    """What began a run."""

    START = "start"
    HOT_RESUME = "hot_resume"
    """What runs elsewhere continues."""
    COLD_RESUME = "cold_resume"
    """What ran was ended first."""


class RunStatus(StrEnum):
    """Where a run stands."""

    RESUMING = "resuming"
    """A cold resume that waits until the jobs of earlier runs have ended."""
    PENDING = "pending"
    """Its runner has not registered yet."""
    RUNNING = "running"
    STALLED = "stalled"
    """Pending or running, but its heartbeat is overdue."""
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELED = "canceled"
    INTERRUPTED = "interrupted"
    """Its runner was asked to stop."""
    LOST = "lost"
    """Its runner died."""
    REPLACED = "replaced"
    """A cold resume ended it."""


LIVE = frozenset({RunStatus.RESUMING, RunStatus.PENDING, RunStatus.RUNNING})
"""The stored statuses of runs that have not ended."""
REPORTED = frozenset(
    {RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.CANCELED, RunStatus.INTERRUPTED}
)
"""The statuses with which a runner may end its run."""


class RunProcess(Wire, frozen=True, kw_only=True):
    """The process that works for a run. Only with its boot and start time a pid means one."""

    host: str
    boot_id: str
    pid: int
    pid_start: int
    """Clock ticks from the boot to its start."""
    pid_namespace: int = 0


class WorkflowRun(Wire, frozen=True, kw_only=True):
    """The record of a run. Times are UTC, ISO 8601 with milliseconds and Z."""

    id: WorkflowRunId
    workflow_id: WorkflowId
    run_id: int
    """The number of the run: starts and hot resumes continue it, cold resumes begin the next."""
    kind: str
    """`start`, `hot_resume` or `cold_resume`."""
    status: str
    """`resuming`, `pending`, `running`, `stalled`; then `completed`, `failed`, `canceled`,
    `interrupted`, `lost` or `replaced`."""
    user: str
    process: RunProcess | None = None
    compute_node_id: ComputeNodeId | None = None
    created_at: str
    heartbeat_at: str
    """The latest heartbeat: each exchange of its runner is one."""
    heartbeat_interval: float = stated(HEARTBEAT_INTERVAL_S)
    """Seconds between two heartbeats, at the most."""
    report_by_buffer: float = stated(REPORT_BY_BUFFER)
    """After so many intervals without a heartbeat the run is stalled."""
    ended_at: str | None = None
    exit_code: int | None = None
    reason: str | None = None
    """Why it ended, in words."""


class StartRequest(Wire, frozen=True, kw_only=True):
    """A request to start a workflow, unless it is started already."""

    user: str
    process: RunProcess | None = None
    key: str | None = None
    """A name that the client has made up: the same request again gets the same run."""
    heartbeat_interval: float | None = None
    """Seconds between two heartbeats, at the most; otherwise the server's timer."""
    report_by_buffer: float | None = None
    """After so many intervals without a heartbeat the run is stalled; otherwise once its runner is
    suspect by the server's timers."""
    file_times: dict[FileId, float] = stated({})
    """Times of last modification of files, by id, for a workflow that is yet to be initialized."""
    keeps_terminated: bool = False
    """Terminated jobs stay as they are. A resume has all of them run again."""


class StartReply(Wire, frozen=True, kw_only=True):
    """The outcome of a request to start a workflow."""

    run: WorkflowRun
    is_new: bool
    """Whether this request initialized the workflow; else it was started already."""
    resumed_jobs: int = stated(0)
    """How many terminated jobs, with all that was canceled because of them, run again."""


class ResumeRequest(StartRequest, frozen=True, kw_only=True):
    """A request to resume a workflow: everything that has not completed runs again."""

    kind: RunKind
    """`hot_resume` or `cold_resume`."""
    age_seconds: float = stated(0.0)
    """How long ago the user asked for it: another resume since then wins."""
    force_cleanup: bool = stated(False)
    """Give up the attempts that do not answer; their late results are refused."""
    gone_run_ids: list[WorkflowRunId] = stated([])
    """Runs whose processes the client knows to be gone."""


class ResumeReply(Wire, frozen=True, kw_only=True):
    """The outcome of a request to resume a workflow.

    While jobs of earlier runs have not ended, the client sends the request again.
    """

    run: WorkflowRun
    waiting_jobs: int = stated(0)
    """How many jobs are to end before a cold resume begins; 0 once it has begun."""
    settled_jobs: int = stated(0)
    """How many jobs were given up by `force_cleanup`."""
    resumed_jobs: int = stated(0)
    """How many jobs run again, once it has begun."""


class WorkflowRunPatch(Wire, frozen=True, kw_only=True):
    """What the runner of a run reports: that it has begun, or how it ended."""

    status: RunStatus
    """`running`, `completed`, `failed`, `canceled` or `interrupted`."""
    process: RunProcess | None = None
    compute_node_id: ComputeNodeId | None = None
    exit_code: int | None = None
    reason: str | None = None
