"""The runs of a workflow: each start and resume, by whom, where, and how it ended."""

from __future__ import annotations

from torc_tui.lists.workflow_runs import WORKFLOW_RUNS
from torc_tui.panes.list_pane import ListPane


class RunsTab(ListPane):
    """Runs; Enter shows every column of one."""

    listing = WORKFLOW_RUNS
