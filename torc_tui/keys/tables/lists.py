"""Keys of lists, and from one pane to another."""

from __future__ import annotations

from functools import partial

from torc_tui.keys.action import Action, Scope

_on_rows = partial(Action, group="Lists", scope=Scope.TABLE)
_everywhere = partial(Action, group="Lists", scope=Scope.SCREEN)
_in_list = partial(Action, group="Lists", scope=Scope.LIST)

_events = partial(Action, group="Events", scope=Scope.EVENTS)
_more = partial(Action, group="More", scope=Scope.MORE)

LISTS: tuple[Action, ...] = (
    _on_rows(
        "mark.toggle", "space", "mark", "Mark the row, for actions on several jobs or workflows"
    ),
    _on_rows("mark.clear", "minus", "", "Clear all marks"),
    _everywhere("go.inside", "right", "", "Enter the workflow"),
    _everywhere("go.back_to_list", "left,h", "", "Back to the list of workflows"),
    _everywhere(
        "go.next_tab",
        "tab",
        "next tab",
        "Next tab: Jobs, Files, Events, Results, Nodes, Runs, DAG, Time …",
    ),
    _everywhere("go.previous_tab", "shift+tab", "", "Previous tab"),
    _in_list(
        "list.filter",
        "f",
        "filter",
        "Filter all rows by a part of a text; !text leaves those out",
    ),
    _in_list("list.find", "slash", "", "Filter as you type; Enter keeps it, Esc takes it back"),
    _in_list("list.same", "equals_sign", "", "Filter by the value of this row"),
    _in_list(
        "sort.column",
        ",".join("123456789"),
        "",
        "Sort all rows by that column; again to reverse",
    ),
    _in_list(
        "next_failed", "N", "", "Next failed job of all; in the list, next workflow with failures"
    ),
    _in_list("list.sort_left", "less_than_sign", "", "Sort by the column to the left"),
    _in_list("list.sort_right", "greater_than_sign", "", "Sort by the column to the right"),
    _in_list(
        "list.columns", "comma", "", "Choose the columns and their order; they are remembered"
    ),
    _in_list(
        "list.mark_all", "asterisk", "", "Mark all rows that the filter selects, in sight or not"
    ),
    _in_list("list.saved", "b", "", "Use a saved filter, with its order and columns"),
    _in_list("list.save", "B", "", "Save the filter, the order and the columns under a name"),
    _in_list("open", "enter", "open", "Open the workflow; details of a job, file or event"),
    _events(
        "events.clear",
        "E",
        "clear",
        "Clear the list, on Events: only what is new; Esc lists all",
    ),
    _more(
        "more.next",
        "E",
        "next list",
        "Next list, on More: user data, requirements, actions and others",
    ),
)
