"""The runs of a workflow: each start and resume, by whom, where, and how it ended."""

from __future__ import annotations

from torc_core.model.records.workflow_run import WorkflowRun
from torc_tui.lists.workflow_runs import WORKFLOW_RUNS
from torc_tui.panes.list_pane import ListPane
from torc_tui.screens.logs.screen import LogScreen
from torc_tui.state.logs.files.logpaths import find_logs_of_record


class RunsTab(ListPane):
    """Runs; Enter shows every column of one, `l` what it prints on this machine."""

    listing = WORKFLOW_RUNS

    def action_request(self, action_id: str) -> None:
        """Follow the output of a run; ask for all other actions."""
        row = self.table.cursor_row
        if action_id != "job.logs" or row is None:
            super().action_request(action_id)
            return
        record: WorkflowRun = row.item
        screen = LogScreen(self.requests, "run", lambda: find_logs_of_record(record))
        self.app.push_screen(screen)
