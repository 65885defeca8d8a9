"""What a key does: an action, and where its key works."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from torc_tui.keys.names import shown_key

NUMBERED = "sort.column"
"""The action whose keys are the digits themselves; its method takes the one that was pressed."""
_DIGITS = "1-9"


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
    LINES = "lines"
    GRAPH = "graph"
    GROUPS = "groups"
    TIMELINE = "timeline"
    MORE = "more"
    """The tab of the other lists."""
    EVENTS = "events"
    RUNS = "runs"
    DIFF = "diff"
    LOG = "log"
    READER = "reader"
    CREATE = "create"
    """The dialog that asks for a workflow file."""
    CHOICES = "choices"
    """Short lists in dialogs and forms."""
    MARKS = "marks"
    """Fields of forms that are any of some jobs."""
    WIZARD = "wizard"
    FIELD = "field"
    """Fields of forms that are one of a few values."""
    FAILURES = "failures"
    """The screen of failures, around its table."""
    DIALOG = "dialog"
    """All dialogs."""
    CONFIRM = "confirm"
    """Questions that are answered with yes or no."""
    ANSWER = "answer"
    """Dialogs that answer with what was typed or chosen."""
    TYPED = "typed"
    """What moves while one types into a field."""
    FILTER = "filter"
    """Where a text is typed to filter one of some columns by."""
    LIVE_FILTER = "live filter"
    PICK = "pick"
    """Dialogs in which one of many is found by typing."""
    COMMAND_LINE = "command line"
    COLUMNS = "columns"
    EXAMPLES = "examples"
    SERVERS = "servers"
    RUNS_HERE = "runs here"
    """The runs of this machine."""


OF_DIALOGS = frozenset(
    {
        *(Scope.DIALOG, Scope.CONFIRM, Scope.ANSWER, Scope.TYPED, Scope.FILTER, Scope.LIVE_FILTER),
        *(Scope.PICK, Scope.COMMAND_LINE, Scope.COLUMNS, Scope.EXAMPLES, Scope.SERVERS),
        Scope.RUNS_HERE,
    }
)
"""Scopes of which the keys stay as they are: one types into most of these dialogs."""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that a key does."""

    id: str
    keys: str
    """Textual key names, joined by commas; the first one is the one that is shown for short."""
    title: str
    """One or two words for the footer; empty for what only the help names."""
    help: str
    group: str
    """The heading in the help screen, and the context in which the footer shows it. Empty for
    what repeats another one of the help."""
    scope: Scope = Scope.SCREEN
    explained: str = ""
    """In full, where a line is not enough: what it does, what is kept, what it is not."""

    @property
    def label(self) -> str:
        """The first of its keys, as it is shown; for the digits all of them."""
        return _DIGITS if self.id == NUMBERED else shown_key(self.keys.partition(",")[0])

    @property
    def labels(self) -> str:
        """All of its keys, as they are shown."""
        return _DIGITS if self.id == NUMBERED else " ".join(map(shown_key, self.keys.split(",")))

    @property
    def is_requested(self) -> bool:
        """Whether it is a function, such as one of `user_actions`, and not a method."""
        return self.id.startswith(("workflow.", "job.", "view.", "server."))

    @property
    def is_change(self) -> bool:
        """Whether it changes something, so that a read-only interface refuses it."""
        return self.id in _CHANGES_ELSEWHERE or (
            self.id.startswith(("workflow.", "job.")) and self.id not in _ONLY_READ
        )

    @property
    def is_on_row(self) -> bool:
        """Whether it is about the row under the cursor, in every list."""
        return self.id in _ON_ROW or self.id.startswith("job.")

    @property
    def is_on_workflow(self) -> bool:
        """Whether it is about a workflow: the open one, or the one under the cursor."""
        return self.id in _ON_WORKFLOW or (
            self.id.startswith("workflow.") and self.id not in _WITHOUT_WORKFLOW
        )

    @property
    def is_way_out(self) -> bool:
        """Whether it leaves, or says what else there is: shown where there is room for little."""
        return self.id in _WAYS_OUT

    @property
    def method(self) -> str:
        """How Textual calls it: the name of a method without the prefix `action_`."""
        kind, _, what = self.id.partition(".")
        if kind in _WITH_ARGUMENT:
            return f"{kind}({what!r})"
        if kind == "app":
            return self.id
        return f"request({self.id!r})" if self.is_requested else self.id.replace(".", "_")


_WITH_ARGUMENT = {
    *("move", "go", "list", "log", "create", "wizard", "turn", "failures"),
    *("filter", "live", "line", "columns", "known", "runs"),
}
"""Kinds of actions that are one method each, called with the rest of the id."""


_ONLY_READ = frozenset(
    {"job.logs", "job.merged_logs", "job.why", "workflow.failures", "workflow.plan_recovery"}
)
"""Actions on workflows and jobs that only show something."""
_ON_ROW = frozenset(
    {"open", "mark.toggle", "list.mark_all", "list.same", "next_failed",
     "failures.open", "failures.logs", "failures.why", "failures.edit", "failures.retry"}
)  # fmt: skip
_ON_WORKFLOW = frozenset({"go.inside", "go.events", "go.timeline", "view.plots", "view.diff"})
_WITHOUT_WORKFLOW = frozenset({"workflow.create", "workflow.wizard", "workflow.example"})
_WAYS_OUT = frozenset(
    {"view.help", "app.quit", "diff.close", "log.close", "failures.close", "reader.close",
     "create.cancel", "wizard.leave", "dialog.cancel", "confirm.no"}
)  # fmt: skip
_CHANGES_ELSEWHERE = frozenset({"server.start", "server.stop"})


def moves(scope: Scope, group: str = "") -> tuple[Action, ...]:
    """Return the keys of everything that scrolls."""
    return tuple(
        Action(f"move.{name}", keys, "", text, group, scope)
        for name, keys, text in (
            ("up", "up,k", "One line up"),
            ("down", "down,j", "One line down"),
            ("page_up", "pageup", "One page up"),
            ("page_down", "pagedown", "One page down"),
            ("top", "g,home", "First line"),
            ("bottom", "G,end", "Last line"),
        )
    )


def arrows(scope: Scope) -> tuple[Action, ...]:
    """Return the keys of what scrolls while letters are typed."""
    lines_and_pages = moves(scope)[:4]
    return tuple(replace(each, keys=each.keys.partition(",")[0]) for each in lines_and_pages)
