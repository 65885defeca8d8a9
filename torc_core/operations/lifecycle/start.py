"""Start a workflow: one call to the server, which initializes it unless that was done."""

from __future__ import annotations

import secrets
from pathlib import Path

from torc_core.client import Feature, TorcClient
from torc_core.host.run_process import this_process
from torc_core.host.user import user_name
from torc_core.model.ids import WorkflowRunId, id_of
from torc_core.model.records.workflow_run import StartRequest
from torc_core.model.workflow import Workflow
from torc_core.operations.lifecycle.initialize import file_times, initialize_workflow, initializing
from torc_core.operations.reporter import PlainNotice, Reporter
from torc_core.units import counted


def start_workflow(  # noqa: PLR0913 - what a start is made of
    client: TorcClient,
    workflow: Workflow,
    reporter: Reporter,
    *,
    is_new: bool,
    force: bool,
    keeps_terminated: bool = False,
    base: Path | None = None,
) -> WorkflowRunId | None:
    """Start a workflow unless it is started already, and return the record of the run.

    A server of the reference keeps none. There the workflow is initialized if it still has to be.

    Args:
        client: The server.
        workflow: The workflow.
        reporter: Where progress goes.
        is_new: It was not initialized when the client looked.
        force: Continue although inputs are missing.
        keeps_terminated: Terminated jobs do not run again.
        base: The directory that relative paths mean; the current one when left out.

    Raises:
        ConflictError: It is archived or canceled, or is being resumed; or inputs are missing.
    """
    workflow_id = id_of(workflow)
    if not client.offers(Feature.WORKFLOW_RUNS):
        # Another client may have initialized it while a question was open.
        if is_new and client.is_workflow_uninitialized(workflow_id):
            initialize_workflow(client, workflow, reporter, force=force, base=base)
        return None
    if is_new:
        reporter.progress(initializing(workflow))
    request = StartRequest(
        user=user_name(),
        process=this_process(),
        key=secrets.token_hex(16),
        file_times=file_times(client, workflow_id, base) if is_new else {},
        keeps_terminated=keeps_terminated,
    )
    reply = client.start_workflow(workflow_id, request)
    if reply.resumed_jobs:
        resumed = counted(reply.resumed_jobs, "job")
        reporter.progress(PlainNotice(f"Resuming {resumed} that an earlier run had to stop."))
    return reply.run.id
