"""From the table of actions to Textual's bindings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from textual.binding import Binding, BindingType

from torc_tui.keys.action import NUMBERED, OF_DIALOGS, Action, Scope
from torc_tui.keys.names import shown_key
from torc_tui.keys.table import action_named, in_scope

_AHEAD = OF_DIALOGS - {Scope.DIALOG}
"""Scopes whose keys come before those of the field that has the focus; `q` may be typed there."""


def bindings_for(*scopes: Scope) -> list[BindingType]:
    """Return the bindings of every action of some scopes, for a class that has their methods."""
    return [binding for action in in_scope(*scopes) for binding in _bindings(action)]


def bindings_of(action_ids: Iterable[str]) -> list[BindingType]:
    """Return the bindings of single actions, for a class that has their methods."""
    return [binding for each in action_ids for binding in _bindings(action_named(each))]


_OF_TABS: Mapping[Scope, str] = {
    Scope.TABLE: "lists",
    Scope.LIST: "lists",
    Scope.GROUPS: "DAG",
    Scope.GRAPH: "DAG",
    Scope.TIMELINE: "Time",
    Scope.MORE: "More",
    Scope.EVENTS: "Events",
    Scope.RUNS: "Results and Time",
}
"""Where keys of the main screen work that do not work everywhere on it."""


def bindings_elsewhere() -> list[BindingType]:
    """Return bindings of keys that work in some tabs, for what is around them: it says where."""
    everywhere = {key for each in in_scope(Scope.SCREEN, Scope.PANE) for key in _keys(each)}
    of_tabs = {key for each in _actions_of_tabs() for key in _keys(each)}
    return [Binding(key, f"elsewhere({key!r})", show=False) for key in sorted(of_tabs - everywhere)]


def where_it_works(key: str) -> str:
    """Return in which tabs a key of `bindings_elsewhere` works, in a sentence."""
    places = [_OF_TABS[each.scope] for each in _actions_of_tabs() if key in _keys(each)]
    *first, last = dict.fromkeys(places)
    them = f"{', '.join(first)} and {last}" if first else last
    return f"{shown_key(key)} does nothing here; it is for {them}."


def _actions_of_tabs() -> list[Action]:
    return [each for each in in_scope(*_OF_TABS) if not each.id.startswith("move.")]


def _keys(action: Action) -> list[str]:
    return action.keys.split(",")


def _bindings(action: Action) -> list[Binding]:
    if action.id == NUMBERED:
        return [
            Binding(digit, f"{action.method}({digit})", action.help, show=False)
            for digit in action.keys.split(",")
        ]
    is_ahead = action.scope in _AHEAD
    return [
        Binding(
            action.keys, action.method, action.help, show=False, id=action.id, priority=is_ahead
        )
    ]
