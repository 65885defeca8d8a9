"""Prepare a run of a workflow on this machine: look ahead, and make its directory."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import msgspec

from torc_core.client import TorcClient, every_item
from torc_core.clock import utc_now
from torc_core.errors import ConflictError, MachineError
from torc_core.host.machine import inspect_machine
from torc_core.host.runs import RunDirectory, RunMeta, create_run, new_run_id
from torc_core.runner.policy.options import RunnerOptions
from torc_core.units import parse_memory


def check_output_directory(directory: str) -> None:
    """Make the directory for logs, before anything else is made.

    Raises:
        MachineError: It cannot be made or written.
    """
    path = Path(directory)
    try:
        path.mkdir(parents=True, exist_ok=True)
        if not os.access(path, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise MachineError(
            f"The output directory {path} cannot be used: {error.strerror}.",
            hint="Choose another one with --output-dir.",
        ) from error


def check_runnable(client: TorcClient, workflow_id: int) -> None:
    """Refuse to run what has been cancelled.

    Raises:
        ConflictError: The workflow is cancelled.
        NotFoundError: There is no such workflow.
    """
    if client.is_workflow_complete(workflow_id).is_canceled:
        raise ConflictError(
            f"Workflow {workflow_id} is canceled.",
            hint=f"Start it over: torc workflows initialize {workflow_id}",
        )


def find_misfits(client: TorcClient, options: RunnerOptions) -> list[str]:
    """Return a sentence for each requirement of the workflow that this machine can never meet."""
    if options.max_parallel_jobs is not None:
        return []
    machine = inspect_machine()
    room = {
        "num_cpus": options.num_cpus or machine.num_cpus,
        "num_gpus": len(machine.gpus) if options.num_gpus is None else options.num_gpus,
        "num_nodes": options.num_nodes,
        "memory_gb": options.memory_gb or machine.memory_gb,
    }
    misfits = []
    for needs in every_item(client.list_resource_requirements, options.workflow_id):
        wanted = {
            "num_cpus": needs.num_cpus,
            "num_gpus": needs.num_gpus,
            "num_nodes": needs.num_nodes,
            "memory_gb": parse_memory(needs.memory) / 2**30,
        }
        short = [
            f"{wanted[name]:.6g} {_WORDS[name]} of {room[name]:.4g}"
            for name in room
            if wanted[name] > room[name]
        ]
        if short:
            misfits.append(
                f"jobs with the requirements {needs.name!r} cannot run here: they need "
                f"{', '.join(short)}"
            )
    return misfits


_WORDS = {
    "num_cpus": "CPUs",
    "num_gpus": "GPUs",
    "num_nodes": "nodes",
    "memory_gb": "GiB of memory",
}


def prepare_run(
    client: TorcClient,
    options: RunnerOptions,
    *,
    is_embedded: bool,
    spec: Path | None = None,
) -> RunDirectory:
    """Make the directory of a new run of the workflow that the options name.

    Args:
        client: The server that holds the workflow.
        options: What the runner is told; a relative output directory means one below the
            current directory.
        is_embedded: The server is the one that torc starts by itself, so the runner may start
            it again.
        spec: The file that the workflow came from, to be kept with the run.

    Raises:
        NotFoundError: There is no such workflow.
    """
    workflow = client.get_workflow(options.workflow_id)
    options = msgspec.structs.replace(options, output_dir=str(Path(options.output_dir).absolute()))
    meta = RunMeta(
        run_id=new_run_id(options.workflow_id),
        workflow_id=options.workflow_id,
        workflow_name=workflow.name,
        url=client.url,
        token=client.token,
        is_embedded=is_embedded,
        output_dir=options.output_dir,
        cwd=str(Path.cwd()),
        options=msgspec.to_builtins(options),
        started_at=utc_now(),
    )
    return create_run(meta, spec)
