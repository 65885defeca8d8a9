"""The runs of a workflow on this machine."""

from __future__ import annotations

from collections.abc import Iterator

from torc_core.client import TorcClient
from torc_core.host.runs import Run, list_runs
from torc_core.model.ids import WorkflowId


def local_runs(client: TorcClient, workflow_id: WorkflowId) -> Iterator[Run]:
    """Yield the runs of a workflow of this server, newest first."""
    for run in list_runs():
        if run.meta.is_of(workflow_id, client.url, is_embedded=client.is_located):
            yield run
