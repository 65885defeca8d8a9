"""Everything that a key can do: bindings, footer and help are made from this table.

The keys are those of the reference's interface, with their meaning; others use letters that are
free there.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """Where an action can be asked for; the widget or screen of that scope has the method."""

    MAIN = "main"
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
    """The keys as people read them."""
    title: str
    """One or two words for the footer; empty for what only the help names."""
    help: str
    group: str
    """The heading in the help screen, and the context in which the footer shows it. Empty for
    what repeats another one of the help."""
    scope: Scope = Scope.MAIN

    @property
    def is_flow(self) -> bool:
        """Whether it changes something, and so is one of `flows.FLOWS` and not a method."""
        return self.id.startswith(("workflow.", "job."))

    @property
    def method(self) -> str:
        """How Textual calls it: the name of a method without the prefix `action_`."""
        scope, _, what = self.id.partition(".")
        if scope == "move":
            return f"move({what!r})"
        return f"flow({self.id!r})" if self.is_flow else self.id.replace(".", "_")


def _moves(scope: Scope, group: str) -> tuple[Action, ...]:
    """The keys with which everything that scrolls is moved."""
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
    Action("pane.right", "right", "→", "", "Into the workflow, to its lists", _LISTS),
    Action("pane.left", "left,h", "← h", "", "Back to the workflows", _LISTS),
    Action("tab.next", "tab", "Tab", "next tab", "Next: Jobs, Files, Events, Results, Nodes, DAG",
           _LISTS),
    Action("tab.previous", "shift+tab", "S-Tab", "", "Previous tab", _LISTS),
    Action("filter.ask", "f", "f", "filter", "Filter the list by a column, over all its rows",
           _LISTS),
    Action("filter.same", "equals_sign", "=", "", "Only rows with the value of this one", _LISTS),
    Action("sort.column", ",".join("123456789"), "1-9", "",
           "Sort all rows by that column; again to reverse", _LISTS),
    Action("open", "enter", "Enter", "open", "Open the workflow; details of a job, file or event",
           _LISTS),
    Action("workflow.create", "n", "n", "new", "Create a workflow from a file", _WORKFLOW),
    Action("workflow.initialize", "i", "i", "init",
           "Initialize: start over with a new run, every job again", _WORKFLOW),
    Action("workflow.reset", "R", "R", "", "Reset the status of all jobs", _WORKFLOW),
    Action("workflow.run", "x", "x", "run", "Run on this machine; goes on without the interface",
           _WORKFLOW),
    Action("workflow.cancel", "C", "C", "cancel workflow", "Cancel the workflow", _WORKFLOW),
    Action("workflow.delete", "d", "d", "delete", "Delete the workflow and its history", _WORKFLOW),
    Action("job.logs", "l", "l", "logs", "Standard output and error of the job", _JOB),
    Action("job.cancel", "c", "c", "cancel job", "Cancel the job, or all marked jobs", _JOB),
    Action("job.terminate", "t", "t", "terminate", "Terminate the job, or all marked jobs", _JOB),
    Action("job.retry", "y", "y", "retry", "Retry the failed job, or all marked jobs", _JOB),
    Action("view.refresh", "r", "r", "refresh", "Ask the server again, now", _VIEW),
    Action("view.auto", "A", "A", "", "Refresh by itself: 5 s, 30 s, never", _VIEW),
    Action("view.user", "w", "w", "", "Show the workflows of another user", _VIEW),
    Action("view.all_users", "a", "a", "all users", "Workflows of all users, or only yours",
           _VIEW),
    Action("view.server", "u", "u", "", "Use the server at another address", _VIEW),
    Action("view.events", "e", "e", "", "Go to the events", _VIEW),
    Action("view.runs", "H", "H", "", "Runs on this machine", _VIEW),
    Action("view.help", "question_mark", "?", "help", "All keys", _VIEW),
    Action("view.back", "escape", "Esc", "", "Clear the filter, else go back", _VIEW),
    Action("view.quit", "q", "q", "quit", "Leave the interface; runs continue", _VIEW),
    *_moves(Scope.DRAWING, ""),
    *_moves(Scope.LOG, _LOG),
    Action("log.left", "left", "←", "", "Half a screen to the left", _LOG, Scope.LOG),
    Action("log.right", "right", "→", "", "Half a screen to the right", _LOG, Scope.LOG),
    Action("log.switch", "tab,shift+tab", "Tab", "out/err", "Stdout or stderr", _LOG, Scope.LOG),
    Action("log.follow", "F", "F", "follow", "Follow the end of the file", _LOG, Scope.LOG),
    Action("log.search", "slash", "/", "search", "Search, ignoring case", _LOG, Scope.LOG),
    Action("log.next", "n", "n", "next", "Next match", _LOG, Scope.LOG),
    Action("log.previous", "N", "N", "previous", "Previous match", _LOG, Scope.LOG),
    Action("log.wrap", "w", "w", "wrap", "Wrap long lines", _LOG, Scope.LOG),
    Action("log.path", "y", "y", "path", "Show the path of the file", _LOG, Scope.LOG),
    Action("log.close", "q,escape", "q Esc", "close", "Close the log", _LOG, Scope.LOG),
    Action("reader.close", "q,escape,question_mark,enter", "q Esc", "close", "Close", "",
           Scope.READER),
)  # fmt: skip
"""All actions, in the order of the help screen. One line each: a table is read downwards."""


def in_scope(scope: Scope) -> tuple[Action, ...]:
    """Return the actions of `scope`, in order."""
    return tuple(action for action in ACTIONS if action.scope is scope)


def shown_in(scope: Scope, groups: tuple[str, ...] | None = None) -> tuple[Action, ...]:
    """Return what the footer shows in `scope`: of these groups in this order, or all."""
    shown = [action for action in in_scope(scope) if action.title]
    if groups is None:
        return tuple(shown)
    return tuple(action for group in groups for action in shown if action.group == group)
