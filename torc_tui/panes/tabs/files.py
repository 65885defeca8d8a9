"""The files of a workflow, and what is in them."""

from __future__ import annotations

from functools import partial

from torc_core.model.artifact import File
from torc_tui.lists.data.files import FILES
from torc_tui.panes.list_pane import ListPane
from torc_tui.requests import Requests
from torc_tui.screens.logs.screen import LogScreen
from torc_tui.state.logs.files.logpaths import Sources, find_file


class FilesTab(ListPane):
    """Files; Enter shows the contents."""

    listing = FILES

    def action_open(self) -> None:
        """Show what is in the file."""
        row = self.row_under_cursor()
        if row is not None:
            file: File = row.item
            find = partial(_find, self.requests, file)
            self.app.push_screen(LogScreen(self.requests, f"file ▸ {file.name}", find))


def _find(requests: Requests, file: File) -> Sources:
    return find_file(requests.client(), file)
