"""What a tab is: a part of the screen that shows something of a workflow and owns its keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import Vertical
from textual.message import Message

from torc_core.model.job import Job
from torc_core.model.workflow import Workflow, WorkflowStatus
from torc_core.operations.progress.groups import Overview
from torc_core.operations.slurm.queue_watch import QueueLook
from torc_tui.keys.action import Scope
from torc_tui.keys.bindings import bindings_for
from torc_tui.panes.messages import ActionRequested
from torc_tui.requests import Requests
from torc_tui.theme import Cell

REST_S = 0.15
"""A cursor that rests so long is followed."""


class Tab(Vertical):
    """One tab of an open workflow; by itself it shows nothing.

    A subclass composes its widgets, has a `title`, and overrides what it needs of the methods.
    Keys of its own are actions of a scope of its own, bound with `BINDINGS = bindings_for(scope)`.

    Args:
        requests: Asks the server.
        id: The id of the widget; the title in lower case by default.
    """

    title: ClassVar[str]
    """Its name in the row of tabs."""
    scopes: ClassVar[tuple[Scope, ...]] = (Scope.SCREEN, Scope.PANE)
    """Scopes of the keys that work here, as the footer shows them."""
    hint_groups: ClassVar[tuple[str, ...]] = ("Workflow", "Lists", "View")
    """Groups of actions in the footer, the most important first."""
    shows_jobs: ClassVar[bool] = False
    """Whether its cursor is on jobs, which can have a preview."""
    hints_left_out: frozenset[str] = frozenset()
    """Ids of actions of these groups that have no meaning here, or now."""
    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.PANE)

    def __init__(self, requests: Requests, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id or self.title.lower())
        self.requests = requests
        self.workflow: Workflow | None = None
        self.queue: QueueLook | None = None
        """What Slurm says of the workflow's allocations; None where there is nothing to ask."""

    def open(self, workflow: Workflow | None) -> None:
        """Clear what was shown of the last workflow; request nothing about this one yet."""
        self.workflow = workflow
        self.queue = None

    def came_into_sight(self) -> None:
        """Note that the tab was chosen, or that the user asked for a refresh."""

    def refresh_content(self) -> None:
        """Ask the server again for what is in sight."""

    def show_status(self, status: WorkflowStatus) -> None:
        """Show a new status of the workflow; called while the tab is in sight."""

    def show_queue(self, look: QueueLook | None) -> None:
        """Take over what Slurm says of the allocations; called also while others are in sight."""
        self.queue = look

    @property
    def needs_overview(self) -> bool:
        """Whether all jobs have to be read while it is in sight."""
        return False

    def show_overview(self, overview: Overview) -> None:
        """Show what was read of all jobs; called while the tab is, or comes, in sight."""

    @property
    def views(self) -> Sequence[str]:
        """The names of what it shows, one at a time; nothing for a tab that shows one thing."""
        return ()

    def show_view(self, name: str) -> None:
        """Bring one of its `views` into sight."""

    def limits(self) -> list[Cell]:
        """Return the text beside the tabs: filters, number of rows, marks."""
        return []

    def clear_limits(self) -> bool:
        """Remove filters; return whether there were any."""
        return False

    def focus_content(self) -> None:
        """Give the focus to what the tab shows."""

    def selected_workflow(self) -> Workflow | None:
        """Return the workflow that is shown, or the one under the cursor."""
        return self.workflow

    def selected_workflows(self) -> Sequence[Workflow]:
        """Return the workflows that actions are about."""
        workflow = self.selected_workflow()
        return [] if workflow is None else [workflow]

    def job_under_cursor(self) -> Job | None:
        """Return the job under the cursor, where jobs are shown."""
        return None

    def marked_jobs(self) -> Sequence[Job]:
        """Return the jobs that are marked, where jobs are shown."""
        return ()

    def chosen_runs(self) -> tuple[int, int] | None:
        """Return the numbers of two runs to compare, where runs are shown."""
        return None

    def selected_jobs(self) -> Sequence[Job]:
        """Return the jobs that actions are about."""
        return ()

    def action_request(self, action_id: str) -> None:
        """Ask for an action on the selected workflows or jobs."""
        self.post_message(
            ActionRequested(action_id, self.selected_workflows(), self.selected_jobs())
        )


@dataclass
class TabShown(Message):
    """Another tab came into sight."""

    tab: Tab
