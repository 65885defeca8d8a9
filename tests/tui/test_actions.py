"""The table of actions is complete, and what is bound is what it says."""

from __future__ import annotations

from collections import Counter

import pytest

from torc_tui.actions import ACTIONS, Scope, in_scope, shown_in
from torc_tui.app import TorcApp
from torc_tui.keymap import bindings_for
from torc_tui.panes.base import Tab
from torc_tui.panes.list_pane import ListPane
from torc_tui.panes.tabs import TABS
from torc_tui.panes.workflows import WorkflowsPane
from torc_tui.screens.dialogs.reader import Reader
from torc_tui.screens.log import LogScreen
from torc_tui.screens.main import MainScreen
from torc_tui.screens.user_actions import USER_ACTIONS
from torc_tui.screens.view_actions import VIEW_ACTIONS
from torc_tui.state.texts import help_text
from torc_tui.widgets.drawing_view import DrawingView
from torc_tui.widgets.key_hints import hints
from torc_tui.widgets.row_table import RowTable

HOLDERS = {
    Scope.SCREEN: MainScreen,
    Scope.PANE: Tab,
    Scope.LIST: ListPane,
    Scope.TABLE: RowTable,
    Scope.DRAWING: DrawingView,
    Scope.LOG: LogScreen,
    Scope.READER: Reader,
}

PROMISED = (
    "up down left right tab shift+tab enter q question_mark n i R x s C d c t y l f A r u w a"
)
"""Keys of the documented interface that this one has, with the same meaning."""


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: f"{action.scope}:{action.id}")
def test_every_action_can_be_carried_out(action):
    if action.is_requested:
        assert action.id in (USER_ACTIONS if action.scope is Scope.PANE else VIEW_ACTIONS)
    namespace, _, method = action.method.partition("(")[0].rpartition(".")
    holder = TorcApp if namespace == "app" else HOLDERS[action.scope]

    assert callable(getattr(holder, f"action_{method}", None))


@pytest.mark.parametrize("scope", Scope)
def test_a_key_does_one_thing_in_one_place(scope):
    keys = Counter(key for action in in_scope(scope) for key in action.keys.split(","))

    assert {key for key, number in keys.items() if number > 1} == set()


@pytest.mark.parametrize("inner", [Scope.TABLE, Scope.DRAWING])
def test_scopes_that_nest_have_no_key_in_common(inner):
    nested = in_scope(Scope.SCREEN, Scope.PANE, Scope.LIST, inner)
    keys = Counter(key for action in nested for key in action.keys.split(","))

    assert {key for key, number in keys.items() if number > 1} == set()


def test_the_keys_of_the_documented_interface_are_bound():
    bound = {
        key
        for scope in (Scope.SCREEN, Scope.PANE, Scope.LIST, Scope.TABLE)
        for binding in bindings_for(scope)
        for key in binding.key.split(",")
    }

    assert set(PROMISED.split()) <= bound


def test_the_help_names_every_key_and_fits_80_columns():
    lines = ["".join(cell.text for cell in line) for line in help_text(76)]

    for action in ACTIONS:
        if action.group:
            assert any(action.label in line and action.help in line for line in lines)
    assert max(map(len, lines)) <= 76


@pytest.mark.parametrize(
    ("scopes", "groups"),
    [
        *[(pane.scopes, pane.hint_groups) for pane in (*TABS, WorkflowsPane)],
        ({Scope.LOG}, ()),
        ({Scope.READER}, ()),
    ],
)
def test_the_foot_of_the_screen_holds_the_keys_it_shows(scopes, groups):
    shown = shown_in(scopes, groups)
    text = hints(shown, 78, 2).plain

    assert all(len(line) <= 80 for line in text.splitlines())
    for action in shown:
        assert f"{action.label} {action.title}" in text
