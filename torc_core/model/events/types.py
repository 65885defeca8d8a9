"""What the server records as events: one class for each, with the data that it carries.

Clients may record events of their own under any type; these are the ones they can rely on.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from torc_core.model.events.commands import (
    ActionAbandoned,
    ActionCompleted,
    ActionExecuted,
    ActionFailed,
    ActionReleased,
    RecoveryScriptCompleted,
    RecoveryScriptFailed,
)
from torc_core.model.events.event import EventType, Severity
from torc_core.model.events.jobs import (
    JobAdopted,
    JobCanceled,
    JobCompleted,
    JobFailed,
    JobLost,
    JobPendingFailed,
    JobReady,
    JobRetried,
    JobsSpawned,
    JobStarted,
    JobTerminated,
    LateResult,
)
from torc_core.model.events.record import EventRecord
from torc_core.model.events.recoveries import (
    RecoveryEnded,
    RecoveryStarted,
    RecoveryStep,
    RecoveryTakenOver,
)
from torc_core.model.ids import (
    AllocationId,
    ComputeNodeId,
    JobId,
    RequirementsId,
    SchedulerId,
    WorkflowRunId,
)
from torc_core.model.status import JobStatus
from torc_core.model.wire import stated

USER_EVENT = "user_event"
"""The type of an event whose data names none."""


class _Initialized(EventRecord, frozen=True, kw_only=True):
    run_id: int
    jobs: int
    """How many jobs became blocked or ready."""
    only_uninitialized: bool
    clear_ephemeral_user_data: bool


class WorkflowStarted(_Initialized, frozen=True, kw_only=True):
    """A workflow was initialized for the first time."""

    event_type = EventType.WORKFLOW_STARTED
    sentence = "Run {run_id} was initialized; jobs: {jobs}."


class WorkflowReinitialized(_Initialized, frozen=True, kw_only=True):
    """A workflow was initialized again."""

    event_type = EventType.WORKFLOW_REINITIALIZED
    sentence = "Run {run_id} was initialized again; jobs: {jobs}."


class WorkflowCanceled(EventRecord, frozen=True, kw_only=True):
    """A workflow was canceled, and with it the jobs that were claimed or running."""

    event_type = EventType.WORKFLOW_CANCELED
    severity = Severity.WARNING
    sentence = "The workflow was canceled; claimed or running jobs: {jobs}."

    category: str = stated("workflow_canceled")
    run_id: int
    jobs: int


class WorkflowCompleted(EventRecord, frozen=True, kw_only=True):
    """All jobs of a workflow are complete, whatever their outcomes."""

    event_type = EventType.WORKFLOW_COMPLETED
    sentence = "No job of run {run_id} is left to run."

    run_id: int


class _Reset(EventRecord, frozen=True, kw_only=True):
    event_type = EventType.WORKFLOW_RESET
    severity = Severity.WARNING

    category: str = stated("user_action")


class JobsReset(_Reset, frozen=True, kw_only=True):
    """Jobs were reset, all of them or those that were unsuccessful and their dependents."""

    sentence = "Jobs were reset: {jobs}."

    action: str = stated("reset_job_status")
    failed_only: bool
    jobs: int
    run_id: int


class ChosenJobsReset(_Reset, frozen=True, kw_only=True):
    """The jobs named in a request were reset, without their dependents."""

    sentence = "Chosen jobs were reset: {jobs}."

    action: str = stated("reset_jobs")
    failed_only: bool = stated(False)
    jobs: int
    run_id: int


class ChangedJobsReset(_Reset, frozen=True, kw_only=True):
    """Jobs whose inputs changed were reset, with their dependents."""

    sentence = "Jobs were reset because inputs changed: {jobs}."

    action: str = stated("process_changed_job_inputs")
    jobs: int
    run_id: int


class WorkflowStatusReset(_Reset, frozen=True, kw_only=True):
    """The cancellation of a workflow was withdrawn, or a new run begun."""

    sentence = "The status of the workflow was reset; it is at run {run_id}."

    action: str = stated("reset_workflow_status")
    force: bool
    run_id: int


class _Run(EventRecord, frozen=True, kw_only=True):
    workflow_run_id: WorkflowRunId
    kind: str
    run_id: int


class RunStarted(_Run, frozen=True, kw_only=True):
    """The workflow was started or resumed."""

    event_type = EventType.RUN_STARTED
    sentence = "Run record {workflow_run_id} began ({kind}) for {user}; jobs made to run: {jobs}."

    user: str
    hostname: str | None
    jobs: int
    """How many jobs it made blocked or ready."""


class RunEnded(_Run, frozen=True, kw_only=True):
    """The runner of a start or resume has ended, or is taken for dead."""

    event_type = EventType.RUN_ENDED
    sentence = "Run record {workflow_run_id} ended: {status}."

    status: str
    exit_code: int | None
    reason: str | None


class CountersCorrected(EventRecord, frozen=True, kw_only=True):
    """`torc-server check --repair` corrected counters of a database that was damaged."""

    event_type = EventType.COUNTERS_CORRECTED
    severity = Severity.WARNING
    sentence = "Counters of dependencies were wrong and have been corrected: {counters}."

    counters: int


class ComputeNodeStarted(EventRecord, frozen=True, kw_only=True):
    """A runner registered its node, or is back after a silence longer than its lease."""

    event_type = EventType.COMPUTE_NODE_STARTED
    sentence = "Node {compute_node_id} started on {hostname}."

    compute_node_id: ComputeNodeId
    hostname: str
    compute_node_type: str


class ComputeNodeStopped(EventRecord, frozen=True, kw_only=True):
    """A node was deregistered, or was silent for too long: then `reason` and `jobs` say so."""

    event_type = EventType.COMPUTE_NODE_STOPPED
    sentence = "Node {compute_node_id} on {hostname} stopped."

    compute_node_id: ComputeNodeId
    hostname: str
    compute_node_type: str | None = None
    reason: str | None = None
    jobs: int | None = None
    """How many of its jobs are ready again."""


class ComputeNodeSuspected(EventRecord, frozen=True, kw_only=True):
    """A runner should have reported by now. Its jobs stay with it until it is lost."""

    event_type = EventType.COMPUTE_NODE_SUSPECTED
    severity = Severity.WARNING
    sentence = (
        "Nothing was heard of node {compute_node_id} on {hostname} for {silent_seconds} seconds."
    )

    compute_node_id: ComputeNodeId
    hostname: str
    silent_seconds: int


class ComputeNodeHeard(EventRecord, frozen=True, kw_only=True):
    """A runner that was suspect has reported."""

    event_type = EventType.COMPUTE_NODE_HEARD
    sentence = "Node {compute_node_id} on {hostname} reports again."

    compute_node_id: ComputeNodeId
    hostname: str


class SchedulerNodeCreated(EventRecord, frozen=True, kw_only=True):
    """An allocation was requested from a scheduler."""

    event_type = EventType.SCHEDULER_NODE_CREATED
    sentence = "Allocation {scheduler_id} was requested from {scheduler_type}."

    scheduled_compute_node_id: AllocationId
    scheduler_id: int
    scheduler_config_id: SchedulerId
    scheduler_type: str
    status: str


class _UserAction(EventRecord, frozen=True, kw_only=True):
    event_type = EventType.USER_ACTION

    category: str = stated("user_action")


class JobStatusSet(_UserAction, frozen=True, kw_only=True):
    """The status of a job was set by hand."""

    sentence = "Job {job_name} ({job_id}) was set to {status}."

    action: str = stated("manage_status_change")
    job_id: JobId
    job_name: str
    status: JobStatus


class JobDisabled(_UserAction, frozen=True, kw_only=True):
    """A job was disabled."""

    sentence = "Job {job_name} ({job_id}) was disabled."

    action: str = stated("disable_job")
    job_id: JobId
    job_name: str


class JobDeleted(_UserAction, frozen=True, kw_only=True):
    """A job was deleted."""

    sentence = "Job {job_name} ({job_id}) was deleted."

    action: str = stated("delete_job")
    job_id: JobId
    job_name: str


class WorkflowArchived(_UserAction, frozen=True, kw_only=True):
    """A workflow was archived, or taken out of the archive."""

    action: str = stated("archive_workflow")
    is_archived: bool

    def said(self, _nodes: Mapping[int, str]) -> str:
        """Return what happened."""
        return f"The workflow was {'archived' if self.is_archived else 'unarchived'}."


class ResourceRequirementsUpdated(EventRecord, frozen=True, kw_only=True):
    """Resource requirements changed: jobs may fit now that did not before."""

    event_type = EventType.USER_ACTION
    sentence = "Resource requirements {resource_requirements_id} were updated."

    action: str = stated("update_resource_requirements")
    resource_requirements_id: RequirementsId
    run_id: int
    """The run in which they changed: attempts of later ones had what they state now."""


EVENT_RECORDS: tuple[type[EventRecord], ...] = (
    WorkflowStarted,
    WorkflowReinitialized,
    WorkflowCanceled,
    WorkflowCompleted,
    JobsReset,
    ChosenJobsReset,
    ChangedJobsReset,
    WorkflowStatusReset,
    JobStarted,
    JobCompleted,
    JobFailed,
    JobCanceled,
    JobTerminated,
    JobPendingFailed,
    JobRetried,
    JobReady,
    JobLost,
    JobAdopted,
    LateResult,
    RecoveryScriptCompleted,
    RecoveryScriptFailed,
    JobsSpawned,
    RunStarted,
    RunEnded,
    CountersCorrected,
    RecoveryStarted,
    RecoveryStep,
    RecoveryTakenOver,
    RecoveryEnded,
    ComputeNodeStarted,
    ComputeNodeStopped,
    ComputeNodeSuspected,
    ComputeNodeHeard,
    SchedulerNodeCreated,
    ActionExecuted,
    ActionCompleted,
    ActionFailed,
    ActionAbandoned,
    ActionReleased,
    JobStatusSet,
    JobDisabled,
    JobDeleted,
    WorkflowArchived,
    ResourceRequirementsUpdated,
)

EVENT_SEVERITY: Mapping[str, Severity] = {
    record.event_type: record.severity for record in EVENT_RECORDS
}
"""The severity of each type of event that the server records."""


def action_of(record: type[EventRecord]) -> str | None:
    """Return the `action` by which records of one type differ, if they do."""
    for field in msgspec.structs.fields(record):
        if field.name == "action" and callable(field.default_factory):
            return str(field.default_factory())
    return None


RECORDS_BY_KEY: Mapping[tuple[str, str | None], type[EventRecord]] = {
    (record.event_type, action_of(record)): record for record in EVENT_RECORDS
}
"""Every record by its type and its action."""
