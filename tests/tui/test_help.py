"""Every action is explained where one looks for it: in the help, and on the page of keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from tui.driving import interface

from torc_tui.keys.table import ACTIONS
from torc_tui.state.texts.layout import help_text
from torc_tui.widgets.drawing_view import DrawingView

KEYS_PAGE = Path(__file__).parents[2] / "docs" / "reference" / "keys.md"
WIDTH = 76
"""Cells of the help on a screen of 80."""


def lines_of(text):
    return ["".join(cell.text for cell in line).strip() for line in text]


def test_no_line_of_the_help_is_cut_at_80_columns():
    assert lines_of(help_text(WIDTH)) == lines_of(help_text(1000))
    assert max(map(len, lines_of(help_text(1000)))) <= WIDTH


def test_the_page_of_keys_names_every_action_of_the_help():
    page = KEYS_PAGE.read_text("utf-8")

    for action in ACTIONS:
        if action.group:
            assert f"| `{action.labels}` | {action.help} |" in page


@pytest.mark.parametrize("size", [(80, 24), (60, 15)])
async def test_all_of_the_help_is_read_by_scrolling(server, size):
    async with interface(server.url, size) as ui:
        await ui.press("question_mark")
        await ui.wait_for("Keys")
        view = ui.screen.query_one(DrawingView)
        read = {}
        while True:
            top, shown = view.scroll_offset.y, body(ui, view)
            read |= {top + at: line for at, line in enumerate(shown)}
            if top == view.max_scroll_y:
                break
            await ui.press("pagedown")
            await ui.wait_for(lambda top=top: view.scroll_offset.y > top)

    assert sorted(read) == list(range(view.virtual_size.height))
    assert max(map(len, read.values())) <= size[0] - 2
    usual = lines_of(help_text(1000, ("Workflow", "Lists", "View")))
    assert letters(read.values()) == letters(usual)


@pytest.mark.parametrize("size", [(80, 24), (60, 15)])
async def test_each_part_of_the_help_is_found_by_searching(server, size):
    async with interface(server.url, size) as ui:
        await ui.press("question_mark")
        await ui.wait_for("Keys")
        view = ui.screen.query_one(DrawingView)
        for text in ("from a file", "Output of the server", "Columns: show", "All times"):
            await ui.press("/")
            await ui.wait_for("Search")
            await ui.type(text.upper())
            await ui.press("enter")
            await ui.wait_for(f"{text.upper()}: match")
            assert any(text in line for line in body(ui, view))


def letters(lines):
    """All that can be read, wherever lines are broken."""
    return "".join("".join(lines).split())


def body(ui, view):
    """The lines of the help in sight, without the scroll bar."""
    region = view.content_region
    width = region.x + view.scrollable_content_region.width
    lines = ui.seen().splitlines()[region.y : region.y + view.size.height]
    return [line[region.x : width].rstrip() for line in lines]
