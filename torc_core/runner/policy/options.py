"""The settings of one runner."""

from __future__ import annotations

from typing import Any

import msgspec

from torc_core.model.compute import SchedulerType
from torc_core.model.execution import GRACE_S
from torc_core.model.ids import ComputeNodeId, SchedulerId, WorkflowId, WorkflowRunId
from torc_core.runner.policy.commands.step_site import StepSite


class RunnerOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of one runner. None means what the machine has or the workflow says."""

    workflow_id: WorkflowId
    workflow_run_id: WorkflowRunId | None = None
    """The record of the run at the server, if it keeps one."""
    output_dir: str = "output"
    """Where logs of jobs and of the runner go; relative to the working directory."""
    max_parallel_jobs: int | None = None
    """Run so many jobs at once, regardless of their requirements; None packs by resources."""
    num_cpus: int | None = None
    memory_gb: float | None = None
    """Gibibytes."""
    num_gpus: int | None = None
    num_nodes: int = 1
    time_limit_s: float | None = None
    """How long this runner may run, in seconds; then it stops its jobs and shuts down."""
    end_time: float | None = None
    """When the machine is taken away, in seconds since 1970. The runner stops its jobs earlier, by
    the workflow's `compute_node_expiration_buffer_seconds`."""
    log_level: str = "info"
    """The least severe level that is logged: error, warn, info, debug or trace."""
    poll_interval_s: float = 5.0
    """How long the server may hold a long poll without news; nothing waits for it to elapse."""
    grace_s: float = GRACE_S
    """From SIGTERM to SIGKILL, for jobs with `supports_termination`."""
    final_report_s: float = 30.0
    """How long a runner that was asked to stop waits for the server to acknowledge the results."""
    cpu_affinity: bool = False
    """Give each job CPUs of its own: as many as it needs, or with `max_parallel_jobs` an equal
    share of all."""
    limit_resources: bool | None = None
    """Stop jobs that exceed the runtime or memory of their requirements; None: as the workflow's
    `execution_config` says, else no.

    Off by default, because the reference observes and reports such jobs, and lets them complete:
    workflows in use understate what they need.
    The requirements named "default" (1 MiB, 1 minute) are never enforced: no user stated them.
    """
    log_path: str | None = None
    """The log, which is added to; None for a new one in the output directory."""
    share_logs: bool = False
    """Create logs as the umask says; otherwise only their owner may read them."""
    compute_node_type: SchedulerType = SchedulerType.LOCAL
    scheduler_config_id: SchedulerId | None = None
    scheduler: Any = None
    strict_scheduler_match: bool = False
    replaces: tuple[ComputeNodeId, ...] = ()
    """Nodes of the allocation that this runner is in, from before Slurm has started it again: their
    runners are dead, and their jobs run again."""
    cares: bool = False
    """Only look after the jobs of a dead runner, until the next one takes them over."""
    wait_for_new_jobs_s: float | None = None
    """How long to stay without anything to run; None: as the workflow says."""
    wait_for_server_s: float | None = None
    """How long to stay without a server and without work; None: as the workflow says."""
    steps: StepSite | None = None
    """Where jobs can be steps of a Slurm allocation, if the workflow wants that."""
    access_file: str | None = None
    """The file that says where the server is, for a runner that found it by one."""
