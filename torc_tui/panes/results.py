"""The results of a workflow: one per completed attempt."""

from __future__ import annotations

from torc_tui.lists.results import RESULTS
from torc_tui.panes.list_pane import ListPane


class ResultsTab(ListPane):
    """Results; Enter shows every column of one."""

    listing = RESULTS
