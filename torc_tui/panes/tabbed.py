"""One workflow in tabs, under its progress."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import TypeVar

from textual import getters, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import ContentSwitcher

from torc_core.model.workflow import Workflow, WorkflowStatus
from torc_core.operations.progress.groups import Overview
from torc_core.operations.slurm.queue_watch import QueueLook
from torc_tui.panes.base import Tab, TabShown
from torc_tui.panes.charts.groups import GroupsView
from torc_tui.panes.messages import LimitsChanged, StateChanged
from torc_tui.panes.tabs.jobs import JobsTab
from torc_tui.requests import Requests
from torc_tui.state.head.headline import progress_line
from torc_tui.state.overview.group_lines import summary_lines
from torc_tui.terminal import clean
from torc_tui.theme import Cell
from torc_tui.widgets.line import Line
from torc_tui.widgets.names_line import NamesLine

AnyTab = TypeVar("AnyTab", bound=Tab)


class TabbedPane(Vertical):
    """Progress, counts and tabs, one of them visible; each is mounted when first shown.

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
    groups = getters.query_one("#groups", Line)
    names = getters.query_one("#tabs", NamesLine)
    switcher = getters.query_one(ContentSwitcher)

    def __init__(self, tabs: Sequence[type[Tab]], requests: Requests, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.tabs = [tab(requests) for tab in tabs]
        self._at = 0
        self._mounting = asyncio.Lock()
        self.workflow: Workflow | None = None
        """The open one."""
        self._queue: QueueLook | None = None
        self._status: WorkflowStatus | None = None
        self._overview: Overview | None = None

    def compose(self) -> ComposeResult:
        """Lay out: progress, counts, tabs, the tab in sight."""
        yield Line(id="progress")
        yield Line(id="counts")
        yield Line(id="groups")
        yield NamesLine(id="tabs")
        with ContentSwitcher(initial=self.tab.id):
            yield self.tab

    @property
    def tab(self) -> Tab:
        """The tab in sight."""
        return self.tabs[self._at]

    @property
    def _mounted(self) -> Iterator[Tab]:
        return (tab for tab in self.tabs if tab.is_attached)

    async def _mount_tab(self, tab: Tab) -> None:
        """Mount a tab, unless it is there, and let it take over what the others know."""
        async with self._mounting:
            if tab.is_attached:
                return
            await self.switcher.add_content(tab)
        tab.open(self.workflow)
        tab.show_queue(self._queue)

    def tab_of(self, kind: type[AnyTab]) -> AnyTab:
        """Return the tab of a class."""
        return next(tab for tab in self.tabs if isinstance(tab, kind))

    def tab_titled(self, title: str) -> Tab:
        """Return the tab of a title."""
        return next(tab for tab in self.tabs if tab.title == title)

    def open(self, workflow: Workflow | None) -> None:
        """Show another workflow, or none."""
        self.workflow = workflow
        self._overview = self._queue = None
        self.groups.show()
        for tab in self._mounted:
            tab.open(workflow)
        if workflow is not None:
            self.border_title = clean(workflow.name).replace("[", r"\[")
            self.show_workflow(workflow, None)
            self.tab.refresh_content()

    def show_workflow(self, workflow: Workflow, status: WorkflowStatus | None) -> None:
        """Show progress and counts."""
        self.workflow, self._status = workflow, status
        self._show_progress()
        self.show_limits()
        if status is not None:
            self.tab.show_status(status)

    def show_overview(self, overview: Overview) -> None:
        """Show how far groups of jobs are, and how long they still take."""
        self._overview = overview
        self._show_progress()
        self.tab.show_overview(overview)

    @property
    def needs_overview(self) -> bool:
        """Whether something in sight needs all jobs to be read, or their groups."""
        return self.tab.needs_overview or self._shows_groups

    @property
    def _shows_groups(self) -> bool:
        return self.screen.has_class("-wide")

    def _show_progress(self) -> None:
        if self.workflow is None:
            return
        overview, width = self._overview, self.size.width
        left = overview.left.words if overview is not None and overview.left is not None else ""
        first, second = progress_line(self.workflow, self._status, width, left)
        self.progress.show(*first)
        self.counts.show(*second)
        lines = summary_lines(overview, width - 2) if self._shows_groups else []
        self.set_class(bool(lines), "-grouped")
        self.groups.show(*(cell for line in lines for cell in (Cell(" "), *line, Cell("\n"))))

    def show_queue(self, look: QueueLook | None) -> None:
        """Hand on what Slurm says of the allocations."""
        self._queue = look
        for tab in self._mounted:
            tab.show_queue(look)

    async def step_tab(self, step: int) -> None:
        """Bring the next or a previous tab into sight."""
        await self.show_tab(self.tabs[(self._at + step) % len(self.tabs)])

    async def show_tab(self, tab: Tab) -> None:
        """Bring a tab into sight, and give it the focus if this pane had it."""
        await self._mount_tab(tab)
        self.switch_to(tab)

    def switch_to(self, tab: Tab) -> None:
        """Do so with a tab that is mounted, as that of the jobs always is."""
        had_focus = self.has_focus_within
        self._at = self.tabs.index(tab)
        self.switcher.current = tab.id
        self.show_limits()
        self.post_message(TabShown(tab))
        if self._overview is not None:
            tab.show_overview(self._overview)
        tab.came_into_sight()
        if self._status is not None:
            tab.show_status(self._status)
        if had_focus:
            tab.focus_content()

    @on(GroupsView.GroupChosen)
    def _list_group(self, chosen: GroupsView.GroupChosen) -> None:
        """List the jobs of a group."""
        jobs = self.tab_of(JobsTab)
        self.switch_to(jobs)
        jobs.show_group(chosen.group_id, chosen.name)

    @on(NamesLine.Chosen)
    async def _enter_tab(self, chosen: NamesLine.Chosen) -> None:
        """Bring the tab under the mouse into sight; keys go there."""
        await self.show_tab(self.tabs[chosen.index])
        self.tab.focus_content()
        self.post_message(StateChanged())

    @on(LimitsChanged)
    def show_limits(self) -> None:
        """Show the tabs and what limits the one in sight."""
        self.names.show_names([tab.title for tab in self.tabs], self._at, *self.tab.limits())

    def on_resize(self) -> None:
        """Fit the bar into the new width."""
        self._show_progress()
