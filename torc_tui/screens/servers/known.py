"""A dialog that offers the known servers."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import ClassVar, NamedTuple

from textual import getters
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical

from torc_core.operations.known_servers import KnownServer
from torc_tui.keys.action import Scope
from torc_tui.keys.bindings import bindings_for
from torc_tui.lists.resources.servers import SERVERS
from torc_tui.screens.dialogs.dialog import Dialog
from torc_tui.widgets.row_table import RowTable


class Task(Enum):
    """What to do with a server."""

    GO = "go"
    ADD = "add"
    FORGET = "forget"


_ROWS_BESIDE = 4
"""Frame and keys."""
_MOST_ROWS = 12
"""So that the screen behind is seen."""


class Answer(NamedTuple):
    """What to do, and with which server."""

    task: Task
    server: KnownServer | None


class KnownServers(Dialog[Answer | None]):
    """Offers servers.

    Args:
        servers: Not empty.
    """

    scopes: tuple[Scope, ...] = (Scope.SERVERS, Scope.DIALOG)
    BINDINGS: ClassVar[list[BindingType]] = bindings_for(*scopes)
    DEFAULT_CSS = """
    KnownServers > Vertical { width: 90%; max-width: 120; }
    """

    table = getters.query_one(RowTable)

    def __init__(self, servers: Sequence[KnownServer]) -> None:
        super().__init__()
        self._servers = servers

    def compose(self) -> ComposeResult:
        """Lay out: the servers, keys."""
        with Vertical() as box:
            box.border_title = "Servers"
            yield RowTable(SERVERS)
            yield self.hints()

    def on_mount(self) -> None:
        """Fill the table."""
        self.table.start_over(SERVERS.order)

    def on_resize(self) -> None:
        """Leave room for the keys."""
        rows = self.rows_for(len(self._servers) + 1, _ROWS_BESIDE)
        self.table.styles.height = min(rows, _MOST_ROWS)

    def on_row_table_rows_needed(self, event: RowTable.RowsNeeded) -> None:
        """Answer from the servers at hand."""
        event.stop()
        rows = [SERVERS.row(each) for each in self._servers]
        event.table.show_rows(event.epoch, event.span, len(rows), rows)

    def on_row_table_cursor_moved(self, event: RowTable.CursorMoved) -> None:
        """Keep it from the panes below."""
        event.stop()

    def on_row_table_row_chosen(self) -> None:
        """Go to the server that was clicked twice."""
        self.action_known(Task.GO.value)

    def action_known(self, name: str) -> None:
        """Answer with what to do with the server under the cursor."""
        row = self.table.cursor_row
        self.dismiss(Answer(Task(name), row.item if row else None))
