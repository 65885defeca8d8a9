"""What a runner is told before it starts."""

from __future__ import annotations

from typing import Any

import msgspec


class RunnerOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of one runner. What is None is found out from the machine or the workflow."""

    workflow_id: int
    output_dir: str = "output"
    """Where logs of jobs and of the runner go; relative to the working directory."""
    max_parallel_jobs: int | None = None
    """Run so many jobs at once, whatever they require; None packs by resources."""
    num_cpus: int | None = None
    memory_gb: float | None = None
    """Gibibytes."""
    num_gpus: int | None = None
    num_nodes: int = 1
    time_limit_s: float | None = None
    """How long this runner may run, in seconds; then it ends its jobs and leaves."""
    end_time: float | None = None
    """When the machine is taken away, in seconds since 1970. The runner ends its jobs earlier by
    the workflow's `compute_node_expiration_buffer_seconds`."""
    log_level: str = "info"
    """What the runner's log holds at least: error, warn, info, debug or trace."""
    poll_interval_s: float = 5.0
    """The longest wait without news from the server. Nothing waits for it to elapse."""
    grace_s: float = 30.0
    """From SIGTERM to SIGKILL, for jobs with `supports_termination`."""
    limit_resources: bool = False
    """End jobs that exceed the runtime or memory of their requirements.

    Off by default, because the reference only observes them and specs in use understate them.
    The requirements named "default" (1 MiB, 1 minute) are nobody's wish and never enforced.
    """
    log_path: str | None = None
    """The log; None for the documented name in the output directory."""
    compute_node_type: str = "local"
    scheduler_config_id: int | None = None
    scheduler: Any = None
    strict_scheduler_match: bool = False
    wait_for_new_jobs_s: float | None = None
    """How long to stay without anything to run; the workflow says, if None."""
    wait_for_server_s: float | None = None
    """How long to stay without a server and without work; the workflow says, if None."""
