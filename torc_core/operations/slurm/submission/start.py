"""Starting a workflow whose jobs run in allocations, and not in the process that starts it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from torc_core.client import TorcClient
from torc_core.errors import TorcError
from torc_core.model.ids import WorkflowRunId
from torc_core.model.records.workflow_run import RunStatus, WorkflowRunPatch
from torc_core.model.status import JobStatus
from torc_core.model.workflow import Workflow, WorkflowStatus
from torc_core.operations.facts import count
from torc_core.operations.lifecycle.start import start_workflow
from torc_core.operations.reporter import Reporter


def needs_start(status: WorkflowStatus, *, is_new: bool) -> bool:
    """Return whether there are jobs that no worker takes before the workflow is started. Pure.

    Those are the jobs of one that is not initialized, and those that were stopped at the end of an
    allocation.
    """
    return is_new or count(status.jobs_by_status, {JobStatus.TERMINATED}) > 0


@contextlib.contextmanager
def started(
    client: TorcClient, workflow: Workflow, reporter: Reporter, *, is_new: bool, force: bool
) -> Iterator[None]:
    """Start a workflow for a block that requests its nodes.

    The record of the start ends with the block: workers have records of their own, their nodes. Of
    two that submit a workflow at once the second finds that the first has initialized it.

    Raises:
        ConflictError: It is archived or canceled, or is being resumed; or inputs are missing.
    """
    run_id = start_workflow(client, workflow, reporter, is_new=is_new, force=force)
    try:
        yield
    except TorcError as error:
        _end(client, run_id, RunStatus.FAILED, error.message)
        raise
    _end(client, run_id, RunStatus.COMPLETED, "its jobs run in Slurm allocations")


def _end(client: TorcClient, run_id: WorkflowRunId | None, status: RunStatus, reason: str) -> None:
    if run_id is not None:
        with contextlib.suppress(TorcError):  # the nodes matter
            client.update_workflow_run(run_id, WorkflowRunPatch(status=status, reason=reason))
