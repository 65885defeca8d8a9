"""One workflow in tabs, under its progress."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from textual import getters, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import ContentSwitcher

from torc_core.model.workflow import Workflow, WorkflowStatus
from torc_core.operations.slurm.queue_watch import QueueLook
from torc_tui.panes.base import Tab
from torc_tui.panes.messages import LimitsChanged
from torc_tui.requests import Requests
from torc_tui.state.headline import progress_line, tabs_line
from torc_tui.terminal import clean
from torc_tui.widgets.line import Line

AnyTab = TypeVar("AnyTab", bound=Tab)


class TabbedPane(Vertical):
    """Progress, counts and tabs, of which one is in sight.

    Args:
        tabs: In their order, at least one.
        requests: Asks the server.
        id: The id of the widget.
    """

    DEFAULT_CSS = """
    TabbedPane ContentSwitcher { height: 1fr; }
    """

    progress = getters.query_one("#progress", Line)
    counts = getters.query_one("#counts", Line)
    names = getters.query_one("#tabs", Line)
    switcher = getters.query_one(ContentSwitcher)

    def __init__(self, tabs: Sequence[type[Tab]], requests: Requests, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.tabs = [tab(requests) for tab in tabs]
        self._at = 0
        self._workflow: Workflow | None = None
        self._status: WorkflowStatus | None = None

    def compose(self) -> ComposeResult:
        """Lay out: progress, counts, tabs, the tab in sight."""
        yield Line(id="progress")
        yield Line(id="counts")
        yield Line(id="tabs")
        with ContentSwitcher(initial=self.tab.id):
            yield from self.tabs

    @property
    def tab(self) -> Tab:
        """The tab in sight."""
        return self.tabs[self._at]

    def tab_of(self, kind: type[AnyTab]) -> AnyTab:
        """Return the tab of a class."""
        return next(tab for tab in self.tabs if isinstance(tab, kind))

    def open(self, workflow: Workflow | None) -> None:
        """Show another workflow, or none."""
        for tab in self.tabs:
            tab.open(workflow)
        if workflow is not None:
            self.border_title = clean(workflow.name).replace("[", r"\[")
            self.show_workflow(workflow, None)
            self.tab.refresh_content()

    def show_workflow(self, workflow: Workflow, status: WorkflowStatus | None) -> None:
        """Show progress and counts."""
        self._workflow, self._status = workflow, status
        first, second = progress_line(workflow, status, self.size.width)
        self.progress.show(*first)
        self.counts.show(*second)
        self.show_limits()
        if status is not None:
            self.tab.show_status(status)

    def show_queue(self, look: QueueLook | None) -> None:
        """Hand on what Slurm says of the allocations."""
        for tab in self.tabs:
            tab.show_queue(look)

    def step_tab(self, step: int) -> None:
        """Bring the next or a previous tab into sight."""
        self.show_tab(self.tabs[(self._at + step) % len(self.tabs)])

    def show_tab(self, tab: Tab) -> None:
        """Bring a tab into sight, and give it the focus if this pane had it."""
        had_focus = self.has_focus_within
        self._at = self.tabs.index(tab)
        self.switcher.current = tab.id
        self.show_limits()
        tab.came_into_sight()
        if had_focus:
            tab.focus_content()

    @on(LimitsChanged)
    def show_limits(self) -> None:
        """Show the tabs and what limits the one in sight."""
        titles = [tab.title for tab in self.tabs]
        self.names.show(*tabs_line(titles, self._at), *self.tab.limits())

    def on_resize(self) -> None:
        """Fit the bar into the new width."""
        if self._workflow is not None:
            first, _ = progress_line(self._workflow, self._status, self.size.width)
            self.progress.show(*first)
