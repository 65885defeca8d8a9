"""The record of the run that a runner works for."""

from __future__ import annotations

from functools import partial

from torc_core.client import TorcClient
from torc_core.errors import TorcError
from torc_core.host.run_process import this_process
from torc_core.model.ids import ComputeNodeId, WorkflowRunId
from torc_core.model.records.workflow_run import RunStatus, WorkflowRunPatch
from torc_core.runner.logs import log
from torc_core.runner.policy.summary import RunSummary, final_status
from torc_core.runner.server.patience import Patience


class RunRecord:
    """Reports when the runner of a run has begun, and how it ended.

    Args:
        client: The server.
        run_id: The record; None if there is none, as in an allocation or at another server.
    """

    def __init__(self, client: TorcClient, run_id: WorkflowRunId | None) -> None:
        self._client = client
        self._run_id = run_id

    def begin(self, node_id: ComputeNodeId, patience: Patience) -> None:
        """Report the runner's process and node.

        Raises:
            TransportError: The server does not answer.
            ConflictError: The run was replaced meanwhile.
        """
        if self._run_id is not None:
            patch = WorkflowRunPatch(
                status=RunStatus.RUNNING, process=this_process(), compute_node_id=node_id
            )
            patience.ask(partial(self._client.update_workflow_run, self._run_id, patch))

    def end(self, summary: RunSummary, patience: Patience) -> None:
        """Report how the run ended, if the server answers."""
        patch = WorkflowRunPatch(
            status=RunStatus(final_status(summary)),
            exit_code=summary.exit_code,
            reason=summary.reason,
        )
        self._end(patch, patience)

    def fail(self, error: TorcError, patience: Patience) -> None:
        """Report why the runner could not continue, if the server answers."""
        patch = WorkflowRunPatch(
            status=RunStatus.FAILED, exit_code=error.exit_code, reason=error.message
        )
        self._end(patch, patience)

    def _end(self, patch: WorkflowRunPatch, patience: Patience) -> None:
        if self._run_id is None:
            return
        try:
            patience.ask(partial(self._client.update_workflow_run, self._run_id, patch))
        except TorcError as error:
            log.warning(
                "End of the workflow run could not be recorded",
                workflow_run_id=self._run_id,
                error=error.message,
            )
