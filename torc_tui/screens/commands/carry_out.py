"""Actions by their id: which can be done here, and doing one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textual.app import App
from textual.dom import DOMNode
from textual.screen import Screen

from torc_core.errors import UsageError
from torc_tui.keys.action import Action, Scope
from torc_tui.keys.in_words import keyed
from torc_tui.keys.table import in_scope
from torc_tui.panes.base import Tab
from torc_tui.panes.list_pane import ListPane
from torc_tui.widgets.row_table import RowTable

_HOLDERS: Mapping[Scope, type[DOMNode]] = {
    Scope.SCREEN: Screen,
    Scope.PANE: Tab,
    Scope.LIST: ListPane,
    Scope.TABLE: RowTable,
}
_UNNAMED = ("move.", "sort.column", "view.palette", "view.command")
"""Beginnings of ids of what only a key does well."""


def available(app: App[Any]) -> tuple[Action, ...]:
    """Return the actions that can be done where the focus is."""
    scopes = [scope for scope in _HOLDERS if holder_of(app, scope) is not None]
    return tuple(each for each in in_scope(*scopes) if not each.id.startswith(_UNNAMED))


def holder_of(app: App[Any], scope: Scope) -> DOMNode | None:
    """Return the widget around the focus that has the methods of a scope."""
    focused = app.screen.focused or app.screen
    nodes = focused.ancestors_with_self
    kind = _HOLDERS.get(scope)
    return next((node for node in nodes if kind and isinstance(node, kind)), None)


async def carry_out(app: App[Any], action_id: str) -> None:
    """Do an action, as its key does.

    Raises:
        UsageError: It cannot be done here.
    """
    action = next((each for each in available(app) if each.id == action_id), None)
    if action is None:
        raise UsageError(
            f"{action_id} cannot be done here.", hint=keyed("{view.palette} lists what can.")
        )
    await app.run_action(action.method, holder_of(app, action.scope))
