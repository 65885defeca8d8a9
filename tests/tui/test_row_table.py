"""A table of rows that come when the server has found them."""

from __future__ import annotations

import asyncio

import pytest
from textual.app import App

from torc_core.model.page import Page
from torc_tui.lists.listing import Column, Listing, Query
from torc_tui.widgets.row_table import RowTable

NUMBERS = Listing(
    name="Numbers",
    columns=(Column("Number", lambda number: number, sort_by="number"),),
    page=lambda *_, **__: Page(items=[]),
    key=lambda number: number,
)
TOTAL = 1_000
TIMEOUT_S = 100


class Slow(App[None]):
    """Answers when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.table = RowTable(NUMBERS)
        self.needed: list[RowTable.RowsNeeded] = []

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return {"quiet": "gray"}

    def compose(self):
        yield self.table

    def on_mount(self) -> None:
        self.table.focus()
        self.table.start_over(Query())

    def on_row_table_rows_needed(self, needed: RowTable.RowsNeeded) -> None:
        self.needed.append(needed)

    def answer(self) -> None:
        """Send the rows that were asked for."""
        while self.needed:
            needed = self.needed.pop(0)
            rows = [NUMBERS.row(number) for number in needed.span if number < TOTAL]
            needed.table.show_rows(needed.epoch, needed.span, TOTAL, rows)


def first_line(table: RowTable) -> str:
    return table.render_line(1).text.strip()


async def test_a_table_says_that_its_first_rows_take_long_until_they_are_there():
    app = Slow()
    async with app.run_test() as pilot:
        assert not first_line(app.table)
        async with asyncio.timeout(TIMEOUT_S):
            while first_line(app.table) != "loading…":
                await pilot.pause()
        app.answer()
        await pilot.pause()
        assert first_line(app.table) == "> 0"
        app.table.forget(Query())
        assert not first_line(app.table)


async def test_a_table_whose_rows_could_not_be_had_does_not_say_that_they_come():
    app = Slow()
    async with app.run_test() as pilot:
        async with asyncio.timeout(TIMEOUT_S):
            while first_line(app.table) != "loading…":
                await pilot.pause()
        app.table.ask_failed(is_refused=False)
        app.table._say_late()
        assert not first_line(app.table)


@pytest.mark.parametrize(
    ("keys", "cursor"),
    [
        ("G", TOTAL - 1),
        ("j j j", 3),
        ("G k", TOTAL - 2),
        ("G g j", 1),
        ("k", 0),
    ],
)
async def test_keys_that_come_before_the_rows_are_not_lost(keys, cursor):
    app = Slow()
    async with app.run_test() as pilot:
        await pilot.press(*keys.split())
        assert app.table.cursor == 0
        app.answer()
        await pilot.pause()
        app.answer()
        await pilot.pause()

        assert app.table.cursor == cursor
        assert app.table.cursor_row is not None
        assert app.table.cursor_row.item == cursor


async def test_keys_for_rows_that_nobody_wants_any_more_are_forgotten():
    app = Slow()
    async with app.run_test() as pilot:
        await pilot.press("G")
        app.needed.clear()
        app.table.start_over(Query(sort_by="number"))
        await pilot.pause()
        app.answer()
        await pilot.pause()

        assert app.table.cursor == 0


async def test_the_cursor_stays_in_sight_when_the_table_gets_fewer_lines():
    app = Slow()
    async with app.run_test(size=(40, 20)) as pilot:
        app.answer()
        await pilot.press("G")
        app.answer()
        await pilot.pause()
        await pilot.resize_terminal(40, 12)
        app.answer()
        await pilot.pause()

        assert app.table.cursor == TOTAL - 1
        assert app.table.scroll_offset.y + app.table.size.height - 1 == TOTAL


async def test_what_the_server_lacks_is_not_said_of_other_rows():
    app = Slow()
    async with app.run_test():
        app.table.ask_failed(is_refused=True, lack="It has none.")
        assert first_line(app.table) == "It has none."
        app.table.forget(Query(reverse=True))
        assert not first_line(app.table)
        app.table.start_over(Query())
        assert not first_line(app.table)
