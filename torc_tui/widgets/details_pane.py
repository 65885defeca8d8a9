"""Everything about one workflow: its progress, its lists in tabs, its graph."""

from __future__ import annotations

from textual import getters
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import ContentSwitcher

from torc_core.model.workflow import Workflow, WorkflowStatus
from torc_tui.lists.events import EVENTS
from torc_tui.lists.files import FILES
from torc_tui.lists.jobs import JOBS
from torc_tui.lists.nodes import NODES
from torc_tui.lists.results import RESULTS
from torc_tui.state.headline import list_line, progress_line, tabs_line
from torc_tui.theme import QUIET, Cell
from torc_tui.widgets.drawing_view import DrawingView
from torc_tui.widgets.line import Line
from torc_tui.widgets.row_table import RowTable

DAG = "DAG"
TABS = (JOBS, FILES, EVENTS, RESULTS, NODES)
TAB_NAMES = [*(view.name for view in TABS), DAG]


class DetailsPane(Vertical):
    """One workflow. It shows what it is given; its tables ask for their rows by message."""

    DEFAULT_CSS = """
    DetailsPane ContentSwitcher { height: 1fr; }
    """

    progress = getters.query_one("#progress", Line)
    counts = getters.query_one("#counts", Line)
    tabs = getters.query_one("#tabs", Line)
    switcher = getters.query_one(ContentSwitcher)
    dag = getters.query_one(DrawingView)

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.tab = 0
        self._workflow: Workflow | None = None
        self._status: WorkflowStatus | None = None
        self._dag_note = ""

    def compose(self) -> ComposeResult:
        """Lay out: progress, counts, tabs, the list."""
        yield Line(id="progress")
        yield Line(id="counts")
        yield Line(id="tabs")
        with ContentSwitcher(initial=TAB_NAMES[0]):
            for view in TABS:
                yield RowTable(view, id=view.name)
            yield DrawingView(id=DAG)

    @property
    def tab_name(self) -> str:
        """The tab in sight."""
        return TAB_NAMES[self.tab]

    @property
    def table(self) -> RowTable | None:
        """The list in sight; None while the graph is."""
        return None if self.tab_name == DAG else self.table_of(self.tab_name)

    def table_of(self, name: str) -> RowTable:
        """Return the list of a tab."""
        return self.query_one(f"#{name}", RowTable)

    def show_workflow(self, workflow: Workflow, status: WorkflowStatus | None) -> None:
        """Show progress and counts."""
        self._workflow, self._status = workflow, status
        first, second = progress_line(workflow, status, self.size.width)
        self.progress.show(*first)
        self.counts.show(*second)
        self.show_limits()

    def show_tab(self, tab: int) -> None:
        """Bring a tab into sight, and give it the focus if this pane had it."""
        had_focus = self.has_focus_within
        self.tab = tab % len(TAB_NAMES)
        self.switcher.current = self.tab_name
        self.show_limits()
        if had_focus:
            self.focus_list()

    def focus_list(self) -> None:
        """Give the focus to what the tab shows."""
        (self.table or self.dag).focus(scroll_visible=False)

    def show_limits(self) -> None:
        """Show the tabs and what limits the list in sight."""
        table = self.table
        limits = (
            [Cell(f"  {self._dag_note}", QUIET)]
            if table is None
            else list_line(table.listing, table.query_state, table.window.total, len(table.marks))
        )
        self.tabs.show(*tabs_line(TAB_NAMES, self.tab), *limits)

    def note_dag(self, note: str) -> None:
        """Say something about the graph."""
        self._dag_note = note
        self.show_limits()

    def on_resize(self) -> None:
        """Fit the bar into the new width."""
        if self._workflow is not None:
            self.show_workflow(self._workflow, self._status)
