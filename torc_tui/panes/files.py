"""The files of a workflow, and what is in them."""

from __future__ import annotations

from functools import partial

from torc_tui.lists.files import FILES
from torc_tui.panes.list_pane import ListPane
from torc_tui.screens.log import LogScreen
from torc_tui.state.logs.logpaths import file_source


class FilesTab(ListPane):
    """Files; Enter shows the contents."""

    listing = FILES

    def action_open(self) -> None:
        """Show what is in the file."""
        row = self.table.cursor_row
        if row is not None:
            name, path = row.item.name, row.item.path
            find = partial(file_source, name, path)
            self.app.push_screen(LogScreen(self.requests, f"file ▸ {name}", find))
