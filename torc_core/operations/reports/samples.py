"""Where the samples of a workflow's jobs are on this machine."""

from __future__ import annotations

from pathlib import Path

from torc_core.client import TorcClient
from torc_core.errors import NotFoundError
from torc_core.model.ids import WorkflowId
from torc_core.operations.logs.output_directory import find_outputs, output_directories
from torc_core.runner.policy.output_paths import OutputKind


def find_samples(client: TorcClient, workflow_id: WorkflowId) -> list[Path]:
    """Return the databases of samples that runners of a workflow have left on this machine.

    Raises:
        NotFoundError: There is none, or no such workflow.
        MachineError: A directory cannot be read.
    """
    directories = output_directories(client, client.get_workflow(workflow_id), None)
    found = [
        each.path
        for directory in directories
        for each in find_outputs(directory)
        if each.name.kind is OutputKind.METRICS and each.name.workflow_id == workflow_id
    ]
    if not found:
        raise NotFoundError(
            f"There are no samples of workflow {workflow_id} on this machine.",
            hint="Runs store them if the workflow has resource_monitor.granularity: time_series.",
        )
    return found
