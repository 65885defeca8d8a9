"""From the table of actions to Textual's bindings."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from torc_tui.actions import Action, Scope, in_scope

NUMBERED = "sort.column"
"""The action whose method takes the digit that was pressed."""


def bindings_for(scope: Scope) -> list[BindingType]:
    """Return the bindings of every action of `scope`, for the class that has its methods."""
    return [binding for action in in_scope(scope) for binding in _bindings(action)]


def _bindings(action: Action) -> list[Binding]:
    if action.id == NUMBERED:
        return [
            Binding(digit, f"{action.method}({digit})", action.help, show=False)
            for digit in action.keys.split(",")
        ]
    return [Binding(action.keys, action.method, action.help, show=False, id=action.id)]
