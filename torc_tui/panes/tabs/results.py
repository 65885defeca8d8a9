"""The results of a workflow: one per completed attempt."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from textual import work
from textual.binding import BindingType

from torc_core.client import TorcClient
from torc_core.errors import NotFoundError, TorcError
from torc_core.model.compute import ComputeNode
from torc_core.model.ids import ComputeNodeId
from torc_core.model.job import Job
from torc_core.model.result import Result
from torc_core.model.workflow import WorkflowStatus
from torc_tui.keys.action import Scope
from torc_tui.keys.awaited import AWAITED
from torc_tui.keys.bindings import bindings_for
from torc_tui.lists.results import RESULTS
from torc_tui.panes.list_pane import ListPane
from torc_tui.panes.messages import Notice
from torc_tui.screens.dialogs.reader import Reader
from torc_tui.state.texts.job import result_text
from torc_tui.state.texts.layout import facts_text


class ResultsTab(ListPane):
    """Results; Enter shows all about one, with the name of its node."""

    shows_jobs = True
    listing = RESULTS
    scopes = (Scope.SCREEN, Scope.PANE, Scope.LIST, Scope.RUNS)
    hint_groups = ("Runs", "Lists", "View")
    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.RUNS)
    _present = 0

    def show_status(self, status: WorkflowStatus) -> None:
        """Note which run is the present one."""
        self._present = status.run_id

    def action_run_older(self) -> None:
        """Show the results of the run before; of all runs, those of the present one."""
        shown = self._run
        self._show_run(self._present if shown is None else shown - 1)

    def action_run_newer(self) -> None:
        """Show the results of the run after; after the present one, those of all runs."""
        shown = self._run
        if shown is None:
            self.post_message(Notice("There is no newer run."))
        elif shown >= self._present:
            self.filter_by("run_id", "")
        else:
            self._show_run(shown + 1)

    @property
    def _run(self) -> int | None:
        text = self.table.query_state.filters.get("run_id")
        return None if text is None else int(text)

    def _show_run(self, run_id: int) -> None:
        if run_id < 0:
            self.post_message(Notice("There is no older run."))
        else:
            self.filter_by("run_id", str(run_id))

    def job_under_cursor(self) -> Job | None:
        """Return the job whose result is under the cursor, with the fields that a result has."""
        row = self.table.cursor_row
        if row is None:
            return None
        result: Result = row.item
        return Job(
            id=result.job_id,
            workflow_id=result.workflow_id,
            name=result.job_name or "",
            command="",
            status=result.status,
        )

    def action_open(self) -> None:
        """Show all about the result."""
        row = self.row_under_cursor()
        if row is not None:
            self._read_result(row.item)

    @work(name=AWAITED)
    async def _read_result(self, result: Result) -> None:
        node: ComputeNode | None = None
        try:
            node = await self.requests.ask(partial(_node, result.compute_node_id))
        except NotFoundError:
            pass
        except TorcError as error:
            self.post_message(Notice(error))
            return
        facts = result_text(result, node)
        self.app.push_screen(
            Reader(f"Results ▸ {result.id}", lambda width: facts_text(facts, width))
        )


def _node(node_id: ComputeNodeId, client: TorcClient) -> ComputeNode:
    return client.get_compute_node(node_id)
