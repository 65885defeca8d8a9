"""The words of the command line are completed, shortened, and refused with advice."""

from __future__ import annotations

import pytest

from torc_core.errors import UsageError
from torc_tui.screens.pane_sizes import list_width
from torc_tui.state.commands.words import Command, Known, completed, completions, parse

KNOWN = Known(
    actions=["workflow.cancel", "workflow.run", "view.refresh"],
    workflows=["climate-1", "climate-2", "nightly"],
    tabs=["Jobs", "Files", "User data", "Runs"],
    filters=["name", "status"],
    columns=["Name", "Exit", "Node"],
)


@pytest.mark.parametrize(
    ("typed", "becomes"),
    [
        ("wor", "workflow"),
        ("workflow.c", "workflow.cancel"),
        ("workflow c", "workflow climate-"),
        ("workflow n", "workflow nightly"),
        ("tab J", "tab Jobs"),
        ("tab j", "tab Jobs"),
        ("filt", "filter "),
        ("user", "user-data"),
        ("filter st", "filter status="),
        ("columns name,e", "columns name,Exit"),
        ("xyz", "xyz"),
    ],
)
def test_tab_completes_as_far_as_it_is_clear(typed, becomes):
    assert completed(typed, KNOWN) == becomes


def test_what_can_be_completed_is_offered_in_order():
    assert completions("workflow cl", KNOWN) == ["workflow climate-1", "workflow climate-2"]
    assert completions("view.refresh x", KNOWN) == []


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        ("workflow 7", Command("workflow", "7")),
        ("f status=failed", Command("filter", "status=failed")),
        ("workflow.r", Command("workflow.run")),
        ("q", Command("quit")),
        ("files", Command("tab", "Files")),
        ("user-data", Command("tab", "User data")),
        ("u", Command("tab", "User data")),
    ],
)
def test_a_word_may_be_shortened_while_it_is_clear(typed, command):
    assert parse(typed, KNOWN) == command


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("workflow.", "Is it workflow.cancel or workflow.run?"),
        ("workfow 7", "Is it workflow"),
        ("???", "C-p lists all actions."),
        ("tab", "Go to a tab."),
    ],
)
def test_what_cannot_be_done_is_refused_with_advice(typed, said):
    with pytest.raises(UsageError) as refused:
        parse(typed, KNOWN)
    assert said in refused.value.hint


@pytest.mark.parametrize(
    ("wanted", "width", "room"),
    [(None, 120, None), (50, 120, 50), (10, 120, 24), (200, 120, 80), (200, 300, 200)],
)
def test_the_list_leaves_room_for_what_is_beside_it(wanted, width, room):
    assert list_width(wanted, width) == room
