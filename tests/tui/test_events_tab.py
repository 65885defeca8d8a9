"""The tab Events: what happens from now on, and what happened after a time."""

from __future__ import annotations

import time

import pytest
from tui.driving import interface

from torc_core.model.events.event import Event
from torc_tui.lists.events import AFTER, after_text

DAY_S = 86_400


@pytest.mark.parametrize("ago_s", [0.0, 61.5, 40 * DAY_S, 500 * DAY_S])
def test_a_moment_is_read_as_it_is_written(ago_s):
    moment = round(time.time() - ago_s, 3)

    assert AFTER.parse(after_text(moment)) == pytest.approx(moment * 1000, abs=1)


def test_a_time_of_day_is_the_latest_such_time():
    for text in ("00:00", "23:59:59"):
        ago_s = time.time() - AFTER.parse(text) / 1000
        assert 0 <= ago_s <= DAY_S + 3600  # an hour for a change of the clocks


@pytest.mark.parametrize("text", ["noon", "25:00", "13-45 10:00", "2026-12-01", ""])
def test_what_is_no_time_is_refused_with_examples(text):
    assert (text == "") or "14:30" in AFTER.problem_of(text)


async def test_cleared_events_are_listed_again_with_the_next_escape(server, client, make_workflow):
    number = make_workflow("eventful", 1)
    client.create_event(Event(workflow_id=number, timestamp=0, data={"category": "first"}))
    async with interface(server.url) as ui:
        await ui.open("eventful")
        await ui.press("e")
        await ui.wait_for("first")
        await ui.press("E")
        await ui.wait_for("no events")
        client.create_event(Event(workflow_id=number, timestamp=0, data={"category": "second"}))
        await ui.wait_for("second")
        assert "first" not in ui.seen()
        await ui.press("escape")
        await ui.wait_for("first")


async def test_keys_that_do_nothing_in_a_tab_say_where_they_work(server, make_workflow):
    make_workflow("eventful", 1)
    async with interface(server.url) as ui:
        await ui.open("eventful")
        for key, said in (
            ("E", "E does nothing here; it is for Events, More and DAG."),
            ("[", "[ does nothing here; it is for Results and Time."),
        ):
            await ui.press(key)
            await ui.wait_for(said)
        await ui.press("tab")
        await ui.wait_for("no files")
        await ui.press("enter")
        await ui.wait_for("There are no files here.")
