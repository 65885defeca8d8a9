"""The mouse in dialogs, on the first place of the head, and on scroll bars."""

from __future__ import annotations

import pytest
from tui.driving import interface

from torc_tui.screens.dialogs.columns import ColumnsDialog
from torc_tui.screens.dialogs.confirm import ConfirmByName

SIZES = [(60, 15), (80, 24), (120, 35)]


async def click(ui, text, *, nth=0):
    """Click on the first letter of a text."""
    await ui.wait_for(text)
    places = [
        (line.index(text), y) for y, line in enumerate(ui.seen().splitlines()) if text in line
    ]
    await ui.pilot.click(offset=places[nth])
    await ui.rest()


@pytest.fixture(params=SIZES, ids=["60x15", "80x24", "120x35"])
def size(request):
    return request.param


async def test_yes_and_no_of_a_question_are_clicked(server, client, make_workflow, size):
    number = make_workflow("asked")
    async with interface(server.url, size) as ui:
        await ui.wait_for("asked")
        await ui.press("g", "d")
        await click(ui, "n no")
        await ui.wait_for(lambda: ui.screen is ui.board)
        assert client.get_workflow(number).name == "asked"
        await ui.press("d")
        await click(ui, "y yes")
        await ui.wait_for("Deleted workflow")


async def test_a_question_that_wants_a_name_is_not_answered_by_a_click(server, make_workflow, size):
    make_workflow("large", 101)
    async with interface(server.url, size) as ui:
        await ui.wait_for("large")
        await ui.press("g", "d")
        await click(ui, "Enter accept")
        assert isinstance(ui.screen, ConfirmByName)
        await click(ui, "Esc cancel")
        await ui.wait_for(lambda: ui.screen is ui.board)


async def test_one_of_a_few_choices_is_clicked(server, make_workflow, size, monkeypatch):
    monkeypatch.setenv("VISUAL", "true")
    monkeypatch.setenv("EDITOR", "true")
    make_workflow("chosen")
    async with interface(server.url, size) as ui:
        await ui.open("chosen")
        await ui.wait_for("job_0")
        await ui.press("ctrl+e")
        await ui.wait_for("What to edit")
        await click(ui, "w  the workflow as text")
        await ui.wait_for(lambda: "What to edit" not in ui.seen())


async def test_a_row_of_the_palette_is_clicked(server, make_workflow, size):
    make_workflow("palette")
    async with interface(server.url, size) as ui:
        await ui.wait_for("palette")
        await ui.press("ctrl+p")
        await ui.wait_for("type to search")
        await ui.type("all keys")
        await click(ui, "All keys")
        await ui.wait_for("Keys")


async def test_columns_are_switched_and_moved_with_clicks(server, make_workflow, size):
    make_workflow("columns")
    async with interface(server.url, size) as ui:
        await ui.open("columns")
        await ui.wait_for("job_0")
        await ui.press(",")
        await click(ui, "[x] Status")
        await ui.wait_for("> [ ] Status")
        await click(ui, "< left")
        await click(ui, "Space show/hide")
        await ui.wait_for("> [x] Status")
        await click(ui, "Enter accept")
        await ui.wait_for(lambda: not isinstance(ui.screen, ColumnsDialog))
        titles = [each.title for each in ui.board.pane.table.listing.columns]
        assert titles[:3] == ["ID", "Status", "Name"]


async def test_the_first_place_of_the_head_leads_back_to_the_workflows(server, make_workflow, size):
    make_workflow("left")
    async with interface(server.url, size) as ui:
        await ui.open("left")
        await ui.wait_for("job_0")
        await ui.pilot.click(offset=(1, 0))  # its name is left out where there is little room
        await ui.wait_for("torc ▸ Workflows")
        assert not ui.board.is_inside


async def test_a_click_on_a_scroll_bar_scrolls(server, make_workflow, size):
    make_workflow("long", 300)
    async with interface(server.url, size) as ui:
        await ui.open("long")
        await ui.wait_for("job_1 ")
        bar = ui.board.pane.table.vertical_scrollbar.region
        await ui.pilot.click(offset=(bar.x, bar.bottom - 1))
        await ui.wait_for(lambda: "job_1 " not in ui.seen())
        await ui.wait_for("job_")
