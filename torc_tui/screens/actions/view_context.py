"""What actions on the view, on runs, and of the command line work with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from textual.app import App

from torc_core.model.workflow import Workflow
from torc_tui.panes.base import Tab
from torc_tui.panes.workflows import WorkflowsPane
from torc_tui.requests import Requests
from torc_tui.screens.refresher import Refresher
from torc_tui.state.servers.destination import Destination
from torc_tui.widgets.message_line import MessageLine


@dataclass(frozen=True, slots=True)
class ViewContext:
    """Parts of the main screen, and what they can be asked to do."""

    app: App[object]
    requests: Requests
    workflows: WorkflowsPane
    refresher: Refresher
    message: MessageLine
    tab: Tab
    """The one of the open workflow that is in sight."""
    select: Callable[[Workflow], None]
    """Opens a workflow that need not be in the list yet."""
    use_server: Callable[[Destination], None]
    """Closes what is open and goes to another server."""
