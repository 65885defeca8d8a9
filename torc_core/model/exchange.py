"""The batch protocol between our runner and our server: one call carries everything.

`POST /compute_nodes/{id}/exchange` reports starts and completions, releases jobs, claims others
and, if none is ready, waits for news. Servers without it get the reference's single calls. The
capability is named by `GET /version`.
"""

from __future__ import annotations

from enum import StrEnum

from torc_core.model.compute import ComputeNodesResources
from torc_core.model.ids import ComputeNodeId, FileId, JobId
from torc_core.model.job import Job
from torc_core.model.records.timers import RunnerTimers
from torc_core.model.resources import FailureRule
from torc_core.model.status import JobStatus
from torc_core.model.wire import Wire, stated


class JobStart(Wire, frozen=True, kw_only=True):
    """An attempt whose process has started."""

    job_id: JobId
    token: int
    start_time: str
    """UTC, ISO 8601 with milliseconds and Z."""


class RecoveryEnd(Wire, frozen=True, kw_only=True):
    """How the recovery script of a failed attempt ended."""

    return_code: int
    """126 if it could not be started."""
    duration_seconds: float


class JobEnd(Wire, frozen=True, kw_only=True):
    """A completed attempt, started or not."""

    job_id: JobId
    token: int
    status: JobStatus
    return_code: int
    exec_time_minutes: float
    completion_time: str
    """UTC, ISO 8601 with milliseconds and Z."""
    start_time: str | None = None
    peak_memory_bytes: int | None = None
    avg_memory_bytes: int | None = None
    peak_cpu_percent: float | None = None
    avg_cpu_percent: float | None = None
    retry: bool = False
    """Record this result and make the job ready for its next attempt; not if `interrupted`."""
    interrupted: bool = False
    """With `terminated`: its runner had to stop it, through no fault of the job. Its dependents
    wait, and the next start of the workflow resumes it."""
    output_file_mtimes: dict[FileId, float] = stated({})
    """Modification times of the files that the job wrote, by file id."""
    recovery: RecoveryEnd | None = None
    """If a recovery script ran after it."""


class JobRelease(Wire, frozen=True, kw_only=True):
    """A claimed job that a runner releases: it is ready again, for a new attempt."""

    job_id: JobId
    token: int
    is_lost: bool = False
    """It had started, and was ended because the guard was gone that would have known how it ends.
    Such an attempt has a result with return code -128, and too many of them fail the job.
    Otherwise it was not started."""


class WorkRequest(Wire, frozen=True, kw_only=True):
    """What the runner could claim now."""

    resources: ComputeNodesResources
    """The free resources."""
    max_jobs: int
    """The most jobs to claim. With `by_resources` false nothing else limits them."""
    by_resources: bool = True
    queue_ahead: int = 0
    """How many more jobs to claim ahead of a free slot: each fits the whole node, and `max_jobs`
    does not count them. For very short jobs, where a round trip would leave a slot idle."""
    node: ComputeNodesResources | None = None
    """The whole node; required with `queue_ahead`."""
    sort_method: str = "none"
    """A sort method, as in `jobs_sort_method` of a workflow."""
    strict_scheduler_match: bool = False
    asks_outlook: bool = False
    """The runner has nothing to run: the reply has an `outlook` if it has no job either, and comes
    at once when the outlook is that nothing that is left is for this runner."""
    knows_stuck: bool = False
    """The last outlook said so already, and the runner stays anyway: it is not news."""


class Exchange(Wire, frozen=True, kw_only=True):
    """One exchange: what a runner reports and what it could claim."""

    seq: int
    """Grows by one with each new exchange. The same number again is a retry, because the reply was
    lost, and gets the same reply. A newer exchange ends an older one that waits."""
    starts: list[JobStart] = stated([])
    ends: list[JobEnd] = stated([])
    releases: list[JobRelease] = stated([])
    replaces: list[ComputeNodeId] = stated([])
    """Compute nodes whose runners are dead, and whose jobs this runner has taken over; what it has
    not reported as started is ready again; in an allocation, also what they had to stop. They are
    inactive from then on."""
    returns: bool = False
    """The answer to `is_lost`: all attempts that run here were reported as started, by now. The
    node is active again, and `kill` names those of them that this runner does not hold any more."""
    work: WorkRequest | None = None
    schedules_nodes: bool = False
    """Whether this runner can request nodes, so that due `schedule_nodes` actions are news."""
    awaits_actions: bool = False
    """Due actions are news, as the runner knows of none. One that has got some asks again
    once it has executed them."""
    boot_id: str | None = None
    """Names the present run of the runner's machine, in its first exchange. Once another one is
    seen on a host, runners from before are gone."""
    asks_timers: bool = False
    """The reply has the server's `timers`."""
    wait_seconds: float = 0.0
    """How long to wait for work, or for the completion of the workflow, when there is neither."""


class Shutdown(StrEnum):
    """How a runner is asked to exit."""

    DRAIN = "drain"
    """Claim nothing more, and exit when the running jobs have completed."""
    STOP = "stop"
    """Stop the running jobs too; they are reported as terminated."""


class OutputFile(Wire, frozen=True, kw_only=True):
    """A file that a job must have written if it ends with return code 0."""

    id: FileId
    path: str


class ClaimedJob(Wire, frozen=True, kw_only=True):
    """A job that this runner has claimed under this token, with everything needed to run it."""

    job: Job
    token: int
    """Grows with each claim of this job; a report with an older token is refused."""
    run_id: int
    num_cpus: int
    num_gpus: int
    num_nodes: int
    memory_bytes: int
    runtime_seconds: int
    output_files: list[OutputFile] = stated([])
    failure_rules: list[FailureRule] = stated([])
    uncounted_attempts: int = 0
    """How many of its attempts `max_retries` does not count: lost with their runners, or
    interrupted."""
    lost_attempts: int = 0
    """How many attempts before this one, in a row and in this run, were released as lost."""

    @property
    def counted_attempt(self) -> int:
        """The number of this attempt among those that count."""
        return self.job.attempt_id - self.uncounted_attempts


class ReportOutcome(StrEnum):
    """What the server makes of a report."""

    OK = "ok"
    DUPLICATE = "duplicate"
    """Known already."""
    FENCED = "fenced"
    """Refused: the job has been claimed again since."""
    UNKNOWN = "unknown"
    """Refused: there is no such job."""
    ILLEGAL = "illegal"
    """Refused: the job is not in a state for it."""


class Outcome(Wire, frozen=True, kw_only=True):
    """What the server made of one reported completion or release."""

    job_id: JobId
    result: str
    """`ok`, `duplicate` (known already), `fenced` (the job has been claimed
    again since), `unknown` (no such job) or `illegal` (the status of the job does not allow it)."""


class Outlook(Wire, frozen=True, kw_only=True):
    """What a runner without a job can expect of the others."""

    holders: int = 0
    """How many other runners hold jobs."""
    silent_seconds: float = 0.0
    """How long the one of these runners was not heard from that has been silent the longest."""
    lease_seconds: float = 0.0
    """How soon that one counts as lost if it stays silent; its jobs are then ready again."""
    is_stuck: bool = False
    """No runner can run what is left, and none holds a job, and no action is due. Jobs are ready,
    but neither this node nor any other that is active or requested can take one; or none is, and
    those that are open were interrupted, or wait for such a job."""
    example: str | None = None
    """The name of a job that is ready, with `is_stuck`."""
    out_of_reach: str | None = None
    """Why none of the open jobs can ever run on this node, whether they are ready, wait, or run
    elsewhere: a sentence that says what the nearest lack. Null if one fits."""
    fits_seconds: float | None = None
    """How soon the last of those that fit no longer does, as too little of the node's time is left;
    null if its time is not limited."""
    interrupted: int = 0
    """If none is ready or held: how many jobs were interrupted with their runner. The next start
    of the workflow makes them ready."""
    undecided: int = 0
    """How many wait then for a decision between retry and failure (`pending_failed`)."""
    uninitialized: int = 0
    """How many wait then for the workflow to be initialized."""

    @property
    def is_hopeless(self) -> bool:
        """Whether nothing that is left is for this runner."""
        return self.is_stuck or self.out_of_reach is not None


class ExchangeReply(Wire, frozen=True, kw_only=True):
    """The reply to an exchange."""

    outcomes: list[Outcome] = stated([])
    """For completions, then releases, in the order of the request."""
    jobs: list[ClaimedJob] = stated([])
    reason: str | None = None
    """Why no job was claimed, naming the nearest miss."""
    outlook: Outlook | None = None
    """If the runner asked for it and got no job."""
    kill: list[JobId] = stated([])
    """Ids of jobs to be stopped: those that were canceled, and those of `starts` that this runner
    does not hold, because they were given to another one."""
    is_lost: bool = False
    """The runner was silent for longer than its lease, and its jobs are ready for others. It gets
    none until it has reported what still runs here, with `returns`: of this it goes on with
    what no other runner was given."""
    timers: RunnerTimers | None = None
    """If the runner asked for them."""
    is_canceled: bool = False
    is_complete: bool = False
    """Whether all jobs have completed."""
    is_successful: bool = False
    """Whether they have all completed with success, but for those that are disabled."""
    has_pending_actions: bool = False
    """Whether actions are due and unclaimed."""
    shutdown: Shutdown | None = None
    """What the runner is asked to do."""
    shutdown_reason: str | None = None
