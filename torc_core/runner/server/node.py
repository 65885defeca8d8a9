"""The compute node of a runner: registered before the first job, deregistered at the end."""

from __future__ import annotations

import os
import sysconfig
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple

import msgspec

from torc_core.client import Address, Feature, TorcClient, every_item
from torc_core.clock import Clock, utc_text
from torc_core.errors import ConflictError, MachineError, NotFoundError, TorcError, UsageError
from torc_core.host.environment import user_environment
from torc_core.host.files import output_files
from torc_core.host.machine import Machine, inspect_machine
from torc_core.host.process import boot_id
from torc_core.model.compute import ComputeNode, ComputeNodePatch, SchedulerType
from torc_core.model.execution import ExecutionConfig, ExecutionMode, read_execution_config
from torc_core.model.ids import WorkflowId, id_of
from torc_core.model.workflow import Workflow
from torc_core.resources import Resources
from torc_core.runner.logs import log
from torc_core.runner.policy import output_paths
from torc_core.runner.policy.commands.step import wants_steps
from torc_core.runner.policy.commands.step_site import StepSite
from torc_core.runner.policy.context import LimitedBy, RunnerContext, gpu_names
from torc_core.runner.policy.limits import stop_deadline
from torc_core.runner.policy.monitoring.sampling import Usage
from torc_core.runner.policy.monitoring.settings import Monitoring, read_monitoring
from torc_core.runner.policy.options import RunnerOptions
from torc_core.runner.policy.resources.affinity import cpus_for_jobs
from torc_core.runner.process.environment import base_environment
from torc_core.runner.process.guard_client import GuardRecord
from torc_core.runner.process.start_errors import find_bash
from torc_core.runner.server.patience import Patience


def register_node(
    client: TorcClient,
    options: RunnerOptions,
    clock: Clock,
    patience: Patience,
    *,
    await_turn: Callable[[], object],
) -> RunnerContext:
    """Prepare the output directory and register this machine as a compute node.

    Args:
        client: The server's.
        options: The runner's.
        clock: The time.
        patience: How long to wait for the server.
        await_turn: Called just before the registration: nodes of one machine are numbered in the
            order in which they adopt.

    Raises:
        TransportError: The server does not answer.
        NotFoundError: No such workflow.
        ConflictError: The workflow is not initialized: that is the caller's decision.
        UsageError: More CPUs are to be given to jobs than there are.
        MachineError: No bash, or an output directory that cannot be created.
    """
    machine = inspect_machine()
    total = offered_resources(options, machine)
    cpus = cpus_for_jobs(options, machine.cpus, total.num_cpus)
    bash = find_bash()
    log_mode = output_files.log_mode(is_shared=options.share_logs)
    output_dir = _create_output_dir(options.output_dir, log_mode)
    workflow, run_id, features = patience.ask(partial(_look_up, client, options))
    has_token_in_path = Feature.TOKEN_IN_PATH in features
    # The registration comes last: after it, the runner can do without answers for a while.
    await_turn()
    node = _register(client, _node(options, workflow, machine, total, clock), patience)
    node_id = id_of(node)
    execution = _execution(workflow)
    return RunnerContext(
        workflow=workflow,
        workflow_id=WorkflowId(options.workflow_id),
        run_id=run_id,
        node_id=node_id,
        node_start_time=node.start_time,
        has_exchange=Feature.EXCHANGE in features,
        has_token_in_path=has_token_in_path,
        hostname=machine.hostname,
        total=total,
        limited_by=LimitedBy(
            "as stated" if options.num_cpus is not None else machine.cpu_limit,
            "as stated" if options.memory_gb is not None else machine.memory_limit,
        ),
        gpus=gpu_names(machine.gpus, total.num_gpus),
        gpu_kind=machine.gpu_kind,
        cpus=cpus,
        bash=bash,
        output_dir=output_dir,
        log_mode=log_mode,
        environment=base_environment(
            user_environment(),
            workflow,
            output_dir=output_dir,
            api_url=url_for_jobs(client, with_token=has_token_in_path),
            token=client.token,
            scripts_dir=sysconfig.get_path("scripts"),
        ),
        monitoring=_monitoring(workflow),
        execution=execution,
        steps=_steps(options, execution),
        started=clock.monotonic(),
        boot_id=boot_id(),
    )


def deregister_node(
    client: TorcClient,
    context: RunnerContext,
    clock: Clock,
    patience: Patience,
    usage: Usage | None = None,
) -> None:
    """Mark the compute node as inactive, if the server answers.

    Args:
        client: The server.
        context: The runner's.
        clock: The time.
        patience: How long to wait for the server.
        usage: What was used of the node.
    """
    duration_s = clock.monotonic() - context.started
    patch = ComputeNodePatch(is_active=False, duration_seconds=duration_s)
    if usage is not None and usage.samples:
        patch = msgspec.structs.replace(patch, **_usage_fields(context.monitoring, usage))
    try:
        patience.ask(partial(client.update_compute_node, context.node_id, patch))
    except TorcError as error:
        log.warning(
            "Compute node could not be deregistered", compute_node_id=context.node_id, error=error
        )


def _usage_fields(settings: Monitoring, usage: Usage) -> dict[str, float | int | None]:
    """Return the fields of a node that say how much of it was used."""
    fields: dict[str, float | int | None] = {"sample_count": usage.samples}
    if settings.node_cpu:
        fields |= {
            "peak_cpu_percent": usage.highest_cpu_percent,
            "avg_cpu_percent": usage.average_cpu_percent,
        }
    if settings.node_memory:
        fields |= {
            "peak_memory_bytes": usage.peak_memory_bytes,
            "avg_memory_bytes": usage.average_memory_bytes,
        }
    return fields


def is_registered(client: TorcClient, guard: GuardRecord) -> bool:
    """Return whether the compute node of a guard is one of this server.

    Raises:
        TorcError: The server does not answer.
    """
    try:
        node = client.get_compute_node(guard.compute_node_id)
    except NotFoundError:
        return False
    return (node.workflow_id, node.start_time) == (guard.workflow_id, guard.node_start_time)


def is_deleted(client: TorcClient, workflow_id: WorkflowId) -> bool:
    """Return whether there is a torc server and no such workflow.

    What stands before a server that is away may also say that there is nothing.
    """
    try:
        client.ping()
    except TorcError:
        return False
    try:
        client.get_workflow(workflow_id)
    except TorcError as error:
        return isinstance(error, NotFoundError)
    return False


def url_for_jobs(client: TorcClient, *, with_token: bool) -> str:
    """Return the server's address for programs in jobs, for any client that they use.

    A user and a password in the address are the runner's alone.

    Args:
        client: The runner's.
        with_token: Put the token before the path, which not every server takes.
    """
    return _public_url(Address(client.url, client.token), with_token=with_token)


@lru_cache(maxsize=8)
def _public_url(address: Address, *, with_token: bool) -> str:
    """Return the address that jobs are given; each job asks, and addresses rarely change."""
    return Address(address.with_token if with_token else address.url).without_user


class _Found(NamedTuple):
    workflow: Workflow
    run_id: int
    features: frozenset[Feature]


def _look_up(client: TorcClient, options: RunnerOptions) -> _Found:
    workflow_id = WorkflowId(options.workflow_id)
    workflow = client.get_workflow(workflow_id)
    _check_initialized(client, options)
    run_id = client.get_workflow_status(workflow_id).run_id
    return _Found(workflow, run_id, client.features())


def _check_initialized(client: TorcClient, options: RunnerOptions) -> None:
    # A runner in an allocation may start while the workflow is being initialized again.
    if options.compute_node_type is not SchedulerType.LOCAL:
        return
    workflow_id = options.workflow_id
    if not client.is_workflow_uninitialized(workflow_id):
        return
    # The server says the same of a workflow without jobs: a runner may wait for some to be added.
    if client.list_jobs(workflow_id, limit=1).items:
        raise ConflictError(
            f"Workflow {workflow_id} is not initialized.",
            hint=f"Initialize it: torc workflows initialize {workflow_id}",
        )


def offered_resources(options: RunnerOptions, machine: Machine) -> Resources:
    """Return what the node offers: what the options state, else what the machine has."""
    return Resources(
        num_cpus=machine.num_cpus if options.num_cpus is None else options.num_cpus,
        memory_bytes=int(_memory_gb(options, machine) * 2**30),
        num_gpus=len(machine.gpus) if options.num_gpus is None else options.num_gpus,
        num_nodes=options.num_nodes,
    )


def _memory_gb(options: RunnerOptions, machine: Machine) -> float:
    return machine.memory_gb if options.memory_gb is None else options.memory_gb


def _register(client: TorcClient, node: ComputeNode, patience: Patience) -> ComputeNode:
    """Register a node once, though a request without an answer may have been carried out."""
    is_sent = False

    def register() -> ComputeNode:
        nonlocal is_sent
        found = _find(client, node) if is_sent else None
        is_sent = True
        return found or client.create_compute_node(node)

    return patience.ask(register)


def _find(client: TorcClient, node: ComputeNode) -> ComputeNode | None:
    nodes = every_item(client.list_compute_nodes, node.workflow_id, hostname=node.hostname)
    process = (node.pid, node.start_time)
    return next((each for each in nodes if (each.pid, each.start_time) == process), None)


def _node(
    options: RunnerOptions, workflow: Workflow, machine: Machine, total: Resources, clock: Clock
) -> ComputeNode:
    return ComputeNode(
        workflow_id=WorkflowId(options.workflow_id),
        hostname=machine.hostname,
        pid=os.getpid(),
        start_time=utc_text(clock.wall_ms()),
        is_active=True,
        num_cpus=total.num_cpus,
        memory_gb=_memory_gb(options, machine),
        num_gpus=total.num_gpus,
        num_nodes=total.num_nodes,
        time_limit=_time_limit(options, workflow, clock),
        scheduler_config_id=options.scheduler_config_id,
        compute_node_type=options.compute_node_type,
        scheduler=options.scheduler,
    )


def _monitoring(workflow: Workflow) -> Monitoring:
    try:
        return read_monitoring(workflow.resource_monitor_config)
    except ValueError as error:
        log.warning("resource_monitor_config is not valid, so its defaults hold", error=error)
        return Monitoring()


def _execution(workflow: Workflow) -> ExecutionConfig:
    try:
        return read_execution_config(workflow.execution_config)
    except UsageError as error:  # the reference's server checks less
        log.warning("execution_config is not valid, so its defaults hold", error=error.message)
        return ExecutionConfig()


def _steps(options: RunnerOptions, execution: ExecutionConfig) -> StepSite | None:
    if not wants_steps(execution):
        return None
    if options.steps is None and execution.mode is ExecutionMode.SLURM and not options.cares:
        log.warning("Jobs run without steps: only a worker in a Slurm allocation starts some")
    return options.steps


def _time_limit(options: RunnerOptions, workflow: Workflow, clock: Clock) -> str | None:
    """Return how long the node may be used, as an ISO 8601 duration."""
    limit_s = stop_deadline(options, workflow, 0.0, clock.wall_ms() / 1000)
    return None if limit_s is None else f"PT{max(int(limit_s), 0)}S"


def _create_output_dir(output_dir: str, log_mode: int) -> str:
    if "\0" in output_dir:
        raise UsageError(f"{output_dir!r} is not the name of a directory.")
    path = Path(output_dir).absolute()
    try:
        output_files.make_directory(Path(output_paths.stdio_directory(str(path))), log_mode)
    except OSError as error:
        raise MachineError(
            f"The output directory {path} cannot be created: "
            f"{output_files.reason_at(error, path)}.",
            hint="Choose another one with --output-dir.",
        ) from error
    return str(path)
