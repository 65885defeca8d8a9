"""The palette, the command line, the help and the sizes of panes, as one uses them."""

from __future__ import annotations

from tui.driving import interface

from torc_tui.panes.tabs.jobs import JobsTab
from torc_tui.screens.dialogs.pick import Choice, matching


async def test_the_palette_finds_an_action_explains_it_and_does_it(server, make_workflow):
    make_workflow("found")
    async with interface(server.url) as ui:
        await ui.open("found")
        await ui.press("ctrl+p")
        await ui.wait_for("Actions")
        await ui.type("terminate")
        await ui.wait_for("SIGTERM")
        await ui.press(*["backspace"] * len("terminate"))
        await ui.type("choose the columns")
        await ui.wait_for("> ,")
        await ui.press("enter")
        await ui.wait_for("Columns of Jobs")


def test_what_begins_with_what_is_typed_comes_first():
    texts = ["Next tab: Jobs, Results", "Recover the workflow", "Refresh now", "Quit"]
    choices = [Choice(text, "x", text) for text in texts]

    assert [each.value for each in matching(choices, "re")] == [*texts[1:3], texts[0]]
    assert matching(choices, " ") == choices


async def test_a_line_goes_filters_and_sorts_and_is_remembered(server, make_workflow):
    make_workflow("first")
    make_workflow("second")
    async with interface(server.url) as ui:
        await ui.wait_for("second")
        await ui.press(":")
        await ui.type("workflow fir")
        await ui.press("tab", "enter")
        await ui.wait_for("first #")
        table = ui.board.opened.details.tab_of(JobsTab).table
        await ui.wait_for(lambda: table.total == 3)
        await ui.press(":")
        await ui.type("filter name=job_1")
        await ui.press("enter")
        await ui.wait_for(lambda: table.total == 1)
        await ui.press(":", "up")
        await ui.wait_for("filter name=job_1")
        await ui.press("escape", "escape", ":")
        await ui.type("sort name")
        await ui.press("enter")
        await ui.wait_for("Name▲")
        await ui.press(":")
        await ui.type("tab files")
        await ui.press("enter")
        await ui.wait_for("[Files]")
        await ui.press(":")
        await ui.type("nonsense")
        await ui.press("enter")
        await ui.wait_for("There is no command nonsense.")
        assert ui.app.remembered.memory.commands[0] == "workflow first"


async def test_help_begins_with_the_keys_of_the_place_and_can_be_searched(server, make_workflow):
    make_workflow("helped")
    async with interface(server.url) as ui:
        await ui.open("helped")
        await ui.press("?")
        await ui.wait_for("Keys")
        assert ui.seen().splitlines()[1].strip() == "Job"
        await ui.press("/")
        await ui.wait_for("Search")
        await ui.type("wrap")
        await ui.press("enter")
        await ui.wait_for("wrap: match 1 of")
        await ui.wait_for("Wrap or cut long lines")
        await ui.press("q")
        await ui.wait_for("[Jobs]")


async def test_panes_are_zoomed_and_resized_and_the_size_is_remembered(server, make_workflow):
    make_workflow("sized")
    async with interface(server.url, (160, 30)) as ui:
        await ui.open("sized")
        width = ui.board.workflows.outer_size.width
        await ui.press("ctrl+left", "ctrl+left")
        await ui.wait_for(lambda: ui.board.workflows.outer_size.width == width - 8)
        assert ui.app.remembered.memory.list_width == width - 8
        await ui.press("z")
        await ui.wait_for(lambda: ui.board.opened.details.outer_size.width == 160)
        await ui.press("escape")
        await ui.wait_for(lambda: ui.board.workflows.outer_size.width == 160)
        await ui.press("z")
        await ui.wait_for(lambda: ui.board.workflows.outer_size.width == width - 8)
