"""Every key of the interface: where it is pressed, and what is then seen.

A new key needs a row here: a test fails without.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from tui.gallery.screens import TRAINING

from torc_tui.keys.action import Scope


class Row(NamedTuple):
    """One key. Spaces in a row count as one; before the key what is to be seen is not there."""

    action: str
    """The id of its action in the scopes of the walk."""
    seen: str = ""
    gone: str = ""
    """What is seen no more."""
    before: str = ""
    """Keys that lead to where it is pressed, as in `screens`."""
    after: str = ""
    """Keys that lead back."""
    changes: Callable[[Any], object] = lambda _ui: None
    """What else differs then, where nothing is seen of it."""


class Walk(NamedTuple):
    """Keys that are pressed one after the other."""

    name: str
    scopes: tuple[Scope, ...]
    rows: tuple[Row, ...]
    keys: str = ""
    """What leads to its screen from the list of workflows."""
    workflow: str = TRAINING
    size: tuple[int, int] = (80, 24)
    has_runs: bool = False
    """There are runs on this machine."""


_FIRST = "'one' enter 'true' escape"
_MORE = "'six' enter 'true' escape a 'two' enter 'true'"
_SCREEN = (Scope.SCREEN, Scope.PANE, Scope.LIST, Scope.TABLE)


def _moves(first: str, second: str, last: str) -> tuple[Row, ...]:
    """Keys of a list that is shorter than a page: what is seen of the cursor on some rows."""
    return (
        Row("move.down", second), Row("move.up", first), Row("move.bottom", last),
        Row("move.top", first), Row("move.page_down", last), Row("move.page_up", first),
    )  # fmt: skip


def _scrolls(first: str, last: str) -> tuple[Row, ...]:
    """Keys of what is longer than a page: its first and its last line."""
    return (
        Row("move.down", gone=first), Row("move.up", first), Row("move.bottom", last),
        Row("move.top", first), Row("move.page_down", gone=first), Row("move.page_up", first),
    )  # fmt: skip


WALKS = (
    Walk(
        "list",
        _SCREEN,
        (
            *_moves("> 7 train-grid", "> 6 climate-ens", "> 3 notes"),
            Row("mark.toggle", "1 marked"),
            Row("mark.clear", gone="1 marked"),
            Row("list.mark_all", "5 marked", after="-"),
            Row("list.sort_right", "sorted by Name", before="1"),
            Row("list.sort_left", "sorted by ID"),
            Row("sort.column", "ID▼"),
            Row("list.filter", "Filter by [Name]", after="escape"),
            Row("list.find", " Name: ", after="escape"),
            Row("list.same", "name = "),
            Row("go.back", gone="name = "),
            Row("next_failed", "> 6 climate-ens", before="1 g"),
            Row("list.columns", "Columns of Workflows", after="escape"),
            Row("list.saved", "No filter is saved for this list yet"),
            Row("list.save", "Save this filter as", after="escape g"),
            Row("open", "[Jobs]"),
            Row("go.next_tab", "[Files]"),
            Row("go.previous_tab", "[Jobs]"),
            Row("go.events", "[Events]"),
            Row("go.timeline", "[Time]"),
            Row("go.back_to_list", gone="[Time]"),
            Row("go.inside", "[Time]", after="left"),
            Row("view.all_users", "of-ada", after="a"),
            Row("view.user", "Empty for all users.", after="escape"),
            Row("view.auto", "auto 30s"),
            Row("view.low_bandwidth", "Low bandwidth"),
            Row("view.command", "workflow job tab", after="escape"),
            Row("view.palette", "Actions", after="escape"),
            Row("view.help", "Keys", after="q"),
            Row("view.diff", "nothing to compare", after="q"),
            Row("view.plots", "▸ plots", after="q"),
            Row("view.runs", "no runs"),
            Row("app.next_theme", "Theme "),
            Row("server.choose", "Empty for torc's own server.", after="escape"),
            Row("server.known", "Known from", after="escape"),
            Row("server.start", "Go to torc's own server", after="n"),
            Row("server.stop", "was not started by torc here", before="r"),
            Row("server.output", "was not started by torc here", before="r"),
        ),
    ),
    Walk(
        "two panes",
        _SCREEN,
        (
            Row("view.narrow_list", gone="✗ failed 71%"),
            Row("view.widen_list", "✗ failed 71%"),
            Row("view.zoom", gone="[Jobs]", after="z"),
            Row("app.quit", changes=lambda ui: ui.app.is_running),
        ),
        size=(120, 35),
    ),
    Walk(
        "workflow",
        _SCREEN,
        (
            Row("workflow.create", "New workflow", after="escape"),
            Row("workflow.wizard", "Basics", after="escape"),
            Row("workflow.example", "Examples", after="escape"),
            Row("workflow.initialize", "Initialize #7", after="n"),
            Row("workflow.reinitialize", "so 3 failed jobs stay"),
            Row("workflow.reset", "Reset", after="n"),
            Row("workflow.rerun", "Rerun", after="n"),
            Row("workflow.failures", "failed jobs in", after="q"),
            Row("workflow.plan_recovery", "did not end well", after="q"),
            Row("workflow.recover", "Recover #7", after="n"),
            Row("workflow.watch", "Watch #7", after="n"),
            Row("workflow.run", "No job is left to run."),
            Row("workflow.submit", "sbatch", after="q"),
            Row("workflow.cancel", "there is nothing to cancel"),
            Row("workflow.delete", "Delete workflow #7", after="n right"),
            Row("job.logs", "log ▸ fit_0.001_1", before="down", after="q"),
            Row("job.merged_logs", "2 jobs", before="space space", after="q -"),
            Row("job.why", "Why ▸", after="q"),
            Row("job.edit", "What to edit", after="escape"),
            Row("job.cancel", "it can be retried, not canceled"),
            Row("job.terminate", "not terminated"),
            Row("view.refresh", gone="not terminated"),
            Row("job.retry", "Retry job", after="n"),
        ),
    ),
    Walk(
        "graph",
        (Scope.GROUPS, Scope.GRAPH, Scope.LINES),
        (
            *_moves("> prepare", "> ▸ fit_", "> evaluate"),
            Row("groups.downstream", "fit_0.001_1 needs prepare feeds evaluate critical"),
            Row("groups.upstream", "> prepare"),
            Row("groups.open", "▸ fit_", before="down"),
            Row("groups.find", "Find a job or group", after="'e' enter"),
            Row("groups.next", "1 of 2: prepare"),
            Row("groups.previous", "2 of 2: evaluate"),
            Row("graph.view", "✓C prepare"),
        ),
        "right shift+tab shift+tab shift+tab",
    ),
    Walk(
        "drawing",
        (Scope.DRAWING,),
        (*_scrolls("Keys Workflow n Create", "All times are local"),),
        "?",
    ),
    Walk(
        "timeline",
        (Scope.TIMELINE, Scope.RUNS),
        (
            Row("timeline.fold", "▸ gpu07", before="down"),
            Row("run.older", "run 1"),
            Row("run.newer", gone="run 1"),
        ),
        "right T",
    ),
    Walk(
        "more",
        (Scope.MORE,),
        (Row("more.next", "[Requirements]"),),
        "right shift+tab",
    ),
    Walk(
        "events",
        (Scope.EVENTS,),
        (Row("events.clear", "Cleared: new events are listed."),),
        "right e",
    ),
    Walk(
        "reader",
        (Scope.READER,),
        (
            Row("reader.search", "Search"),
            Row("reader.next", "match 2 of", before="'job' enter"),
            Row("reader.previous", "match 1 of"),
            Row("reader.copy", "lines"),
            Row("reader.close", gone="Keys"),
        ),
        "?",
    ),
    Walk(
        "log",
        (Scope.LOG,),
        (
            *_scrolls("epoch 0/100", "epoch 59/100"),
            Row("log.right", gone="epoch 0/100"),
            Row("log.left", "epoch 0/100"),
            Row("log.search", "Search"),
            Row("log.next", "match 2 of", before="'loss' enter g"),
            Row("log.previous", "match 1 of"),
            Row("log.only", "Only lines with", after="escape"),
            Row("log.follow", "follow on"),
            Row("log.wrap", "wrap on"),
            Row("log.colors", "plain"),
            Row("log.hex", "00000"),
            Row("log.mark", "── ", before="x"),
            Row("log.copy", "lines to the clipboard; all in"),
            Row("log.path", "1 line to the clipboard; all in"),
            Row("log.open", "Set PAGER or EDITOR"),
            Row("log.stop", "This is not the output of a run"),
            Row("log.older", "run 1, attempt 1"),
            Row("log.newer", "run 2, attempt 1"),
            Row("log.switch", gone="epoch"),
            Row("log.close", "[Jobs]"),
        ),
        "right down l g",
        size=(120, 24),
    ),
    Walk(
        "failures",
        (Scope.FAILURES,),
        (
            Row("failures.logs", "Killed", after="q"),
            Row("failures.why", "Why ▸", after="q"),
            Row("failures.edit", "What to edit", after="escape"),
            Row("failures.retry", "Retry", after="n"),
            Row("failures.rerun", "Rerun", after="n"),
            Row("failures.plan", "did not end well", after="q"),
            Row("failures.recover", "Recover", after="n"),
            Row("failures.more", "All logs that may tell something were read."),
            Row("failures.refresh", changes=lambda ui: ui.screen._reader),
            Row("failures.open", "[Jobs]"),
            Row("failures.close", "[Jobs]", before="F"),
        ),
        "F",
    ),
    Walk(
        "diff",
        (Scope.DIFF,),
        (
            Row("diff.older", "no older run"),
            Row("diff.newer", "no newer run"),
            Row("diff.close", gone="no newer run"),
        ),
        "D",
    ),
    Walk(
        "questions",
        (Scope.CONFIRM, Scope.DIALOG),
        (
            *_scrolls("Recover #7", "Then the workflow runs"),
            Row("confirm.no", gone="Recover #7"),
            Row("dialog.cancel", gone="Recover #7", before="V"),
            Row("confirm.yes", "Reset 4 jobs of #5", before="down down R"),
        ),
        "V",
        size=(60, 12),
    ),
    Walk(
        "typed",
        (
            Scope.ANSWER,
            Scope.TYPED,
            Scope.FILTER,
            Scope.LIVE_FILTER,
            Scope.PICK,
            Scope.COMMAND_LINE,
        ),
        (
            Row("move.down", "> -"),
            Row("move.up", "> Space"),
            Row("move.page_down", "> > "),
            Row("move.page_up", "> Space", after="escape right f"),
            Row("filter.next", "[Status]"),
            Row("filter.previous", "[Name]"),
            Row("dialog.accept", "name: fit", before="'fit'", after="B 'mine' enter b"),
            Row("pick.delete", gone="Saved filters", after="escape /"),
            Row("live.keep", gone=" Name: ", before="'eval'", after="escape /"),
            Row("live.take_back", gone=" Name: "),
            Row(
                "line.complete",
                ": sort",
                before="escape : 'so'",
                after="escape : 'sort Name' enter :",
            ),
            Row("line.older", ": sort Name"),
            Row("line.newer", gone=": sort Name"),
        ),
        "ctrl+p",
    ),
    Walk(
        "columns",
        (Scope.COLUMNS,),
        (
            Row("columns.switch", "> [ ] ID"),
            Row("columns.right", "[x] Name │ │ > [ ] ID"),
            Row("columns.left", gone="[x] Name │ │ > [ ] ID"),
            Row("columns.usual", "[x] ID"),
            *_scrolls("> [x] ID", "> [ ] Origin"),
        ),
        "right ,",
        size=(60, 15),
    ),
    Walk(
        "servers",
        (Scope.SERVERS,),
        (
            Row(
                "known.add",
                "Name of the server",
                after="'other' enter 'http://127.0.0.1:9' enter enter",
            ),
            Row("known.forget", gone="127.0.0.1:9", before="@ down"),
            Row("known.go", "own server", before="up"),
        ),
        "@",
    ),
    Walk(
        "runs",
        (Scope.RUNS_HERE,),
        (
            Row("runs.output", "follow on", after="q H"),
            Row("runs.stop", "Stop it on login2.", after="H"),
            Row("runs.clear", "Clear 1 run", before="down", after="n"),
            Row("runs.clear_all", "Clear 2 runs", after="n"),
            Row("runs.open", "No torc server answers", before="g"),
        ),
        "H",
        has_runs=True,
    ),
    Walk(
        "create",
        (Scope.CREATE,),
        (
            Row("create.down", "> output/"),
            Row("create.up", gone="> output/"),
            Row("create.complete", gone="│ br │", before="'br'"),
            Row("create.page_down", gone="This file has problems:"),
            Row("create.page_up", "This file has problems:"),
            Row("create.accept", gone="This file has problems:"),
            Row("create.cancel", gone="New workflow"),
            Row("create.wizard", "Basics", before="n"),
        ),
        "n",
    ),
    Walk(
        "examples",
        (Scope.EXAMPLES,),
        (Row("examples.create", "Created #"),),
        "X",
    ),
    Walk(
        "marks",
        (Scope.MARKS,),
        (*_moves("> [ ] one", "> [ ] six", "> [ ] six"),),
        f"m 'made' ctrl+n {_FIRST} a {_MORE} escape ctrl+n enter",
    ),
    Walk(
        "wizard",
        (Scope.WIZARD, Scope.FIELD, Scope.MARKS, Scope.CHOICES),
        (
            Row("wizard.down", "One line that says what it is for"),
            Row("wizard.up", "What the workflow is called"),
            Row("wizard.problem", "What the workflow is called", before="down"),
            Row("wizard.create", "What the workflow is called", before="down"),
            Row("wizard.next", "step 2 of 7", before="'made'"),
            Row("wizard.back", "step 1 of 7"),
            Row("wizard.add", "(no name)", before=f"ctrl+n {_FIRST}"),
            Row("wizard.leave", "> two", before=_MORE, after="g"),
            *_moves("> one", "> six", "> two"),
            Row("choices.choose", "No two are the same", after="escape"),
            Row("wizard.remove", "Delete Jobs, one?", after="n G"),
            Row("marks.toggle", "> [x] one", before="ctrl+n enter"),
            Row("marks.done", gone="> [x] one"),
            Row("turn.next", gone="< nothing stated", before="ctrl+n enter"),
            Row("turn.previous", "< nothing stated"),
            Row("turn.done", "> two"),
        ),
        "m",
    ),
)
