"""Keys of dialogs, and of the lines in which filters and commands are typed."""

from __future__ import annotations

from functools import partial

from torc_tui.keys.action import Action, Scope, arrows, moves

_GROUP = "Dialogs"
_confirm = partial(Action, group=_GROUP, scope=Scope.CONFIRM)
_filter = partial(Action, group=_GROUP, scope=Scope.FILTER)
_live = partial(Action, group=_GROUP, scope=Scope.LIVE_FILTER)
_line = partial(Action, group=_GROUP, scope=Scope.COMMAND_LINE)
_columns = partial(Action, group=_GROUP, scope=Scope.COLUMNS)
_servers = partial(Action, group=_GROUP, scope=Scope.SERVERS)
_runs = partial(Action, group=_GROUP, scope=Scope.RUNS_HERE)

DIALOGS: tuple[Action, ...] = (
    _confirm("confirm.yes", "y", "yes", "Yes"),
    _confirm("confirm.no", "n,enter", "no", "No"),
    Action(
        "dialog.accept", "enter", "accept", "Accept what is typed or chosen", _GROUP, Scope.ANSWER
    ),
    _filter("filter.next", "tab", "next column", "Filters: use the text for the next column"),
    _filter("filter.previous", "shift+tab", "", "Filters: use it for the column before"),
    _live("live.keep", "enter", "", "Filter as you type: keep it"),
    _live("live.take_back", "escape", "", "Filter as you type: take it back"),
    Action("pick.delete", "ctrl+d", "delete", "Saved filters: delete it", _GROUP, Scope.PICK),
    _line("line.complete", "tab", "", "Command line: complete"),
    _line("line.older", "up", "", "Command line: the one before"),
    _line("line.newer", "down", "", "Command line: the one after"),
    _columns("columns.switch", "space", "show/hide", "Columns: show or hide it"),
    _columns("columns.left", "less_than_sign,K", "left", "Columns: move it to the left"),
    _columns("columns.right", "greater_than_sign,J", "right", "Columns: move it to the right"),
    _columns("columns.usual", "u", "usual", "Columns: the usual ones"),
    Action("examples.create", "enter", "create", "Examples: create it", _GROUP, Scope.EXAMPLES),
    _servers("known.go", "enter", "go", "Servers: go to it"),
    _servers("known.add", "n", "name one", "Servers: name one"),
    _servers("known.forget", "d", "forget", "Servers: forget it"),
    _runs("runs.open", "enter", "open", "Runs: open its workflow, or its last state"),
    _runs("runs.output", "l", "output", "Runs: output"),
    _runs("runs.stop", "K", "stop", "Runs: stop it"),
    _runs("runs.clear", "c", "clear", "Runs: clear what is over"),
    _runs("runs.clear_all", "C", "clear all", "Runs: clear all that are over"),
    *moves(Scope.CONFIRM),
    *moves(Scope.COLUMNS),
    *arrows(Scope.TYPED),
    Action("dialog.cancel", "escape,q", "cancel", "Cancel, close", _GROUP, Scope.DIALOG),
)
