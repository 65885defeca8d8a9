"""Where the output of an allocation is on this machine."""

from __future__ import annotations

from pathlib import Path

import msgspec

from torc_core.client import TorcClient
from torc_core.model.ids import WorkflowId
from torc_core.operations.jobs.logs import LogStream
from torc_core.operations.logs.output_directory import output_directories
from torc_core.operations.places import is_there
from torc_core.runner.policy.output_paths import slurm_output

_STREAMS = {"stdout": ".o", "stderr": ".e"}


class AllocationOutput(msgspec.Struct, frozen=True, kw_only=True):
    """What Slurm has written for an allocation."""

    streams: tuple[LogStream, ...]
    """Where there is none, the files that are expected."""
    is_found: bool


def find_allocation_output(
    client: TorcClient, workflow_id: WorkflowId, slurm_job_id: int
) -> AllocationOutput:
    """Return what Slurm has written for an allocation of a workflow.

    Raises:
        NotFoundError: There is no such workflow.
        TorcError: The server refused the request, or did not answer.
    """
    directories = output_directories(client, client.get_workflow(workflow_id), None)
    candidates = [_streams(directory, workflow_id, slurm_job_id) for directory in directories]
    for streams in candidates:
        if any(is_there(stream.path) for stream in streams):
            return AllocationOutput(streams=streams, is_found=True)
    return AllocationOutput(streams=candidates[0], is_found=False)


def _streams(directory: Path, workflow_id: WorkflowId, slurm_job_id: int) -> tuple[LogStream, ...]:
    stem = slurm_output(str(directory), workflow_id, slurm_job_id)
    return tuple(LogStream(name, Path(stem + ending)) for name, ending in _STREAMS.items())
