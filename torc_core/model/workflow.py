"""Workflows and their status."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from torc_core.model.execution import EXPIRATION_BUFFER_S
from torc_core.model.ids import FileId, JobId, UserDataId, WorkflowId
from torc_core.model.wire import JsonText, Wire, stated

MAX_ITERATIONS = 999_999
"""The most that `DynamicJobs.max_iterations` may be."""


class SortMethod(StrEnum):
    """The order in which ready jobs of one priority are claimed."""

    NONE = "none"
    """By id."""
    GPUS_RUNTIME_MEMORY = "gpus_runtime_memory"
    """Those that need most GPUs first; then by runtime, then by memory."""
    GPUS_MEMORY_RUNTIME = "gpus_memory_runtime"


class DynamicJobs(Wire, frozen=True, kw_only=True):
    """Limits of jobs that add jobs to their workflow."""

    max_iterations: int | None = None
    """The most calls of `spawn_jobs` per lineage; by default 1,000."""


class Workflow(Wire, frozen=True, kw_only=True):
    """A workflow and its settings.

    The defaults are those that the reference stores; it names no unit other than the one in a
    field's name.
    """

    id: WorkflowId | None = None
    name: str
    user: str
    description: str | None = None
    timestamp: str | None = None
    """When it was created: UTC, ISO 8601 with milliseconds and Z, set by the server."""
    project: str | None = None
    metadata: JsonText = None
    compute_node_expiration_buffer_seconds: int = stated(EXPIRATION_BUFFER_S)
    compute_node_wait_for_new_jobs_seconds: int = stated(90)
    compute_node_ignore_workflow_completion: bool = stated(False)
    compute_node_wait_for_healthy_database_minutes: int = stated(20)
    compute_node_min_time_for_new_jobs_seconds: int = stated(300)
    jobs_sort_method: str = stated("gpus_runtime_memory")
    """`none`, `gpus_runtime_memory` or `gpus_memory_runtime`; a newer server may know more."""
    resource_monitor_config: JsonText = None
    slurm_defaults: JsonText = None
    execution_config: JsonText = None
    """See `ExecutionConfig`; members that it does not know are kept."""
    use_pending_failed: bool = stated(False)
    env: dict[str, str] | None = None
    """Environment variables of all its jobs."""
    dynamic_jobs: DynamicJobs | None = None
    enable_ro_crate: bool | None = False
    """Whether clients record provenance as they run it: see `RoCrateEntity`."""
    submission_directory: str | None = None
    """The directory it was submitted from: an absolute path on the submitter's machine."""
    status_id: WorkflowId | None = None
    run_id: int | None = None
    """The current run. Set by the server; 0 until the first run is started."""
    is_archived: bool | None = None
    is_canceled: bool | None = None
    access_groups: list[str] | None = None
    """Names of the groups that it is shared with; set at its creation, read-only afterwards."""
    job_counts: dict[str, int] | None = None
    """Jobs by status, present when a list asks for it with `include_job_counts`."""


class WorkflowPatch(Wire, frozen=True, kw_only=True):
    """The fields of a workflow to change; omitted and null fields keep their values."""

    name: str | None = None
    user: str | None = None
    description: str | None = None
    project: str | None = None
    metadata: JsonText = None
    compute_node_expiration_buffer_seconds: int | None = None
    compute_node_wait_for_new_jobs_seconds: int | None = None
    compute_node_ignore_workflow_completion: bool | None = None
    compute_node_wait_for_healthy_database_minutes: int | None = None
    compute_node_min_time_for_new_jobs_seconds: int | None = None
    jobs_sort_method: str | None = None
    resource_monitor_config: JsonText = None
    slurm_defaults: JsonText = None
    execution_config: JsonText = None
    use_pending_failed: bool | None = None
    env: dict[str, str] | None = None
    enable_ro_crate: bool | None = None


class ArchiveRequest(Wire, frozen=True, kw_only=True):
    """Whether a workflow is to be archived: hidden, and refused to run."""

    is_archived: bool


class WorkflowStatus(Wire, frozen=True, kw_only=True):
    """The status of a workflow: what the 0.12 generation reads and what the 0.35 generation reads.

    `id` is the workflow's id. The aggregate fields are absent in a request.
    """

    id: WorkflowId | None = None
    is_canceled: bool
    is_archived: bool = stated(False)
    run_id: int
    """0 until the first initialization; each new run adds one."""
    has_detected_need_to_run_completion_script: bool = stated(False)
    is_complete: bool | None = None
    workflow_id: WorkflowId | None = None
    workflow_name: str | None = None
    workflow_user: str | None = None
    total_jobs: int | None = None
    jobs_by_status: dict[str, int] | None = None
    """All eleven statuses, zeros included."""
    active_compute_nodes: int | None = None
    pending_scheduled_nodes: int | None = None
    active_scheduled_nodes: int | None = None
    total_exec_time_minutes: float | None = None
    walltime_seconds: float | None = None


class IsComplete(Wire, frozen=True, kw_only=True):
    """Whether all jobs of a workflow have completed, or it was canceled."""

    is_canceled: bool
    is_complete: bool
    needs_to_run_completion_script: bool = stated(False)


class ResetJobStatusReply(Wire, frozen=True, kw_only=True):
    """How many jobs were reset."""

    workflow_id: WorkflowId
    updated_count: int
    status: str
    reset_type: str | None = None


class ResetJobsRequest(Wire, frozen=True, kw_only=True):
    """Jobs of one workflow, to be reset, and what their client has seen of its files."""

    job_ids: list[JobId]
    file_times: dict[FileId, float | None] = stated({})
    """When files were modified last, in seconds since 1970; null for those that are gone."""


class InputChange(Wire, frozen=True, kw_only=True):
    """What has changed of one job since it was initialized."""

    job_id: JobId
    command: bool = stated(False)
    """Its command."""
    user_data: bool = stated(False)
    """The value of user data that it reads and no job writes."""
    user_data_ids: list[UserDataId] = stated([])
    """Which of them; empty if it reads more than eight."""


class ChangedJobs(Wire, frozen=True, kw_only=True):
    """Names of the jobs whose inputs changed, and of all their dependents."""

    reinitialized_jobs: list[str]
    changes: list[InputChange] | None = None
    """The jobs whose own inputs changed. A job that is not listed has another script, other
    environment variables or dependencies, or was initialized by an older server. The reference's
    server does not say it."""


class Message(Wire, frozen=True, kw_only=True):
    """A message from the server, with counts."""

    message: str
    count: int | None = None
    deleted_count: int | None = None


class Version(Wire, frozen=True, kw_only=True):
    """The server's version, and what it offers beyond the reference's protocol."""

    version: str
    api_version: str
    git_hash: str | None = None
    capabilities: list[str] = stated([])


EXCHANGE = "exchange"
"""The capability of serving `POST /compute_nodes/{id}/exchange`."""
BULK_RECORDS = "bulk_records"
"""The capability of serving `POST /bulk_files` and `POST /bulk_user_data`."""
BULK_RESULTS = "bulk_results"
"""The capability of serving `POST /bulk_results`."""
BATCH_REFERENCES = "batch_references"
"""The capability of `POST /bulk_jobs` to let a job depend on others of the same request: -1 stands
for the first job of the request, -2 for the second."""
WORKFLOW_RUNS = "workflow_runs"
"""The capability of starting and resuming workflows in one call each, and of keeping records of
their runs."""
TOKEN_IN_PATH = "token_in_path"  # noqa: S105 - a name
"""The capability of taking the server's token before the path, as `/token/TOKEN`: for clients that
can only be given an address."""
RESET_JOBS = "reset_jobs"
"""The capability of serving `POST /workflows/{id}/reset_jobs`."""
ACTION_ENDS = "action_ends"
"""The capability of `POST /workflows/{id}/actions/{id}/complete`."""
ALLOCATION_KEYS = "allocation_keys"
"""The capability of keeping the `request_key` of allocations."""
ASSIGN_SCHEDULER = "assign_scheduler"
"""The capability of serving `POST /workflows/{id}/assign_scheduler`, and of withdrawing actions."""
RECOVERIES = "recoveries"
"""The capability of keeping records of recoveries: `POST /recoveries` and what follows."""
JOB_GROUPS = "job_groups"
"""The capability of serving `GET /workflows/{id}/job_groups`, and lists of the jobs of a group."""
EXCLUDES = "excludes"
"""The capability of leaving out of lists what a filter matches: their parameter `excludes`."""
CHANGE_JOBS = "change_jobs"
"""The capability of serving `POST /workflows/{id}/change_jobs`."""

IDEMPOTENCY_KEYS = "idempotency_keys"
"""The capability of knowing a request that changes something by its header `Idempotency-Key`: it is
carried out once, and a repetition gets the same reply."""


class ApiError(Wire, frozen=True, kw_only=True):
    """The body of an error, in the reference's shape."""

    error: Any = None
    errorNum: int | None = None  # noqa: N815 - the reference's name
    errorMessage: str | None = None  # noqa: N815 - the reference's name
    code: int | None = None


class Health(Wire, frozen=True, kw_only=True):
    """How a server that answers is; what is fine is not said."""

    status: str
    """`ok`: it answers."""
    database: str = "ok"
    """`ok`, `full`, `read-only`, `locked`, `missing`, `failing`, `damaged`, or before it comes to
    that: `low` (little space is left) or `journal` (the write-ahead log has grown large)."""
    problem: str = ""
    """A sentence, if the database is not `ok`."""
    hint: str = ""
    """What to do about it."""
