"""Every key binding: bindings, footer and help are generated from this table.

The keys of the reference's interface keep their meaning; the others use letters that are free
there.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from torc_tui.keys.action import Action, Scope, moves
from torc_tui.keys.tables.charts import CHARTS
from torc_tui.keys.tables.creating import CREATING
from torc_tui.keys.tables.dialogs import DIALOGS
from torc_tui.keys.tables.failures import FAILURES
from torc_tui.keys.tables.lists import LISTS
from torc_tui.keys.tables.log import LOG
from torc_tui.keys.tables.view import VIEW
from torc_tui.keys.tables.workflow import WORKFLOW

ACTIONS: tuple[Action, ...] = (
    *moves(Scope.TABLE, "Lists"),
    *LISTS,
    *WORKFLOW,
    *VIEW,
    *CHARTS,
    *moves(Scope.DRAWING),
    *moves(Scope.LINES),
    *moves(Scope.LOG, "Log viewer"),
    *LOG,
    *FAILURES,
    *moves(Scope.CHOICES),
    *moves(Scope.MARKS),
    *CREATING,
    *DIALOGS,
)
"""All actions, in the order of the help screen."""


_present = [ACTIONS]
"""The table with the keys of the user, as `use_actions` has set it."""


def use_actions(actions: tuple[Action, ...]) -> None:
    """Use another table from now on; call it before the classes of the interface are imported."""
    _present[0] = actions


def present_actions() -> tuple[Action, ...]:
    """Return all actions with the keys that they have now."""
    return _present[0]


def in_scope(*scopes: Scope) -> tuple[Action, ...]:
    """Return the actions of some scopes, in order."""
    return tuple(action for action in present_actions() if action.scope in scopes)


def action_named(action_id: str) -> Action:
    """Return an action by its id."""
    return next(action for action in present_actions() if action.id == action_id)


def shown_in(scopes: Collection[Scope], groups: Sequence[str] = ()) -> tuple[Action, ...]:
    """Return the actions that the footer shows: those of these scopes, by group."""
    shown = [action for action in present_actions() if action.title and action.scope in scopes]
    if not groups:
        return tuple(shown)
    return tuple(action for group in groups for action in shown if action.group == group)
