"""Runs of this machine, to reconnect to: those that go on, and those that are over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from typing import ClassVar, NamedTuple

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Static

from torc_core.client import Address, TorcClient
from torc_core.errors import TorcError
from torc_core.host.connect import Connection, embedded_client
from torc_core.host.runs import DamagedRun, Run, RunMeta
from torc_tui.keys.action import Scope
from torc_tui.keys.bindings import bindings_for
from torc_tui.lists.runs import is_over, run_line, runs_listing
from torc_tui.requests import Requests
from torc_tui.screens.dialogs.dialog import Dialog, Words
from torc_tui.terminal import clean
from torc_tui.widgets.key_hints import KeyHints
from torc_tui.widgets.row_table import RowTable

_NOTICED_S = 0.8
"""Until a dialog that opens by itself is noticed, and its keys are shown and work."""
LOOK_S = 2.0
"""How often the run directories are read while the dialog is open."""
_ROWS = 12
"""The most rows that one of the two lists takes."""
_AROUND = 12
"""How many lines of the screen the lists leave to all else."""

AnyRun = Run | DamagedRun


class Task(Enum):
    """What to do with runs."""

    OPEN = "open"
    OUTPUT = "output"
    STOP = "stop"
    CLEAR = "clear"
    CLEAR_ALL = "clear_all"


class RunsAnswer(NamedTuple):
    """What is to be done, and with which runs: the marked ones, else the one under the cursor."""

    task: Task
    runs: Sequence[AnyRun]


class RunsDialog(Dialog[RunsAnswer | None]):
    """Offers runs, and keeps them up to date.

    Args:
        title: Why they are shown.
        runs: Newest first, not empty.
        requests: Its threads read the run directories again.
        look: Reads them; called in a thread.
        is_unasked: It opens by itself. Keys that come before it could be read were meant for what
            is below: they close it, and go there.
    """

    scopes: tuple[Scope, ...] = (Scope.TABLE, Scope.RUNS_HERE, Scope.DIALOG)
    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.RUNS_HERE)
    DEFAULT_CSS = """
    RunsDialog > Vertical { width: 98%; max-width: 124; max-height: 96%; }
    RunsDialog RowTable { height: 2; }
    RunsDialog .section { height: 1; color: $quiet; text-style: bold; }
    RunsDialog .hidden { display: none; }
    RunsDialog #about { height: auto; min-height: 2; max-height: 4; }
    RunsDialog KeyHints { padding: 0; }
    """

    hints_line = getters.query_one(KeyHints)
    about = getters.query_one("#about", Static)

    def __init__(
        self,
        title: str,
        runs: Sequence[AnyRun],
        requests: Requests,
        look: Callable[[], Sequence[AnyRun]],
        *,
        is_unasked: bool = False,
    ) -> None:
        super().__init__()
        self._title = title
        self._runs = runs
        self._requests = requests
        self._look = look
        self.gives_way = is_unasked
        """Keys are for what is below."""
        self._listing = runs_listing(runs)
        self._tables = RowTable(self._listing, id="active"), RowTable(self._listing, id="over")

    def compose(self) -> ComposeResult:
        """Lay out: why, what goes on, what is over, more of the run under the cursor, keys."""
        with Vertical() as box:
            box.border_title = "Runs on this machine"
            yield Words(self._title)
            for name, table in zip(("Active", "Finished"), self._tables, strict=True):
                yield Static(name, classes="section")
                yield table
            yield Static(id="about", markup=False)
            yield self.hints()

    def on_mount(self) -> None:
        """Fill the lists, and look at the directories now and then."""
        for table in self._tables:
            table.start_over(self._listing.order)
        self._fit()
        if self.gives_way:
            self.hints_line.visible = False
            self.set_timer(_NOTICED_S, self._take_keys)
        self.set_interval(LOOK_S, self._look_again)
        next((each for each in self._tables if self._of(each)), self._tables[0]).focus()

    def _take_keys(self) -> None:
        self.gives_way = False
        self.hints_line.visible = True

    def on_resize(self) -> None:
        """Fill the new size."""
        self._fit()

    def _of(self, table: RowTable) -> list[AnyRun]:
        return [run for run in self._runs if is_over(run) is (table is self._tables[1])]

    def _fit(self) -> None:
        """Give each list the room that it needs, if there is enough."""
        most = max(1, min(_ROWS, (self.size.height - _AROUND) // 2))
        for table, heading in zip(self._tables, self.query(".section"), strict=True):
            number = len(self._of(table))
            table.styles.height = min(number, most) + 1
            for each in (table, heading):
                each.set_class(not number, "hidden")
        focused = self.focused
        if isinstance(focused, RowTable) and not self._of(focused):
            self._cross(RowTable.EdgeReached(focused, -1 if focused is self._tables[1] else 1))

    @work(exclusive=True)
    async def _look_again(self) -> None:
        try:
            runs = await self._requests.look(self._look, slot="runs")
        except TorcError:  # the next look may succeed
            return
        if not self.is_attached:
            return
        before = [len(self._of(table)) for table in self._tables]
        self._runs = runs
        if before != [len(self._of(table)) for table in self._tables]:
            self._fit()
        for table in self._tables:
            table.check_rows()

    def on_row_table_rows_needed(self, event: RowTable.RowsNeeded) -> None:
        """Answer from the runs at hand."""
        event.stop()
        rows = [self._listing.row(run) for run in self._of(event.table)]
        span = event.span
        event.table.show_rows(event.epoch, span, len(rows), rows[span.start : span.stop])

    def on_row_table_cursor_moved(self, event: RowTable.CursorMoved) -> None:
        """Say more of the run under the cursor; the panes below are not concerned."""
        event.stop()
        self._show_about()

    def on_descendant_focus(self) -> None:
        """Say more of the run under the cursor of the other list."""
        self._show_about()

    def _show_about(self) -> None:
        row = self._table.cursor_row
        text = clean(run_line(row.item)) if row else ""
        if str(self.about.content) != text:
            self.about.update(text)

    @property
    def _table(self) -> RowTable:
        """The list to which keys go."""
        return self._tables[1] if self.focused is self._tables[1] else self._tables[0]

    @on(RowTable.EdgeReached)
    def _cross(self, reached: RowTable.EdgeReached) -> None:
        """Go on in the other list."""
        reached.stop()
        down = reached.table is self._tables[0]
        target = self._tables[1 if down else 0]
        if (reached.step > 0) is down and self._of(target):
            target.move_to(0 if down else target.total - 1)
            target.focus()

    def on_row_table_row_chosen(self) -> None:
        """Attach to the row that was clicked twice."""
        self.action_runs(Task.OPEN.value)

    def action_runs(self, name: str) -> None:
        """Answer with what to do, and with which runs."""
        marked = [run for table in self._tables for run in table.marks.values()]
        row = self._table.cursor_row
        runs = marked or ([row.item] if row else [])
        task = Task(name)
        if runs or task is Task.CLEAR_ALL:
            self.dismiss(RunsAnswer(task, runs))


def connection_of(meta: RunMeta) -> Connection:
    """Return a connection to the server of a run."""
    address = Address(meta.url, meta.token)
    if meta.is_embedded:
        return Connection(embedded_client(address), is_embedded=True)
    return Connection(TorcClient(meta.url, token=meta.token), is_embedded=False)
