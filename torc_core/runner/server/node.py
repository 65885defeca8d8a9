"""The compute node of a runner: registered before the first job, deregistered at the end."""

from __future__ import annotations

import logging
import os
import sysconfig
import time
from collections.abc import Container
from pathlib import Path

from torc_core.client import TorcClient
from torc_core.clock import utc_now
from torc_core.errors import MachineError, TorcError, UsageError
from torc_core.host.machine import inspect_machine
from torc_core.model.compute import ComputeNode, ComputeNodePatch
from torc_core.model.workflow import TOKEN_IN_PATH, Workflow
from torc_core.operations.initialize import initialize_workflow
from torc_core.runner.policy import output_paths
from torc_core.runner.policy.context import RunnerContext, read_monitoring
from torc_core.runner.policy.limits import stop_deadline
from torc_core.runner.policy.options import RunnerOptions
from torc_core.runner.policy.resource_pool import Resources
from torc_core.runner.process.child import find_bash
from torc_core.runner.process.environment import base_environment

log = logging.getLogger("torc.runner")


def register_node(client: TorcClient, options: RunnerOptions) -> RunnerContext:
    """Initialize the workflow if nobody has, prepare the output directory, register the node.

    Raises:
        UnreachableError: No server.
        NotFoundError: No such workflow.
        ConflictError: The workflow cannot start: it is archived, or inputs are missing.
        MachineError: No bash, or an output directory that cannot be made.
    """
    workflow_id = options.workflow_id
    machine = inspect_machine()
    bash = find_bash()
    output_dir = _make_output_dir(options.output_dir)
    workflow = client.get_workflow(workflow_id)
    # In an allocation the workflow was initialized by whoever asked for the allocation.
    if options.compute_node_type == "local" and client.is_workflow_uninitialized(workflow_id):
        initialize_workflow(client, workflow_id)
    run_id = client.get_workflow_status(workflow_id).run_id
    # The last that must succeed is the registration: then the runner can bear that nobody answers.
    capabilities = client.get_version().capabilities
    num_gpus = len(machine.gpus) if options.num_gpus is None else options.num_gpus
    memory_gb = machine.memory_gb if options.memory_gb is None else options.memory_gb
    total = Resources(
        num_cpus=machine.num_cpus if options.num_cpus is None else options.num_cpus,
        memory_bytes=int(memory_gb * 2**30),
        num_gpus=num_gpus,
        num_nodes=options.num_nodes,
    )
    node = client.create_compute_node(
        ComputeNode(
            workflow_id=workflow_id,
            hostname=machine.hostname,
            pid=os.getpid(),
            start_time=utc_now(),
            is_active=True,
            num_cpus=total.num_cpus,
            memory_gb=memory_gb,
            num_gpus=num_gpus,
            num_nodes=options.num_nodes,
            time_limit=_time_limit(options, workflow),
            scheduler_config_id=options.scheduler_config_id,
            compute_node_type=options.compute_node_type,
            scheduler=options.scheduler,
        )
    )
    assert node.id is not None
    log.info(
        "compute node %s of workflow %s, run %s: %s CPUs, %.1f GiB, %s GPUs",
        *(node.id, workflow_id, run_id, total.num_cpus, memory_gb, num_gpus),
    )
    return RunnerContext(
        workflow=workflow,
        run_id=run_id,
        node_id=node.id,
        capabilities=frozenset(capabilities),
        machine=machine,
        total=total,
        bash=bash,
        output_dir=output_dir,
        environment=base_environment(
            os.environ,
            workflow,
            output_dir=output_dir,
            api_url=url_for_jobs(client, capabilities),
            token=client.token,
            scripts_dir=sysconfig.get_path("scripts"),
        ),
        monitoring=read_monitoring(workflow.resource_monitor_config),
        started=time.monotonic(),
    )


def url_for_jobs(client: TorcClient, capabilities: Container[str]) -> str:
    """Return the address to which programs in jobs may talk, whatever client they use."""
    return client.url_with_token if TOKEN_IN_PATH in capabilities else client.url


def deregister_node(client: TorcClient, station: RunnerContext) -> None:
    """Tell the server that this compute node is no more, if it listens."""
    patch = ComputeNodePatch(is_active=False, duration_seconds=time.monotonic() - station.started)
    try:
        client.update_compute_node(station.node_id, patch)
    except TorcError as error:
        log.warning("compute node %s could not be signed off: %s", station.node_id, error)


def _time_limit(options: RunnerOptions, workflow: Workflow) -> str | None:
    """Return how long the node may be used, as an ISO 8601 duration."""
    limit_s = stop_deadline(options, workflow, 0.0, time.time())
    return None if limit_s is None else f"PT{max(int(limit_s), 0)}S"


def _make_output_dir(output_dir: str) -> str:
    if "\0" in output_dir:
        raise UsageError(f"{output_dir!r} is not a directory's name.")
    path = Path(output_dir).absolute()
    try:
        Path(output_paths.stdio_directory(str(path))).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MachineError(
            f"The output directory {path} cannot be made: {error.strerror}.",
            hint="Choose another one with --output-dir.",
        ) from error
    return str(path)
