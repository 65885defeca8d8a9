"""Runs of this machine, to reconnect to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from torc_core.client import Address, TorcClient
from torc_core.host.connect import Connection, embedded_client
from torc_core.host.runs import Run, RunMeta
from torc_tui.lists.runs import RUNS
from torc_tui.screens.dialogs.dialog import Dialog, Words
from torc_tui.widgets.row_table import RowTable


class RunsDialog(Dialog[Run | None]):
    """Offers runs; returns the chosen one.

    Args:
        title: Why they are shown.
        runs: Newest first, not empty.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "Open", show=False, priority=True),
        Binding("escape,q", "skip", "Skip", show=False),
    ]
    DEFAULT_CSS = """
    RunsDialog > Vertical { width: 90%; max-width: 110; }
    RunsDialog RowTable { height: 12; }
    """

    def __init__(self, title: str, runs: Sequence[Run]) -> None:
        super().__init__()
        self._title = title
        self._runs = runs

    def compose(self) -> ComposeResult:
        """Lay out: why, the runs, keys."""
        with Vertical() as box:
            box.border_title = "Runs on this machine"
            yield Words(self._title)
            yield RowTable(RUNS)
            yield Words("Enter open   ↑↓ select   Esc close", classes="keys")

    def on_mount(self) -> None:
        """Fill the table."""
        self.query_one(RowTable).start_over(RUNS.order)

    def on_row_table_rows_needed(self, event: RowTable.RowsNeeded) -> None:
        """Answer from the runs at hand."""
        event.stop()
        rows = [RUNS.row(run) for run in self._runs]
        event.table.show_rows(event.epoch, event.span, len(rows), rows)

    def on_row_table_cursor_moved(self, event: RowTable.CursorMoved) -> None:
        """Keep it from the panes below."""
        event.stop()

    def action_choose(self) -> None:
        """Answer with the run under the cursor."""
        row = self.query_one(RowTable).cursor_row
        self.dismiss(row.item if row else None)

    def action_skip(self) -> None:
        """Answer with none."""
        self.dismiss(None)


def connection_of(meta: RunMeta) -> Connection:
    """Return a connection to the server of a run."""
    address = Address(meta.url, meta.token)
    if meta.is_embedded:
        return Connection(embedded_client(address), is_embedded=True)
    return Connection(TorcClient(meta.url, token=meta.token), is_embedded=False)
