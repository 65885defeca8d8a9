"""What else a workflow consists of: a tab with a list for each kind of record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import ContentSwitcher

from torc_core.model.workflow import Workflow
from torc_tui.keys.action import Scope
from torc_tui.keys.bindings import bindings_for
from torc_tui.lists.data.user_data import USER_DATA
from torc_tui.lists.resources.failure_handlers import FAILURE_HANDLERS
from torc_tui.lists.resources.requirements import REQUIREMENTS
from torc_tui.lists.resources.schedulers import LOCAL_SCHEDULERS, SLURM_SCHEDULERS
from torc_tui.lists.workflow_actions import ACTIONS
from torc_tui.panes.base import Tab
from torc_tui.panes.list_pane import ListPane
from torc_tui.panes.messages import LimitsChanged, StateChanged
from torc_tui.requests import Requests
from torc_tui.theme import Cell
from torc_tui.widgets.names_line import NamesLine


class UserDataList(ListPane):
    """User data; Enter shows what it holds."""

    listing = USER_DATA


class RequirementsList(ListPane):
    """What jobs need."""

    title = "Requirements"
    listing = REQUIREMENTS


class SchedulersList(ListPane):
    """Settings of allocations of Slurm."""

    title = "Schedulers"
    listing = SLURM_SCHEDULERS


class LocalSchedulersList(ListPane):
    """Schedulers of a machine."""

    listing = LOCAL_SCHEDULERS


class FailureHandlersList(ListPane):
    """When failed jobs are retried."""

    listing = FAILURE_HANDLERS


class ActionsList(ListPane):
    """What happens by itself; Enter shows all commands of an action."""

    listing = ACTIONS


_LISTS: tuple[type[ListPane], ...] = (
    UserDataList,
    RequirementsList,
    SchedulersList,
    LocalSchedulersList,
    FailureHandlersList,
    ActionsList,
)


class MoreTab(Tab):
    """Lists, one of them visible, under the names of all."""

    title = "More"
    scopes = (*ListPane.scopes, Scope.MORE)
    hint_groups = ("More", "Lists", "View")
    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.MORE)
    DEFAULT_CSS = """
    MoreTab ContentSwitcher { height: 1fr; }
    """

    names = getters.query_one(NamesLine)
    switcher = getters.query_one(ContentSwitcher)

    def __init__(self, requests: Requests) -> None:
        super().__init__(requests)
        self.lists = [
            kind(requests, id=f"more-{kind.title.lower().replace(' ', '-')}") for kind in _LISTS
        ]
        self._at = 0

    def compose(self) -> ComposeResult:
        """Lay out: the names of the lists, the one in sight."""
        yield NamesLine()
        with ContentSwitcher(initial=self.present.id):
            yield from self.lists

    @property
    def present(self) -> ListPane:
        """The list in sight."""
        return self.lists[self._at]

    @property
    def views(self) -> Sequence[str]:
        """The names of the lists."""
        return [each.title for each in self.lists]

    def show_view(self, name: str) -> None:
        """Bring a list into sight, and give it the focus if this tab had it."""
        had_focus = self.has_focus_within
        self._at = list(self.views).index(name)
        self.switcher.current = self.present.id
        self._show_names()
        if self.workflow is not None:
            self.refresh_content()
        if had_focus:
            self.focus_content()
        self.post_message(LimitsChanged())

    def _show_names(self) -> None:
        self.names.show_names(self.views, self._at)

    @on(NamesLine.Chosen)
    def _show_clicked(self, chosen: NamesLine.Chosen) -> None:
        chosen.stop()
        self.show_view(self.views[chosen.index])
        self.focus_content()
        self.post_message(StateChanged())

    def action_more_next(self) -> None:
        """Bring the next list into sight."""
        self.show_view(self.views[(self._at + 1) % len(self.lists)])

    def open(self, workflow: Workflow | None) -> None:
        """Forget the rows of the last workflow."""
        super().open(workflow)
        self._show_names()
        for each in self.lists:
            each.open(workflow)

    def refresh_content(self) -> None:
        """Ask again for the rows in sight."""
        self.present.refresh_content()

    def limits(self) -> list[Cell]:
        """Return those of the list in sight."""
        return self.present.limits()

    def clear_limits(self) -> bool:
        """Remove filters of the list in sight."""
        return self.present.clear_limits()

    def focus_content(self) -> None:
        """Give the focus to the list in sight."""
        self.present.focus_content()
