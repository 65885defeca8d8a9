"""A tab is a class of its own and one line in the list of tabs; nothing else knows of it."""

from __future__ import annotations

from typing import ClassVar

import pytest
from textual.binding import Binding, BindingType
from tui.driving import interface

from torc_core.model.events.event import Event
from torc_core.model.status import JobStatus
from torc_tui.panes import opened
from torc_tui.panes.base import Tab
from torc_tui.panes.messages import LimitsChanged, Notice
from torc_tui.panes.tabs.all import TABS
from torc_tui.theme import Cell
from torc_tui.widgets.line import Line


class CountTab(Tab, can_focus=True):
    """A tab that is no table: it shows how many jobs there are, asked of the server."""

    title = "Count"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("z", "zoom", "Zoom", show=False)]

    def compose(self):
        yield Line(id="count")

    def open(self, workflow):
        super().open(workflow)
        self.statuses = 0
        self.query_one("#count", Line).show()

    def refresh_content(self):
        self.run_worker(self._count())

    def show_status(self, status):
        self.statuses += 1
        self.post_message(LimitsChanged())

    def limits(self):
        return [Cell("  has a status" if self.statuses else "  has none")]

    def focus_content(self):
        self.focus()

    async def _count(self):
        number = self.workflow.id
        page = await self.requests.ask(lambda c: c.list_jobs(number, limit=1), slot="count")
        self.query_one("#count", Line).show(f"{page.total_count} jobs in sight")

    def action_zoom(self):
        self.post_message(Notice("zoomed"))


@pytest.fixture
def _with_a_tab(monkeypatch):
    monkeypatch.setattr(opened, "TABS", (*TABS, CountTab))


@pytest.mark.usefixtures("_with_a_tab")
@pytest.mark.parametrize("size", [(80, 24), (160, 48)])
async def test_a_tab_that_is_no_table_works_like_the_others(server, client, make_workflow, size):
    number = make_workflow("counted", 7)
    async with interface(server.url, size) as ui:
        await ui.open("counted")
        await ui.press("shift+tab")
        await ui.wait_for("[Count]")
        await ui.wait_for("7 jobs in sight")
        await ui.wait_for("has a status")
        await ui.wait_for(f"counted #{number}")
        assert "Count  " in ui.seen().splitlines()[0]
        await ui.press("z")
        await ui.wait_for("zoomed")

        await ui.press("c")
        await ui.wait_for("No job is chosen")
        for key in ("f", "equals_sign", "1", "enter", "space"):
            await ui.press(key)
        assert ui.screen is ui.board
        await ui.wait_for(lambda: ui.board.opened.feed.is_live)
        job = client.list_jobs(number).items[0]
        client.manage_status_change(job.id, JobStatus.CANCELED, 0)
        await ui.wait_for("- 1 canceled")

        await ui.press("tab")
        await ui.wait_for("[Jobs]")
        await ui.press("shift+tab", "escape")
        await ui.wait_for("torc ▸ Workflows")


@pytest.mark.usefixtures("_with_a_tab")
async def test_the_tab_forgets_the_workflow_before(server, make_workflow):
    make_workflow("first", 2)
    make_workflow("second", 5)
    async with interface(server.url) as ui:
        await ui.open("second")
        await ui.press("shift+tab")
        await ui.wait_for("5 jobs in sight")
        await ui.press("left", "down", "enter")
        await ui.wait_for("2 jobs in sight")


def test_every_tab_has_its_own_title_and_id():
    assert len({tab.title for tab in TABS}) == len(TABS)
    assert [tab.title for tab in TABS] == [
        *("Jobs", "Files", "Events", "Results", "Nodes", "Runs", "DAG", "Time", "More")
    ]


async def test_events_say_whether_they_are_live_and_are_filtered_by_their_data(
    server, client, make_workflow
):
    workflow_id = make_workflow(name="told", jobs=2)
    for text in ("seen by one", "seen by two"):
        client.create_event(Event(workflow_id=workflow_id, timestamp=0, data={"text": text}))
    async with interface(server.url, (120, 35)) as ui:
        await ui.open("told")
        await ui.press("e")
        await ui.wait_for("● live")
        await ui.press("slash")
        await ui.press("tab")
        await ui.type("TWO")
        await ui.press("enter")
        await ui.wait_for("● live  data: TWO")
        await ui.wait_for(lambda: "seen by one" not in ui.seen())
        await ui.wait_for("text=seen by two")


async def test_a_tab_is_mounted_when_it_is_first_shown(server, make_workflow):
    make_workflow("lazy", 3)
    async with interface(server.url) as ui:
        await ui.open("lazy")
        details = ui.board.opened.details
        mounted = [tab.title for tab in details.tabs if tab.is_attached]
        assert mounted == ["Jobs"]

        await ui.press("e")
        await ui.wait_for("[Events]")
        await ui.wait_for("workflow_started")
        mounted = [tab.title for tab in details.tabs if tab.is_attached]
        assert mounted == ["Jobs", "Events"]
        await ui.press("tab", "shift+tab")
        await ui.wait_for("workflow_started")
        await ui.wait_for("● live")
