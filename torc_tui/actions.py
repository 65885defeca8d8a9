"""Every key binding: bindings, footer and help are generated from this table.

The keys of the reference's interface keep their meaning; the others use letters that are free
there.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """Where a key works; the class of that scope binds it.

    Scopes that nest have no key in common: a table lies in a list, a list in a pane, a pane on
    the screen.
    """

    SCREEN = "screen"
    """Everywhere on the main screen."""
    PANE = "pane"
    """Every pane, on the workflow or the jobs that it shows."""
    LIST = "list"
    """Panes with a list."""
    TABLE = "table"
    DRAWING = "drawing"
    LOG = "log"
    READER = "reader"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that a key does."""

    id: str
    keys: str
    """Textual key names, joined by commas."""
    label: str
    """The keys as they are shown."""
    title: str
    """One or two words for the footer; empty for what only the help names."""
    help: str
    group: str
    """The heading in the help screen, and the context in which the footer shows it. Empty for
    what repeats another one of the help."""
    scope: Scope = Scope.SCREEN

    @property
    def is_requested(self) -> bool:
        """Whether it is a function of `user_actions` or `view_actions`, and not a method."""
        return self.id.startswith(("workflow.", "job.", "view."))

    @property
    def method(self) -> str:
        """How Textual calls it: the name of a method without the prefix `action_`."""
        kind, _, what = self.id.partition(".")
        if kind in _WITH_ARGUMENT:
            return f"{kind}({what!r})"
        if kind == "app":
            return self.id
        return f"request({self.id!r})" if self.is_requested else self.id.replace(".", "_")


_WITH_ARGUMENT = {"move", "go"}
"""Kinds of actions that are one method each, called with the rest of the id."""


def _moves(scope: Scope, group: str) -> tuple[Action, ...]:
    """Return the keys of everything that scrolls."""
    return tuple(
        Action(f"move.{name}", keys, label, "", text, group, scope)
        for name, keys, label, text in (
            ("up", "up,k", "↑ k", "One line up"),
            ("down", "down,j", "↓ j", "One line down"),
            ("page_up", "pageup", "PgUp", "One page up"),
            ("page_down", "pagedown", "PgDn", "One page down"),
            ("top", "g,home", "g Home", "First line"),
            ("bottom", "G,end", "G End", "Last line"),
        )
    )


_LISTS, _WORKFLOW, _JOB, _VIEW, _LOG = "Lists", "Workflow", "Job", "View", "Log viewer"

ACTIONS: tuple[Action, ...] = (
    *_moves(Scope.TABLE, _LISTS),
    Action("mark.toggle", "space", "Space", "mark", "Mark the row, for actions on several jobs",
           _LISTS, Scope.TABLE),
    Action("mark.clear", "minus", "-", "", "Clear all marks", _LISTS, Scope.TABLE),
    Action("go.inside", "right", "→", "", "Enter the workflow", _LISTS),
    Action("go.back_to_list", "left,h", "← h", "", "Back to the list of workflows", _LISTS),
    Action("go.next_tab", "tab", "Tab", "next tab",
           "Next tab: Jobs, Files, Events, Results, Nodes, Runs, DAG", _LISTS),
    Action("go.previous_tab", "shift+tab", "S-Tab", "", "Previous tab", _LISTS),
    Action("filter.ask", "f", "f", "filter", "Filter the list by a column, over all its rows",
           _LISTS, Scope.LIST),
    Action("filter.same", "equals_sign", "=", "", "Filter by the value of this row",
           _LISTS, Scope.LIST),
    Action("sort.column", ",".join("123456789"), "1-9", "",
           "Sort all rows by that column; again to reverse", _LISTS, Scope.LIST),
    Action("open", "enter", "Enter", "open", "Open the workflow; details of a job, file or event",
           _LISTS, Scope.LIST),
    Action("workflow.create", "n", "n", "new", "Create a workflow from a file",
           _WORKFLOW, Scope.PANE),
    Action("workflow.initialize", "i", "i", "init",
           "Initialize: start a new run of every job", _WORKFLOW, Scope.PANE),
    Action("workflow.reset", "R", "R", "", "Reset the status of all jobs", _WORKFLOW, Scope.PANE),
    Action("workflow.rerun", "Y", "Y", "",
           "Rerun what failed and what was canceled because of it", _WORKFLOW, Scope.PANE),
    Action("workflow.run", "x", "x", "run", "Run on this machine; it keeps running after you quit",
           _WORKFLOW, Scope.PANE),
    Action("workflow.submit", "s", "s", "submit",
           "Submit to Slurm: shows allocations, node-hours, server", _WORKFLOW, Scope.PANE),
    Action("workflow.cancel", "C", "C", "cancel workflow", "Cancel the workflow",
           _WORKFLOW, Scope.PANE),
    Action("workflow.delete", "d", "d", "delete", "Delete the workflow and its history",
           _WORKFLOW, Scope.PANE),
    Action("job.logs", "l", "l", "logs", "Output of the job; of Slurm's allocation on Nodes",
           _JOB, Scope.PANE),
    Action("job.cancel", "c", "c", "cancel job", "Cancel the job, or all marked jobs",
           _JOB, Scope.PANE),
    Action("job.terminate", "t", "t", "terminate", "Terminate the job, or all marked jobs",
           _JOB, Scope.PANE),
    Action("job.retry", "y", "y", "retry", "Retry the failed job, or all marked jobs",
           _JOB, Scope.PANE),
    Action("view.refresh", "r", "r", "refresh", "Refresh now", _VIEW),
    Action("view.auto", "A", "A", "", "Refresh interval: 5 s, 30 s, off", _VIEW),
    Action("view.user", "w", "w", "", "Show the workflows of another user", _VIEW),
    Action("view.all_users", "a", "a", "all users", "Show workflows of all users, or only yours",
           _VIEW),
    Action("view.server", "u", "u", "", "Connect to another server", _VIEW),
    Action("go.events", "e", "e", "", "Go to the events", _VIEW),
    Action("view.runs", "H", "H", "", "Runs on this machine", _VIEW),
    Action("view.help", "question_mark", "?", "help", "All keys", _VIEW),
    Action("go.back", "escape", "Esc", "", "Clear the filter, else go back", _VIEW),
    Action("app.quit", "q", "q", "quit", "Quit; runs continue", _VIEW),
    *_moves(Scope.DRAWING, ""),
    *_moves(Scope.LOG, _LOG),
    Action("log.left", "left", "←", "", "Half a screen to the left", _LOG, Scope.LOG),
    Action("log.right", "right", "→", "", "Half a screen to the right", _LOG, Scope.LOG),
    Action("log.switch", "tab,shift+tab", "Tab", "out/err",
           "Switch between stdout and stderr", _LOG, Scope.LOG),
    Action("log.follow", "F", "F", "follow", "Follow the end of the file", _LOG, Scope.LOG),
    Action("log.search", "slash", "/", "search", "Search (ignores case)", _LOG, Scope.LOG),
    Action("log.next", "n", "n", "next", "Next match", _LOG, Scope.LOG),
    Action("log.previous", "N", "N", "previous", "Previous match", _LOG, Scope.LOG),
    Action("log.wrap", "w", "w", "wrap", "Wrap or cut long lines", _LOG, Scope.LOG),
    Action("log.path", "y", "y", "path", "Show the path of the file", _LOG, Scope.LOG),
    Action("log.close", "q,escape", "q Esc", "close", "Close the log", _LOG, Scope.LOG),
    Action("reader.close", "q,escape,question_mark,enter", "q Esc", "close", "Close", "",
           Scope.READER),
)  # fmt: skip
"""All actions, in the order of the help screen."""


def in_scope(*scopes: Scope) -> tuple[Action, ...]:
    """Return the actions of some scopes, in order."""
    return tuple(action for action in ACTIONS if action.scope in scopes)


def shown_in(scopes: Collection[Scope], groups: Sequence[str] = ()) -> tuple[Action, ...]:
    """Return the actions that the footer shows: those of these scopes, by group."""
    shown = [action for action in ACTIONS if action.title and action.scope in scopes]
    if not groups:
        return tuple(shown)
    return tuple(action for group in groups for action in shown if action.group == group)
