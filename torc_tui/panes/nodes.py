"""The nodes of a workflow: what its runners offer."""

from __future__ import annotations

from torc_tui.lists.resources.nodes import NODES
from torc_tui.panes.list_pane import ListPane


class NodesTab(ListPane):
    """Nodes; Enter shows every column of one."""

    listing = NODES
