"""A workflow file after expansion: concrete jobs that refer to each other by index.

Everything is checked and resolved; nothing here knows the file, its format or the server. An index
counts from 0 in the list of its kind: `depends_on` in `jobs`, `input_files` in `files`, and so on.
Jobs whose lists are equal share one tuple, so a thousand jobs that wait for the same thousand jobs
cost two thousand entries and not a million.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from torc_core import graph
from torc_core.model.execution import ExecutionConfig, Stdio
from torc_core.model.job import OnLost
from torc_core.model.resources import FailureRule
from torc_core.model.workflow import DynamicJobs

Indices = tuple[int, ...]
"""Positions in a list of the workflow, ascending and without repetition."""


class WorkflowSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What a file says about the workflow as a whole; None where it says nothing."""

    name: str
    user: str | None = None
    description: str | None = None
    project: str | None = None
    metadata: dict[str, Any] | None = None
    compute_node_expiration_buffer_seconds: int | None = None
    compute_node_wait_for_new_jobs_seconds: int | None = None
    compute_node_ignore_workflow_completion: bool | None = None
    compute_node_wait_for_healthy_database_minutes: int | None = None
    compute_node_min_time_for_new_jobs_seconds: int | None = None
    jobs_sort_method: str | None = None
    resource_monitor: dict[str, Any] | None = None
    """enabled, granularity ("summary" or "time_series"), sample_interval_seconds and
    generate_plots, all four present."""
    slurm_defaults: dict[str, Any] | None = None
    """sbatch long options without the leading dashes."""
    use_pending_failed: bool | None = None
    env: dict[str, str] | None = None
    dynamic_jobs: DynamicJobs | None = None
    execution_config: ExecutionConfig | None = None


class ExpandedJob(msgspec.Struct, frozen=True, kw_only=True):
    """One job, with paths in place of its file references."""

    name: str
    command: tuple[str | int, ...]
    """Text, and the index of a user data record where the record's id belongs."""
    invocation_script: str | None = None
    cancel_on_blocking_job_failure: bool = True
    supports_termination: bool = False
    on_lost: OnLost | None = None
    priority: int = 0
    env: dict[str, str] | None = None
    stdio: Stdio | None = None
    """In place of that of the workflow's `execution_config`."""
    resource_requirements: int | None = None
    failure_handler: int | None = None
    scheduler: str | None = None
    """The name of an entry of `slurm_schedulers`."""
    depends_on: Indices = ()
    """Jobs named as dependencies; those that follow from files and user data are not in here."""
    input_files: Indices = ()
    output_files: Indices = ()
    input_user_data: Indices = ()
    output_user_data: Indices = ()

    def render_command(self, user_data_ids: Sequence[int]) -> str:
        """Return the command to run.

        Args:
            user_data_ids: The id of each record of the workflow's `user_data`, in that order.
        """
        return "".join(
            part if isinstance(part, str) else str(user_data_ids[part]) for part in self.command
        )


class JobEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the file, which one or more jobs are expanded from."""

    name: str
    """As it is written, with its parameters in braces."""
    num_jobs: int
    """They follow each other in the list of jobs, in the order of the entries."""
    resource_requirements: str | None = None
    """The name as it is written; the requirements of its jobs differ if parameters are in it."""


class ExpandedFile(msgspec.Struct, frozen=True):
    """A file that jobs read or write.

    The path is as written, with variables and home directories filled in; a relative one starts
    where jobs run.
    """

    name: str
    path: str


class ExpandedUserData(msgspec.Struct, frozen=True):
    """A record of user data with its initial value."""

    name: str
    data: Any = None
    is_ephemeral: bool = False


class ExpandedResourceRequirements(msgspec.Struct, frozen=True, kw_only=True):
    """What a job needs; memory such as "2g" and runtime as an ISO 8601 duration, both checked."""

    name: str
    num_cpus: int
    memory: str
    num_gpus: int = 0
    num_nodes: int = 1
    runtime: str = "PT1H"


class ExpandedFailureHandler(msgspec.Struct, frozen=True):
    """Rules in the order in which they are tried."""

    name: str
    rules: tuple[FailureRule, ...]


class ExpandedSlurmScheduler(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of Slurm allocation; an account left out is that of `slurm_defaults`."""

    name: str
    account: str
    partition: str | None = None
    nodes: int = 1
    walltime: str = "01:00:00"
    """Slurm's notation, such as "04:00:00" or "2-00:00:00"."""
    mem: str | None = None
    gres: str | None = None
    qos: str | None = None
    ntasks_per_node: int | None = None
    tmp: str | None = None
    extra: str | None = None


class ExpandedAction(msgspec.Struct, frozen=True, kw_only=True):
    """Something to do when the workflow or a set of jobs reaches a state."""

    trigger_type: str
    action_type: str
    jobs: Indices | None = None
    """The jobs that it names. A trigger on jobs that names none is never due; for the others they
    only say whom it is for."""
    commands: tuple[str, ...] = ()
    scheduler: int | None = None
    """An index in `slurm_schedulers`; None for `run_commands` and for scheduler type "local"."""
    scheduler_type: str | None = None
    num_allocations: int | None = None
    start_one_worker_per_node: bool | None = None
    max_parallel_jobs: int | None = None
    persistent: bool = False


class ExpandedWorkflow(msgspec.Struct, frozen=True, kw_only=True):
    """A whole workflow, ready to be created on a server."""

    settings: WorkflowSettings
    jobs: tuple[ExpandedJob, ...]
    job_entries: tuple[JobEntry, ...] = ()
    """The entries of the file that these jobs are expanded from."""
    files: tuple[ExpandedFile, ...] = ()
    user_data: tuple[ExpandedUserData, ...] = ()
    resource_requirements: tuple[ExpandedResourceRequirements, ...] = ()
    failure_handlers: tuple[ExpandedFailureHandler, ...] = ()
    slurm_schedulers: tuple[ExpandedSlurmScheduler, ...] = ()
    actions: tuple[ExpandedAction, ...] = ()
    warnings: tuple[str, ...] = ()
    """Remarks on what is allowed and probably not meant, each with its place in the file."""
    notes: tuple[str, ...] = ()
    """How paths with variables or home directories were resolved, each with its place."""

    @property
    def name(self) -> str:
        """The workflow's name."""
        return self.settings.name

    def dependencies(self) -> list[Indices]:
        """Return for each job all jobs it waits for, also those through files and user data."""
        return graph.all_dependencies(
            [job.depends_on for job in self.jobs],
            [
                ([job.input_files for job in self.jobs], [job.output_files for job in self.jobs]),
                (
                    [job.input_user_data for job in self.jobs],
                    [job.output_user_data for job in self.jobs],
                ),
            ],
        )
