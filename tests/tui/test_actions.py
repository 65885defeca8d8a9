"""The table of actions is complete, and what is bound is what it says."""

from __future__ import annotations

from collections import Counter

import pytest

from torc_core.client.failures import HOW_TO_GET_A_SERVER
from torc_tui.app import TorcApp
from torc_tui.keys.action import Scope
from torc_tui.keys.bindings import bindings_for
from torc_tui.keys.in_words import in_keys
from torc_tui.keys.table import ACTIONS, in_scope, shown_in
from torc_tui.panes.base import Tab
from torc_tui.panes.charts.dag import DagTab
from torc_tui.panes.charts.groups import GroupsView
from torc_tui.panes.charts.timeline import TimelineTab
from torc_tui.panes.list_pane import ListPane
from torc_tui.panes.lists.live_filter import LiveFilter
from torc_tui.panes.tabs.all import TABS
from torc_tui.panes.tabs.events import EventsTab
from torc_tui.panes.tabs.more import MoreTab
from torc_tui.panes.tabs.results import ResultsTab
from torc_tui.panes.workflows import WorkflowsPane
from torc_tui.screens.actions.table import SERVER_ACTIONS, USER_ACTIONS, VIEW_ACTIONS, load
from torc_tui.screens.charts.diff import DiffScreen
from torc_tui.screens.creating.create_dialog import CreateDialog
from torc_tui.screens.creating.examples import ExamplesDialog
from torc_tui.screens.creating.form import Marks, Turn
from torc_tui.screens.creating.wizard import Wizard
from torc_tui.screens.dialogs.ask import Ask, AskFilter
from torc_tui.screens.dialogs.columns import ColumnsDialog
from torc_tui.screens.dialogs.command_line import CommandLine
from torc_tui.screens.dialogs.confirm import Confirm, ConfirmByName
from torc_tui.screens.dialogs.dialog import Dialog
from torc_tui.screens.dialogs.pick import Pick
from torc_tui.screens.dialogs.reader import Reader
from torc_tui.screens.dialogs.runs import RunsDialog
from torc_tui.screens.logs.screen import LogScreen
from torc_tui.screens.main import MainScreen
from torc_tui.screens.repair.failures import FailuresScreen
from torc_tui.screens.servers.known import KnownServers
from torc_tui.state.texts.layout import help_text
from torc_tui.widgets.cursor_list import CursorList
from torc_tui.widgets.drawing_view import DrawingView
from torc_tui.widgets.key_hints import arrange, hints
from torc_tui.widgets.line_list import LineList
from torc_tui.widgets.row_table import RowTable

HOLDERS = {
    Scope.SCREEN: MainScreen,
    Scope.PANE: Tab,
    Scope.LIST: ListPane,
    Scope.TABLE: RowTable,
    Scope.DRAWING: DrawingView,
    Scope.LINES: LineList,
    Scope.GRAPH: DagTab,
    Scope.GROUPS: GroupsView,
    Scope.TIMELINE: TimelineTab,
    Scope.EVENTS: EventsTab,
    Scope.MORE: MoreTab,
    Scope.RUNS: ResultsTab,
    Scope.DIFF: DiffScreen,
    Scope.LOG: LogScreen,
    Scope.READER: Reader,
    Scope.CREATE: CreateDialog,
    Scope.CHOICES: CursorList,
    Scope.WIZARD: Wizard,
    Scope.FIELD: Turn,
    Scope.MARKS: Marks,
    Scope.FAILURES: FailuresScreen,
    Scope.DIALOG: Dialog,
    Scope.CONFIRM: Confirm,
    Scope.ANSWER: Ask,
    Scope.TYPED: ConfirmByName,
    Scope.FILTER: AskFilter,
    Scope.LIVE_FILTER: LiveFilter,
    Scope.PICK: Pick,
    Scope.COMMAND_LINE: CommandLine,
    Scope.COLUMNS: ColumnsDialog,
    Scope.EXAMPLES: ExamplesDialog,
    Scope.SERVERS: KnownServers,
    Scope.RUNS_HERE: RunsDialog,
}

PROMISED = (
    "up down left right tab shift+tab enter q question_mark n i I R x s C d c t y l f A r u w a"
    " S K O"
)
"""Keys of the documented interface that this one has, with the same meaning."""


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: f"{action.scope}:{action.id}")
def test_every_action_can_be_carried_out(action):
    if action.is_requested:
        of_screen = {**VIEW_ACTIONS, **SERVER_ACTIONS}
        targets = USER_ACTIONS if action.scope is Scope.PANE else of_screen
        assert callable(load(targets[action.id]))
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
            assert any(action.labels in line and action.help in line for line in lines)
    assert max(map(len, lines)) <= 76


@pytest.mark.parametrize(
    ("scopes", "groups", "left_out"),
    [
        *[(pane.scopes, pane.hint_groups, pane.hints_left_out) for pane in (*TABS, WorkflowsPane)],
        ({Scope.LOG}, (), ()),
        ({Scope.READER}, (), ()),
        ({Scope.FAILURES, Scope.TABLE}, (), ()),
    ],
)
def test_the_foot_of_the_screen_holds_the_keys_it_shows(scopes, groups, left_out):
    shown = [action for action in shown_in(scopes, groups) if action.id not in left_out]
    text = hints(arrange(shown, 78, 2)).plain

    assert all(len(line) <= 80 for line in text.splitlines())
    for action in shown:
        assert f"{action.label} {action.title}" in text


@pytest.mark.parametrize(
    ("hint", "shown"),
    [
        ("To request what is missing: torc submit 12", "To request what is missing: press s"),
        ("To start over: torc workflows initialize 12.", "To start over: press i."),
        (
            "Begin a new run, then submit it: torc workflows reinitialize 12",
            "Begin a new run, then submit it: press I",
        ),
        ("Look at it again: torc recover 12 --dry-run", "Look at it again: press v"),
        ("Recover it later: torc watch 12 --recover", "Recover it later: press W"),
        ("Or: torc watch 12 --recover --auto-schedule.", "Or: press W."),
        ("To be told: torc watch 12", "To be told: torc watch 12"),
        ("torc workflows cancel 12 -f json", "torc workflows cancel 12 -f json"),
        ("not retried; --retry-unknown retries it", "not retried; Y retries it as it is"),
        (HOW_TO_GET_A_SERVER, "S goes to torc's own server on this machine, u to another one."),
        ("torc submit-slurm FILE plans them.", "torc submit-slurm FILE plans them."),
        ("", ""),
    ],
)
def test_what_to_do_next_is_said_in_keys_where_there_is_one(hint, shown):
    assert in_keys(hint) == shown


def test_help_and_how_to_leave_stay_where_there_is_room_for_little():
    shown = shown_in({Scope.LOG})
    for width in (0, 20, 58):
        rows = arrange(shown, width, 2)
        assert len(rows) <= 2
        assert any(action.id == "log.close" for row in rows for action in row)
